"""Intervals over few chunks hold what they are meant to hold, also where a chunk's slots fare alike."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.costs.extrapolation import MIN_CHUNKS, Range, extrapolate, extrapolate_share
from tests.world import LAW

CHUNKS, PILOT = 200, 20
TRIES = 200
SOME = st.lists(st.tuples(st.floats(0, 1e6), st.floats(1, 1e6)), min_size=MIN_CHUNKS, max_size=30)


def inside(hold: Callable[[np.random.Generator], tuple[Range, float]]) -> float:
    """The share of intervals that hold the truth, in worlds drawn by seeds 0, 1, 2 …"""
    held = 0
    for seed in range(TRIES):
        found, truth = hold(np.random.default_rng(seed))
        held += found.low <= truth <= found.high
    return held / TRIES


@pytest.mark.parametrize("chunks", [25, CHUNKS])
def test_what_the_rest_takes_lies_within_19_of_20_intervals(chunks: int) -> None:
    def hold(draw: np.random.Generator) -> tuple[Range, float]:
        foreseen = draw.uniform(500, 1500, chunks)
        took = 1.4 * foreseen * draw.gamma(6, 1 / 6, chunks)
        return extrapolate(
            took[:PILOT].tolist(), foreseen[:PILOT].tolist(), foreseen[PILOT:].sum(), 0
        ), took[PILOT:].sum()

    assert 0.91 <= inside(hold) <= 0.99


@pytest.mark.parametrize(("often", "alike"), [(0.5, 0.0), (0.5, 0.9), (0.9, 0.5)])
def test_how_much_of_the_rest_is_kept_lies_within_19_of_20_intervals(
    often: float, alike: float
) -> None:
    def hold(draw: np.random.Generator) -> tuple[Range, float]:
        whole = draw.random((CHUNKS, 1)) < often
        own = draw.random((CHUNKS, 4)) < often
        kept = np.where(draw.random((CHUNKS, 1)) < alike, whole, own).sum(axis=1)
        rest = kept[PILOT:]
        return extrapolate_share(kept[:PILOT].tolist(), [4] * PILOT, 4 * len(rest)), rest.sum() / (
            4 * len(rest)
        )

    assert inside(hold) >= 0.92


def test_slots_that_fare_alike_in_their_chunk_count_for_fewer() -> None:
    alike, mixed = extrapolate_share([4, 0] * 10, [4] * 20), extrapolate_share([2] * 20, [4] * 20)
    assert (alike.expected, mixed.expected) == (0.5, 0.5)
    assert alike.high - alike.low > 1.7 * (mixed.high - mixed.low)


def test_an_estimate_that_is_right_but_for_a_factor_becomes_exact() -> None:
    foreseen = [100.0, 250.0, 400.0, 90.0, 700.0]
    assert extrapolate([1.5 * f for f in foreseen], foreseen, 1000.0, 0) == pytest.approx(
        (1500.0, 1500.0, 1500.0)
    )


def test_where_nothing_was_foreseen_nothing_is_taken() -> None:
    assert extrapolate([0.0] * 5, [0.0] * 5, 0.0, 0) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("kept", "bounds"), [(4, (0.8, 1.0)), (0, (0.0, 0.2))])
def test_all_or_none_kept_is_no_certainty(kept: int, bounds: tuple[float, float]) -> None:
    found = extrapolate_share([kept] * 20, [4] * 20)
    assert (round(found.low, 1), round(found.high, 1)) == bounds
    assert found.high - found.low > 0.1


@LAW
@given(SOME, st.floats(1, 1e9), st.integers(0, 9))
def test_low_is_at_most_expected_is_at_most_high(
    pairs: list[tuple[float, float]], rest: float, seed: int
) -> None:
    took, foreseen = [y for y, _ in pairs], [x for _, x in pairs]
    low, expected, high = extrapolate(took, foreseen, rest, seed)
    assert 0 <= low <= high
    assert extrapolate(took, foreseen, rest, seed) == (low, expected, high)


@LAW
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=MIN_CHUNKS, max_size=30),
    st.integers(1, 5000),
)
def test_a_share_lies_in_its_interval_and_that_between_0_and_1(
    pairs: list[tuple[int, int]], rest: int
) -> None:
    kept, asked = [k for k, _ in pairs], [k + lost + 1 for k, lost in pairs]
    found, ever = extrapolate_share(kept, asked, rest), extrapolate_share(kept, asked)
    assert 0 <= found.low <= found.expected + 1e-9
    assert found.expected - 1e-9 <= found.high <= 1
    assert ever.high - ever.low <= found.high - found.low + 1e-9
