"""What repeats an earlier example, and what only looks like it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.records import Example
from filters.duplicates import drop_duplicates, duplicates, same_facts, shingles
from tests.world import FEW, QUESTION, example, examples

OPENS = "When does the Marrow Street depot open every day?"
LONG = "The washing hall of the Marrow Street depot cleans every tram that comes in from the northern line"


def test_an_exact_repeat_is_found() -> None:
    assert list(duplicates([f"{LONG}.", "Trams rest.", f"{LONG}."])) == [None, None, 0]


def test_a_reworded_repeat_is_found() -> None:
    assert list(duplicates([f"{LONG}.", f"{LONG} daily."])) == [None, 0]


def test_a_text_about_something_else_is_kept() -> None:
    assert list(duplicates([LONG, "The canteen sells soup to drivers and washers"])) == [None, None]


def test_texts_without_words_repeat_nothing() -> None:
    assert list(duplicates(["", "?!", ""])) == [None, None, None]


def test_no_texts_have_no_duplicates() -> None:
    assert list(duplicates([])) == []


def test_a_lone_word_is_its_own_shingle() -> None:
    assert [shingles("Tram"), shingles("Red trams rest")] == [{b"tram"}, {b"red trams", b"trams rest"}]


def _merged(texts: list[str]) -> list[int]:
    return [i for i, earlier in enumerate(duplicates(texts)) if earlier is not None]


@FEW
@given(st.text(max_size=60).filter(shingles))
def test_every_text_with_a_word_repeats_itself(text: str) -> None:
    assert list(duplicates([text, text])) == [None, 0]


@FEW
@given(st.lists(st.integers(0, 100_000), unique=True))
def test_texts_that_differ_in_a_number_are_never_merged(counts: list[int]) -> None:
    assert _merged([f"{LONG} within {n} minutes." for n in counts]) == []


@FEW
@given(st.lists(st.dates(), unique=True))
def test_texts_that_differ_in_a_date_are_never_merged(days: list[date]) -> None:
    assert _merged([f"{LONG} from {day} on." for day in days]) == []


def test_texts_that_differ_in_a_name_are_never_merged() -> None:
    assert _merged([f"{LONG} for {name}, the chief." for name in ("Ada Finch", "Ada Brook", "Ben Finch")]) == []


@pytest.mark.parametrize("denial", ["not", "never"])
def test_texts_that_differ_in_a_denial_are_never_merged(denial: str) -> None:
    assert list(duplicates([f"{LONG} and does rest.", f"{LONG} and does {denial} rest."])) == [None, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5-10 days", "5-12 days"),
        ("5 million", "5 thousand"),
        ("two hundred seats", "two seats"),
        ("3.1.2", "3.1.3"),
        ("10.0.0.1", "10.0.0.2"),
        ("555-0123", "555-0124"),
        ("6 am", "6 pm"),
        ("once a week", "twice a week"),
        ("daily", "weekly"),
        ("room 4b", "room 4c"),
        ("Finch", "Brook"),
        ("5/12/2024", "12/5/2024"),
        ("from 5 to 12", "from 12 to 5"),
        ("the first floor", "the third floor"),
        ("the north gate", "the south gate"),
    ],
)
def test_texts_that_differ_in_one_fact_are_never_merged(one: str, other: str) -> None:
    assert _merged([f"{LONG}, is it so in winter? {fact}" for fact in (one, other)]) == []


def test_the_same_number_in_words_is_the_same_fact() -> None:
    assert same_facts("within 14 days", "within fourteen days")


def test_a_repeat_is_rejected_with_the_example_that_it_repeats() -> None:
    verdict = drop_duplicates(examples((QUESTION, "14 days"), (QUESTION, "14 days")))[1].verdicts[0]
    assert (verdict.filter, verdict.passed, verdict.reason) == (
        "duplicates",
        False,
        f'It repeats example e1 ("{QUESTION}").',
    )


def test_of_two_repeats_the_held_out_one_is_kept() -> None:
    judged = drop_duplicates([example(id="e1", split="train"), example(id="e2", split="val"), example(id="e3", split="test")])
    assert [(e.id, e.verdicts[0].passed) for e in judged] == [("e3", True), ("e2", False), ("e1", False)]


@FEW
@given(st.permutations(examples((QUESTION, "14 days"), (QUESTION, "fourteen days"), (OPENS, "6:00"), (OPENS, "at 6:00"))))
def test_the_order_of_arrival_does_not_matter(arrived: list[Example]) -> None:
    judged = drop_duplicates(arrived)
    assert [(e.id, e.verdicts[0].reason[:26]) for e in judged] == [
        ("e1", ""),
        ("e2", 'It repeats example e1 ("Wi'),
        ("e3", ""),
        ("e4", 'It repeats example e3 ("Wh'),
    ]
