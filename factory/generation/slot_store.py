"""Store judged slots in an anonymous file, so that memory does not grow with them; only a few bytes
per slot stay in it.
"""

import os
import pickle
from array import array
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from factory.core.errors import StoppedEarly
from factory.core.lazy import View
from factory.core.records import Example, Slot, SlotResult, Unfinished
from factory.generation.repair import can_repair

SURVIVED, TO_REPAIR, REJECTED, UNFINISHED = range(4)


class SlotStore:
    """Judged slots by index. What one call wrote is one record: its chunk once, then each slot,
    which can be read alone.

    The file has no name: it belongs to this process and disappears with it, however it ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this is
        self._end = 0
        self._starts, self._turns, self._sizes, self._states = (
            array("Q"),
            array("I"),
            array("L"),
            bytearray(),
        )

    def put(self, first: int, slots: Sequence[Slot], judged: Sequence[SlotResult]) -> None:
        """Store neighbouring slots from index `first` on, replacing earlier entries. Raises
        StoppedEarly if the disk is full.
        """
        record, turns = _recorded(list(zip(slots, judged, strict=True)))
        self._write(record)
        self._make_room(first + len(slots))
        for place, (turn, one) in enumerate(zip(turns, judged, strict=True), first):
            self._starts[place], self._turns[place], self._sizes[place] = (
                self._end,
                turn,
                len(record),
            )
            self._states[place] = _state(one)
        self._end += len(record)

    def _write(self, record: bytes) -> None:
        """Raises StoppedEarly if the disk is full."""
        try:
            whole, reason = (
                os.pwrite(self._file.fileno(), record, self._end) == len(record),
                "the disk is full",
            )
        except OSError as error:
            whole, reason = False, str(error.strerror)
        if not whole:
            raise StoppedEarly(
                f"judged slots can't be stored ({reason}); "
                "free space on the run's disk, then run again"
            )

    def _make_room(self, places: int) -> None:
        more = max(0, places - len(self._states))
        self._starts.extend([0] * more)
        self._turns.extend([0] * more)
        self._sizes.extend([0] * more)
        self._states.extend(bytes(more))

    def get(self, place: int) -> tuple[Slot, SlotResult]:
        record = BytesIO(os.pread(self._file.fileno(), self._sizes[place], self._starts[place]))
        written = pickle.Unpickler(record)  # noqa: S301 - by this process
        written.load()  # the chunk, which the slot refers to
        record.seek(self._turns[place])
        found: tuple[Slot, SlotResult] = written.load()
        return found

    def state(self, place: int) -> int:
        return self._states[place]

    def rejection(self, place: int) -> str:
        """Return the filter that rejected this example, or an empty string."""
        judged = self.get(place)[1]
        return judged.rejection.filter if isinstance(judged, Example) and judged.rejection else ""

    def places(self, *states: int) -> "array[int]":
        """Return the indexes of the slots in these states, in order."""
        return array("L", (place for place, state in enumerate(self._states) if state in states))

    def examples(self, places: Iterable[int]) -> View[Example]:
        return View(array("L", places), lambda place: _example(self.get(place)[1]))

    def unfinished(self, places: Iterable[int]) -> View[Unfinished]:
        return View(array("L", places), lambda place: _unfinished(self.get(place)[1]))


def _recorded(pairs: Sequence[tuple[Slot, SlotResult]]) -> tuple[bytes, list[int]]:
    """Return one record of a call's slots, and where each slot begins in it. Each slot refers to
    the chunk before them and to no other slot.
    """
    record = BytesIO()
    pickler = pickle.Pickler(record, pickle.HIGHEST_PROTOCOL)
    pickler.dump(pairs[0][0].chunk)
    shared, turns = pickler.memo.copy(), []
    for pair in pairs:
        turns.append(record.tell())
        pickler.memo = shared
        pickler.dump(pair)
    return record.getvalue(), turns


def _state(judged: SlotResult) -> int:
    if isinstance(judged, Unfinished):
        return UNFINISHED
    return SURVIVED if not judged.rejection else TO_REPAIR if can_repair(judged) else REJECTED


def _example(judged: SlotResult) -> Example:
    assert isinstance(judged, Example)
    return judged


def _unfinished(judged: SlotResult) -> Unfinished:
    assert isinstance(judged, Unfinished)
    return judged
