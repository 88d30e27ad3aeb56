"""Statements, self-answering questions and answers of another kind are found."""

import pytest

from filters.schema.question import malformed_question, self_answering_question, wrong_answer_type


@pytest.mark.parametrize(
    "question",
    [
        "Is the depot open?",
        "Wer wäscht die Bahn?",
        "電車はいつ洗いますか。",
        "The depot keeps which keys?",
    ],
)
def test_a_question_in_any_language_is_well_formed(question: str) -> None:
    assert malformed_question(question) == ""


@pytest.mark.parametrize("question", ["The trams are washed by the driver?", "Trams", "Which?"])
def test_a_statement_or_a_word_is_not_a_question(question: str) -> None:
    assert malformed_question(question)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does the depot open at 6:00 or at 7:00?", "at 6:00"),
        ("Who washes the tram, the driver or the chief?", "the driver"),
        ("Is the depot washed on Sunday?", "The depot is not washed on Sunday."),
    ],
)
def test_a_question_that_offers_a_choice_does_not_answer_itself(question: str, answer: str) -> None:
    assert self_answering_question(question, answer) == ""


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (
            "Who washes the tram?",
            "14 days",
            "The question asks for a person and the answer is a bare value.",
        ),
        (
            "Where is the tram washed?",
            "at 6:00",
            "The question asks for a place and the answer is a bare value.",
        ),
        (
            "Is the tram washed?",
            "14 days",
            "The question asks for yes or no and the answer is a bare value.",
        ),
        (
            "What share of trams is washed?",
            "the chief",
            "The question asks for a number and the answer gives none.",
        ),
    ],
)
def test_an_answer_of_another_kind_is_named(question: str, answer: str, reason: str) -> None:
    assert wrong_answer_type(question, answer) == reason


def test_a_count_of_named_things_may_have_a_unit() -> None:
    assert (
        wrong_answer_type("How many Night Trams are let out in a day?", "three in 24 hours") == ""
    )
