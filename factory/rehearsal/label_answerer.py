"""Answerer for classification: a wrong answer is another label of the taxonomy."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import TeacherAnswer
from factory.rehearsal.faults import LABEL_FAULTS, plant_fault
from factory.rehearsal.gold_questions import GoldQuestion
from factory.tasks.whole_chunk import text_with_headings


@dataclass(frozen=True)
class LabelAnswerer:
    labels: Sequence[str]

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return "", text_with_headings(question.chunk)

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        return TeacherAnswer(question.row.response, "", {"": question.quotes})

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        """Choose any other label with equal probability.

        If some errors were likelier than others, they would be partly correlated, and that is a
        separate case.
        """
        found = plant_fault(question, question.row.response, dice, LABEL_FAULTS, self.labels)
        return TeacherAnswer(*found, {"": question.quotes}, shareable=True) if found else None

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        return {"quotes": list(told.quotes[""]), "label": told.response}
