"""A question can be understood alone, or the missing reference is named."""

import pytest

from filters.schema.self_contained import unnamed_subject, unresolved_reference


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("What is a good one?", "What is a good one"),
        ("When is it washed?", "it"),
        ("How many of them are needed?", "them"),
        ("When does the last tram leave?", "the last"),
        ("Who holds the other key?", "the other"),
    ],
)
def test_an_unresolved_reference_is_named(question: str, word: str) -> None:
    assert unresolved_reference(question) == word


@pytest.mark.parametrize(
    "question",
    [
        "Is it possible to wash a tram on Sunday?",
        "How long does it take to wash a tram?",
        "What share of its fares must the depot pay?",
        "When a key of the depot is lost, who makes a new one?",
        "When does the last tram of Marrow Street leave?",
        "Within how many days of its last wash is a tram washed?",
    ],
)
def test_a_question_that_names_its_subject_is_self_contained(question: str) -> None:
    assert unresolved_reference(question) == ""


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How long does the agreement last?", "the agreement"),
        ("What does this section forbid in the depot?", "this section"),
        ("What does clause 4 forbid?", "clause 4"),
    ],
)
def test_a_question_that_points_into_its_document_needs_it(question: str, words: str) -> None:
    assert unnamed_subject(question) == words


@pytest.mark.parametrize(
    "question",
    [
        "What is the driver's notice period?",
        "How long does the agreement with Ada Finch last?",
        "What does clause 4 of the Marrow Street lease forbid?",
        "How often is a tram washed?",
    ],
)
def test_a_question_that_says_which_one_does_not_need_its_document(question: str) -> None:
    assert unnamed_subject(question) == ""
