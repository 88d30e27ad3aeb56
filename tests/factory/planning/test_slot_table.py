"""Chunks and slots that are made when they are looked at are those that were laid out."""

from hypothesis import given
from hypothesis import strategies as st

from factory.core.lazy import select_view
from factory.core.records import SPLITS, Chunk, Slot
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import chunk as chunks_of
from factory.planning.slot_table import SlotTable, slot_groups
from factory.tasks.qa import QA
from tests.world import LAW, chunk, document

PARTS = (
    "# Depots\n\n",
    "## Trams\n\n",
    "Crews of the Marrow depot wash 14 trams every night.\n\n",
    "Für die Räume der Fähre gibt es 3 Schlüssel.\n\n",
)
TEXTS = st.lists(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=9).map("".join), min_size=1, max_size=4
)


def laid_out(texts: list[str], task: QA) -> tuple[SlotTable, list[Chunk], list[Slot]]:
    """A layout of these documents, beside the chunks and slots that were added to it."""
    layout = SlotTable()
    chunks: list[Chunk] = []
    slots: list[Slot] = []
    for number, text in enumerate(texts):
        found = document(text, f"d{number}.md")
        for one in chunks_of(found, 30):
            mine = task.slots(one, SPLITS[number % len(SPLITS)])
            layout.add(one, mine)
            chunks.append(one)
            slots += mine
    return layout, chunks, slots


def task(one_fact: bool) -> QA:
    return QA(TaskSettings(per_chunk=3), one_fact, 2)


@LAW
@given(TEXTS, st.booleans())
def test_every_chunk_and_slot_is_the_one_that_was_laid_out(
    texts: list[str], one_fact: bool
) -> None:
    layout, chunks, slots = laid_out(texts, task(one_fact))
    assert (list(layout.chunks), list(layout.slots)) == (chunks, slots)


@LAW
@given(TEXTS, st.booleans(), st.data())
def test_slots_are_looked_at_in_any_order_and_again(
    texts: list[str], one_fact: bool, data: st.DataObject
) -> None:
    layout, _, slots = laid_out(texts, task(one_fact))
    places = data.draw(st.lists(st.integers(0, len(slots) - 1))) if slots else []
    cut = data.draw(st.slices(len(places)))
    assert select_view(layout.slots, places)[cut] == [slots[place] for place in places][cut]


@LAW
@given(TEXTS, st.booleans())
def test_calls_come_with_the_places_of_their_slots(texts: list[str], one_fact: bool) -> None:
    layout, _, slots = laid_out(texts, task(one_fact))
    found = list(slot_groups({"qa": task(one_fact)}, layout.slots))
    assert [slot for _, group in found for slot in group] == slots
    assert all(layout.slots[places.start : places.stop] == group for places, group in found)


def test_the_slots_of_a_chunk_share_it() -> None:
    layout, _, _ = laid_out([PARTS[2] * 2], task(one_fact=False))
    first, second, third = layout.slots
    assert first.chunk is second.chunk is third.chunk


def test_a_layout_keeps_the_head_of_a_table_that_a_chunk_goes_on_with() -> None:
    layout = SlotTable()
    plain, rows = (
        chunk(),
        chunk("| Ash | 12 |").model_copy(update={"header": "| Tram | Crowns |\n|---|---|"}),
    )
    layout.add(plain, [])
    layout.add(rows, [])
    assert list(layout.chunks) == [plain, rows]
