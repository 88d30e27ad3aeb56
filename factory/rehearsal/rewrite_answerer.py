"""The voices of summaries and rewrites: a right text that has one thing changed, left out or put in, or is in no other tone."""

from dataclasses import dataclass
from random import Random

from factory.rehearsal.answerers import Told
from factory.rehearsal.faults import Kinds, wrong
from factory.rehearsal.gold_questions import Question
from factory.rehearsal.retelling_faults import REWRITE_LAPSES
from factory.tasks.qa import heading
from filters.answers.summary import field
from filters.text.segment import content, sentences, words

MOST_QUOTES = 3  # for one sentence of a summary
NEW_WORDS = 2  # of a sentence, or a number of it, which a further quote must bring


@dataclass(frozen=True)
class Summaries:
    """`kinds`: the faults it may make. Nobody votes, so that no answer is worded again."""

    kinds: Kinds

    def place(self, question: Question) -> tuple[str, str]:
        return heading(question.chunk), question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        return Told(" ".join(question.row.response.split()), "", _quotes(question))

    def wrong(self, question: Question, dice: Random) -> Told | None:
        """With the quotes of the right one: a teacher that errs has read the same."""
        found = wrong(question, " ".join(question.row.response.split()), dice, self.kinds)
        return Told(*found, _quotes(question)) if found else None

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        listed = [(told.quotes.get(field(n), ()), s.text) for n, s in enumerate(sentences(told.response), 1)]
        return {"sentences": [{"quotes": list(quotes), "sentence": sentence} for quotes, sentence in listed]}


@dataclass(frozen=True)
class Rewrites:
    """Gold rows are passages in the client's tone."""

    def place(self, question: Question) -> tuple[str, str]:
        return "", question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        return Told(question.row.response.strip(), "", {})

    def wrong(self, question: Question, dice: Random) -> Told | None:
        found = wrong(question, question.row.response.strip(), dice, REWRITE_LAPSES)
        return Told(*found, {}) if found else None

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        return {"text": told.response}


def _quotes(question: Question) -> dict[str, tuple[str, ...]]:
    """The row's own spans of each sentence; else the sentences of the passage that say it."""
    told = sentences(" ".join(question.row.response.split()))
    own = question.by_field
    return {field(n): own.get(field(n)) or _passages(question.chunk.text, s.text) for n, s in enumerate(told, 1)}


def _passages(text: str, sentence: str) -> tuple[str, ...]:
    """Those with most of the sentence's words, as long as a further one brings new ones."""
    wanted, there = _told(sentence), sentences(text)
    found: list[str] = []
    while there and len(found) < MOST_QUOTES:
        best = max(there, key=lambda s: len(_told(s.text) & wanted))
        brought = _told(best.text) & wanted
        if found and len(brought) < NEW_WORDS and not any(w[0].isdigit() for w in brought):
            break
        found.append(best.text)
        wanted -= brought
        there = [s for s in there if s is not best]
    return tuple(found)


def _told(text: str) -> set[str]:
    """Its telling words and all of its numbers."""
    return {*content(text), *(w for w in words(text) if w[0].isdigit())}
