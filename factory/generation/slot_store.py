"""The shelf: judged slots in a file without a name, so that memory does not grow with them; a few bytes a slot stay in it."""

import os
import pickle
from array import array
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from factory.core.errors import StoppedEarly
from factory.core.lazy import View
from factory.core.records import Example, Judged, Slot, Unfinished
from factory.generation.repair import can_mend

SURVIVED, TO_MEND, REJECTED, UNFINISHED = range(4)


class Shelf:
    """By place in the order of the slots. What one call wrote lies in one record: its chunk once, then each slot, to be read by itself.

    The file has no name: it is this process's own, and is gone with it, however it ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this is
        self._end = 0
        self._starts, self._turns, self._sizes, self._states = array("Q"), array("I"), array("L"), bytearray()

    def put(self, first: int, slots: Sequence[Slot], judged: Sequence[Judged]) -> None:
        """Neighbouring slots from that place on, in place of what stood there. Raises StoppedEarly where the disk is full."""
        record, turns = _recorded(list(zip(slots, judged, strict=True)))
        self._write(record)
        self._make_room(first + len(slots))
        for place, (turn, one) in enumerate(zip(turns, judged, strict=True), first):
            self._starts[place], self._turns[place], self._sizes[place] = self._end, turn, len(record)
            self._states[place] = _state(one)
        self._end += len(record)

    def _write(self, record: bytes) -> None:
        """Raises StoppedEarly where the disk is full."""
        try:
            whole, reason = os.pwrite(self._file.fileno(), record, self._end) == len(record), "the disk is full"
        except OSError as error:
            whole, reason = False, str(error.strerror)
        if not whole:
            raise StoppedEarly(f"judged slots can't be put aside ({reason}); make room on the run's disk, then run again")

    def _make_room(self, places: int) -> None:
        more = max(0, places - len(self._states))
        self._starts.extend([0] * more)
        self._turns.extend([0] * more)
        self._sizes.extend([0] * more)
        self._states.extend(bytes(more))

    def get(self, place: int) -> tuple[Slot, Judged]:
        record = BytesIO(os.pread(self._file.fileno(), self._sizes[place], self._starts[place]))
        written = pickle.Unpickler(record)  # noqa: S301 - by this process
        written.load()  # the chunk, which the slot refers to
        record.seek(self._turns[place])
        found: tuple[Slot, Judged] = written.load()
        return found

    def state(self, place: int) -> int:
        return self._states[place]

    def rejection(self, place: int) -> str:
        """The filter that rejected the example there; empty where none did."""
        judged = self.get(place)[1]
        return judged.rejection.filter if isinstance(judged, Example) and judged.rejection else ""

    def places(self, *states: int) -> "array[int]":
        """In order of the slots."""
        return array("L", (place for place, state in enumerate(self._states) if state in states))

    def examples(self, places: Iterable[int]) -> View[Example]:
        return View(array("L", places), lambda place: _example(self.get(place)[1]))

    def unfinished(self, places: Iterable[int]) -> View[Unfinished]:
        return View(array("L", places), lambda place: _unfinished(self.get(place)[1]))


def _recorded(pairs: Sequence[tuple[Slot, Judged]]) -> tuple[bytes, list[int]]:
    """One record of a call's slots, and where in it each begins; each refers to the chunk before them, and to none of the others."""
    record = BytesIO()
    pickler = pickle.Pickler(record, pickle.HIGHEST_PROTOCOL)
    pickler.dump(pairs[0][0].chunk)
    shared, turns = pickler.memo.copy(), []
    for pair in pairs:
        turns.append(record.tell())
        pickler.memo = shared
        pickler.dump(pair)
    return record.getvalue(), turns


def _state(judged: Judged) -> int:
    if isinstance(judged, Unfinished):
        return UNFINISHED
    return SURVIVED if not judged.rejection else TO_MEND if can_mend(judged) else REJECTED


def _example(judged: Judged) -> Example:
    assert isinstance(judged, Example)
    return judged


def _unfinished(judged: Judged) -> Unfinished:
    assert isinstance(judged, Unfinished)
    return judged
