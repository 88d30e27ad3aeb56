"""Where a quote stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Span
from filters.grounding.quotes import find_quote
from tests.world import LAW, WASHED, WASHING, span

BEFORE = st.text(alphabet=st.sampled_from("é😀\u0301\u200d👩🏽🚋 \n\tx"), max_size=12)


def test_a_quote_is_found_where_it_stands() -> None:
    assert find_quote(WASHING, " within 14 days ") == span("within 14 days")


@pytest.mark.parametrize(
    "quote",
    ['"Tram - 4" rests', "“Tram – 4”  rests", "„Tram\n—\t4” rests", "“Tram − 4”\u00a0rests"],
)
def test_a_quote_is_found_whatever_its_quotation_marks_dashes_and_white_space(quote: str) -> None:
    text = "Now “Tram — 4”\n rests."
    assert find_quote(text, quote) == span("“Tram — 4”\n rests", text)


PRINT = (
    "The Haulier **must** report the delay within 2 hours.\n\n| Frozen | -25 °C to -18 °C | 40 minutes |\n\n"
    "The efﬁcient temper-\nature log is kept by the employee; receive accommodation for 1,500 crowns. A well-\nKnown rule… holds."
)


@pytest.mark.parametrize(
    ("quote", "place"),
    [
        ("The efficient temperature log", "The efﬁcient temper-\nature log"),
        ("A well-\nKnown rule... holds", "A well-\nKnown rule… holds"),
        (
            "the haulier must report the delay within 2 hours",
            "Haulier **must** report the delay within 2 hours",
        ),
        (
            "Haulier must report delay within 2 hours.",
            "Haulier **must** report the delay within 2 hours",
        ),
        ("Frozen -25 °C to -18 °C 40 minutes", "Frozen | -25 °C to -18 °C | 40 minutes"),
        ("recieve accomodation for 1,500 crowns", "receive accommodation for 1,500 crowns"),
    ],
)
def test_a_quote_is_found_whatever_its_markup_articles_and_slips_of_the_pen(
    quote: str, place: str
) -> None:
    assert find_quote(PRINT, quote) == span(place, PRINT)


@pytest.mark.parametrize(
    "quote",
    [
        "The Haulier must report the delay within 3 hours.",
        "The Haulier must report the delay within 2 days.",
        "The Haulier must not report the delay within 2 hours.",
        "The Haulier may report the delay within 2 hours.",
        "The Supplier must report the delay within 2 hours.",
        "Frozen 25 °C to -18 °C 40 minutes",
        "Frozen -25 °F to -18 °C 40 minutes",
        "log is kept by the employer; receive accommodation",
        "receive accommodation for 1500.5 crowns",
    ],
)
def test_an_altered_quote_is_found_nowhere(quote: str) -> None:
    assert find_quote(PRINT, quote) is None


@LAW
@given(
    st.integers(0, len(WASHED.split()) - 1),
    st.sampled_from(["not", "15", "Finch", "may", "except"]),
)
def test_a_quote_with_another_word_in_place_of_one_is_found_nowhere(place: int, other: str) -> None:
    words = WASHED.split()
    if words[place] not in ("the", "of"):
        assert find_quote(WASHING, " ".join((*words[:place], other, *words[place + 1 :]))) is None


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
def test_a_quote_is_found_after_emoji_and_combining_marks(
    before: str, start: int, length: int
) -> None:
    text = f"{before} {WASHING}"
    quote = " ".join(WASHING.split()[start : start + length])
    found = find_quote(text, quote)
    assert found == (
        Span(start=found.start, end=found.end, text=text[found.start : found.end])
        if found
        else None
    )
    assert (found.text if found else "") == quote.strip()


@LAW
@given(
    st.lists(
        st.sampled_from(["depot", "“Ada”", "—", "😀", "e\u0301", "14"]), min_size=1, max_size=6
    ),
    st.sampled_from([" ", "\n", "\u00a0", " \t "]),
)
def test_a_quote_with_other_white_space_is_found_as_a_slice_of_the_text(
    parts: list[str], blank: str
) -> None:
    text = "The " + blank.join(parts) + " rests"
    found = find_quote(text, " ".join(parts))
    assert found == span(blank.join(parts), text)
