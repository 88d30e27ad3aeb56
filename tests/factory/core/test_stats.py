"""Intervals: how sure a difference is, of a mean over questions and of a mean over labels."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.core.stats import (
    Counts,
    Interval,
    interval_of,
    needed_n,
    paired_interval,
    resampled_by,
    wilson,
)
from factory.evaluation.metrics.labels import macro_f1

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=2, max_size=30)


def interval(differences: list[float], seed: int = 0) -> Interval:
    return paired_interval(differences, [f"q{number}" for number in range(len(differences))], seed)


def test_from_ten_documents_on_they_are_resampled_whole() -> None:
    assert resampled_by([str(number % 10) for number in range(30)]) == "document"
    assert resampled_by([str(number % 9) for number in range(30)]) == "question"


@given(st.floats(0.001, 1), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_constant_difference_has_an_interval_without_width(difference: float, n: int) -> None:
    seen = interval([difference] * n)
    assert seen.low == pytest.approx(difference, abs=2e-6)
    assert seen.low == pytest.approx(seen.high, abs=2e-6)


@given(DIFFERENCES, st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_same_seed_gives_the_same_interval_around_the_mean(
    differences: list[float], seed: int
) -> None:
    seen = interval(differences, seed)
    assert seen == interval(differences, seed)
    assert min(differences) - 1e-6 <= seen.low <= seen.high <= max(differences) + 1e-6


@given(DIFFERENCES)
@settings(max_examples=40, deadline=None)
def test_swapping_the_models_mirrors_the_interval(differences: list[float]) -> None:
    seen, swapped = interval(differences), interval([-one for one in differences])
    assert (-swapped.mean, -swapped.high, -swapped.low) == pytest.approx(
        (seen.mean, seen.low, seen.high), abs=2e-6
    )


@given(DIFFERENCES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_questions_leaves_the_interval_as_it_is(
    differences: list[float], random: Random
) -> None:
    named = [(f"q{number}", one) for number, one in enumerate(differences)]
    random.shuffle(named)
    shuffled = paired_interval([one for _, one in named], [name for name, _ in named], 0)
    assert shuffled == interval(differences)


def test_differences_that_cancel_are_not_lifted_above_0_by_rounding() -> None:
    assert interval([0.1, 0.2, -0.3] * 3).low < 0
    assert interval([0.0] * 5) == Interval(mean=0, low=0, high=0)


def test_the_interval_has_about_the_width_that_theory_gives() -> None:
    normal = Random(0)
    differences = [normal.gauss(0.1, 1) for _ in range(400)]
    seen = interval(differences)
    assert (seen.high - seen.low) / 2 == pytest.approx(1.96 / 20, rel=0.1)


def test_questions_about_one_document_that_fare_alike_widen_the_interval() -> None:
    fares = [1.0, 0.0, 0.0, 1.0, -1.0, 1.0, 0.0, 1.0, -1.0, 0.0]
    differences = [fare for fare in fares for _ in range(9)]
    by_document = paired_interval(differences, [f"d{number // 9}" for number in range(90)], 0)
    by_question = interval(differences)
    assert by_document.mean == by_question.mean
    assert by_document.high - by_document.low == pytest.approx(
        3 * (by_question.high - by_question.low), rel=0.1
    )


def test_half_the_mean_takes_four_times_the_questions() -> None:
    assert needed_n(100, Interval(mean=0.1, low=-0.1, high=0.3)) == 400
    assert needed_n(100, Interval(mean=0.05, low=-0.15, high=0.25)) == 1600


def test_more_questions_than_were_asked_are_needed_where_it_is_open() -> None:
    assert needed_n(100, Interval(mean=0.1, low=-0.0, high=0.19)) == 101


@pytest.mark.parametrize(
    "seen",
    [
        Interval(mean=0.1, low=0.01, high=0.2),
        Interval(mean=-0.1, low=-0.2, high=-0.01),
        Interval(mean=-0.1, low=-0.2, high=0.1),
        Interval(mean=0, low=0, high=0),
    ],
)
def test_no_number_of_questions_is_named_where_it_is_decided_or_there_is_no_gain(
    seen: Interval,
) -> None:
    assert needed_n(100, seen) is None


def mean(sums: Counts) -> Counts:
    return np.asarray(sums[..., 0] / sums[..., 1])


@given(DIFFERENCES)
@settings(max_examples=20, deadline=None)
def test_a_mean_told_by_its_counts_has_the_interval_of_a_mean(differences: list[float]) -> None:
    counts = np.array([[one, 1.0] for one in differences])
    found = interval_of(counts, mean, [f"q{number}" for number in range(len(differences))], 0)
    reach = max(differences) - min(differences)
    assert found.mean == pytest.approx(interval(differences).mean, abs=2e-6)
    assert (found.low, found.high) == pytest.approx(
        (interval(differences).low, interval(differences).high), abs=0.1 * reach + 2e-6
    )


ROWS = st.lists(st.lists(st.integers(0, 1), min_size=6, max_size=6), min_size=3, max_size=20)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_questions_has_no_part_in_a_mean_over_labels(
    rows: list[list[int]], random: Random
) -> None:
    places = list(range(len(rows)))
    random.shuffle(places)
    counts, units = (
        np.array(rows, dtype=float),
        np.array([f"q{number}" for number in range(len(rows))]),
    )
    assert interval_of(counts[places], macro_f1, list(units[places]), 3) == interval_of(
        counts, macro_f1, list(units), 3
    )


@given(ROWS)
@settings(max_examples=20, deadline=None)
def test_a_mean_over_labels_stays_within_0_and_1(rows: list[list[int]]) -> None:
    found = interval_of(
        np.array(rows, dtype=float), macro_f1, [f"q{number}" for number in range(len(rows))], 0
    )
    assert 0 <= found.low <= found.high <= 1


def test_wilsons_interval_is_that_of_the_literature() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    assert [round(bound, 4) for bound in wilson(81 / 263, 263)] == [
        0.2553,
        0.3662,
    ]
