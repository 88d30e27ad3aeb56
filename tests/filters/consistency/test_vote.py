"""Which answers say the same, and which draw is elected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Verdict
from filters.consistency.vote import agree, consistency, elect_draw
from tests.world import LAW, QUESTION, draws, example

ANSWERS = st.lists(
    st.sampled_from(
        [
            "14 days ",
            "15 days ",
            "fourteen ",
            "not ",
            "Yes, ",
            "No. ",
            "by Finch ",
            "by Brook ",
            "a clean tram ",
            "the depot ",
            "6:00 ",
        ]
    ),
    max_size=4,
).map("".join) | st.text(max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("14 days", "within fourteen days"),
        ("14 days", "14"),
        ("at 6:00", "The depot opens at 6:00."),
        ("from Ada Finch", "by Ada Finch"),
        ("14 days, says Finch", "14 days"),
        ("a clean tram", "the clean trams"),
        ("Yes, they are.", "yes"),
        ("No, trams rest.", "no, the trams rest"),
        ("No.", "No, trams rest."),
        ("6 pm", "at 18:00"),
        ("on 31 March", "on 31 March 2025"),
        ("Finch", "Ada Finch"),
        ("the depot chief Ada Finch", "the depot chief"),
        ("the north gate", "the north gate of the depot"),
        ("", " "),
    ],
)
def test_answers_that_say_the_same_agree(one: str, other: str) -> None:
    assert agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("14 days", "15 days"),
        ("14 days", "14 hours"),
        ("14 days", "from Monday"),
        ("14 days and 3 hours", "14 days"),
        ("by Finch", "by Brook"),
        ("on 31 March", "on 30 March"),
        ("Trams are washed.", "Trams are not washed."),
        ("yes", "no"),
        ("a clean tram", "an iron staircase"),
        ("6 am", "6 pm"),
        ("once a week", "twice a week"),
        ("the north gate", "the south gate"),
        ("the north gate", "Drivers leave by the south gate of the depot."),
        ("Finch keeps the keys of the depot.", "Brook keeps the keys of the depot."),
        ("Ada Finch, within 2 days", "Ben Brook, within 2 days"),
        ("Ada Finch and Ben Brook", "Ada Finch"),
        ("No.", "Yes."),
        ("a clean tram", ""),
    ],
)
def test_answers_that_say_something_else_disagree(one: str, other: str) -> None:
    assert not agree(one, other)


def test_a_value_that_the_question_holds_already_does_not_count() -> None:
    assert agree("3 keys at 6:00", "3 keys", "How many keys are there at 6:00?")


@LAW
@given(ANSWERS, ANSWERS, ANSWERS)
def test_agreement_has_no_direction(one: str, other: str, question: str) -> None:
    assert agree(one, other, question) == agree(other, one, question)


@LAW
@given(ANSWERS, ANSWERS)
def test_every_answer_agrees_with_itself(one: str, question: str) -> None:
    assert agree(one, one, question)


@pytest.mark.parametrize(
    ("days", "index"),
    [
        ((14, 14), 0),
        ((14, 14, 15), 0),
        ((14, 15, 14), 0),
        ((15, 14, 14), 1),
        ((14, 15, 16), None),
        ((14, 15), None),
        ((14,), None),
        ((), None),
    ],
)
def test_the_lowest_draw_of_an_agreeing_pair_is_elected(
    days: tuple[int, ...], index: int | None
) -> None:
    assert elect_draw(draws(*(f"{n} days" for n in days)), QUESTION) == index


@LAW
@given(st.lists(ANSWERS, max_size=3))
def test_no_draw_before_the_elected_one_has_an_agreeing_other(responses: list[str]) -> None:
    index = elect_draw(draws(*responses), QUESTION)
    paired = [
        i
        for i, a in enumerate(responses)
        if any(agree(a, b, QUESTION) for j, b in enumerate(responses) if j != i)
    ]
    assert index == (paired[0] if paired else None)


def test_two_of_three_pass_with_their_share() -> None:
    judged = consistency(example(draws=draws("14 days", "15 days", "within 14 days")))
    assert judged == Verdict(filter="consistency", passed=True, score=0.667)


def test_draws_that_disagree_are_rejected_with_all_of_them() -> None:
    judged = consistency(example(draws=draws("14 days", "15 days")))
    reason = 'The answers to this question disagree: "14 days"; "15 days". Ask so that only one answer is right.'
    assert judged == Verdict(filter="consistency", passed=False, reason=reason, score=0.0)
