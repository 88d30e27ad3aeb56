"""What goes wrong in a text that retells another one: too long, a rule or a condition left out, a duty softened, a tone not applied."""

import re
from collections.abc import Iterator
from functools import partial
from random import Random

from factory.audit.claim_faults import clauses
from factory.audit.text_reading import Subject
from factory.audit.value_faults import Edit, put
from factory.rehearsal.faults import EVERY, VALUES, Kinds
from filters.text.segment import sentences, words

_RULES = re.compile(r"\b(?:must|may|shall|should|can|cannot|need|please|not|never|only|no|unless|except|at (?:least|most))\b|\d", re.I)
_TAIL = re.compile(r",? \b(?:unless|except|provided that|only if|but only|as long as|if)\b[^.;:\n|]*")
_LEAD = re.compile(r"(?:(?<=[.;] )|(?<=\n)|^)(?:If|Unless) [^.;:,\n|]*, (?P<next>\w)")
_ASKED = re.compile(
    r"\b(?:(?P<start>Please)|please) (?:make sure (?:that )?you |be sure to |remember to )?(?!note|remember|take care|make sure)(?=[a-z])"
)


def conditions(text: str, _: Subject, __: Random) -> Iterator[Edit]:
    """Without the "unless …", "except …" or "if …" of a sentence: it says more than it may."""
    yield from (put(text, *m.span(), "") for m in _TAIL.finditer(text))
    yield from (put(text, *m.span(), m["next"].upper()) for m in _LEAD.finditer(text))


def left_out(text: str, _: Subject, __: Random) -> Iterator[Edit]:
    """Without one of its sentences that rules something or gives a number."""
    found = sentences(text)
    if len(found) > 1:
        yield from (Edit((text[: s.start] + text[s.end :].lstrip()).strip(), s.text, "") for s in found if _RULES.search(s.text))


def softened(text: str, _: Subject, __: Random) -> Iterator[Edit]:
    """What is asked for in a friendly way, as what one is free to do."""
    yield from (put(text, *m.span(), "Feel free to " if m["start"] else "feel free to ") for m in _ASKED.finditer(text))


def untouched(_: str, subject: Subject, __: Random) -> Iterator[Edit]:
    """The passage itself, with a friendly word before it or without."""
    passage = subject.example.chunk.text
    yield from (Edit(f"{before}{passage}", "", before) for before in ("", "Please note: ", "Hello! "))


def lengthened(text: str, subject: Subject, _: Random, most: int) -> Iterator[Edit]:
    """With as many more sentences of the passage as make it too long: none of them is wrong."""
    told = text
    for sentence in sentences(subject.example.chunk.text):
        told = f"{told} {sentence.text}"
        if len(words(told)) > most:
            yield Edit(told, text, told)
            return


def added(text: str, subject: Subject, dice: Random, numbered: bool) -> Iterator[Edit]:
    """A clause that the passage does not state, with a number in it or without."""
    yield from (e for e in clauses(text, subject, dice) if bool(re.search(r"\d", e.now)) == numbered)


def summary_lapses(most: int) -> Kinds:
    """Faults of a summary that may have so many words."""
    return {**EVERY, "condition dropped": conditions, "too long": partial(lengthened, most=most)}


REWRITE_LAPSES: Kinds = {
    **VALUES,
    **{kind: EVERY[kind] for kind in ("negation", "modality", "bound")},
    "duty softened": softened,
    "rule dropped": left_out,
    "condition dropped": conditions,
    "number added": partial(added, numbered=True),
    "added clause": partial(added, numbered=False),
    "tone not applied": untouched,
}
