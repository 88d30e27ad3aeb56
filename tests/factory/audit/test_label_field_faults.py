"""Faults in a label or in the fields of an object."""

import json
from random import Random

from factory.audit.label_field_faults import (
    drop_fields,
    exchange_fields,
    invent_fields,
    swap_labels,
)
from factory.audit.text_reading import Subject
from tests.world import TEXT, chunk, example

MARROW = '{"depot": "Marrow Street", "trams": 31, "opened": null}'
OTHERS = (
    MARROW,
    '{"depot": "Harbour", "trams": 12, "opened": "2001-05-03"}',
    '{"depot": "Quay", "trams": 31, "opened": null}',
)


def subject(
    response: str,
    others: tuple[str, ...],
    text: str = "The Marrow Street depot holds 31 trams. It stands near the Quay.",
) -> Subject:
    return Subject(example(response=response, chunk=chunk(text), spans=()), TEXT, "fields", others)


def test_a_label_becomes_another_of_its_task() -> None:
    about = subject("late", ("late", "lost", "Late"))
    assert [edit.text for edit in swap_labels("late", about, Random(1))] == ["lost"]


def test_a_field_with_a_value_is_dropped() -> None:
    found = [
        json.loads(edit.text) for edit in drop_fields(MARROW, subject(MARROW, OTHERS), Random(1))
    ]
    assert found == [
        {"depot": None, "trams": 31, "opened": None},
        {"depot": "Marrow Street", "trams": None, "opened": None},
    ]


def test_a_field_without_a_value_gets_that_of_another_example() -> None:
    (edit,) = invent_fields(MARROW, subject(MARROW, OTHERS), Random(1))
    assert (edit.was, edit.now) == ("opened: null", '"2001-05-03"')


def test_a_field_gets_the_value_of_another_example_unless_the_chunk_states_it() -> None:
    found = [
        (edit.was, edit.now) for edit in exchange_fields(MARROW, subject(MARROW, OTHERS), Random(1))
    ]
    assert found == [('depot: "Marrow Street"', '"Harbour"'), ("trams: 31", "12")]


def test_a_date_that_the_chunk_may_state_in_other_words_is_not_invented() -> None:
    about = subject(MARROW, OTHERS, "The depot was opened in May 2001, on the 5th, with 3 trams.")
    assert list(invent_fields(MARROW, about, Random(1))) == []


def test_an_answer_that_is_no_object_has_no_fields() -> None:
    assert list(drop_fields("31 trams", subject("31 trams", ()), Random(1))) == []
