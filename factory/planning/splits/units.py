"""Divide documents into units (whole documents, sections or runs of chunks), each of which goes to
one split.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from factory.core.lazy import View
from factory.core.records import Chunk, Document

SECTIONS = 5  # the highest heading level with at least this many divides a document
LEVELS = 4  # of headings that are looked at
STRETCHES = 10  # that a document without sections is cut into
LEAST_CHUNKS = 3  # of a stretch: one more on either side may be lost to a gap


class Unit(NamedTuple):
    """Chunks `first` to `end` (exclusive) of a document, by index."""

    document: int
    first: int
    end: int


class DocumentUnits:
    """The position of every chunk of the documents; texts are read on demand."""

    def __init__(
        self, documents: Sequence[Document], chunked: Callable[[Document], Sequence[Chunk]]
    ) -> None:
        self._documents, self._chunked = documents, chunked
        self.names: list[str] = []
        self.digests: list[str] = []
        self._starts: list[array[int]] = []
        self._ends: list[array[int]] = []
        self.sizes: list[int] = []  # characters of each document
        for document in documents:
            self.names.append(document.ref.name)
            self.digests.append(document.ref.digest)
            self.sizes.append(len(document.text))
            chunks = chunked(document)
            self._starts.append(array("L", (c.start for c in chunks)))
            self._ends.append(array("L", (c.end for c in chunks)))
        self._text = lru_cache(maxsize=1)(lambda n: self._documents[n].text)

    def __len__(self) -> int:
        return len(self.names)

    def whole(self, document: int) -> Unit:
        return Unit(document, 0, len(self._starts[document]))

    def start(self, document: int, chunk: int) -> int:
        return self._starts[document][chunk]

    def size(self, unit: Unit) -> int:
        """Return the number of characters, including headings between chunks."""
        if unit == self.whole(unit.document):
            return self.sizes[unit.document]
        return self._ends[unit.document][unit.end - 1] - self._starts[unit.document][unit.first]

    def texts(self, units: Sequence[Unit]) -> View[str]:
        return View(range(len(units)), lambda place: self._stretch(units[place]))

    def pieces(self, unit: Unit) -> list[str]:
        """Return the texts of the unit's chunks."""
        text = self._text(unit.document)
        starts, ends = self._starts[unit.document], self._ends[unit.document]
        return [text[starts[n] : ends[n]] for n in range(unit.first, unit.end)]

    def _stretch(self, unit: Unit) -> str:
        text = self._text(unit.document)
        return (
            text
            if unit == self.whole(unit.document)
            else text[self.start(unit.document, unit.first) :][: self.size(unit)]
        )

    def sections(self, document: int) -> list[Unit]:
        """Divide a document at the highest heading level that gives enough sections, or else at the
        level that gives most. Returns one unit if there are no headings.
        """
        headings = [c.headings for c in self._chunked(self._documents[document])]
        found: list[Unit] = [self.whole(document)]
        for level in range(1, LEVELS + 1):
            runs = list(_runs([path[:level] for path in headings]))
            if len(runs) > len(found):
                found = [Unit(document, first, end) for first, end in runs]
            if len(found) >= SECTIONS:
                break
        return found

    def stretches(self, document: int) -> list[Unit]:
        """Divide a document into runs of neighbouring chunks of similar length."""
        count = len(self._starts[document])
        parts = max(1, min(STRETCHES, count // LEAST_CHUNKS))
        ends = [count * (n + 1) // parts for n in range(parts)]
        return [
            Unit(document, first, end)
            for first, end in zip([0, *ends], ends, strict=False)
            if first < end
        ]


def _runs(keys: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each run of equal keys."""
    first = 0
    for _, run in groupby(keys):
        end = first + len(list(run))
        yield first, end
        first = end
