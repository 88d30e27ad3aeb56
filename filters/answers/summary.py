"""Summary: within its bounds of words, in words of its own, and each sentence borne out by the passages that are quoted for it."""

import re
from collections.abc import Iterator
from functools import partial
from math import ceil
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.schema.answer import about_the_text, broken_off, echo, placeholder
from filters.text.language_id import other_language
from filters.text.segment import sentences, words

SHORTER = 0.75  # of the passage's words a summary has at most: else it leaves nothing out
STRETCH = 15  # words in a row that may stand in the passage just so: a name, a title, a form of law
PHRASE, COPIED = 5, 0.8  # runs of so many words, and the share of a summary's that may be the passage's own

_TELLS = re.compile(
    r"\b(?:the|this) (?:text|document|summary|policy) (?:says|states|describes|explains|outlines|covers|discusses|details)\b",
    re.I,
)


class Bounds(NamedTuple):
    """Words of a summary."""

    least: int
    most: int

    @property
    def least_words(self) -> int:
        """Of a passage that can be summarized so."""
        return ceil(self.least / SHORTER)


def field(number: int) -> str:
    """Under which a sentence's spans stand; sentences count from 1."""
    return f"sentence {number}"


def concise(bounds: Bounds) -> Filter:
    """A schema filter."""
    return partial(_concise, bounds=bounds)


def _concise(example: Example, bounds: Bounds) -> Verdict:
    reason = next((fault for fault in _faults(example, bounds) if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _faults(example: Example, bounds: Bounds) -> Iterator[str]:
    told, passage = example.response, example.chunk.text
    yield "" if words(told) else "The summary is empty."
    count, whole = len(words(told)), len(words(passage))
    yield f"The summary has {count} words, must have {bounds.least} to {bounds.most}." if not bounds.least <= count <= bounds.most else ""
    if count > SHORTER * whole:
        yield f"The summary has {count} words and its passage {whole}, must have at most {int(SHORTER * whole)}."
    yield f'The summary holds a placeholder ("{found}").' if (found := placeholder(told)) else ""
    if found := about_the_text(told) or _of_text(told):
        yield f'The summary speaks of the text instead of its subject ("{found}").'
    yield f'The summary repeats its prompt ("{found}").' if (found := echo("", told)) else ""
    yield f"The summary breaks off: {broken}." if (broken := broken_off(told)) else ""
    yield f'The summary is in another language than its passage ("{found}").' if (found := other_language(told, passage)) else ""
    yield from _copies(words(told), words(passage))


def _of_text(told: str) -> str:
    m = _TELLS.search(told)
    return m.group() if m else ""


def _copies(told: list[str], passage: list[str]) -> Iterator[str]:
    long = _runs(passage, STRETCH + 1)
    if copied := next((run for run in _listed(told, STRETCH + 1) if run in long), ()):
        yield f'The summary copies more than {STRETCH} words in a row ("{" ".join(copied[:STRETCH])}"); say it in words of your own.'
    there, mine = _runs(passage, PHRASE), _listed(told, PHRASE)
    if mine and sum(run in there for run in mine) > COPIED * len(mine):
        yield "The summary is copied from its passage piece by piece; say it in words of your own."


def _listed(text: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(text[i : i + size]) for i in range(len(text) - size + 1)]


def _runs(text: list[str], size: int) -> frozenset[tuple[str, ...]]:
    return frozenset(_listed(text, size))


def borne_out(support: float) -> Filter:
    """A grounding filter: each sentence by its own quotes; where it has none, by the sentences of the passage that are found for it."""
    return partial(_borne_out, support=support)


def _borne_out(example: Example, support: float) -> Verdict:
    score, evidence = 1.0, list[Span]()
    for number, sentence in enumerate(sentences(example.response), 1):
        own = tuple(s for s in example.spans if s.field == field(number))
        alone = example.model_copy(update={"response": sentence.text, "spans": own})
        verdict = grounding(alone, support=support, of_chunk=False)
        if not verdict.passed:
            return verdict.model_copy(update={"reason": f"Sentence {number}: {verdict.reason}"})
        score = min(score, verdict.score or 0.0)
        evidence += [s.model_copy(update={"field": field(number)}) for s in verdict.evidence]
    return Verdict(filter="grounding", passed=True, score=score, evidence=tuple(evidence))
