"""Interface of the answerers: for each kind of task, the right answers, wrong answers and replies
of the rehearsal's teacher.
"""

import re
from collections.abc import Mapping
from random import Random
from typing import NamedTuple, Protocol

from factory.rehearsal.gold_questions import GoldQuestion

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = re.compile(
    r"(?:^|(?<=within )|(?<=least )|(?<=most )|(?<=every )|(?<=after )|(?<=for )"
    r"|(?<=up to ))(\d{1,2})(?= [a-z])",
    re.I,
)


class TeacherAnswer(NamedTuple):
    """One answer as it will appear in a reply. `fault` names its fault; empty if it is right."""

    response: str  # as the factory writes it to its files
    fault: str
    quotes: Mapping[str, tuple[str, ...]]  # by field; "" if an answer has no fields
    # Whether all draws may make the same error: only if code can detect it in the evidence.
    shareable: bool = False


class Answerer(Protocol):
    """Answers the questions of one kind of task."""

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        """Return the heading and text by which a prompt shows the question's chunk."""
        ...

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        """Return the written answer if the teacher does not choose it."""
        ...

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        """Return the right answer in the words of the gold row, or with `dice` reworded as another
        draw may be.
        """
        ...

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        """Return an answer with a fault of any kind that fits; None if none fits."""
        ...

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        """Return the answer in the form of a reply."""
        ...


def reword_answer(answer: str, dice: Random) -> str:
    """Reword an answer as another draw may: toggle the full stop, or spell out a small count."""
    form = dice.choice(("same", "same", "stop", "spelled"))
    if form == "spelled":
        return spell_counts(answer)
    return (answer[:-1] if answer.endswith(".") else f"{answer}.") if form == "stop" else answer


def spell_counts(answer: str) -> str:
    """Spell out small counts."""
    return _COUNT.sub(lambda m: _NUMBERS[int(m[1])] if int(m[1]) < len(_NUMBERS) else m[1], answer)
