"""The planter: so many of every kind, spread over the examples, the same for the same seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.audit.planter import FAULT_KINDS, FaultKind, PlantedFault, plant_faults
from factory.audit.text_reading import Subject
from tests.world import FEW, TEXT, WASHED, WASHING, example, span

KIND = {kind.name: kind for kind in FAULT_KINDS}


def subjects(count: int, shape: str = "text") -> list[Subject]:
    found = [
        example(id=f"e{i}", response=WASHED, spans=(span(WASHED, WASHING),)) for i in range(count)
    ]
    return [Subject(one, TEXT, "label" if shape == "label" else "text", ()) for one in found]


def ids(faults: list[PlantedFault]) -> list[str]:
    return [fault.example.id for fault in faults]


def test_the_first_of_each_example_comes_before_the_second_of_any() -> None:
    found = ids(plant_faults(KIND["unit"], subjects(3), 7, 6))
    assert sorted(found[:3]) == ["e0-1", "e1-1", "e2-1"]
    assert [one.replace("-2", "-1") for one in found[3:]] == found[:3]


@FEW
@given(st.integers(0, 2**32), st.sampled_from(FAULT_KINDS))
def test_the_same_seed_plants_the_same_faults(seed: int, kind: FaultKind) -> None:
    assert plant_faults(kind, subjects(2), seed) == plant_faults(kind, subjects(2), seed)


PLAIN = {
    k.name: k
    for k in FAULT_KINDS
    if k.meant == "rejected" and k.name != "altered quote" and "text" in k.shapes
}


@pytest.mark.parametrize("kind", PLAIN.values(), ids=PLAIN)
def test_a_fault_in_an_answer_changes_nothing_but_the_answer_and_keeps_its_quotes(
    kind: FaultKind,
) -> None:
    for fault in plant_faults(kind, subjects(2), 7):
        assert fault.example.response != WASHED
        assert fault.quotes == (WASHED,)
        assert (
            fault.example.model_copy(update={"id": fault.origin.id, "response": WASHED})
            == fault.origin
        )


def test_an_altered_quote_leaves_the_answer_as_it_is() -> None:
    found = plant_faults(KIND["altered quote"], subjects(1), 7)
    assert Counter(fault.example.response for fault in found) == {WASHED: len(found)}
    assert (WASHED,) not in [fault.quotes for fault in found]


def test_a_reworded_duplicate_has_other_words_in_its_question() -> None:
    found = plant_faults(KIND["reworded duplicate"], subjects(1), 7)
    assert found
    assert all(fault.example.instruction != fault.origin.instruction for fault in found)


def test_a_kind_is_planted_only_into_answers_of_its_shape() -> None:
    assert plant_faults(KIND["number"], subjects(2, "label"), 7) == []
