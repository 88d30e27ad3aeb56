"""The voice of questions and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import Told, reworded
from factory.rehearsal.faults import EVERY, contradicted, wrong
from factory.rehearsal.gold_questions import Question
from factory.tasks.qa import heading

OTHER = 0.15  # of the errors: the answer of another question about the chunk, with that answer's evidence


@dataclass(frozen=True)
class Prose:
    """`about`: the questions of each chunk, by its digest."""

    about: Mapping[str, Sequence[Question]]

    def place(self, question: Question) -> tuple[str, str]:
        return heading(question.chunk), question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        answer = question.row.response
        return Told(reworded(answer, dice) if dice else answer, "", {"": question.quotes})

    def wrong(self, question: Question, dice: Random) -> Told | None:
        others = [q for q in self.about[question.chunk.digest] if not set(q.quotes) & set(question.quotes)]
        if others and dice.random() < OTHER:
            other = dice.choice(others)
            return Told(other.row.response, "other fact", {"": other.quotes})
        found = wrong(question, question.row.response, dice, EVERY)
        if found is None:
            return None
        shareable = contradicted(question.row.response, found[0], " ".join(question.quotes))
        return Told(*found, {"": question.quotes}, shareable)

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        return {"question": question.row.instruction, "answer": told.response, "quotes": list(told.quotes[""])}
