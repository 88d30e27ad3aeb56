"""Faults in what an answer claims, and where none can be planted."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from factory.audit.claim_faults import (
    add_clauses,
    alter_quote,
    change_modality,
    flip_negations,
    reverse_bounds,
    truncate,
)
from factory.audit.text_reading import Subject, normalized
from factory.audit.value_faults import FaultEdit
from tests.world import TEXT, WASHED, WASHING, chunk, example

Change = Callable[[str, Subject, Random], Iterator[FaultEdit]]


def changed(change: Change, answer: str, text: str | None = None) -> list[str]:
    about = Subject(example(response=answer, chunk=chunk(text or answer), spans=()), TEXT)
    return [edit.text for edit in change(answer, about, Random(1))]


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("The tram is washed.", "The tram is not washed."),
        ("Trams are not washed.", "Trams are washed."),
        ("It can be opened.", "It cannot be opened."),
        ("It cannot be opened.", "It can be opened."),
        ("It doesn't stop.", "It does stop."),
        ("Trams never stop.", "Trams always stop."),
        ("No driver may stop.", "A driver may stop."),
        ("Yes, on Sunday.", "No, on Sunday."),
        ("No, trams are not washed.", "Yes, trams are washed."),
    ],
)
def test_a_denial_is_taken_out_or_put_in(answer: str, turned: str) -> None:
    assert changed(flip_negations, answer) == [turned]


@pytest.mark.parametrize("answer", ["14 days", "No, there are none.", "should the tram stop"])
def test_where_no_denial_would_be_plain_none_is_planted(answer: str) -> None:
    assert changed(flip_negations, answer) == []


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("Drivers must stop.", "Drivers may stop."),
        ("Drivers may stop.", "Drivers must stop."),
        ("Drivers must not stop.", "Drivers need not stop."),
        ("Drivers shall stop.", "Drivers may stop."),
        ("A key is required.", "A key is recommended."),
    ],
)
def test_a_duty_becomes_a_leave_and_a_leave_a_duty(answer: str, turned: str) -> None:
    assert changed(change_modality, answer) == [turned]


@pytest.mark.parametrize(
    "answer",
    [
        "No driver may stop.",
        "Drivers may stop at most twice.",
        "They will need to stop.",
        "on 3 May",
    ],
)
def test_where_the_other_verb_says_the_same_or_breaks_the_grammar_none_is_planted(
    answer: str,
) -> None:
    assert [
        text for text in changed(change_modality, answer) if text != "They may need to stop."
    ] == []


@pytest.mark.parametrize(
    ("answer", "turned"),
    [
        ("at least 14 days", "at most 14 days"),
        ("Up to 3 keys", "At least 3 keys"),
        ("within 14 days", "after 14 days"),
        ("above 30 trams", "below 30 trams"),
        ("before 6:00", "after 6:00"),
    ],
)
def test_a_bound_of_a_value_becomes_the_other_bound(answer: str, turned: str) -> None:
    assert changed(reverse_bounds, answer) == [turned]


@pytest.mark.parametrize("answer", ["as said above", "within the depot", "before the gate"])
def test_a_bound_of_no_value_stays(answer: str) -> None:
    assert changed(reverse_bounds, answer) == []


def test_a_change_that_the_chunk_states_in_these_words_is_not_planted() -> None:
    assert (
        changed(
            flip_negations,
            "The tram is washed daily.",
            "The tram is washed daily. In winter the tram is not washed daily.",
        )
        == []
    )


def test_an_added_clause_stands_behind_the_whole_answer() -> None:
    found = changed(add_clauses, WASHED, WASHING)
    assert found
    assert all(text.startswith(WASHED.rstrip(".")) and text.endswith(".") for text in found)


def test_nothing_is_added_to_a_row_of_a_table() -> None:
    assert changed(add_clauses, "| Trams | 31 |") == []


def test_a_cut_answer_ends_within_a_word_or_before_what_its_last_word_calls_for() -> None:
    found = changed(
        truncate, "Trams are washed within the depot", "Trams are washed within the depot"
    )
    assert found == ["Trams are washed within", "Trams are washed within the"]


def test_an_altered_quote_stands_nowhere_in_the_chunk() -> None:
    found = changed(alter_quote, WASHED, WASHING)
    assert found
    assert [text for text in found if normalized(text) in normalized(WASHING)] == []
