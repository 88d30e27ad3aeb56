"""Numbers and dates in text without spaces between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.values import Value, find_values
from tests.world import LAW


def told(text: str) -> list[tuple[str, str, str]]:
    return [(v.kind, v.text, v.unit) for v in find_values(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("二十四時間以内", [("number", "24", "hour")]),
        ("24時間以内に", [("number", "24", "hour")]),
        ("２４時間", [("number", "24", "hour")]),
        ("五万三千円", [("number", "53000", "yen")]),
        ("5万円", [("number", "50000", "yen")]),
        ("１，０００円", [("number", "1000", "yen")]),
        ("十個月", [("number", "10", "month")]),
        ("10%を超える", [("number", "10", "percent")]),
        ("第三条", [("number", "3", "")]),
        ("二〇二五年三月三十一日", [("date", "2025-03-31", "")]),
        ("3月31日まで", [("date", "-03-31", "")]),
        ("一般の規則", []),
        ("十分な時間", []),
        ("３ hours", [("number", "3", "hour")]),
    ],
)
def test_a_number_is_read_in_kanji_and_full_width(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(text) == expected


def test_hours_in_kanji_match_hours_in_digits_but_not_days() -> None:
    (value,) = find_values("二十四時間以内")
    assert [value.carries(Value("number", "24", unit)) for unit in ("hour", "day")] == [True, False]


@LAW
@given(st.integers(1, 99))
def test_kanji_below_a_hundred_read_as_their_digits(number: int) -> None:
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    numeral = ("" if not tens else "十" if tens == 1 else f"{digits[tens]}十") + (
        digits[ones] if ones else ""
    )
    assert told(f"約{numeral}時間") == [("number", str(number), "hour")]
