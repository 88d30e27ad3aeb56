"""Estimate the precision of all examples, with an interval, from verdicts on a sample."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.stats import student, wilson


class ReadExample(NamedTuple):
    """One example of the sample that was read. `chance` is its inclusion probability, above 0 and
    at most 1.
    """

    right: float  # 1 or 0; a share where reviewers are divided
    chance: float


class Precision(BaseModel, frozen=True):
    """Share of right examples with its 95 % interval, reweighted to the whole; n examples were
    read.
    """

    mean: float
    low: float
    high: float
    n: int

    @property
    def points(self) -> float:
        """Half the width of the interval in percentage points."""
        return 50 * (self.high - self.low)


def estimate_precision(read: Sequence[ReadExample], share_read: float = 1.0) -> Precision | None:
    """Estimate the precision of the whole from a systematic sample in the order in which it was
    drawn.

    Return None if nothing was read. The mean is the ratio of sums weighted by 1 / chance (Hájek
    1971). Its variance is that of successive differences (Wolter 2007, section 8.2, estimator v2),
    which keeps the benefit of the sample's order: what the strata and documents explain is no error
    of sampling. The interval is Wilson's with the effective number of examples p(1 - p) / variance
    and Student's quantile (Korn and Graubard 1998; Franco et al. 2019, who find it near its nominal
    coverage under complex designs). If all were right, or none, the effective number is Kish's.
    `share_read` is the share of the sample that was read.
    """
    if not read:
        return None
    weights = [1 / one.chance for one in read]
    total = math.fsum(weights)
    mean = math.fsum(weight * one.right for one, weight in zip(read, weights, strict=True)) / total
    left_to_chance = [1 - one.chance * share_read for one in read]
    if not any(left_to_chance):  # everything was read
        return Precision(mean=round(mean, 6), low=round(mean, 6), high=round(mean, 6), n=len(read))
    effective = _effective(read, weights, mean, left_to_chance)
    low, high = wilson(mean, effective, student(len(read) - 1))
    return Precision(mean=round(mean, 6), low=round(low, 6), high=round(high, 6), n=len(read))


def _effective(
    read: Sequence[ReadExample], weights: Sequence[float], mean: float, left: Sequence[float]
) -> float:
    total, n = math.fsum(weights), len(read)
    kish = total**2 / math.fsum(weight**2 for weight in weights) / (math.fsum(left) / n)
    errors = [
        weight * (one.right - mean) / total for one, weight in zip(read, weights, strict=True)
    ]
    steps = [
        (a - b) ** 2 * (x + y) / 2
        for a, b, x, y in zip(errors, errors[1:], left, left[1:], strict=False)
    ]
    variance = n / (2 * (n - 1)) * math.fsum(steps) if n > 1 else 0.0
    return mean * (1 - mean) / variance if variance and 0 < mean < 1 else kish
