"""The shelf gives back what was put on it, in order of the slots, and says so when there is no room."""

import os
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import StoppedEarly
from factory.core.records import NEVER_ANSWERED, Example, Slot, SlotResult, Unfinished, Verdict
from factory.generation.slot_store import REJECTED, SURVIVED, TO_REPAIR, UNFINISHED, SlotStore
from tests.factory.generation.test_engine import ALL
from tests.world import LAW

FATES = (SURVIVED, TO_REPAIR, REJECTED, UNFINISHED)


def judged(slot: Slot, fate: int) -> SlotResult:
    if fate == UNFINISHED:
        return Unfinished(slot=slot, reason="The teacher is away.")
    example = Example(
        id=slot.id,
        task=slot.task,
        instruction="Who?",
        response="Ada Finch",
        chunk=slot.chunk,
        split=slot.split,
    )
    if fate == SURVIVED:
        return example
    return example.judged(
        Verdict(
            filter=NEVER_ANSWERED if fate == REJECTED else "grounding", passed=False, reason="No."
        )
    )


def filled(fates: Sequence[int], size: int) -> SlotStore:
    shelf = SlotStore()
    for first in range(0, len(fates), size):
        slots = ALL[first : min(first + size, len(fates))]
        shelf.put(first, slots, [judged(s, f) for s, f in zip(slots, fates[first:], strict=False)])
    return shelf


some = st.lists(st.sampled_from(FATES), min_size=1, max_size=len(ALL))


@LAW
@given(some, st.integers(1, 4))
def test_every_place_gives_back_its_slot_and_what_became_of_it(fates: list[int], size: int) -> None:
    shelf = filled(fates, size)
    assert [shelf.get(i) for i in range(len(fates))] == [
        (ALL[i], judged(ALL[i], f)) for i, f in enumerate(fates)
    ]
    assert [list(shelf.places(f)) for f in FATES] == [
        [i for i, own in enumerate(fates) if own == f] for f in FATES
    ]


@LAW
@given(some, st.sampled_from(FATES), st.data())
def test_what_is_put_again_stands_in_place_of_the_old_one(
    fates: list[int], fate: int, data: st.DataObject
) -> None:
    shelf, place = filled(fates, 3), data.draw(st.integers(0, len(fates) - 1))
    shelf.put(place, [ALL[place]], [judged(ALL[place], fate)])
    fates[place] = fate
    assert [shelf.get(i)[1] for i in range(len(fates))] == [
        judged(ALL[i], f) for i, f in enumerate(fates)
    ]


def test_a_view_reads_what_stands_there_now() -> None:
    shelf = filled([SURVIVED] * 3, 3)
    view = shelf.examples([2, 0])
    shelf.put(2, [ALL[2]], [judged(ALL[2], TO_REPAIR)])
    assert ([e.id for e in view], [bool(e.rejection) for e in view], list(view[1:])) == (
        [ALL[2].id, ALL[0].id],
        [True, False],
        [view[1]],
    )


@pytest.mark.parametrize("full", [OSError(28, "No space left on device"), 5])
def test_a_full_disk_stops_the_run_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, full: OSError | int
) -> None:
    def pwrite(*_: object) -> int:
        if isinstance(full, OSError):
            raise full
        return full

    shelf = SlotStore()
    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(StoppedEarly, match="free space on the run's disk, then run again"):
        shelf.put(0, ALL[:1], [judged(ALL[0], SURVIVED)])
