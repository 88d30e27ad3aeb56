"""The clauses of a text with their telling words, and which clauses of a source an answer's clause is about."""

import re
from typing import NamedTuple

from filters.text.segment import STOP, remembered, sentences, stem, words

_SUBJECT = (
    "the|an?|it|they|he|she|we|you|must|may|shall|should|can|cannot|will|is|are|was|were|has|have|had|does|do|don|doesn|isn|aren|never|not|no"
    "|all|any|each|every"
)
_CUT = re.compile(
    r"[;:]\s+|,\s+(?=not\b)|,\s+(?:and|but|or|so|plus|while|whereas|although|though|because|which|who|where|unless|except|provided|if|when)\s+"
    rf"|\s+(?:and|but)\s+(?=(?:{_SUBJECT})\b)|\s+(?:as\s+well\s+as|but|while|whereas|unless|except|although|provided)\s+|\s[–—…]\s|\n\s*\n"
    r"|(?<=\S)\s*\|\s*",
    re.I,
)
MANY = 400  # clauses: more than ten times those of a usual chunk
COMMON = 40  # clauses of a long source that a word may stand in and still point to some
NEAR = 0.75  # a clause with at least this share of the nearest one's words counts as well


class Clause(NamedTuple):
    """A stretch between two cuts, its telling words, and their stems."""

    text: str
    words: tuple[str, ...]
    stems: frozenset[str]


@remembered
def clauses(text: str) -> tuple[Clause, ...]:
    """Clauses in order; a stretch without a telling word joins the one before it."""
    pieces: list[str] = []
    for sentence in sentences(text):
        start = 0
        for m in _CUT.finditer(sentence.text):
            pieces.append(sentence.text[start : m.start()])
            start = m.start()
        pieces.append(sentence.text[start:])
    found = (Clause(p.strip(), telling := tuple(w for w in words(p) if w not in STOP), frozenset(map(stem, telling))) for p in pieces)
    return tuple(c for c in found if c.words)


def nearest(clause: Clause, among: tuple[Clause, ...]) -> list[Clause]:
    """The clauses that share most telling words with this one; all of them where none shares any."""
    return [among[place] for place in nearest_places(clause, among)]


def nearest_places(clause: Clause, among: tuple[Clause, ...]) -> list[int]:
    """Where those clauses stand, in order.

    Of a source of more than MANY clauses only those are weighed that share a word which stands in at most COMMON of them,
    and where none does, the first MANY: else each clause of a long answer would be held against all of a long source.
    """
    places = range(len(among)) if len(among) <= MANY else _sharing(clause, among)
    shared = [len(clause.stems & among[place].stems) for place in places]
    most = max(shared, default=0)
    if not most:
        return list(range(min(len(among), MANY)))
    return [place for place, n in zip(places, shared, strict=True) if n >= NEAR * most]


def _sharing(clause: Clause, among: tuple[Clause, ...]) -> list[int]:
    index = _INDEXES.of(among)
    return sorted({place for word in clause.stems if len(found := index.get(word, ())) <= COMMON for place in found})


class _Indexes:
    """The index of the source that was looked at last: the clauses of an answer follow one another."""

    def __init__(self) -> None:
        self._among: tuple[Clause, ...] = ()
        self._index: dict[str, list[int]] = {}

    def of(self, among: tuple[Clause, ...]) -> dict[str, list[int]]:
        """The places of the clauses that each stem stands in."""
        if among is not self._among:
            index: dict[str, list[int]] = {}
            for place, one in enumerate(among):
                for word in one.stems:
                    index.setdefault(word, []).append(place)
            self._among, self._index = among, index
        return self._index


_INDEXES = _Indexes()
