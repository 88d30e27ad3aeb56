"""Contradictions: sentences of two texts that say the same of something, and give it another value or deny it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from factory.core.records import Span
from filters.duplicates.same_facts import TURNS, told
from filters.english.ordinals_directions import marks
from filters.text.segment import sentences, stem
from filters.text.values import Value, values

SAME_SENTENCE = 0.6  # share of the words, values apart, that two sentences have in common where one is a version of the other
SAME_BUT_DENIED = 0.8  # where one of them alone denies: with fewer words in common it denies something else
# What a rule is reworded to without a change of what it says, by the stem under which `told` gives it.
_MEANINGS = {"no": "not", "never": "not", "shall": "must", "can": "may", "could": "may", "might": "may"}
_TURNS = {stem(stem(word)): _MEANINGS.get(word, word) for word in TURNS}
_MARKUP = re.compile(r"(?<=\]\()[^)\s]*|\b\w{1,20}://\S+|</?[a-zA-Z][^<>]*>")  # where a page lies and how it is set is no fact
_LABEL = re.compile(r"\s*(?:[-*+•]\s+)?(?:\d+[.)]|\d+(?:\.\d+)+\.?|\(?[a-z]\)|#{1,6})(?=\s)")  # the number of a clause, not what it says
_ENDED = re.compile(r"[.!?][\"'”’)\]*_]*$")


@dataclass(frozen=True)
class Contradiction:
    """A sentence of each text, and the places in the texts of what only that one says: a value, a denial or what is allowed."""

    one: Span
    other: Span
    only_one: tuple[Span, ...]
    only_other: tuple[Span, ...]


class Fact(NamedTuple):
    """What may contradict: where it stands in its sentence, what it comes to, and whether it may number or date its document."""

    start: int
    end: int
    meaning: str
    bare: bool = False


def contradictions(one: str, other: str, heads: bool = False) -> Iterator[Contradiction]:
    """Sentences of the first text with their versions in the second where both say something else.

    `heads`: both texts begin their document. Lines there that are no sentences and hold a bare number, date or code say which
    document it is (version, number, effective date): every version has others.
    """
    ours, left = sentences(one), sentences(other)
    both = {s.text for s in ours} & {s.text for s in left}
    left = [s for s in left if s.text not in both]
    for mine in ours:
        if mine.text in both:
            continue
        theirs = max(left, key=lambda s: _common(mine.text, s.text), default=None)
        if theirs is None or (common := _common(mine.text, theirs.text)) < SAME_SENTENCE:
            continue
        left.remove(theirs)
        here, there = _facts(mine.text), _facts(theirs.text)
        only_one, only_other = _without(here, there), _without(there, here)
        if heads and all(fact.bare for fact in (*only_one, *only_other)) and not _ENDED.search(mine.text):
            continue
        if (only_one and only_other) or (common >= SAME_BUT_DENIED and _denies((*only_one, *only_other))):
            yield Contradiction(mine, theirs, _placed(only_one, mine), _placed(only_other, theirs))


def unlabelled(sentence: str) -> str:
    """With blanks in place of the number that it stands under."""
    label = _LABEL.match(sentence)
    return _blank(label) + sentence[label.end() :] if label else sentence


def _unmarked(sentence: str) -> str:
    return _MARKUP.sub(_blank, unlabelled(sentence))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _common(one: str, other: str) -> float:
    a, b = _frame(one), _frame(other)
    return len(a & b) / len(a | b) if a and b else 0.0


@lru_cache(maxsize=4096)  # each sentence is held against all of the other text
def _frame(sentence: str) -> frozenset[str]:
    """Its words without its values and turns."""
    return frozenset(w for w in told(_unmarked(sentence)) if " " not in w and w not in _TURNS)


@lru_cache(maxsize=4096)
def _facts(sentence: str) -> tuple[Fact, ...]:
    text = _unmarked(sentence)
    typed = [v for v in values(text) if v.kind not in ("name", "clause")]  # clauses move without a change of what is said
    found = [Fact(v.start, _end(v, text), f"{v.kind} {v.text} {v.unit}", not (v.unit or v.noun)) for v in typed]
    turns = [(word, _TURNS[word]) for word in told(text) if word in _TURNS]
    words = [*turns, *((mark, mark) for kind in marks(text) for mark in kind)]
    return (*found, *(Fact(*_place(word, text), meaning) for word, meaning in words))


def _end(value: Value, text: str) -> int:
    """Behind what a bare number counts, where that follows within three words: 25 Leave Days."""
    noun = re.match(rf"(?:\s+\w+){{0,2}}?\s+{re.escape(value.noun)}\w*", text[value.end :], re.I) if value.noun else None
    return value.end + (noun.end() if noun else 0)


def _place(word: str, text: str) -> tuple[int, int]:
    """Of the whole text where it stands there in another spelling: can't, 1st."""
    found = re.search(rf"\b{re.escape(word)}l?\b", text, re.I)  # shall is stemmed
    return found.span() if found else (0, len(text))


def _without(these: tuple[Fact, ...], those: tuple[Fact, ...]) -> tuple[Fact, ...]:
    there = [fact.meaning for fact in those]
    only = []
    for fact in these:
        if fact.meaning in there:
            there.remove(fact.meaning)
        else:
            only.append(fact)
    return tuple(only)


def _denies(only: tuple[Fact, ...]) -> bool:
    return any(fact.meaning == "not" for fact in only)


def _placed(facts: tuple[Fact, ...], sentence: Span) -> tuple[Span, ...]:
    """In order of place, in the text."""
    return tuple(
        Span(start=sentence.start + fact.start, end=sentence.start + fact.end, text=sentence.text[fact.start : fact.end])
        for fact in sorted(facts)
    )
