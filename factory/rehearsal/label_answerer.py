"""The voice of classification: a wrong answer is another label of the taxonomy."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import Told
from factory.rehearsal.faults import LABELS, wrong
from factory.rehearsal.gold_questions import Question
from factory.tasks.whole_chunk import text_of


@dataclass(frozen=True)
class Labels:
    labels: Sequence[str]

    def place(self, question: Question) -> tuple[str, str]:
        return "", text_of(question.chunk)

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        return Told(question.row.response, "", {"": question.quotes})

    def wrong(self, question: Question, dice: Random) -> Told | None:
        """Each of the others is as likely: errors that are likelier than others are partly correlated, and that case is apart."""
        found = wrong(question, question.row.response, dice, LABELS, self.labels)
        return Told(*found, {"": question.quotes}, shareable=True) if found else None

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        return {"quotes": list(told.quotes[""]), "label": told.response}
