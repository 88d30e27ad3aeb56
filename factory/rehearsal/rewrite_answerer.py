"""Answerers for summaries and rewrites: a wrong text has a change, an omission, an addition or the
old tone.
"""

from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import TeacherAnswer
from factory.rehearsal.faults import FaultFunctions, plant_fault
from factory.rehearsal.gold_questions import GoldQuestion
from factory.rehearsal.retelling_faults import REWRITE_FAULTS
from factory.tasks.qa import chunk_heading
from filters.answers.summary import sentence_field
from filters.text.segment import content_stems, sentences, words

MOST_QUOTES = 3  # quotes for one sentence of a summary
NEW_WORDS = 2  # a further quote must add this many words of the sentence, or a number


@dataclass(frozen=True)
class SummaryAnswerer:
    """Answers summary requests. `kinds` are the faults to plant. There is no vote, so no answer is
    reworded.
    """

    kinds: FaultFunctions

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return chunk_heading(question.chunk), question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        return TeacherAnswer(" ".join(question.row.response.split()), "", _quotes(question))

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        """Keep the quotes of the right answer: an erring teacher has read the same passage."""
        found = plant_fault(question, " ".join(question.row.response.split()), dice, self.kinds)
        return TeacherAnswer(*found, _quotes(question)) if found else None

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        listed = [
            (told.quotes.get(sentence_field(n), ()), s.text)
            for n, s in enumerate(sentences(told.response), 1)
        ]
        return {
            "sentences": [
                {"quotes": list(quotes), "sentence": sentence} for quotes, sentence in listed
            ]
        }


@dataclass(frozen=True)
class RewriteAnswerer:
    """Answers rewrite requests. Gold rows are passages in the client's tone."""

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        return TeacherAnswer(question.row.response.strip(), "", {})

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        found = plant_fault(question, question.row.response.strip(), dice, REWRITE_FAULTS)
        return TeacherAnswer(*found, {}) if found else None

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        return {"text": told.response}


def _quotes(question: GoldQuestion) -> dict[str, tuple[str, ...]]:
    """Return the row's own spans of each sentence, or else the sentences of the passage that state
    it.
    """
    told = sentences(" ".join(question.row.response.split()))
    own = question.by_field
    return {
        sentence_field(n): own.get(sentence_field(n)) or _passages(question.chunk.text, s.text)
        for n, s in enumerate(told, 1)
    }


def _passages(text: str, sentence: str) -> tuple[str, ...]:
    """Return the sentences with most words of `sentence`, as long as each adds new ones."""
    wanted, there = _telling_words(sentence), sentences(text)
    found: list[str] = []
    while there and len(found) < MOST_QUOTES:
        best = max(there, key=lambda s: len(_telling_words(s.text) & wanted))
        brought = _telling_words(best.text) & wanted
        if found and len(brought) < NEW_WORDS and not any(w[0].isdigit() for w in brought):
            break
        found.append(best.text)
        wanted -= brought
        there = [s for s in there if s is not best]
    return tuple(found)


def _telling_words(text: str) -> set[str]:
    """Return the content words and all numbers of a text."""
    return {*content_stems(text), *(w for w in words(text) if w[0].isdigit())}
