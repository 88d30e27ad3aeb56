"""Where a quote stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.records import Span
from filters.evidence import find_quote
from tests.world import LAW, WASHING, span

BEFORE = st.text(alphabet=st.sampled_from("é😀\u0301\u200d👩🏽🚋 \n\tx"), max_size=12)


def test_a_quote_is_found_where_it_stands() -> None:
    assert find_quote(WASHING, " within 14 days ") == span("within 14 days")


@pytest.mark.parametrize("quote", ['"Tram - 4" rests', "“Tram – 4”  rests", "„Tram\n—\t4” rests", "“Tram − 4”\u00a0rests"])
def test_a_quote_is_found_whatever_its_quotation_marks_dashes_and_white_space(quote: str) -> None:
    text = "Now “Tram — 4”\n rests."
    assert find_quote(text, quote) == span("“Tram — 4”\n rests", text)


@pytest.mark.parametrize("quote", ["", " \n", "within 15 days", "within 14 days within"])
def test_a_quote_that_does_not_stand_there_has_no_place(quote: str) -> None:
    assert find_quote(WASHING, quote) is None


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("5 days", "A refund takes 15 days."),
        ("1 day", "A refund takes 1 days."),
        ("500 crowns", "The fine is 1,500 crowns."),
        ("1 crown", "The fine is 1.5 crowns."),
        ("18 °C", "The hall is kept below -18 °C."),
        ("tram", "Trams rest."),
    ],
)
def test_a_quote_does_not_stand_inside_a_number_or_a_word(quote: str, source: str) -> None:
    assert find_quote(source, quote) is None


def test_a_quote_inside_a_number_is_found_where_it_stands_alone() -> None:
    source = "15 days or 5 days"
    assert find_quote(source, "5 days") == Span(start=11, end=17, text="5 days")


def test_a_script_without_white_space_is_quoted_anywhere() -> None:
    assert find_quote("电车每天清洗", "每天") == Span(start=2, end=4, text="每天")


@LAW
@given(BEFORE, st.integers(0, len(WASHING.split()) - 1), st.integers(1, 8))
def test_a_quote_is_found_after_emoji_and_combining_marks(before: str, start: int, length: int) -> None:
    text = f"{before} {WASHING}"
    quote = " ".join(WASHING.split()[start : start + length])
    found = find_quote(text, quote)
    assert found == (Span(start=found.start, end=found.end, text=text[found.start : found.end]) if found else None)
    assert (found.text if found else "") == quote.strip()


@LAW
@given(
    st.lists(st.sampled_from(["depot", "“Ada”", "—", "😀", "e\u0301", "14"]), min_size=1, max_size=6),
    st.sampled_from([" ", "\n", "\u00a0", " \t "]),
)
def test_a_quote_with_other_white_space_is_found_as_a_slice_of_the_text(parts: list[str], blank: str) -> None:
    text = "The " + blank.join(parts) + " rests"
    found = find_quote(text, " ".join(parts))
    assert found == span(blank.join(parts), text)
