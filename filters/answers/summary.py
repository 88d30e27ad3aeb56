"""Check a summary: its length, its own wording, and the quotes that support each sentence."""

import re
from collections.abc import Iterator
from functools import partial
from math import ceil
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.schema.answer import (
    find_broken_ending,
    find_placeholder,
    find_prompt_echo,
    find_text_mention,
)
from filters.text.language_id import language_mismatch
from filters.text.segment import sentences, words

MAX_LENGTH_SHARE = 0.75  # of the passage's words; a longer summary leaves nothing out
MAX_COPIED_WORDS = 15  # consecutive words that may be copied: a name, a title, a legal formula
PHRASE_WORDS, MAX_COPIED_SHARE = 5, 0.8  # words of a phrase; share of phrases that may be copied

_TELLS = re.compile(
    r"\b(?:the|this) (?:text|document|summary|policy) "
    r"(?:says|states|describes|explains|outlines|covers|discusses|details)\b",
    re.I,
)


class SummaryBounds(NamedTuple):
    """The least and the most words of a summary."""

    least: int
    most: int

    @property
    def least_words(self) -> int:
        """The least words of a passage that can be summarized within these bounds."""
        return ceil(self.least / MAX_LENGTH_SHARE)


def sentence_field(number: int) -> str:
    """Return the field of the sentence's spans; sentences count from 1."""
    return f"sentence {number}"


def summary_schema_filter(bounds: SummaryBounds) -> Filter:
    """Return a schema filter for the length, the language and the wording of a summary."""
    return partial(_judge_schema, bounds=bounds)


def _judge_schema(example: Example, bounds: SummaryBounds) -> Verdict:
    reason = next((fault for fault in _faults(example, bounds) if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _faults(example: Example, bounds: SummaryBounds) -> Iterator[str]:
    summary, passage = example.response, example.chunk.text
    yield "" if words(summary) else "The summary is empty."
    count, whole = len(words(summary)), len(words(passage))
    yield (
        f"The summary has {count} words, must have {bounds.least} to {bounds.most}."
        if not bounds.least <= count <= bounds.most
        else ""
    )
    if count > MAX_LENGTH_SHARE * whole:
        most = int(MAX_LENGTH_SHARE * whole)
        yield f"The summary has {count} words and its passage {whole}, must have at most {most}."
    yield (
        f'The summary holds a placeholder ("{found}").'
        if (found := find_placeholder(summary))
        else ""
    )
    if found := find_text_mention(summary) or _of_text(summary):
        yield f'The summary speaks of the text instead of its subject ("{found}").'
    yield (
        f'The summary repeats its prompt ("{found}").'
        if (found := find_prompt_echo("", summary))
        else ""
    )
    yield f"The summary breaks off: {broken}." if (broken := find_broken_ending(summary)) else ""
    yield (
        f'The summary is in another language than its passage ("{found}").'
        if (found := language_mismatch(summary, passage))
        else ""
    )
    yield from _copies(words(summary), words(passage))


def _of_text(summary: str) -> str:
    m = _TELLS.search(summary)
    return m.group() if m else ""


def _copies(summary: list[str], passage: list[str]) -> Iterator[str]:
    long = _runs(passage, MAX_COPIED_WORDS + 1)
    if copied := next((run for run in _listed(summary, MAX_COPIED_WORDS + 1) if run in long), ()):
        yield (
            f"The summary copies more than {MAX_COPIED_WORDS} words in a row "
            f'("{" ".join(copied[:MAX_COPIED_WORDS])}"); say it in words of your own.'
        )
    there, mine = _runs(passage, PHRASE_WORDS), _listed(summary, PHRASE_WORDS)
    if mine and sum(run in there for run in mine) > MAX_COPIED_SHARE * len(mine):
        yield "The summary is copied from its passage piece by piece; say it in words of your own."


def _listed(text: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(text[i : i + size]) for i in range(len(text) - size + 1)]


def _runs(text: list[str], size: int) -> frozenset[tuple[str, ...]]:
    return frozenset(_listed(text, size))


def summary_grounding_filter(support: float) -> Filter:
    """Return a grounding filter that judges each sentence against its own quotes.

    A sentence without quotes is judged against the best sentences of the passage.
    """
    return partial(_judge_grounding, support=support)


def _judge_grounding(example: Example, support: float) -> Verdict:
    score, evidence = 1.0, list[Span]()
    for number, sentence in enumerate(sentences(example.response), 1):
        own = tuple(s for s in example.spans if s.field == sentence_field(number))
        alone = example.model_copy(update={"response": sentence.text, "spans": own})
        verdict = grounding(alone, support=support, of_chunk=False)
        if not verdict.passed:
            return verdict.model_copy(update={"reason": f"Sentence {number}: {verdict.reason}"})
        score = min(score, verdict.score or 0.0)
        evidence += [
            s.model_copy(update={"field": sentence_field(number)}) for s in verdict.evidence
        ]
    return Verdict(filter="grounding", passed=True, score=score, evidence=tuple(evidence))
