"""Faults in a value: what is changed, and what is left alone because it may be right."""

from random import Random

import pytest

from factory.audit.text_reading import Subject
from factory.audit.value_faults import change_dates, change_names, change_numbers, change_units
from tests.world import OPENING, TEXT, WASHED, WASHING, chunk, example, span


def subject(
    response: str = "within 14 days", text: str = WASHING, document: str = TEXT, **changes: object
) -> Subject:
    return Subject(example(response=response, chunk=chunk(text), spans=(), **changes), document)


def texts(change: object, about: Subject) -> set[str]:
    assert callable(change)
    return {edit.text for edit in change(about.example.response, about, Random(1))}


def test_a_number_becomes_one_next_to_it_a_multiple_or_another_of_the_document() -> None:
    assert {"within 13 days", "within 15 days", "within 140 days"} & texts(
        change_numbers, subject()
    )


def test_a_number_keeps_its_spelling() -> None:
    about = subject("Fees above 1,250 crowns", "Fees above 1,250 crowns are paid by the depot.")
    assert all(
        len(text.split()[2].replace(",", "")) + 1 == len(text.split()[2])
        for text in texts(change_numbers, about)
    )


def test_a_number_in_words_becomes_another_in_words() -> None:
    about = subject("The chief keeps three keys.", "The chief keeps three keys.")
    assert all(text.split()[3].isalpha() for text in texts(change_numbers, about))
    assert texts(change_numbers, about)


@pytest.mark.parametrize(
    "text",
    [
        "6.3 Trams are clean.",
        "See https://depot.example/page/12",
        "On 3 May 2024",
        "form TR-12",
        "at 6:30",
    ],
)
def test_a_place_a_link_a_date_a_code_and_a_time_hold_no_number_to_change(text: str) -> None:
    assert texts(change_numbers, subject(text, text)) == set()


def test_a_number_that_the_chunk_states_of_the_same_thing_is_not_planted() -> None:
    both = "Trams are washed within 14 days. Trams are washed within 15 days where it snows."
    about = subject("Trams are washed within 14 days.", both)
    assert "Trams are washed within 15 days." not in texts(change_numbers, about)


def test_a_unit_becomes_another_of_its_kind() -> None:
    assert texts(change_units, subject()) == {
        f"within 14 {unit}" for unit in ("seconds", "minutes", "hours", "weeks", "months", "years")
    }


def test_working_days_become_calendar_days_or_weeks() -> None:
    about = subject("within 5 working days", "It is washed within 5 working days.")
    assert texts(change_units, about) == {"within 5 calendar days", "within 5 weeks"}


def test_a_unit_that_the_chunk_counts_by_the_same_number_is_not_planted() -> None:
    assert "within 14 hours" not in texts(
        change_units, subject(text="Washed within 14 days, cleaned inside within fourteen hours.")
    )


@pytest.mark.parametrize(
    ("was", "parts"),
    [
        ("3 May 2024", {"May", "2024"}),
        ("May 3, 2024", {"May", "2024"}),
        ("2024-05-03", {"2024-05", "-05-03"}),
        ("opens at 6:00", {"6:", ":00"}),
    ],
)
def test_a_date_or_a_time_changes_in_one_part(was: str, parts: set[str]) -> None:
    changed = texts(change_dates, subject(was, was))
    assert changed
    assert was not in changed
    assert all(any(part in text for part in parts) for text in changed)


def test_a_date_in_figures_stays_one() -> None:
    found = texts(change_dates, subject("2024-05-03", "2024-05-03"))
    assert {len(text) for text in found} == {10}


def test_a_day_of_the_week_becomes_another() -> None:
    assert texts(change_dates, subject("not on Sunday")) <= {
        f"not on {d}day" for d in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur")
    }


NAMED = "The keys are with Ada Finch. Her deputy works with Bo Marsh of the Harbour depot. They travel with Cleo Wren."


def test_a_name_becomes_another_of_its_document_and_sort() -> None:
    about = subject("The keys are with Ada Finch.", "The keys are with Ada Finch.", NAMED)
    assert texts(change_names, about) == {
        "The keys are with Bo Marsh.",
        "The keys are with Cleo Wren.",
    }


def test_a_name_that_the_chunk_states_of_the_same_thing_is_not_planted() -> None:
    about = subject(
        "The keys are with Ada Finch.", f"{NAMED} The keys are with Bo Marsh at night.", NAMED
    )
    assert texts(change_names, about) == {"The keys are with Cleo Wren."}


def test_a_name_that_never_stands_behind_the_same_word_is_left_out() -> None:
    about = subject(
        "The keys are with Ada Finch.",
        "The keys are with Ada Finch.",
        NAMED.replace("with Cleo", "to Cleo"),
    )
    assert texts(change_names, about) == {"The keys are with Bo Marsh."}


def test_a_word_that_begins_a_sentence_is_no_name() -> None:
    assert (
        texts(
            change_names,
            subject("Trams are washed.", "Trams are washed.", f"{TEXT} It is said of Trams."),
        )
        == set()
    )


def test_a_subject_bears_a_value_that_stands_among_enough_of_its_words() -> None:
    about = Subject(
        example(
            response="3 keys",
            instruction="How many keys does Ada Finch keep?",
            spans=(span(WASHED),),
        ),
        TEXT,
    )
    asked = Subject(about.example.model_copy(update={"chunk": chunk(OPENING)}), TEXT)
    assert [asked.may_support("3 keys", now) for now in ("3", "6", "4")] == [True, False, False]
