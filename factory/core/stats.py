"""Compute intervals of shares and means: Wilson's, Student's quantile, the paired bootstrap."""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, computed_field

RESAMPLES = 10_000  # seeds then move a bound by about 1.4 % of the interval's half width
BLOCK = 2_000_000  # indexes drawn at once: 16 MB, however many rows there are
# With fewer clusters resampling them understates the spread (Cameron, Gelbach and Miller 2008).
ENOUGH_DOCUMENTS = 10
Unit = Literal["document", "question"]
Counts = NDArray[np.float64]  # (questions, things counted)

NORMAL = NormalDist()
LEVEL = 0.95  # of every interval


class Proportion(BaseModel, frozen=True):
    """A share, `part` of `whole`, with Wilson's 95 % interval (1927).

    The interval holds for small numbers too, and for none or all.
    """

    part: int
    whole: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def mean(self) -> float:
        return round(self.part / self.whole, 4) if self.whole else 0.0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def low(self) -> float:
        return self._bound(-1)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def high(self) -> float:
        return self._bound(1)

    def _bound(self, side: int) -> float:
        if not self.whole:
            return float(side > 0)
        low, high = wilson(self.part / self.whole, self.whole)
        return round(high if side > 0 else low, 4)


def wilson(
    mean: float, n: float, quantile: float = NORMAL.inv_cdf((1 + LEVEL) / 2)
) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927, JASA 22:209).

    n need not be whole: the effective sample size of a survey is not.
    """
    square = quantile**2
    middle = (mean + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * math.sqrt(mean * (1 - mean) / n + square / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def student(freedom: int) -> float:
    """Return Student's two-sided quantile at LEVEL, exact to 0.001 from 4 degrees of freedom on.

    By the expansion of Cornish and Fisher (Abramowitz and Stegun 1964, 26.7.5).
    """
    z, n = NORMAL.inv_cdf((1 + LEVEL) / 2), max(freedom, 1)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / float(n) ** power for power, term in enumerate(terms))


class Interval(BaseModel, frozen=True, extra="forbid"):
    """A mean difference and its 95 % interval.

    Both are rounded to six places, so that the verdict and the file can't disagree.
    """

    mean: float
    low: float
    high: float


def resampled_by(documents: Sequence[str]) -> Unit:
    """Return the unit to resample: documents if there are enough of them.

    Questions about the same document are not independent.
    """
    return "document" if len(set(documents)) >= ENOUGH_DOCUMENTS else "question"


def paired_interval(differences: Sequence[float], units: Sequence[str], seed: int) -> Interval:
    """Return the percentile 95 % interval of the mean difference by paired bootstrap.

    The method is that of Efron and Tibshirani 1993, chapter 13. Row i belongs to units[i], and
    units are drawn whole. The order of the rows does not matter.
    """
    names, place = np.unique(np.array(units), return_inverse=True)
    sums = np.bincount(place, weights=differences)
    sizes = np.bincount(place)
    draw = np.random.default_rng(seed)
    means: list[float] = []
    while (missing := RESAMPLES - len(means)) > 0:
        drawn = draw.integers(
            len(names), size=(min(missing, max(1, BLOCK // len(names))), len(names))
        )
        means.extend(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(
        mean=rounded(math.fsum(differences) / len(differences)),
        low=rounded(low),
        high=rounded(high),
    )


def interval_of(
    counts: Counts, value: Callable[[Counts], Counts], units: Sequence[str], seed: int
) -> Interval:
    """Return the same interval for a value that is not a mean over questions.

    An example is a mean over labels. `value` is applied to the summed counts of the drawn rows; it
    maps (..., columns) to (...).
    """
    names, place = np.unique(np.array(units), return_inverse=True)
    sums = np.zeros((len(names), counts.shape[1]))
    np.add.at(sums, place, counts)
    draw = np.random.default_rng(seed)
    found: list[float] = []
    while (missing := RESAMPLES - len(found)) > 0:
        rows = min(missing, max(1, BLOCK // max(counts.shape[1], len(names))))
        times = draw.multinomial(len(names), np.full(len(names), 1 / len(names)), size=rows)
        found.extend(value(times @ sums))
    low, high = np.percentile(found, [2.5, 97.5])
    return Interval(
        mean=rounded(float(value(counts.sum(axis=0)))), low=rounded(low), high=rounded(high)
    )


def rounded(value: float) -> float:
    """Round to six places, never to -0.0."""
    return round(float(value), 6) + 0.0


def needed_n(n: int, seen: Interval) -> int | None:
    """Estimate how many questions would bring the lower bound above 0 at the same mean and spread.

    Returns None if the question is decided or there is no gain. By normal approximation the
    interval's half width shrinks with the root of the number of questions.
    """
    if seen.mean <= 0 or seen.low > 0 or seen.high < 0:
        return None
    half = (seen.high - seen.low) / 2
    return max(n + 1, math.ceil(n * (half / seen.mean) ** 2))
