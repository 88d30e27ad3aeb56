"""Intervals: how sure a difference between two models is, by a bootstrap of whole documents or of questions."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

RESAMPLES = 10_000  # from seed to seed a bound then moves by about 1.4 % of the interval's half width
BLOCK = 2_000_000  # places drawn at once: 16 MB, however many rows there are
ENOUGH_DOCUMENTS = 10  # with fewer clusters their resampling understates the spread (Cameron, Gelbach and Miller 2008)

Unit = Literal["document", "question"]
Counts = NDArray[np.float64]  # a row for each question, a column for each thing that is counted


class Interval(BaseModel, frozen=True, extra="forbid"):
    """A mean difference and its 95 % interval, rounded to six places, so that verdict and file can't disagree."""

    mean: float
    low: float
    high: float


def resampled_by(documents: Sequence[str]) -> Unit:
    """Documents where there are enough of them: questions about the same document are not independent."""
    return "document" if len(set(documents)) >= ENOUGH_DOCUMENTS else "question"


def paired_interval(differences: Sequence[float], units: Sequence[str], seed: int) -> Interval:
    """Percentile 95 % interval of the mean difference by paired bootstrap (Efron and Tibshirani 1993, chapter 13).

    Row i belongs to units[i]; units are drawn whole. The order of the rows has no part in it.
    """
    names, place = np.unique(np.array(units), return_inverse=True)
    sums = np.bincount(place, weights=differences)
    sizes = np.bincount(place)
    draw = np.random.default_rng(seed)
    means: list[float] = []
    while (missing := RESAMPLES - len(means)) > 0:
        drawn = draw.integers(len(names), size=(min(missing, max(1, BLOCK // len(names))), len(names)))
        means.extend(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(mean=rounded(math.fsum(differences) / len(differences)), low=rounded(low), high=rounded(high))


def interval_of(counts: Counts, value: Callable[[Counts], Counts], units: Sequence[str], seed: int) -> Interval:
    """The same of a value that is no mean over questions, such as a mean over labels: `value` of the summed counts of the rows drawn.

    `value` maps (..., columns) to (...).
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
    return Interval(mean=rounded(float(value(counts.sum(axis=0)))), low=rounded(low), high=rounded(high))


def rounded(value: float) -> float:
    """Six places; never -0.0."""
    return round(float(value), 6) + 0.0


def needed_n(n: int, seen: Interval) -> int | None:
    """About how many questions would bring the lower bound above 0 if mean and spread stay; None: decided, or no gain.

    Normal approximation: the interval's half width shrinks with the root of the number of questions.
    """
    if seen.mean <= 0 or seen.low > 0 or seen.high < 0:
        return None
    half = (seen.high - seen.low) / 2
    return max(n + 1, math.ceil(n * (half / seen.mean) ** 2))
