"""Find sentences of two texts that agree in their words but differ in a value or a negation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from factory.core.records import Span
from filters.duplicates.same_facts import NEGATION_MODAL_WORDS, fact_tokens
from filters.english.ordinals_directions import grouped_words
from filters.text.segment import sentences, stem
from filters.text.values import Value, find_values

# Least share of common words, values apart, of two versions of one sentence.
SAME_SENTENCE = 0.6
SAME_BUT_DENIED = 0.8  # the same if only one is negated: with less it negates something else
# Words that may replace each other without changing a rule, by the stem that `fact_tokens` gives.
_MEANINGS = {
    "no": "not",
    "never": "not",
    "shall": "must",
    "can": "may",
    "could": "may",
    "might": "may",
}
_TURNS = {stem(stem(word)): _MEANINGS.get(word, word) for word in NEGATION_MODAL_WORDS}
# Where a page lies and how it is set is no fact.
_MARKUP = re.compile(r"(?<=\]\()[^)\s]*|\b\w{1,20}://\S+|</?[a-zA-Z][^<>]*>")
# The number of a clause, not what it says.
_LABEL = re.compile(r"\s*(?:[-*+•]\s+)?(?:\d+[.)]|\d+(?:\.\d+)+\.?|\(?[a-z]\)|#{1,6})(?=\s)")
_ENDED = re.compile(r"[.!?][\"'”’)\]*_]*$")


@dataclass(frozen=True)
class Contradiction:
    """A sentence of each text, and the spans that differ: a value, a negation or a modal verb."""

    one: Span
    other: Span
    only_one: tuple[Span, ...]
    only_other: tuple[Span, ...]


class ComparedFact(NamedTuple):
    """A part of a sentence that may contradict another one.

    `start` and `end` are offsets in the sentence. `bare` marks a value that may be the number or
    date of its document.
    """

    start: int
    end: int
    meaning: str
    bare: bool = False


def find_contradictions(one: str, other: str, heads: bool = False) -> Iterator[Contradiction]:
    """Yield the sentences of the first text that contradict their version in the second.

    `heads` says that both texts begin their documents. There, lines that are no sentences and have
    a bare number, date or code identify the document (version, number, effective date), and differ
    between versions without being a contradiction.
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
        if (
            heads
            and all(fact.bare for fact in (*only_one, *only_other))
            and not _ENDED.search(mine.text)
        ):
            continue
        if (only_one and only_other) or (
            common >= SAME_BUT_DENIED and _denies((*only_one, *only_other))
        ):
            yield Contradiction(
                mine, theirs, _to_spans(only_one, mine), _to_spans(only_other, theirs)
            )


def blank_clause_number(sentence: str) -> str:
    """Replace the number of a clause by blanks, so that offsets stay the same."""
    label = _LABEL.match(sentence)
    return _blank(label) + sentence[label.end() :] if label else sentence


def _unmarked(sentence: str) -> str:
    return _MARKUP.sub(_blank, blank_clause_number(sentence))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _common(one: str, other: str) -> float:
    a, b = _frame(one), _frame(other)
    return len(a & b) / len(a | b) if a and b else 0.0


@lru_cache(maxsize=4096)  # each sentence is compared with all of the other text
def _frame(sentence: str) -> frozenset[str]:
    """Return the words of a sentence without its values, negations and modal verbs."""
    return frozenset(
        w for w in fact_tokens(_unmarked(sentence)) if " " not in w and w not in _TURNS
    )


@lru_cache(maxsize=4096)
def _facts(sentence: str) -> tuple[ComparedFact, ...]:
    text = _unmarked(sentence)
    # Clauses move without a change of what is said.
    typed = [v for v in find_values(text) if v.kind not in ("name", "clause")]
    found = [
        ComparedFact(v.start, _end(v, text), f"{v.kind} {v.text} {v.unit}", not (v.unit or v.noun))
        for v in typed
    ]
    turns = [(word, _TURNS[word]) for word in fact_tokens(text) if word in _TURNS]
    words = [*turns, *((mark, mark) for kind in grouped_words(text) for mark in kind)]
    return (*found, *(ComparedFact(*_place(word, text), meaning) for word, meaning in words))


def _end(value: Value, text: str) -> int:
    """Return the end of the value, with the noun that it counts if within three words.

    For "25 Leave Days" this is the end of "Days".
    """
    noun = (
        re.match(rf"(?:\s+\w+){{0,2}}?\s+{re.escape(value.noun)}\w*", text[value.end :], re.I)
        if value.noun
        else None
    )
    return value.end + (noun.end() if noun else 0)


def _place(word: str, text: str) -> tuple[int, int]:
    """Return the span of the word, or of the whole text if spelled differently (can't, 1st)."""
    found = re.search(rf"\b{re.escape(word)}l?\b", text, re.I)  # shall is stemmed
    return found.span() if found else (0, len(text))


def _without(
    these: tuple[ComparedFact, ...], those: tuple[ComparedFact, ...]
) -> tuple[ComparedFact, ...]:
    there = [fact.meaning for fact in those]
    only = []
    for fact in these:
        if fact.meaning in there:
            there.remove(fact.meaning)
        else:
            only.append(fact)
    return tuple(only)


def _denies(only: tuple[ComparedFact, ...]) -> bool:
    return any(fact.meaning == "not" for fact in only)


def _to_spans(facts: tuple[ComparedFact, ...], sentence: Span) -> tuple[Span, ...]:
    """Return the facts as spans of the text, in order."""
    return tuple(
        Span(
            start=sentence.start + fact.start,
            end=sentence.start + fact.end,
            text=sentence.text[fact.start : fact.end],
        )
        for fact in sorted(facts)
    )
