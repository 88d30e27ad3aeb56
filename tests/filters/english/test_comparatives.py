"""A comparative may be reworded but not reversed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.english.comparatives import changed_bound, find_bounds
from tests.world import LAW


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("at least 5 trams", ">="),
        ("no fewer than 5 trams", ">="),
        ("5 or more trams", ">="),
        ("not before 6:00", ">="),
        ("more than 5 trams", ">"),
        ("after 31 March", ">"),
        ("at most 5 trams", "<="),
        ("not more than 5 trams", "<="),
        ("no later than 31 March", "<="),
        ("must not exceed 5 trams", "<="),
        ("No driver may keep more than 5 trams", "<="),
        ("up to 5 trams", "<="),
        ("within 5 days", "<="),
        ("less than 5 trams", "<"),
        ("before 6:00", "<"),
        ("exactly 5 trams", "="),
        ("Trams may not rest within 5 days", ">"),
        ("Trams may not rest on any other ground again within 5 days", ""),
        ("5 trams", ""),
        ("Washing is over, 5 trams rest", ""),
    ],
)
def test_a_comparative_is_read_in_any_wording(text: str, sign: str) -> None:
    assert [b.sign for b in find_bounds(text)] == [sign]


@pytest.mark.parametrize(
    ("answer", "evidence", "turned"),
    [
        ("at most 5 trams", "at least 5 trams", "at most 5"),
        ("more than 5 trams", "at least 5 trams", "more than 5"),
        ("after 31 March", "by 31 March", "after 31 March"),
        ("exactly 5 days", "at least 5 days", "exactly 5 days"),
        ("at most 15 minutes", "The delay is 15 minutes.", "at most 15 minutes"),
        ("no more than 5 trams", "at most 5 trams", ""),
        ("before 31 March", "by 31 March", ""),
        ("at most 5 trams", "Maximum number of trams | 5", ""),
        ("5 trams", "at least 5 trams", ""),
        ("exactly 5 trams", "5 trams", ""),
        ("at least 7 trams", "at most 5 trams", ""),
        ("at least 5 trams", "at most 5 days or at least 5 trams", ""),
    ],
)
def test_a_reversed_comparative_is_named_and_a_reworded_one_passes(
    answer: str, evidence: str, turned: str
) -> None:
    assert changed_bound(answer, evidence) == turned


@LAW
@given(st.text(max_size=80))
def test_no_text_reverses_its_own_comparatives(text: str) -> None:
    assert changed_bound(text, text) == ""
