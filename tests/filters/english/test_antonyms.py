"""Contraries that stand for each other."""

import pytest

from filters.english.antonyms import contrary


@pytest.mark.parametrize(
    ("answer", "evidence", "word"),
    [
        ("The rate increases.", "The rate decreases.", "increases"),
        ("External staff may enter.", "Internal staff may enter.", "external"),
        ("The earliest day", "The latest day", "earliest"),
        ("The rate increases.", "The rate rises.", ""),
        ("The rate increases.", "The rate increases or decreases.", ""),
        ("The rate increases.", "The rate is fixed.", ""),
    ],
)
def test_a_contrary_is_named_where_the_evidence_has_only_that(answer: str, evidence: str, word: str) -> None:
    assert contrary(answer, evidence) == word


def test_a_word_of_the_question_is_no_contrary() -> None:
    assert contrary("It increases.", "It decreases in summer.", "When does it increase?") == ""
