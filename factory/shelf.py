"""The shelf: judged slots in a file without a name, so that memory does not grow with them; a few bytes a slot stay in it."""

import os
import pickle
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from factory.errors import StoppedEarly
from factory.records import Example, Judged, Slot, Unfinished
from factory.repair import can_mend
from factory.view import View

SURVIVED, TO_MEND, REJECTED, UNFINISHED = range(4)


class Shelf:
    """By place in the order of the slots. What one call wrote lies in one record, so that its chunk lies there once.

    The file has no name: it is this process's own, and is gone with it, however it ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - open as long as this is
        self._end = 0
        self._starts, self._sizes, self._turns, self._states = array("Q"), array("L"), bytearray(), bytearray()

    def put(self, first: int, slots: Sequence[Slot], judged: Sequence[Judged]) -> None:
        """Neighbouring slots from that place on, in place of what stood there. Raises StoppedEarly where the disk is full."""
        record = pickle.dumps(list(zip(slots, judged, strict=True)), pickle.HIGHEST_PROTOCOL)
        self._write(record)
        self._make_room(first + len(slots))
        for turn, one in enumerate(judged):
            place = first + turn
            self._starts[place], self._sizes[place], self._turns[place] = self._end, len(record), turn
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
        self._sizes.extend([0] * more)
        self._turns.extend(bytes(more))
        self._states.extend(bytes(more))

    def get(self, place: int) -> tuple[Slot, Judged]:
        record = os.pread(self._file.fileno(), self._sizes[place], self._starts[place])
        found: tuple[Slot, Judged] = pickle.loads(record)[self._turns[place]]  # noqa: S301 - written by this process
        return found

    def state(self, place: int) -> int:
        return self._states[place]

    def places(self, *states: int) -> "array[int]":
        """In order of the slots."""
        return array("L", (place for place, state in enumerate(self._states) if state in states))

    def examples(self, places: Iterable[int]) -> View[Example]:
        return View(array("L", places), lambda place: _example(self.get(place)[1]))

    def unfinished(self, places: Iterable[int]) -> View[Unfinished]:
        return View(array("L", places), lambda place: _unfinished(self.get(place)[1]))


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
