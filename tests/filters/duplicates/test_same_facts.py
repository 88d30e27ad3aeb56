"""What two examples tell, and whether it is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates.same_facts import InstructionResponse, fact_tokens, same_facts
from tests.world import LAW


def test_what_is_told_are_values_and_stems_without_free_words() -> None:
    assert fact_tokens("Trams of the depot must not be washed within fourteen days.") == (
        "tram", "depot", "must", "not", "wash", "within", "number 14 day",
    )  # fmt: skip


def test_free_words_are_told_where_there_are_no_others() -> None:
    assert fact_tokens("Is it so?") == ("is", "it", "so?")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trams rest within 14 days.", "The trams are resting within fourteen days"),
        ("What's the charge of the depot?", "What is the charge of a depot?"),
        ("An employee rests", "Employees rest"),
        ("Don't wash trams", "Do not wash trams."),
        ("A tram can't rest", "A tram cannot rest"),
        (
            "On 5 May 2024 the Marrow Street depot opens.",
            "The Marrow Street depot opens on May 5, 2024.",
        ),
        ("The fee is 5 % of the fare", "The fee is 5 percent of the fare"),
        ("Which tram rests?", "What tram rests?"),
    ],
)
def test_inflection_free_words_spelling_and_a_moved_end_change_nothing(
    one: str, other: str
) -> None:
    assert same_facts((one, ""), (other, ""))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The depot opens at 6:00", "The depot closes at 6:00"),
        ("The chief pays the driver", "The driver pays the chief"),
        (
            "The chief of 5 May pays the driver of 6 May",
            "The chief of 6 May pays the driver of 5 May",
        ),
        ("Trams may rest", "Trams must rest"),
        ("Trams rest before Sunday", "Trams rest after Sunday"),
        ("At least 5 trams rest", "At most 5 trams rest"),
        ("5 trams rest", "5 red trams rest"),
        ("It rose by 5 percent", "It rose to 5 percent"),
        ("The US depot rests", "Our depot rests"),
        ("It is -5 °C", "It is 5 °C"),
        ("Red or green trams", "Red and green trams"),
        ("It is.", "Are they?"),
    ],
)
def test_any_other_word_is_another_fact(one: str, other: str) -> None:
    assert [same_facts((one, "x"), (other, "x")), same_facts(("x", one), ("x", other))] == [
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Up to how many trams may rest?", "At most how many trams may rest?"),
        ("How many trams rest for no more than 5 days?", "How many trams rest for up to 5 days?"),
        ("Who signs for not less than 5 trams?", "Who signs for at least 5 trams?"),
        ("In at most how many days is a tram washed?", "Within how many days is a tram washed?"),
        ("Who shall wash trams?", "Who has to wash trams?"),
        ("Just to be sure, trams rest how often?", "Trams rest how often?"),
        ("Do you know who washes the trams?", "Who washes the trams?"),
        ("What percentage is 5 per cent of 20?", "What percentage is 5 % of 20?"),
        ("Who informs the chief?", "Who tells the chief?"),
        ("2.4 Trams rest.", "Please: 2.4 Trams rest."),
        ("Who signs LF-201 on 5 May, in June?", "who signs lf-201 on 5 may, in june?"),
    ],
)
def test_frames_bounds_and_duties_may_be_spelled_otherwise(one: str, other: str) -> None:
    assert same_facts((one, "x"), (other, "x"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trams up to 5 m rest", "Trams longer than 5 m rest"),
        ("Trams longer than 5 m rest", "Trams higher than 5 m rest"),
        ("Trams rest at most 5 days", "Trams rest in at most 5 days"),
        ("Trams rest under two roofs", "Trams rest less than two roofs"),
        ("No tram takes more than 5 drivers", "A tram takes at most 5 drivers"),
        ("Trams are not required to rest", "Trams must not rest"),
        ("Trams shall not rest", "Trams need not rest"),
        ("Trams should rest", "Trams shall rest"),
        ("The chief asks: trams rest how often?", "The chief asks how often trams rest?"),
        ("Rest in May", "Rest may"),
        ("No trams rest", "Number trams rest"),
        ("Sent by mail", "Sent by email"),
    ],
)
def test_another_bound_or_duty_is_another_fact(one: str, other: str) -> None:
    assert not same_facts((one, "x"), (other, "x"))


ASKED = "Within how many days is a tram washed?"


@pytest.mark.parametrize(
    "answer",
    [
        "14 days",
        "within 14 days",
        "A tram is washed within 14 days.",
        "It is washed within fourteen days",
    ],
)
def test_an_answer_that_says_again_what_was_asked_says_no_more(answer: str) -> None:
    assert same_facts((ASKED, "14 days"), (ASKED, answer))


@pytest.mark.parametrize(
    "answer",
    [
        "15 days",
        "after 14 days",
        "not within 14 days",
        "14 days or sooner",
        "",
        "days",
        "may be 14 days",
    ],
)
def test_an_answer_that_says_something_else_is_another(answer: str) -> None:
    assert not same_facts((ASKED, "14 days"), (ASKED, answer))


def test_an_answer_in_words_of_the_question_is_no_repeat_of_its_reverse() -> None:
    asked = "Does the chief call the driver or the driver call the chief?"
    assert not same_facts(
        (asked, "The chief calls the driver"), (asked, "The driver calls the chief")
    )


SPOKEN = "tram trams the 14 fourteen hundred days 5 May US us not can't mustn't must what's which working per cent within"
TALK = st.lists(st.sampled_from(SPOKEN.split()), max_size=6).map(" ".join)


@LAW
@given(st.tuples(TALK, TALK), st.tuples(TALK, TALK))
def test_what_tells_the_same_is_not_told_apart_at_sight(
    one: InstructionResponse, other: InstructionResponse
) -> None:
    tells = (
        fact_tokens(one[0]) == fact_tokens(other[0])
        and fact_tokens(one[1]) == fact_tokens(other[1])
        and bool(one[1]) == bool(other[1])
    )
    assert same_facts(one, other) or not tells


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("-5,13 %", "−5.13 %", True),
        ("31.12.2027", "31 December 2027", True),
        ("CHF 12'500.00", "12500 CHF", True),
        ("10⁶", "1,000,000", True),
        ("1.500 kg", "1500 kg", True),
        ("1.500 kg", "1,5 kg", False),
        ("1,57 %", "57 %", False),
        ("-1,57 %", "1,57 %", False),
        ("31.12.2027", "30 December 2027", False),
    ],
)
def test_numbers_and_dates_are_the_same_fact_in_any_notation(
    one: str, other: str, same: bool
) -> None:
    asked = "Wie viel wird nach dem Vertrag und mit der Post von uns geliefert?"
    assert same_facts((asked, one), (asked, other)) is same


def test_a_kilogram_of_english_texts_keeps_its_decimals() -> None:
    asked = "What is the weight of the tram in that table?"
    assert same_facts((asked, "1.500 kg"), (asked, "1.5 kg"))
    assert not same_facts((asked, "1.500 kg"), (asked, "1500 kg"))


@pytest.mark.parametrize("cut", range(2, 6))
def test_a_text_whose_end_is_moved_to_its_beginning_says_the_same(cut: int) -> None:
    told_words = "tram rests chief driver tram rests night".split()
    moved = " ".join(told_words[cut:] + told_words[:cut])
    assert same_facts(("Why?", " ".join(told_words)), ("Why?", moved))
