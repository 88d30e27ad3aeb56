"""The voices of what is written whole: conversations, questions without an answer, and texts for a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from factory.core.prompts import words
from factory.rehearsal.answerers import Told
from factory.rehearsal.gold_questions import Question, best_sentence
from factory.rehearsal.qa_answerer import Prose
from factory.tasks.qa import heading
from factory.tasks.synthetic_texts import label_of
from factory.tasks.template import Composed
from filters.answers.conversation import field, said

NO_QUOTES: Mapping[str, tuple[str, ...]] = {"": ()}


@dataclass(frozen=True)
class Talk:
    """Gold rows are conversations; it errs in their last answer, and the turns before are as in the row."""

    prose: Prose

    def place(self, question: Question) -> tuple[str, str]:
        return self.prose.place(question)

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        return self.prose.right(question, dice)

    def wrong(self, question: Question, dice: Random) -> Told | None:
        return self.prose.wrong(question, dice)

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        lines, quotes = said(question.row.instruction), question.by_field
        before = [
            {"question": asked, "answer": answer, "quotes": list(quotes.get(field(n), ()))}
            for n, (asked, answer) in enumerate(zip(lines[:-1:2], lines[1::2], strict=True), 1)
        ]
        own = quotes.get(field(len(before) + 1)) if told.quotes[""] == question.quotes else told.quotes[""]
        last = {"question": lines[-1], "answer": told.response, "quotes": list(own or question.quotes)}
        return {**last, "turns": [*before, last]}


@dataclass(frozen=True)
class Refusals:
    """A gold row's response is the refusal, or the answer that the chunk has after all: then the question should not have been written."""

    answers: Sequence[str]  # of all rows

    def place(self, question: Question) -> tuple[str, str]:
        return heading(question.chunk), question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        """The response is the refusal, whatever is asked."""
        return self._refusal(question)

    def right(self, question: Question, dice: Random | None) -> Told:
        answer = question.row.response
        return self._refusal(question) if answer == words("refusal") else Told(answer, "", {"": question.quotes})

    def wrong(self, question: Question, dice: Random) -> Told | None:
        """It refuses where there is an answer, and has one where there is none."""
        if question.row.response != words("refusal"):
            return self._refusal(question)
        made_up = dice.choice([a for a in self.answers if a != words("refusal")] or ["nothing"])
        return Told(made_up, "made up", {"": (best_sentence(question.chunk.text, question.row.instruction, made_up),)})

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        return {"question": question.row.instruction, "answer": told.response, "quotes": list(told.quotes[""])}

    def _refusal(self, question: Question) -> Told:
        return Told(words("refusal"), "" if question.row.response == words("refusal") else "answerable", NO_QUOTES)


@dataclass(frozen=True)
class Texts:
    """Gold rows are texts with their labels. Whatever label it is asked for, it writes the row's text, which often is another one's."""

    task: Composed

    def place(self, question: Question) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        (slot, *_) = self.task.slots(question.chunk, "train")
        label, _ = label_of(self.task.settings, slot)
        return self._told(question, label.name)

    def right(self, question: Question, dice: Random | None) -> Told:
        return self._told(question, question.row.response)

    def wrong(self, question: Question, dice: Random) -> Told | None:
        return self._told(question, dice.choice([one.name for one in self.task.settings.labels if one.name != question.row.response]))

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        return {"text": question.row.instruction, "label": told.response}

    def _told(self, question: Question, label: str) -> Told:
        return Told(label, "" if label == question.row.response else "of another label", NO_QUOTES)
