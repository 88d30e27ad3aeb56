"""Find versions among the documents: chunks that repeat another document's content and are asked
about once, and chunks that contradict each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from pydantic import BaseModel

from factory.core.lazy import View
from factory.core.records import Chunk, Document, DocumentRef, Span, Split
from factory.planning.splits.assignment import SplitAssignment
from filters.duplicates.contradictions import blank_clause_number
from filters.duplicates.near_versions import FORM_MIN_COPIES, Related, VersionPair, find_versions
from filters.duplicates.same_facts import fact_tokens
from filters.duplicates.shingles import hash_shingles

# The least share of its word pairs that the larger of two versions has in common with the other.
SAME = 0.5

Key = tuple[str, ...]


class DuplicateLocation(BaseModel, frozen=True):
    """Another location of a chunk's content, under the chunk's digest."""

    chunk: str
    document: DocumentRef
    start: int
    end: int


class ConflictSide(BaseModel, frozen=True):
    """One sentence of a conflict, the documents that state it, and the spans of it that contradict
    the other sentence.
    """

    documents: tuple[str, ...]
    headings: tuple[str, ...]
    sentence: str
    differs: tuple[Span, ...]

    @property
    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The sentence in pieces, and whether each contradicts."""
        at = 0
        for span in self.differs:
            if span.start >= at:
                yield self.sentence[at : span.start], False
                yield span.text, True
                at = span.end
        yield self.sentence[at:], False


class Conflict(BaseModel, frozen=True):
    """Two sentences that contradict each other."""

    one: ConflictSide
    other: ConflictSide

    @property
    def names(self) -> tuple[str, str]:
        """The names of the documents on either side."""
        return ", ".join(self.one.documents), ", ".join(self.other.documents)


@dataclass(frozen=True)
class VersionMatches:
    """Chunks by index: those that repeat an earlier chunk, with that chunk; and those that another
    chunk contradicts.
    """

    again: Mapping[int, int]
    disputed: frozenset[int]
    conflicts: Sequence[Conflict]


def duplicate_locations(
    again: Mapping[int, int], chunks: Sequence[Chunk]
) -> View[DuplicateLocation]:
    """Return the locations of chunks that are not asked about, in order."""

    def look(place: int) -> DuplicateLocation:
        chunk = chunks[place]
        return DuplicateLocation(
            chunk=chunks[again[place]].digest,
            document=chunk.document,
            start=chunk.start,
            end=chunk.end,
        )

    return View(list(again), look)


def match_versions(
    chunks: Sequence[Chunk], sides: SplitAssignment, documents: Sequence[Document]
) -> VersionMatches:
    """Match repeated and contradicting chunks. `chunks` must be ordered by split, held-out ones
    first, and by document.
    """
    again: dict[int, int] = {}
    roots, found = _Roots(chunks, sides), []
    for pair in find_versions(chunks, _related(documents)):
        if pair.same:
            if (first := roots.first(pair.earlier, pair.later)) is not None:
                again[pair.later] = first
        elif pair.conflict:
            found.append(pair)
    found = _without_forms(
        [pair for pair in found if pair.earlier not in again and pair.later not in again], chunks
    )
    names = _names(again, chunks)
    conflicts = [
        Conflict(
            one=_said(chunks[pair.earlier], names.get(pair.earlier, ()), one.one, one.only_one),
            other=_said(chunks[pair.later], names.get(pair.later, ()), one.other, one.only_other),
        )
        for pair in found
        for one in pair.contradictions
    ]
    return VersionMatches(
        again, frozenset(at for pair in found for at in (pair.earlier, pair.later)), conflicts
    )


def _without_forms(found: Sequence[VersionPair], chunks: Sequence[Chunk]) -> list[VersionPair]:
    """Drop chunks that contradict each other, directly or through others, in so many documents that
    they are a filled-in form.
    """
    linked: dict[int, int] = {}

    def first(place: int) -> int:
        while (before := linked.setdefault(place, place)) != place:
            linked[place] = place = linked[before]
        return place

    for pair in found:
        linked[first(pair.later)] = first(pair.earlier)
    names: dict[int, set[str]] = {}
    for place in list(linked):
        names.setdefault(first(place), set()).add(chunks[place].document.name)
    return [pair for pair in found if len(names[first(pair.later)]) < FORM_MIN_COPIES]


class _Roots:
    """Chunks with the same content under any headings: the first of them, and the first under each
    heading.
    """

    def __init__(self, chunks: Sequence[Chunk], sides: SplitAssignment) -> None:
        self._chunks, self._sides = chunks, sides
        self._root: dict[int, int] = {}
        self._firsts: dict[tuple[int, Key], int] = {}

    def first(self, earlier: int, later: int) -> int | None:
        """Return the chunk that represents the later one, or None if the later one is to be asked
        about itself.

        A text may mean something else under another heading, but the content of a held-out chunk is
        not trained on under any heading.
        """
        root = self._root.setdefault(earlier, earlier)
        self._root[later] = root
        self._firsts.setdefault((root, self._heading(root)), root)
        first = self._firsts.setdefault((root, self._heading(later)), later)
        return first if first != later else root if self._side(root) != self._side(later) else None

    def _heading(self, place: int) -> Key:
        """Return the facts of the innermost heading. A title above the whole document says nothing
        about a part of it.
        """
        headings = self._chunks[place].headings
        return fact_tokens(blank_clause_number(headings[-1])) if len(headings) > 1 else ()

    def _side(self, place: int) -> Split | None:
        return self._sides.of(self._chunks[place])


def _related(documents: Sequence[Document]) -> Related:
    """Return a function that decides whether the documents of two chunks are versions of each
    other.
    """

    @cache
    def places() -> dict[str, int]:
        return {d.ref.name: place for place, d in enumerate(documents)}

    @cache
    def alike(*names: str) -> bool:
        return _overlap([documents[places()[name]].text for name in names]) >= SAME

    return lambda one, other: alike(one.document.name, other.document.name)


def _overlap(texts: Sequence[str]) -> float:
    """Return the share of the larger text's word pairs that the other text also has."""
    found = hash_shingles(texts, 2)
    one, other = np.split(found.hashes, found.counts[:1])
    return len(np.intersect1d(one, other, assume_unique=True)) / max(1, len(one), len(other))


def _names(again: Mapping[int, int], chunks: Sequence[Chunk]) -> dict[int, tuple[str, ...]]:
    """Return for each chunk that represents others the names of their documents."""
    names: dict[int, dict[str, None]] = {}
    for place, first in again.items():
        names.setdefault(first, {})[chunks[place].document.name] = None
    return {first: tuple(others) for first, others in names.items()}


def _said(chunk: Chunk, also: Iterable[str], sentence: Span, only: Iterable[Span]) -> ConflictSide:
    differs = tuple(
        s.model_copy(update={"start": s.start - sentence.start, "end": s.end - sentence.start})
        for s in only
    )
    return ConflictSide(
        documents=(chunk.document.name, *also),
        headings=chunk.headings,
        sentence=sentence.text,
        differs=differs,
    )
