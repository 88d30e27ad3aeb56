"""Store a plan's chunks and slots compactly, at about 40 bytes each; records are built only while
they are looked at.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from factory.core.lazy import View
from factory.core.records import SPLITS, Chunk, DocumentRef, OtherChunkFact, Slot, Span
from factory.core.spill import TextFile
from factory.tasks import Tasks

NO_SPAN = (-1, -1)


class SlotTable:
    """Chunks in order, each with its slots; their texts are kept in a file.

    Digests and IDs are those of `records.digest`: 16 hex digits, stored as 64 bits.
    """

    def __init__(self) -> None:
        self._texts = TextFile()
        self._documents: list[DocumentRef] = []  # of each chunk
        self._headings: list[tuple[str, ...]] = []
        self._headers: dict[int, str] = {}  # of the few chunks that go on with a table
        self._elsewhere: dict[int, tuple[OtherChunkFact, ...]] = {}  # of slots that are asked so
        self._digests, self._starts, self._ends, self._pages = (
            array("Q"),
            array("I"),
            array("I"),
            array("I"),
        )
        self._chunk_of, self._ids, self._ordinals, self._sides = (
            array("I"),
            array("Q"),
            array("I"),
            bytearray(),
        )
        self._tasks: list[str] = []
        # Four a slot: start and end of its fact and of its target, in the chunk.
        self._spans = array("i")
        # Slots of one chunk are read one after the other, so they share the chunk.
        self._latest: tuple[int, Chunk] | None = None
        self._left_out: Collection[int] = frozenset()
        self._disputed: Collection[int] = frozenset()

    def add(self, chunk: Chunk, slots: Sequence[Slot]) -> None:
        """Append a chunk and its slots. Raises StoppedEarly if the disk is full."""
        for slot in slots:
            if slot.elsewhere:
                self._elsewhere[len(self._ids)] = slot.elsewhere
            self._chunk_of.append(len(self._digests))
            self._ids.append(int(slot.id, 16))
            self._ordinals.append(slot.ordinal)
            self._sides.append(SPLITS.index(slot.split))
            self._tasks.append(slot.task)
            for span in (slot.fact, slot.target):
                self._spans.extend((span.start, span.end) if span else NO_SPAN)
        self._texts.add(chunk.text)
        self._documents.append(chunk.document)
        self._headings.append(chunk.headings)
        if chunk.header:
            self._headers[len(self._digests)] = chunk.header
        self._digests.append(int(chunk.digest, 16))
        self._starts.append(chunk.start)
        self._ends.append(chunk.end)
        self._pages.append(chunk.page or 0)

    def settle(self, left_out: Collection[int], disputed: Collection[int]) -> None:
        """Set the chunks that are not asked about, and those that contradict another; by index."""
        self._left_out, self._disputed, self._latest = left_out, disputed, None

    @property
    def chunks(self) -> View[Chunk]:
        every = range(len(self._digests))
        return View(
            array("L", (n for n in every if n not in self._left_out)) if self._left_out else every,
            self._chunk,
        )

    @property
    def slots(self) -> View[Slot]:
        every = range(len(self._ids))
        left_out = self._left_out
        return View(
            array("L", (n for n in every if self._chunk_of[n] not in left_out))
            if left_out
            else every,
            self._slot,
        )

    def _chunk(self, number: int) -> Chunk:
        if self._latest and self._latest[0] == number:
            return self._latest[1]
        found = Chunk(
            digest=f"{self._digests[number]:016x}",
            document=self._documents[number],
            start=self._starts[number],
            end=self._ends[number],
            text=self._texts.read(number),
            headings=self._headings[number],
            page=self._pages[number] or None,
            conflict=number in self._disputed,
            header=self._headers.get(number, ""),
        )
        self._latest = number, found
        return found

    def _slot(self, place: int) -> Slot:
        chunk = self._chunk(self._chunk_of[place])
        fact_start, fact_end, start, end = self._spans[4 * place : 4 * place + 4]
        return Slot(
            id=f"{self._ids[place]:016x}",
            chunk=chunk,
            task=self._tasks[place],
            ordinal=self._ordinals[place],
            split=SPLITS[self._sides[place]],
            fact=_span(chunk, fact_start, fact_end),
            target=_span(chunk, start, end),
            elsewhere=self._elsewhere.get(place, ()),
        )


def _span(chunk: Chunk, start: int, end: int) -> Span | None:
    return (
        None if (start, end) == NO_SPAN else Span(start=start, end=end, text=chunk.text[start:end])
    )


def slot_groups(tasks: Tasks, slots: Iterable[Slot]) -> Iterator[tuple[range, list[Slot]]]:
    """Yield the slots that one call writes together, with their indexes. The slots of a chunk must
    be adjacent.
    """
    first = 0
    for (_, task), of_chunk in groupby(slots, key=lambda s: (s.chunk.digest, s.task)):
        for group in tasks[task].groups(list(of_chunk)):
            yield range(first, first + len(group)), group
            first += len(group)
