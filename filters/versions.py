"""Versions: chunks of two documents that say nearly the same, and where they contradict each other.

Two chunks that tell the same are to be asked once. Where a sentence of one stands in the other with another value, both are to be
asked, and the client is to hear of it: one of the two documents is out of date.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factory.records import Chunk, Span
from filters.marks import marks
from filters.minhash import near
from filters.sameness import TURNS, told
from filters.text import sentences
from filters.values import values

JACCARD = 0.6  # over word bigrams of two chunks: a version with a changed value in every third sentence still reaches it
SAME_SENTENCE = 0.6  # share of the words, values apart, that two sentences have in common where one is a version of the other


@dataclass(frozen=True)
class Contradiction:
    """A sentence of each chunk's text, and what only that one says: a value, a denial or what is allowed."""

    one: Span
    other: Span
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]


@dataclass(frozen=True)
class Versions:
    """Two near chunks by their places; `same` where they tell the same, else with what contradicts, if anything does."""

    earlier: int
    later: int
    same: bool
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def conflict(self) -> bool:
        return bool(self.contradictions)


def versions(chunks: Sequence[Chunk]) -> list[Versions]:
    """Every pair of near chunks of two documents, in order of the later one."""
    texts = [c.text for c in chunks]
    found = near(texts, JACCARD, 2)
    pairs = list(zip(found.later.tolist(), found.earlier.tolist(), strict=True))
    pairs += [(i, first) for i, first in enumerate(found.copies.tolist()) if first >= 0]  # one text under two headings
    return [_compared(j, i, texts) for i, j in sorted(pairs) if chunks[i].document != chunks[j].document]


def _compared(earlier: int, later: int, texts: Sequence[str]) -> Versions:
    one, other = texts[earlier], texts[later]
    if [told(s.text) for s in sentences(one)] == [told(s.text) for s in sentences(other)]:
        return Versions(earlier, later, True)
    return Versions(earlier, later, False, tuple(contradictions(one, other)))


def contradictions(one: str, other: str) -> Iterator[Contradiction]:
    """Sentences of the first text with their versions in the second where both say something else."""
    left = sentences(other)
    for mine in sentences(one):
        theirs = max(left, key=lambda s: _common(mine.text, s.text), default=None)
        if theirs is None or _common(mine.text, theirs.text) < SAME_SENTENCE:
            continue
        left.remove(theirs)
        here, there = _facts(mine.text), _facts(theirs.text)
        only_one, only_other = _without(here, there), _without(there, here)
        if only_one and only_other or _denies(only_one) or _denies(only_other):
            yield Contradiction(mine, theirs, only_one, only_other)


def _common(one: str, other: str) -> float:
    a, b = _frame(one), _frame(other)
    return len(a & b) / len(a | b) if a and b else 0.0


@lru_cache(maxsize=4096)  # each sentence is held against all of the other chunk
def _frame(sentence: str) -> frozenset[str]:
    """Its words without its values and turns."""
    return frozenset(w for w in told(sentence) if " " not in w and w not in TURNS)


def _facts(sentence: str) -> list[tuple[str, str]]:
    """What may contradict: how it stands there, and what it comes to."""
    found = [(sentence[v.start : v.end], f"{v.kind} {v.text} {v.unit}") for v in values(sentence) if v.kind != "name"]
    turns = [w for w in told(sentence) if w in TURNS]
    return found + [(w, w) for w in (*turns, *(m for kind in marks(sentence) for m in kind))]


def _without(these: list[tuple[str, str]], those: list[tuple[str, str]]) -> tuple[str, ...]:
    there = [meaning for _, meaning in those]
    only = []
    for words, meaning in these:
        if meaning in there:
            there.remove(meaning)
        else:
            only.append(words)
    return tuple(only)


def _denies(only: tuple[str, ...]) -> bool:
    return any(words in TURNS for words in only)
