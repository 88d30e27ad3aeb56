"""An answer ends where its sentence ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.grounding.truncation import truncated_after
from tests.world import LAW

EVIDENCE = "The depot pays 31 crowns per shift, and trams wait at the gate of the calibration yard until drivers have logged the wash."


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        ("31 crowns per", "per"),
        ("The depot must", "must"),
        ("Trams wait at", "at"),
        ("31 crowns, by", "by"),
        ("5 hours with", "with"),
        ("No, drivers have", "have"),
        ("at the gate of the calibra", "calibra"),
        ("at the gate of the calib", "calib"),
    ],
)
def test_an_answer_that_breaks_off_is_told_with_its_last_word(answer: str, last: str) -> None:
    assert truncated_after(answer, EVIDENCE) == last


@pytest.mark.parametrize(
    "answer",
    [
        "31 crowns per shift",
        "31 crowns",
        "until they have logged in",
        "whom the depot reports to",
        "Yes, drivers have",
        "Ada Finch is in charge, and Ben stands by",
        "a driver",
        "at the calibration yard.",
        "The Marrow Street depot",
        "6:00",
        "",
    ],
)
def test_an_answer_that_ends_is_not_cut(answer: str) -> None:
    assert truncated_after(answer, EVIDENCE) == ""


def test_a_word_that_is_one_of_its_own_is_not_half_of_another() -> None:
    assert truncated_after("The chief must confirm", "The chief gives a confirmation.") == ""


@LAW
@given(
    st.lists(
        st.sampled_from("trams wait calibration yard gate logged wash drivers shift".split()),
        max_size=9,
    )
)
def test_no_text_is_cut_beside_itself(words: list[str]) -> None:
    assert truncated_after(" ".join(words), " ".join(words)) == ""
