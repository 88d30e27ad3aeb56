"""The clauses of a text with their telling words, and which clauses of a source an answer's clause is about."""

import re
from typing import NamedTuple

from filters.text import STOP, remembered, sentences, stem, words

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
    shared = [len(clause.stems & c.stems) for c in among]
    most = max(shared, default=0)
    if not most:
        return list(among)
    return [c for c, n in zip(among, shared, strict=True) if n >= NEAR * most]
