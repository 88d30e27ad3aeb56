"""The question asks for what the answer says."""

import pytest

from factory.core.records import Draw, Verdict
from filters.schema.relevance import relevance
from tests.world import example, span


def about(fact: str, instruction: str, response: str) -> Verdict:
    return relevance(example(instruction=instruction, response=response, spans=(span(fact, fact),)))


def test_a_question_with_the_words_around_its_answer_passes() -> None:
    assert relevance(example(response="14 days")) == Verdict(filter="relevance", passed=True)


def test_an_answer_in_other_words_is_left_to_grounding() -> None:
    assert relevance(example(response="two weeks")) == Verdict(filter="relevance", passed=True)


@pytest.mark.parametrize(
    ("fact", "instruction", "response", "reason"),
    [
        (
            "Every red tram is washed 14 days after a crash.",
            "How many days after a crash does every red tram rest?",
            "14 days",
            'The question leaves out "washed", which stands beside the answer in the source.',
        ),
        (
            "The depot keeps 3 keys below the iron stairs.",
            "How many keys does the depot keep?",
            "3 keys",
            'The question leaves out "below", which stands beside the answer in the source.',
        ),
        (
            "Every red tram is washed after 14 days.",
            "Within how many days is every red tram washed?",
            "14 days",
            'The question begins with "Within", the source has "after" before the answer.',
        ),
        (
            "A driver may rest for 20 minutes at the depot.",
            "For how many minutes must a driver rest at the depot?",
            "20 minutes",
            'The question says "must", the source does not.',
        ),
        (
            "A driver may rest for 20 minutes at the depot.",
            "How many minutes does a driver rest at the depot?",
            "20 minutes",
            'The question says "does", the source does not.',
        ),
        (
            "Lost keys are reported to the depot by 17:00 on the same day.",
            "What time does the depot report lost keys on the same day?",
            "17:00",
            'The question leaves out "by", which stands before the answer in the source.',
        ),
        (
            "Four late trams lead to a review with the Depot Manager, recorded on form T-7.",
            "Who is recorded on form T-7 for a review that four late trams lead to?",
            "Depot Manager",
            'The question leaves out "with", which stands before the answer in the source.',
        ),
        (
            "A broken bell is reported to the chief within 9 days of the crash.",
            "The chief reports a broken bell within how many days of the crash?",
            "9 days",
            'The question turns the fact round: in its source something is done to "chief".',
        ),
        (
            "Orvane holds 3 trams for the night line.",
            "How many trams orvane does Orvane hold for the night line?",
            "3 trams",
            'The question says "orvane" more often than its fact.',
        ),
        (
            "A tram is washed within 14 days on request of the depot that keeps it.",
            "Within how many days is a tram of the depot washed?",
            "14 days",
            'The question leaves out "request", which stands beside the answer in the source.',
        ),
        (
            "A tram carries 80 passengers.",
            "How many passengers does a tram carry at the lowest count?",
            "80 passengers",
            "The question asks for a minimum, and the source states none here.",
        ),
        (
            "A tram carries 80 passengers.",
            "How many passengers does a tram carry at the highest count?",
            "80 passengers",
            "The question asks for a maximum, and the source states none here.",
        ),
    ],
)
def test_a_question_for_something_else_is_rejected(
    fact: str, instruction: str, response: str, reason: str
) -> None:
    assert about(fact, instruction, response) == Verdict(
        filter="relevance", passed=False, reason=reason
    )


def test_a_question_for_the_most_may_ask_for_an_upper_bound() -> None:
    assert about(
        "A tram carries at most 80 passengers.",
        "What is the highest count of passengers a tram carries?",
        "80",
    ).passed


def test_an_answer_that_was_drawn_against_the_fact_is_rejected() -> None:
    one = example(response="14 days").model_copy(
        update={"draws": tuple(Draw(response=r) for r in ("7 days", "14 days", "14 days"))}
    )
    found = relevance(one)
    assert (found.passed, found.reason) == (
        False,
        'The text answers "14 days", its fact says "7 days"; ask for what the fact says.',
    )


def test_a_number_to_call_may_be_left_out_of_the_question() -> None:
    fact = "A late tram needs the consent of the Depot Manager on extension 2140."
    assert about(fact, "A late tram needs the consent of whom?", "Depot Manager").passed
