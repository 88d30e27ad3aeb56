"""An answer claims no more than its evidence bears out."""

import pytest

from filters.english.word_roots import root_keys
from filters.grounding.claims import (
    sentence_claims,
    strip_markers,
    supported_share,
    unsupported_clause,
)
from tests.world import WASHED

NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Trams rest [1].", "Trams rest  ."),
        ("- Trams rest", " Trams rest"),
        ("No, trams rest.", "trams rest."),
        ("14 days", "14 days"),
    ],
)
def test_reference_marks_list_points_and_a_leading_no_claim_nothing(
    answer: str, words: str
) -> None:
    assert strip_markers(answer) == words


def test_every_sentence_is_a_claim_with_its_values() -> None:
    found = sentence_claims("Trams are washed within 14 days. Ada Finch keeps the keys.")
    assert [(c.keys, [v.text for v in c.values]) for c in found] == [
        (("tram", "wash"), ["14"]),
        (("=keep", "key"), ["ada", "finch"]),
    ]


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("Every tram is washed within 14 days.", 1.0),
        ("Every tram is washed within 15 days.", 2 / 3),
        ("Every bus is painted within 14 days.", 1 / 3),
        ("within fourteen days", 1.0),
    ],
)
def test_words_and_values_are_counted_alike(answer: str, share: float) -> None:
    assert supported_share(sentence_claims(answer)[0], WASHED, NOTHING) == pytest.approx(share)


def test_what_the_question_says_need_not_be_borne_out_again() -> None:
    (claim,) = sentence_claims("The blue box has 14 days.")
    asked = frozenset(root_keys("How many days has the blue box?"))
    assert [
        round(supported_share(claim, "| 14 days |", restated), 2) for restated in (asked, NOTHING)
    ] == [
        1.0,
        0.33,
    ]


@pytest.mark.parametrize(
    ("answer", "clause"),
    [
        (f"{WASHED[:-1]}, and the chief pays the fine.", "and the chief pays the fine."),
        (f"{WASHED[:-1]}, free of charge for visitors.", "free of charge for visitors."),
        (f"{WASHED[:-1]}, which also holds for old buses.", "which also holds for old buses."),
        (f"{WASHED[:-1]}, provided that brooms are clean.", "provided that brooms are clean."),
        (WASHED, ""),
        (f"{WASHED[:-1]}, gladly.", ""),
    ],
)
def test_an_added_clause_is_found_in_an_answer_that_is_borne_out_otherwise(
    answer: str, clause: str
) -> None:
    assert unsupported_clause(answer, WASHED, NOTHING, 0.6) == clause


def test_a_clause_that_takes_back_what_was_said_needs_every_word() -> None:
    limits = ("14 days, but only for old trams", "14 days, but only after its last wash")
    assert [unsupported_clause(answer, WASHED, NOTHING, 0.6) for answer in limits] == [
        "but only for old trams",
        "",
    ]
