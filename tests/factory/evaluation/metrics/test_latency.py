"""Pace: latency, and what a correct answer takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.metrics.latency import Latency, PerCorrect, latency, per_correct

SECONDS = st.lists(st.floats(0, 100), min_size=1, max_size=40)


def test_latency_by_hand() -> None:
    assert latency([4.0, 1.0, 2.0, 3.0]) == Latency(
        median=2.5, p95=3.85
    )  # ranks 1.5 and 2.85 of 0 to 3


@given(SECONDS)
def test_latency_lies_within_what_was_taken_whatever_the_order(seconds: list[float]) -> None:
    found = latency(seconds)
    assert found == latency(sorted(seconds))
    assert found
    assert min(seconds) - 1e-6 <= found.median <= found.p95 + 1e-6 <= max(seconds) + 2e-6


@pytest.mark.parametrize("seconds", [[], [1.0, None]])
def test_latency_is_not_told_where_a_line_does_not_say(seconds: list[float | None]) -> None:
    assert latency(seconds) is None


def test_wrong_answers_are_paid_for_by_the_correct_ones() -> None:
    found = per_correct(
        [True, False, True, False], [1.0, 2.0, 3.0, 4.0], [0.001, 0.002, 0.003, 0.004]
    )
    assert found == PerCorrect(correct=2, of=4, seconds=5.0, usd=0.005)


def test_without_a_correct_answer_or_a_price_nothing_is_divided() -> None:
    assert per_correct([False], [1.0], [0.001]) == PerCorrect(
        correct=0, of=1, seconds=None, usd=None
    )
    assert per_correct([True, True], [1.0, None], [None, None]) == PerCorrect(
        correct=2, of=2, seconds=None, usd=None
    )
