"""Extrapolate a pilot's cost and yield to the remaining chunks, with an interval.

Chunks are resampled, not slots: slots of one chunk fare alike. Each chunk's real cost is divided by
its estimated cost, so an estimate that is off by a constant factor becomes exact.
"""

from collections.abc import Sequence
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from factory.core.stats import NORMAL, student, wilson

BOOTSTRAP_SAMPLES = 10_000
MIN_CHUNKS = 5  # chunks needed for an interval


class Range(NamedTuple):
    """An expected value with its interval."""

    low: float
    expected: float
    high: float


NO_AMOUNT = Range(0.0, 0.0, 0.0)


def extrapolate(took: Sequence[float], foreseen: Sequence[float], rest: float, seed: int) -> Range:
    """Estimate the real amount for the remaining chunks, whose estimated amount is `rest`.

    A ratio estimate (Cochran, Sampling Techniques, 3rd ed. 1977, chapter 6). `took` and `foreseen`
    are real and estimated amounts per chunk, at least MIN_CHUNKS of them. The interval is a
    percentile bootstrap over chunks (Davison and Hinkley 1997, section 3.7), expanded for small
    samples (Hesterberg 2015, The American Statistician 69:371). The remaining chunks deviate from
    the ratio too, so each resample adds noise as large as the pilot's deviations, with a variance
    proportional to the estimate.
    """
    y, x = np.array(took, float), np.array(foreseen, float)
    if not x.sum():
        return NO_AMOUNT
    ratio = y.sum() / x.sum()
    large = x > 0
    spread = sqrt(((y - ratio * x)[large] ** 2 / x[large]).sum() / (len(x) - 1))
    draw = np.random.default_rng(seed)
    drawn = draw.integers(len(x), size=(BOOTSTRAP_SAMPLES, len(x)))
    ratios = y[drawn].sum(axis=1) / np.maximum(x[drawn].sum(axis=1), np.finfo(float).tiny)
    totals = ratios * rest + spread * sqrt(rest) * draw.standard_normal(BOOTSTRAP_SAMPLES)
    tail = NORMAL.cdf(-sqrt(len(x) / (len(x) - 1)) * student(len(x) - 1))
    low, high = np.quantile(totals, [tail, 1 - tail])
    return Range(max(0.0, float(low)), float(ratio * rest), float(high))


def extrapolate_share(kept: Sequence[float], asked: Sequence[float], rest: float = inf) -> Range:
    """Estimate the share kept among `rest` further slots (Wilson's interval, 1927).

    Slots of one chunk fare alike, so the interval uses their effective number (design effect: Kish
    1965; with Student's quantile: Korn and Graubard 1998, Survey Methodology 24:193). If all or
    none are kept, the effect can't be measured, and a chunk counts as one slot.
    """
    k, n = np.array(kept, float), np.array(asked, float)
    chunks, slots = len(n), float(n.sum())
    p = float(k.sum()) / slots
    worst = slots / chunks
    between = chunks / (chunks - 1) * float(((k - p * n) ** 2).sum()) / slots**2
    effect = max(1.0, between * slots / (p * (1 - p))) if 0 < p < 1 else worst
    size = 1 / (effect / slots + effect / rest)
    low, high = wilson(p, size, student(chunks - 1))
    return Range(low, p, high)
