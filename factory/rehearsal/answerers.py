"""How the rehearsal's teacher speaks: what each kind of task needs of its right answers, its wrong ones and its replies."""

import re
from collections.abc import Mapping
from random import Random
from typing import NamedTuple, Protocol

from factory.rehearsal.gold_questions import Question

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = re.compile(r"(?:^|(?<=within )|(?<=least )|(?<=most )|(?<=every )|(?<=after )|(?<=for )|(?<=up to ))(\d{1,2})(?= [a-z])", re.I)


class Told(NamedTuple):
    """One answer as it will stand in a reply. `fault` is the kind of what is wrong with it; empty where it is right."""

    response: str  # as the factory writes it into its files
    fault: str
    quotes: Mapping[str, tuple[str, ...]]  # by field; "" where an answer has no fields
    shareable: bool = False  # whether all draws may err alike with it: where code can hold it against the evidence


class Voice(Protocol):
    """One kind of task."""

    def place(self, question: Question) -> tuple[str, str]:
        """Heading and text by which a prompt shows the question's chunk."""
        ...

    def fixed(self, question: Question) -> Told | None:
        """What stands as the written answer, where that is not the teacher's to choose."""
        ...

    def right(self, question: Question, dice: Random | None) -> Told:
        """In the words of the gold row; with dice, in such words as another draw may choose."""
        ...

    def wrong(self, question: Question, dice: Random) -> Told | None:
        """A fault of any kind that fits the answer."""
        ...

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        """The answer in the form that a reply has."""
        ...


def reworded(answer: str, dice: Random) -> str:
    """The same answer as another draw may word it: a full stop more or less, a small count spelled out."""
    form = dice.choice(("same", "same", "stop", "spelled"))
    if form == "spelled":
        return spelled(answer)
    return (answer[:-1] if answer.endswith(".") else f"{answer}.") if form == "stop" else answer


def spelled(answer: str) -> str:
    """Small counts of something in words."""
    return _COUNT.sub(lambda m: _NUMBERS[int(m[1])] if int(m[1]) < len(_NUMBERS) else m[1], answer)
