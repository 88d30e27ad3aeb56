"""A rewrite says all that its passage says, nothing else, and in other words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.answers.additions import added_stretch
from filters.answers.rewrite import (
    ToneSample,
    lost_value,
    rewrite_grounding_filter,
    rewrite_schema_filter,
)
from tests.world import LAW, WASHING, chunk, example

SAMPLES = [
    ToneSample(
        "Staff must submit the travel form within 5 days.",
        "Please make sure that your travel form is with us within 5 days. Your Tram Team",
    )
]
WASH = "We wash every tram of the Marrow Street depot within 14 days of its last wash. On Sunday, trams are not washed."
RULES = (
    "Drivers must report each accident to the Duty Manager within 24 hours. Repairs take at least 3 days. "
    "Staff must not smoke in the depot. A driver may take the spare tram if the manager agrees."
)
TOLD = (
    "Had an accident? Please be sure to tell the Duty Manager about it within 24 hours; drivers must report each one. "
    "Plan at least 3 days for repairs. Please remember: you must not smoke in the depot. "
    "If the manager agrees, you may take the spare tram."
)


def reason(passage: str, told: str) -> str:
    one = example(instruction="Rewrite the text.", response=told, chunk=chunk(passage), spans=())
    return rewrite_schema_filter(
        SAMPLES, ("Rewrite the whole passage that the user gives you in the company's tone.",)
    )(one).reason or (rewrite_grounding_filter(SAMPLES)(one).reason)


@pytest.mark.parametrize(
    ("passage", "told"),
    [(WASHING, WASH), (RULES, TOLD), (RULES, f"{TOLD} Many thanks from the Tram Team.")],
)
def test_a_rewrite_with_every_fact_passes(passage: str, told: str) -> None:
    assert reason(passage, told) == ""


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("24 hours", "a day or so", 'The rewrite loses "24 hours", which the passage says.'),
        ("24 hours", "3 hours", 'The rewrite loses "24 hours", which the passage says.'),
        ("the Duty Manager", "your manager", 'The rewrite loses "Duty", which the passage says.'),
        (
            "the depot.",
            "the depot or in Hollow Road.",
            'The rewrite says "Hollow", which the passage does not.',
        ),
        (
            "Plan at least",
            "Plan at most",
            'The rewrite sets another bound than the passage ("at most 3 days").',
        ),
        (
            "must not smoke",
            "should not smoke",
            'The rewrite states another duty or leave than the passage ("should").',
        ),
        (
            "you may take",
            "you must take",
            'The rewrite states another duty or leave than the passage ("must").',
        ),
        (
            "Please remember: you must not smoke in the depot. ",
            "",
            "The rewrite leaves out what the passage denies.",
        ),
        (
            "you may take the spare tram.",
            "you may take the spare tram. Never feed a pigeon.",
            "The rewrite rules what the passage does not",
        ),
        (
            "you may take the spare tram.",
            "you may take the spare tram. Lunch can be ordered.",
            "The rewrite rules what the passage does not",
        ),
    ],
)
def test_a_changed_fact_is_rejected_by_name(was: str, becomes: str, told: str) -> None:
    assert was in TOLD
    assert reason(RULES, TOLD.replace(was, becomes)).startswith(told)


def test_values_in_each_others_place_are_told() -> None:
    passage = "The blue trams are washed every 14 days. The red buses are painted every 30 days."
    told = "We paint our red buses every 14 days, and our blue trams get a wash every 30 days."
    assert (
        reason(passage, told)
        == 'The rewrite gives "14 days" and "30 days" each in the place of the other.'
    )


@pytest.mark.parametrize(
    ("told", "begins"),
    [
        ("", "The rewrite is empty."),
        (WASHING, "The rewrite hardly differs from the passage"),
        (WASHING.replace("Every", "each").upper(), "The rewrite hardly differs from the passage"),
        (
            f"{WASH} Please make sure that your travel form is with us soon.",
            'The rewrite copies a sample or its prompt ("please make sure',
        ),
        ("We wash trams.", "The rewrite has 3 words, must have 13 to"),
        (f"{WASH} " * 3, "The rewrite has"),
        (WASH.removesuffix("washed.") + "the", "The rewrite breaks off"),
    ],
)
def test_a_copy_or_another_length_is_rejected(told: str, begins: str) -> None:
    assert reason(WASHING, told).startswith(begins)


def test_the_samples_own_lengths_move_the_bounds() -> None:
    one = example(
        response="Wash every tram each 14 days, not Sunday.", chunk=chunk(WASHING), spans=()
    )
    terse = [
        ToneSample(
            "Staff must submit the travel form to the manager within 5 days.", "Form: 5 days."
        )
    ]
    assert rewrite_schema_filter(SAMPLES, ())(one).reason.startswith("The rewrite has 8 words")
    assert rewrite_schema_filter(terse, ())(one).passed


NUMBERS = st.lists(st.integers(2, 900), min_size=1, max_size=6, unique=True)


def passage(numbers: list[int]) -> str:
    names = ("Marrow", "Quay", "Hollow", "Bell", "Garrick", "Osier")
    return " ".join(
        f"Crews of the {name} depot wash {n} trams every night."
        for name, n in zip(names, numbers, strict=False)
    )


@LAW
@given(NUMBERS, st.data())
def test_the_loss_of_any_value_is_found(numbers: list[int], data: st.DataObject) -> None:
    text = passage(numbers)
    gone = data.draw(
        st.sampled_from(re.findall(r"\d+|Marrow|Quay|Hollow|Bell|Garrick|Osier", text))
    )
    assert lost_value(text, text) == ""
    assert lost_value(text, re.sub(rf"\b{gone}\b", "some", text)) != ""


@LAW
@given(NUMBERS, st.integers(901, 2000))
def test_a_value_from_nowhere_is_found(numbers: list[int], more: int) -> None:
    text = passage(numbers)
    told = "We make sure that " + text[0].lower() + text[1:] + f" Another {more} trams wait."
    assert (
        f'says "{more}'
        in rewrite_grounding_filter(SAMPLES)(
            example(response=told, chunk=chunk(text), spans=())
        ).reason
    )


@LAW
@given(NUMBERS)
def test_the_passage_itself_loses_nothing(numbers: list[int]) -> None:
    text = passage(numbers)
    assert rewrite_grounding_filter(SAMPLES)(
        example(response=text, chunk=chunk(text), spans=())
    ).passed


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (
            "We wash every tram of the Marrow Street depot within 14 days of its last wash. On Sunday trams are not washed.",
            "",
        ),
        (
            "We wash every tram of the Marrow Street depot within 14 days of its last wash, so that insurance premiums stay low. "
            "On Sunday trams are not washed.",
            'The rewrite adds what the passage does not say ("insurance premiums stay").',
        ),
    ],
)
def test_what_a_rewrite_adds_without_a_value_is_seen(told: str, fault: str) -> None:
    assert (
        rewrite_grounding_filter(())(example(response=told, chunk=chunk(WASHING))).reason == fault
    )


def test_a_condition_that_is_left_out_is_seen() -> None:
    passage = "If the brakes of a tram squeal loudly, the crew calls the workshop."
    assert added_stretch(passage, "Please call the workshop, crew.") == "brakes tram squeal"


def test_the_numbers_of_clauses_are_no_facts() -> None:
    passage = "2.1 Every tram is washed within 14 days.\n\n2.2 Trams are not washed on Sunday."
    told = "We wash every tram within 14 days. On Sunday we do not wash trams."
    assert rewrite_grounding_filter(())(example(response=told, chunk=chunk(passage))).passed


def test_a_passage_with_a_greeting_before_it_is_in_no_other_tone() -> None:
    judge = rewrite_schema_filter([ToneSample("Wash it.", "Please wash it.")], ())
    found = judge(example(response=f"Hello! Please note: {WASHING}", chunk=chunk(WASHING)))
    assert found.reason.startswith("The rewrite hardly differs from the passage")


def test_a_passage_of_which_a_part_is_said_twice_is_in_no_other_tone() -> None:
    first = WASHING.partition(". ")[0] + "."
    judge = rewrite_schema_filter([ToneSample("Wash it.", "Please wash it.")], ())
    found = judge(example(response=f"{first} 2.1 {WASHING}", chunk=chunk(WASHING)))
    assert found.reason.startswith("The rewrite hardly differs from the passage")
