"""Versions of documents in a plan: what is asked once, as another document tells the same, and what contradicts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from pydantic import BaseModel

from factory.core.lazy import View
from factory.core.records import Chunk, Document, DocumentRef, Span, Split
from factory.planning.splits.assignment import Sides
from filters.duplicates.contradictions import unlabelled
from filters.duplicates.near_versions import FORM, Related, Versions, versions
from filters.duplicates.same_facts import told
from filters.duplicates.shingles import shingles

SAME = 0.5  # of its word pairs, the share that the larger of two versions of a document has in common with the other at least

Key = tuple[str, ...]


class Place(BaseModel, frozen=True):
    """A further place of a chunk, under its digest: what stands there tells the same."""

    chunk: str
    document: DocumentRef
    start: int
    end: int


class Said(BaseModel, frozen=True):
    """A sentence of the documents that tell the same, by their names, and what of it contradicts; places are in the sentence."""

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

    one: Said
    other: Said

    @property
    def names(self) -> tuple[str, str]:
        """Of the documents on either side."""
        return ", ".join(self.one.documents), ", ".join(self.other.documents)


@dataclass(frozen=True)
class Settled:
    """Chunks by their places: those that tell what an earlier one tells, with that one; and those that another one contradicts."""

    again: Mapping[int, int]
    disputed: frozenset[int]
    conflicts: Sequence[Conflict]


def further(again: Mapping[int, int], chunks: Sequence[Chunk]) -> View[Place]:
    """The places of chunks that are not asked, in their order."""

    def look(place: int) -> Place:
        chunk = chunks[place]
        return Place(chunk=chunks[again[place]].digest, document=chunk.document, start=chunk.start, end=chunk.end)

    return View(list(again), look)


def settled(chunks: Sequence[Chunk], sides: Sides, documents: Sequence[Document]) -> Settled:
    """`chunks` in order of their sides, held-out ones first, and of their documents."""
    again: dict[int, int] = {}
    roots, found = _Roots(chunks, sides), []
    for pair in versions(chunks, _related(documents)):
        if pair.same:
            if (first := roots.first(pair.earlier, pair.later)) is not None:
                again[pair.later] = first
        elif pair.conflict:
            found.append(pair)
    found = _without_forms([pair for pair in found if pair.earlier not in again and pair.later not in again], chunks)
    names = _names(again, chunks)
    conflicts = [
        Conflict(
            one=_said(chunks[pair.earlier], names.get(pair.earlier, ()), one.one, one.only_one),
            other=_said(chunks[pair.later], names.get(pair.later, ()), one.other, one.only_other),
        )
        for pair in found
        for one in pair.contradictions
    ]
    return Settled(again, frozenset(at for pair in found for at in (pair.earlier, pair.later)), conflicts)


def _without_forms(found: Sequence[Versions], chunks: Sequence[Chunk]) -> list[Versions]:
    """Without chunks that contradict each other, directly or through others, in as many documents as a form is filled in for."""
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
    return [pair for pair in found if len(names[first(pair.later)]) < FORM]


class _Roots:
    """Chunks that tell the same, under whatever headings: the first of them, and the first under each heading."""

    def __init__(self, chunks: Sequence[Chunk], sides: Sides) -> None:
        self._chunks, self._sides = chunks, sides
        self._root: dict[int, int] = {}
        self._firsts: dict[tuple[int, Key], int] = {}

    def first(self, earlier: int, later: int) -> int | None:
        """The chunk that stands for the later one, None where it is to be asked itself.

        A text may mean something else under another heading, but what a held-out chunk tells is trained on under none.
        """
        root = self._root.setdefault(earlier, earlier)
        self._root[later] = root
        self._firsts.setdefault((root, self._heading(root)), root)
        first = self._firsts.setdefault((root, self._heading(later)), later)
        return first if first != later else root if self._side(root) != self._side(later) else None

    def _heading(self, place: int) -> Key:
        """What the innermost heading tells; a title, which stands above all of a document, tells nothing of a part."""
        headings = self._chunks[place].headings
        return told(unlabelled(headings[-1])) if len(headings) > 1 else ()

    def _side(self, place: int) -> Split | None:
        return self._sides.of(self._chunks[place])


def _related(documents: Sequence[Document]) -> Related:
    """Whether the documents of two chunks are versions of each other."""

    @cache
    def places() -> dict[str, int]:
        return {d.ref.name: place for place, d in enumerate(documents)}

    @cache
    def alike(*names: str) -> bool:
        return _overlap([documents[places()[name]].text for name in names]) >= SAME

    return lambda one, other: alike(one.document.name, other.document.name)


def _overlap(texts: Sequence[str]) -> float:
    """The share of its word pairs that the larger of two texts has in common with the other."""
    found = shingles(texts, 2)
    one, other = np.split(found.hashes, found.counts[:1])
    return len(np.intersect1d(one, other, assume_unique=True)) / max(1, len(one), len(other))


def _names(again: Mapping[int, int], chunks: Sequence[Chunk]) -> dict[int, tuple[str, ...]]:
    """Of each chunk that stands for others, the names of their documents."""
    names: dict[int, dict[str, None]] = {}
    for place, first in again.items():
        names.setdefault(first, {})[chunks[place].document.name] = None
    return {first: tuple(others) for first, others in names.items()}


def _said(chunk: Chunk, also: Iterable[str], sentence: Span, only: Iterable[Span]) -> Said:
    differs = tuple(s.model_copy(update={"start": s.start - sentence.start, "end": s.end - sentence.start}) for s in only)
    return Said(documents=(chunk.document.name, *also), headings=chunk.headings, sentence=sentence.text, differs=differs)
