"""Checkable values are found, and one value confirms another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.english.negation import has_negation
from filters.text.values import Value, find_values, starts_sentence
from tests.world import LAW


def told(text: str) -> list[tuple[str, str, str]]:
    return [(v.kind, v.text, v.unit) for v in find_values(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("within 14 days", [("number", "14", "day")]),
        ("within fourteen days", [("number", "14", "day")]),
        ("a 14-day pass", [("number", "14", "day")]),
        ("within 3 working days", [("number", "3", "workingday")]),
        ("after twenty-one minutes", [("number", "21", "minute")]),
        ("for 1,500 crowns", [("number", "1500", "crown")]),
        ("for 2.50 crowns", [("number", "2.5", "crown")]),
        ("for €2.50", [("number", "2.5", "euro")]),
        ("for US£5 or U.S.$6", [("number", "5", "pound"), ("number", "6", "dollar")]),
        ("by 10 %", [("number", "10", "percent")]),
        ("by ten per cent", [("number", "10", "percent")]),
        ("below -18 °C", [("number", "-18", "°c")]),
        ("below −18 °C", [("number", "-18", "°c")]),
        ("at 6:00", [("time", "06:00", "")]),
        ("on 31 March 2025", [("date", "2025-03-31", "")]),
        ("on March 31, 2025", [("date", "2025-03-31", "")]),
        ("on 2025-03-31", [("date", "2025-03-31", "")]),
        ("since March 2025", [("date", "2025-03", "")]),
        ("on 1st March", [("date", "-03-01", "")]),
        ("with form TR-12", [("code", "tr-12", "")]),
        ("from Ada Finch", [("name", "ada", ""), ("name", "finch", "")]),
        ("one of the trams", []),
        ("one day", [("number", "1", "day")]),
        ("The depot opens. Every tram rests.", []),
        ("in 5-12 days", [("number", "5", "day"), ("number", "12", "day")]),
        ("in 5–12 days", [("number", "5", "day"), ("number", "12", "day")]),
        ("in 5 to 12 days", [("number", "5", "day"), ("number", "12", "day")]),
        ("for 5 million crowns", [("number", "5000000", "crown")]),
        ("for 2.5 thousand crowns", [("number", "2500", "crown")]),
        ("two hundred and five crowns", [("number", "205", "crown")]),
        ("a hundred days", [("number", "100", "day")]),
        ("three hundred and fifty thousand crowns", [("number", "350000", "crown")]),
        ("twenty one minutes", [("number", "21", "minute")]),
        ("a fourteen-day pass", [("number", "14", "day")]),
        ("5kg", [("number", "5", "kg")]),
        ("5g", [("number", "5", "g")]),
        ("room 4b", [("code", "4b", "")]),
        ("clause 3.1.2", [("clause", "3.1.2", "")]),
        ("3.1 Trams rest.", [("clause", "3.1", "")]),
        ("## 8. Trams", [("clause", "8", "")]),
        ("4 trams", [("number", "4", "")]),
        ("section 3.2(b)", [("clause", "3.2(b)", "")]),
        ("see Annex A", [("clause", "a", "annex")]),
        ("for $1.3bn", [("number", "1300000000", "dollar")]),
        ("two and a half years", [("number", "2.5", "year")]),
        ("half an hour", [("number", "0.5", "hour")]),
        ("within 30 consecutive days", [("number", "30", "day")]),
        ("on Sept. 5, 2025", [("date", "2025-09-05", "")]),
        ("in March", [("date", "-03", "")]),
        ("at noon", [("time", "12:00", "")]),
        ("call 555-0123", [("code", "555-0123", "")]),
        ("on 5/12/2024", [("date", "2024-12-05", "")]),
        ("at 6 am", [("time", "06:00", "")]),
        ("at 6 p.m.", [("time", "18:00", "")]),
        ("at 6.30 pm", [("time", "18:30", "")]),
        ("at 12 am", [("time", "00:00", "")]),
        ("tram No. 5", [("number", "5", "")]),
        ("N\u0130NE trams", [("name", "ni\u0307ne", "")]),
        ("s\u0131x trams", []),
        ("on 5 apr\u0131l", [("number", "5", "")]),
    ],
)
def test_a_value_is_read_whatever_its_spelling(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(text) == expected


def test_a_value_has_the_place_of_its_words() -> None:
    text = "washed within 14 days by Finch"
    assert [text[v.start : v.end] for v in find_values(text)] == ["14 days", "Finch"]


@LAW
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["14 days ", "6:00", "31 March ", "Ada ", "TR-12", "-", ".", "é", "😀"])
    ).map("".join)
)
def test_values_are_in_text_order(text: str) -> None:
    places = [(v.start, v.end) for v in find_values(text)]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)


@LAW
@given(st.integers(0, 99_999_999))
def test_a_number_reads_the_same_with_and_without_commas(number: int) -> None:
    assert (
        told(f"for {number:,} crowns")
        == told(f"for {number} crowns")
        == [("number", str(number), "crown")]
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Value("number", "14", "day"), Value("number", "14", "day"), True),
        (Value("number", "14", "day"), Value("number", "14"), True),
        (Value("number", "14"), Value("number", "14", "day"), True),
        (Value("number", "14", "day"), Value("number", "14", "hour"), False),
        (Value("number", "14", "day"), Value("number", "15", "day"), False),
        (Value("name", "14"), Value("number", "14"), False),
        (Value("date", "2025-03-31"), Value("date", "2024-03-31"), False),
        (Value("date", "-03-31"), Value("date", "-03-31"), True),
    ],
)
def test_a_value_carries_the_same_value_and_a_missing_unit(
    one: Value, other: Value, expected: bool
) -> None:
    assert (one.carries(other), other.carries(one)) == (expected, expected)


def test_a_date_carries_one_that_says_less_and_not_the_other_way_round() -> None:
    full = Value("date", "2025-03-31")
    for part in (Value("date", "-03-31"), Value("date", "2025-03")):
        assert (full.carries(part), part.carries(full)) == (True, False)


@pytest.mark.parametrize(
    ("text", "around", "expected"),
    [
        ("Brook keeps the keys.", "Finch keeps the keys.", ["brook"]),
        ("Brook keeps the keys.", "The keys are with Brook.", ["brook"]),
        ("Brook may rest.", "Trams rest by the brook.", []),
        ("Brook keeps the keys.", "", []),
        ("Staff must rest.", "Employees must rest.", []),
        ("Refunds take 5 days.", "A claim takes 5 days.", []),
        ("Washing is free.", "Cleaning is free.", []),
        ("Employees are paid.", "Staff are paid.", []),
    ],
)
def test_a_name_begins_a_sentence_if_the_source_confirms_it(
    text: str, around: str, expected: list[str]
) -> None:
    assert [v.text for v in find_values(text, around) if v.kind == "name"] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Trams are not washed.",
        "never",
        "No tram runs.",
        "They can't run.",
        "They can’t run.",
        "cannot",
        "without keys",
    ],
)
def test_a_negation_is_found(text: str) -> None:
    assert has_negation(text)


@pytest.mark.parametrize(
    "text", ["Trams are washed.", "a knot", "tram No. 5", "in November", "noted", "another"]
)
def test_a_word_that_only_looks_like_a_negation_is_not_one(text: str) -> None:
    assert not has_negation(text)


def test_a_sentence_starts_after_its_marks_and_nowhere_else() -> None:
    text = "Wash it. - “Finch drives Ada"
    assert [starts_sentence(text, text.index(word)) for word in ("Wash", "Finch", "Ada")] == [
        True,
        True,
        False,
    ]
