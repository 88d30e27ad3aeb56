"""Faults of summaries and rewrites: too long, a rule or condition left out, a duty softened, a tone
not applied.
"""

import re
from collections.abc import Iterator
from functools import partial
from random import Random

from factory.audit.claim_faults import add_clauses
from factory.audit.text_reading import Subject
from factory.audit.value_faults import FaultEdit, replace_span
from factory.rehearsal.faults import ANSWER_FAULTS, VALUE_FAULTS, FaultFunctions
from filters.text.segment import sentences, words

_RULES = re.compile(
    r"\b(?:must|may|shall|should|can|cannot|need|please|not|never|only|no|unless"
    r"|except|at (?:least|most))\b|\d",
    re.I,
)
_TAIL = re.compile(
    r",? \b(?:unless|except|provided that|only if|but only|as long as|if)\b[^.;:\n|]*"
)
_LEAD = re.compile(r"(?:(?<=[.;] )|(?<=\n)|^)(?:If|Unless) [^.;:,\n|]*, (?P<next>\w)")
_ASKED = re.compile(
    r"\b(?:(?P<start>Please)|please) (?:make sure (?:that )?you |be sure to |remember to )?"
    r"(?!note|remember|take care|make sure)(?=[a-z])"
)


def drop_conditions(text: str, _: Subject, __: Random) -> Iterator[FaultEdit]:
    """Drop the "unless …", "except …" or "if …" of a sentence, which then claims too much."""
    yield from (replace_span(text, *m.span(), "") for m in _TAIL.finditer(text))
    yield from (replace_span(text, *m.span(), m["next"].upper()) for m in _LEAD.finditer(text))


def drop_rules(text: str, _: Subject, __: Random) -> Iterator[FaultEdit]:
    """Drop a sentence that states a rule or a number."""
    found = sentences(text)
    if len(found) > 1:
        yield from (
            FaultEdit((text[: s.start] + text[s.end :].lstrip()).strip(), s.text, "")
            for s in found
            if _RULES.search(s.text)
        )


def soften_duties(text: str, _: Subject, __: Random) -> Iterator[FaultEdit]:
    """Turn a polite request into something optional."""
    yield from (
        replace_span(text, *m.span(), "Feel free to " if m["start"] else "feel free to ")
        for m in _ASKED.finditer(text)
    )


def keep_passage(_: str, subject: Subject, __: Random) -> Iterator[FaultEdit]:
    """Return the passage itself, with or without a friendly word before it."""
    passage = subject.example.chunk.text
    yield from (
        FaultEdit(f"{before}{passage}", "", before) for before in ("", "Please note: ", "Hello! ")
    )


def lengthen(text: str, subject: Subject, _: Random, most: int) -> Iterator[FaultEdit]:
    """Append sentences of the passage until the text is too long. None of them is wrong."""
    told = text
    for sentence in sentences(subject.example.chunk.text):
        told = f"{told} {sentence.text}"
        if len(words(told)) > most:
            yield FaultEdit(told, text, told)
            return


def add_unstated_clauses(
    text: str, subject: Subject, dice: Random, numbered: bool
) -> Iterator[FaultEdit]:
    """Append a clause that the passage does not state, with a number in it if `numbered`."""
    yield from (
        e for e in add_clauses(text, subject, dice) if bool(re.search(r"\d", e.now)) == numbered
    )


def summary_faults(most: int) -> FaultFunctions:
    """Return the faults of a summary of at most `most` words."""
    return {
        **ANSWER_FAULTS,
        "condition dropped": drop_conditions,
        "too long": partial(lengthen, most=most),
    }


REWRITE_FAULTS: FaultFunctions = {
    **VALUE_FAULTS,
    **{kind: ANSWER_FAULTS[kind] for kind in ("negation", "modality", "bound")},
    "duty softened": soften_duties,
    "rule dropped": drop_rules,
    "condition dropped": drop_conditions,
    "number added": partial(add_unstated_clauses, numbered=True),
    "added clause": partial(add_unstated_clauses, numbered=False),
    "tone not applied": keep_passage,
}
