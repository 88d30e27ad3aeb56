"""Precision of the whole from a sample: bounds, weights by hand, and an interval that holds the truth 95 times in a hundred."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.stats import student, wilson
from factory.review.precision import Precision, ReadExample, estimate_precision
from factory.review.sampling import Candidate, systematic_sample

READ = st.lists(st.builds(ReadExample, st.booleans(), st.floats(0.01, 1)), min_size=1, max_size=50)


@given(READ)
def test_the_mean_lies_in_its_interval_and_the_interval_in_0_to_1(read: list[ReadExample]) -> None:
    found = estimate_precision(read)
    assert found
    assert 0 <= found.low <= found.mean + 1e-6
    assert found.mean - 1e-6 <= found.high <= 1


def test_nothing_read_says_nothing() -> None:
    assert estimate_precision([]) is None


def test_what_was_read_whole_is_known() -> None:
    assert estimate_precision([ReadExample(True, 1.0), ReadExample(False, 1.0)]) == Precision(
        mean=0.5, low=0.5, high=0.5, n=2
    )


def test_one_that_came_in_half_as_likely_counts_twice() -> None:
    found = estimate_precision(
        [ReadExample(True, 0.25), ReadExample(False, 0.5), ReadExample(False, 0.5)]
    )
    assert found
    assert found.mean == 0.5


def test_all_right_is_not_certain() -> None:
    found = estimate_precision([ReadExample(True, 0.001)] * 50)
    assert found
    assert (found.mean, found.high) == (1.0, 1.0)
    assert 0.91 < found.low < 0.94  # Wilson's for 50 of 50 is 0.929


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)]
)
def test_the_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert abs(student(freedom) - quantile) < 0.01


def test_wilson_is_that_of_the_textbook() -> None:
    low, high = wilson(0.9, 100, 1.96)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)


def population(seed: int, documents: int, mean: float) -> tuple[list[Candidate], dict[str, bool]]:
    """Documents of unequal size and error; what was repaired errs more often."""
    chance = random.Random(seed)
    kept: list[Candidate] = []
    right: dict[str, bool] = {}
    for document in range(documents):
        error = chance.betavariate(2 * mean, 2 * (1 - mean))
        for _ in range(1 + int(chance.expovariate(1 / 40))):
            repaired = chance.random() < 0.2
            one = Candidate(
                len(kept), f"e{len(kept)}", "qa", "", "chief", repaired, False, f"d{document}"
            )
            kept.append(one)
            right[one.id] = chance.random() > error + 0.1 * repaired
    return kept, right


def held(seed: int, documents: int, mean: float, count: int) -> bool:
    kept, right = population(seed, documents, mean)
    found = estimate_precision(
        [ReadExample(right[one.id], chance) for one, chance in systematic_sample(kept, count, seed)]
    )
    assert found
    return found.low <= sum(right.values()) / len(right) <= found.high


def test_the_interval_holds_the_truth_where_documents_err_unequally() -> None:
    """Fewer than the 1,000 of benchmarks/precision.py, and so with wider bounds: 3 standard errors of 200 trials at 95 %."""
    assert sum(held(seed, 30, 0.15, 150) for seed in range(200)) / 200 > 0.95 - 3 * 0.0154
