"""Split a text into clauses, and find the clauses of a source that an answer's clause is about."""

import re
from typing import NamedTuple

from filters.text.segment import STOP_WORDS, sentences, stem, text_cache, words

_SUBJECT = (
    "the|an?|it|they|he|she|we|you|must|may|shall|should|can|cannot|will|is|are|was|were|has|have|had|does|do|don|doesn|isn|aren|never|not|no"
    "|all|any|each|every"
)
_CUT = re.compile(
    r"[;:]\s+|,\s+(?=not\b)|,\s+(?:and|but|or|so|plus|while|whereas|although|though|because|which"
    r"|who|where|unless|except|provided|if|when)\s+"
    rf"|\s+(?:and|but)\s+(?=(?:{_SUBJECT})\b)|\s+(?:as\s+well\s+as|but|while|whereas|unless"
    r"|except|although|provided)\s+|\s[–—…]\s|\n\s*\n"
    r"|(?<=\S)\s*\|\s*",
    re.I,
)
MAX_CLAUSES_COMPARED = 400  # more than ten times the clauses of a usual chunk
# A word of a long source that more clauses contain does not narrow the search.
MAX_CLAUSES_PER_WORD = 40
NEAREST_SHARE = 0.75  # a clause that shares this part of the nearest one's shared words counts, too


class Clause(NamedTuple):
    """The text of a clause, its content words, and their stems."""

    text: str
    words: tuple[str, ...]
    stems: frozenset[str]


@text_cache
def split_clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses in order; a part without a content word is dropped."""
    pieces: list[str] = []
    for sentence in sentences(text):
        start = 0
        for m in _CUT.finditer(sentence.text):
            pieces.append(sentence.text[start : m.start()])
            start = m.start()
        pieces.append(sentence.text[start:])
    found = (
        Clause(
            p.strip(),
            telling := tuple(w for w in words(p) if w not in STOP_WORDS),
            frozenset(map(stem, telling)),
        )
        for p in pieces
    )
    return tuple(c for c in found if c.words)


def nearest_clauses(clause: Clause, among: tuple[Clause, ...]) -> list[Clause]:
    """Return the clauses that share most content words with this one, or all if none does."""
    return [among[place] for place in nearest_clause_indexes(clause, among)]


def nearest_clause_indexes(clause: Clause, among: tuple[Clause, ...]) -> list[int]:
    """Return the indexes of the clauses that `nearest_clauses` returns, in order.

    In a source of more than MAX_CLAUSES_COMPARED clauses, only those are compared that share a word
    which at most MAX_CLAUSES_PER_WORD clauses contain, or the first MAX_CLAUSES_COMPARED if there
    are none. Otherwise each clause of a long answer would be compared with all clauses of a long
    source.
    """
    places = range(len(among)) if len(among) <= MAX_CLAUSES_COMPARED else _sharing(clause, among)
    shared = [len(clause.stems & among[place].stems) for place in places]
    most = max(shared, default=0)
    if not most:
        return list(range(min(len(among), MAX_CLAUSES_COMPARED)))
    return [place for place, n in zip(places, shared, strict=True) if n >= NEAREST_SHARE * most]


def _sharing(clause: Clause, among: tuple[Clause, ...]) -> list[int]:
    index = _INDEXES.of(among)
    return sorted(
        {
            place
            for word in clause.stems
            if len(found := index.get(word, ())) <= MAX_CLAUSES_PER_WORD
            for place in found
        }
    )


class _Indexes:
    """The word index of the source that was used last.

    One is enough, as the clauses of an answer are looked up one after another.
    """

    def __init__(self) -> None:
        self._among: tuple[Clause, ...] = ()
        self._index: dict[str, list[int]] = {}

    def of(self, among: tuple[Clause, ...]) -> dict[str, list[int]]:
        """Return the index: from each stem to the clauses that contain it."""
        if among is not self._among:
            index: dict[str, list[int]] = {}
            for place, one in enumerate(among):
                for word in one.stems:
                    index.setdefault(word, []).append(place)
            self._among, self._index = among, index
        return self._index


_INDEXES = _Indexes()
