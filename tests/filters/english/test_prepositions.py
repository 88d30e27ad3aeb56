"""An answer keeps the prepositions of its evidence: with stays with, before stays before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.english.prepositions import opposite_preposition
from tests.world import LAW


@pytest.mark.parametrize(
    ("answer", "evidence", "turn"),
    [
        (
            "Trams may leave with approval if washed.",
            "Trams may leave without approval if washed.",
            "with approval if washed",
        ),
        (
            "A flat 42 crowns, with a receipt",
            "They may claim a flat 42 crowns and need no receipt.",
            "with receipt",
        ),
        ("4 days after the first wash", "4 days before the first wash", "after first wash"),
        (
            "Trams wait outside the depot gate.",
            "Trams wait inside the depot gate.",
            "outside depot gate",
        ),
        ("Trams may leave without approval.", "Trams may leave without approval.", ""),
        (
            "Trams may leave with approval.",
            "Without approval no tram may leave; with approval, any.",
            "",
        ),
        (
            "Trams may leave with approval of the chief.",
            "Trams may leave without approval of the driver, but with that of the chief.",
            "",
        ),
        ("Trams leave after 6:00.", "Trams may not leave before 5:00.", ""),
    ],
)
def test_an_opposite_preposition_before_the_same_words_is_named(
    answer: str, evidence: str, turn: str
) -> None:
    assert opposite_preposition(answer, evidence) == turn


@LAW
@given(
    st.lists(
        st.sampled_from("with without no before after the trams wash depot within".split()),
        max_size=12,
    )
)
def test_no_text_contradicts_its_own_prepositions(words: list[str]) -> None:
    assert opposite_preposition(" ".join(words), " ".join(words)) == ""
