"""An answer may not use the opposite of a word in its evidence."""

import pytest

from filters.english.antonyms import find_antonym


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
def test_an_antonym_is_named_if_the_evidence_has_only_the_opposite(
    answer: str, evidence: str, word: str
) -> None:
    assert find_antonym(answer, evidence) == word


def test_a_word_of_the_question_is_not_an_antonym() -> None:
    assert find_antonym("It increases.", "It decreases in summer.", "When does it increase?") == ""
