"""Answerers for generated texts: conversations, unanswerable questions, texts for a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from factory.core.prompts import prompt_text
from factory.rehearsal.answerers import TeacherAnswer
from factory.rehearsal.gold_questions import GoldQuestion, best_sentence
from factory.rehearsal.qa_answerer import QAAnswerer
from factory.tasks.qa import chunk_heading
from factory.tasks.synthetic_texts import label_of
from factory.tasks.template import TemplateTask
from filters.answers.conversation import split_turns, turn_field

NO_QUOTES: Mapping[str, tuple[str, ...]] = {"": ()}


@dataclass(frozen=True)
class ConversationAnswerer:
    """Answers conversation requests. It errs in the last answer only; the earlier turns are those
    of the gold row.
    """

    prose: QAAnswerer

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return self.prose.place(question)

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        return self.prose.right(question, dice)

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        return self.prose.wrong(question, dice)

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        lines, quotes = split_turns(question.row.instruction), question.by_field
        before = [
            {"question": asked, "answer": answer, "quotes": list(quotes.get(turn_field(n), ()))}
            for n, (asked, answer) in enumerate(zip(lines[:-1:2], lines[1::2], strict=True), 1)
        ]
        own = (
            quotes.get(turn_field(len(before) + 1))
            if told.quotes[""] == question.quotes
            else told.quotes[""]
        )
        last = {
            "question": lines[-1],
            "answer": told.response,
            "quotes": list(own or question.quotes),
        }
        return {**last, "turns": [*before, last]}


@dataclass(frozen=True)
class RefusalAnswerer:
    """Answers requests for unanswerable questions.

    A gold row's response is the refusal, or the answer that the chunk contains after all: then the
    question should not have been written.
    """

    answers: Sequence[str]  # responses of all rows

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return chunk_heading(question.chunk), question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        """Return the refusal, whatever is asked."""
        return self._refusal(question)

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        answer = question.row.response
        return (
            self._refusal(question)
            if answer == prompt_text("refusal")
            else TeacherAnswer(answer, "", {"": question.quotes})
        )

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        """Refuse if there is an answer, and make one up if there is none."""
        if question.row.response != prompt_text("refusal"):
            return self._refusal(question)
        made_up = dice.choice(
            [a for a in self.answers if a != prompt_text("refusal")] or ["nothing"]
        )
        return TeacherAnswer(
            made_up,
            "made up",
            {"": (best_sentence(question.chunk.text, question.row.instruction, made_up),)},
        )

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        return {
            "question": question.row.instruction,
            "answer": told.response,
            "quotes": list(told.quotes[""]),
        }

    def _refusal(self, question: GoldQuestion) -> TeacherAnswer:
        return TeacherAnswer(
            prompt_text("refusal"),
            "" if question.row.response == prompt_text("refusal") else "answerable",
            NO_QUOTES,
        )


@dataclass(frozen=True)
class SyntheticTextAnswerer:
    """Answers requests for texts with a label.

    It writes the row's text whatever label it is asked for, so the label is often another one.
    """

    task: TemplateTask

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        (slot, *_) = self.task.slots(question.chunk, "train")
        label, _ = label_of(self.task.settings, slot)
        return self._told(question, label.name)

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        return self._told(question, question.row.response)

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        return self._told(
            question,
            dice.choice(
                [one.name for one in self.task.settings.labels if one.name != question.row.response]
            ),
        )

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        return {"text": question.row.instruction, "label": told.response}

    def _told(self, question: GoldQuestion, label: str) -> TeacherAnswer:
        return TeacherAnswer(
            label, "" if label == question.row.response else "of another label", NO_QUOTES
        )
