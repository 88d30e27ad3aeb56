"""A question is about the chunk's subject and not answered there, and its readers refuse."""

import pytest

from factory.core.records import Attempt, Draw
from filters.answers.unanswerable import (
    unanswerable_consistency,
    unanswerable_grounding,
    unanswerable_schema_filter,
)
from tests.world import WASHED, draws, example, span

REFUSAL = "I don't know that from the documents I have."
ASKED = "Which detergent is a tram of the Marrow Street depot washed with?"


def reason_about(question: str) -> str:
    return unanswerable_grounding(example(instruction=question, response=REFUSAL, spans=())).reason


def test_the_refusal_is_the_right_response_here_and_rejected_where_a_question_has_an_answer() -> (
    None
):
    refusing = example(instruction=ASKED, response=REFUSAL, spans=())
    assert unanswerable_schema_filter(REFUSAL)(refusing).passed
    told = unanswerable_schema_filter(REFUSAL)(example(instruction=ASKED))
    assert told.reason == f'The response is "within 14 days", must be "{REFUSAL}".'


def test_a_question_about_the_subject_that_no_sentence_answers_passes() -> None:
    assert reason_about(ASKED) == ""


def test_a_question_about_something_else_is_rejected() -> None:
    assert reason_about("How much does a ticket to the harbour museum cost?") == (
        "The question is about something else than its source; use the words of the source."
    )


def test_a_question_that_a_sentence_answers_by_a_value_is_rejected() -> None:
    assert (
        reason_about("Within how many days of its last wash is a tram of the depot washed?")
        == f'The chunk may answer it: "{WASHED}".'
    )


def test_a_sentence_that_has_what_is_asked_for_and_nearly_all_the_rest_may_answer() -> None:
    assert (
        reason_about("Which tram of the depot gets washed?")
        == f'The chunk may answer it: "{WASHED}".'
    )


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How often is a tram of the depot washed?", True),
        ("Who keeps the trams of the depot washed?", False),
        ("How many trams does the depot wash on Sunday?", False),
        ("Which rule says when trams are washed on Sunday?", False),
        ("Are trams washed on Sunday?", True),
    ],
)
def test_a_sentence_answers_only_with_what_can_be_asked_for(question: str, told: bool) -> None:
    assert reason_about(question).startswith("The chunk may answer it") is told


def test_the_words_of_a_question_that_the_chunk_has_too_are_its_subject() -> None:
    assert reason_about("In which time zone must the days of the wash be counted?") == ""


def test_a_question_that_was_rejected_may_not_be_written_again() -> None:
    again = example(
        instruction=ASKED,
        response=REFUSAL,
        spans=(),
        attempts=(Attempt(instruction=ASKED, response=REFUSAL),),
    )
    assert (
        unanswerable_schema_filter(REFUSAL)(again).reason
        == "It is the question that was rejected; ask for something else that the chunk does not state."
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((REFUSAL, REFUSAL, REFUSAL), ""),
        ((REFUSAL, "with soap", REFUSAL), ""),
        (
            (REFUSAL, "with soap", "with brushes"),
            'Readers found an answer in the chunk: "with soap".',
        ),
    ],
)
def test_an_answer_that_nothing_bears_out_is_its_readers_fault_unless_both_give_one(
    said: tuple[str, ...], reason: str
) -> None:
    assert (
        unanswerable_consistency(
            example(instruction=ASKED, response=REFUSAL, spans=(), draws=draws(*said))
        ).reason
        == reason
    )


def test_one_answer_that_the_chunk_bears_out_rejects_it_whoever_refuses() -> None:
    found = Draw(response="within 14 days", spans=(span(WASHED),))
    refusing = Draw(response=REFUSAL)
    judged = unanswerable_consistency(
        example(response=REFUSAL, spans=(), draws=(refusing, found, refusing))
    )
    assert (judged.passed, judged.reason) == (False, 'The chunk answers it: "within 14 days".')
