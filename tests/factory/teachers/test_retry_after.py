"""Every form in which a server says how long to wait."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.teachers.retry_after import MAX_WAIT_S, duration_text, retry_wait, seconds_until

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("8", 8),
        ("1.5", 1.5),
        ("20ms", 0.02),
        ("1s", 1),
        ("1m30s", 90),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("2d", 172_800),
        (formatdate(NOW + 8, usegmt=True), 8),
        ("2027-01-15T08:00:30Z", 30),
        ("2027-01-15T09:00:30+01:00", 30),
        (str(int(NOW + 5)), 5),
        (str(int((NOW + 5) * 1000)), 5),
        ("", 0),
        ("0", 0),
        ("-5", 0),
        ("soon", 0),
        ("nan", 0),
        ("inf", 0),
        ("1e400", 0),
        ("9" * 400, 0),
        (formatdate(NOW - 8, usegmt=True), 0),
        ("Mon, 99 Foo 20x6", 0),
    ],
)
def test_a_wait_is_read_in_every_form(said: str, seconds: float) -> None:
    assert seconds_until(said, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "9", "x-ratelimit-reset-requests": "1s"}, 9),
        (
            {
                "retry-after": "0",
                "x-ratelimit-reset-requests": "1m30s",
                "x-ratelimit-remaining-requests": "0",
            },
            90,
        ),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "0",
            },
            360,
        ),
        ({"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "6m0s"}, 0.02),
        ({"x-ratelimit-reset": str(int((NOW + 7) * 1000))}, 7),
        (
            {
                "anthropic-ratelimit-requests-reset": "2027-01-15T08:00:30Z",
                "anthropic-ratelimit-requests-remaining": "0",
            },
            30,
        ),
        (
            {
                "retry-after": formatdate(NOW + 100, usegmt=True),
                "date": formatdate(NOW + 90, usegmt=True),
            },
            10,
        ),
        ({"retry-after": "word"}, 0),
        ({}, 0),
    ],
)
def test_the_header_that_says_most_counts(headers: dict[str, str], seconds: float) -> None:
    assert retry_wait(headers, lambda: NOW) == pytest.approx(seconds)


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "date"]),
        st.text(max_size=30),
    )
)
def test_a_wait_is_never_negative_nor_beyond_reason(headers: dict[str, str]) -> None:
    assert 0 <= retry_wait(headers, lambda: NOW) <= MAX_WAIT_S


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "3 seconds"), (600, "10 minutes"), (43_200, "12 hours"), (10**6, "12 days")],
)
def test_a_duration_is_said_in_its_largest_unit(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words
