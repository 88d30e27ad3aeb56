"""Answerer for questions and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import TeacherAnswer, reword_answer
from factory.rehearsal.faults import ANSWER_FAULTS, evidence_contradicts, plant_fault
from factory.rehearsal.gold_questions import GoldQuestion
from factory.tasks.qa import chunk_heading

# Share of the errors that answer another question about the chunk, with that answer's evidence.
OTHER_FACT_SHARE = 0.15


@dataclass(frozen=True)
class QAAnswerer:
    """Answers question requests. `about` are the questions of each chunk, by its digest."""

    about: Mapping[str, Sequence[GoldQuestion]]

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return chunk_heading(question.chunk), question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        answer = question.row.response
        return TeacherAnswer(
            reword_answer(answer, dice) if dice else answer, "", {"": question.quotes}
        )

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        others = [
            q for q in self.about[question.chunk.digest] if not set(q.quotes) & set(question.quotes)
        ]
        if others and dice.random() < OTHER_FACT_SHARE:
            other = dice.choice(others)
            return TeacherAnswer(other.row.response, "other fact", {"": other.quotes})
        found = plant_fault(question, question.row.response, dice, ANSWER_FAULTS)
        if found is None:
            return None
        shareable = evidence_contradicts(question.row.response, found[0], " ".join(question.quotes))
        return TeacherAnswer(*found, {"": question.quotes}, shareable)

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        return {
            "question": question.row.instruction,
            "answer": told.response,
            "quotes": list(told.quotes[""]),
        }
