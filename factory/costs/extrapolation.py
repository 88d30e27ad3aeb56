"""Calibration: what a pilot's chunks took and kept, carried over to the chunks that were not asked, with an interval.

Chunks and not slots are resampled: slots of one chunk fare alike. What a chunk took is held against what it was foreseen
to take, so that an estimate which is right but for a factor becomes exact.
"""

from collections.abc import Sequence
from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from factory.core.stats import NORMAL, student, wilson

RESAMPLES = 10_000
FEWEST = 5  # chunks that an interval can be drawn from


class Range(NamedTuple):
    """An expected value and the bounds of its interval."""

    low: float
    expected: float
    high: float


NONE = Range(0.0, 0.0, 0.0)


def carried(took: Sequence[float], foreseen: Sequence[float], rest: float, seed: int) -> Range:
    """What the rest takes, of which `rest` was foreseen: a ratio estimate (Cochran, Sampling Techniques, 3rd ed. 1977, chapter 6).

    `took` and `foreseen` are by chunk, at least FEWEST. The interval is a percentile one by bootstrap over chunks (Davison and
    Hinkley 1997, section 3.7), expanded for few of them (Hesterberg 2015, The American Statistician 69:371). The rest deviates
    from its ratio by itself too: each resample adds such a deviation as the chunks seen show, its variance in proportion to what
    was foreseen.
    """
    y, x = np.array(took, float), np.array(foreseen, float)
    if not x.sum():
        return NONE
    ratio = y.sum() / x.sum()
    large = x > 0
    spread = sqrt(((y - ratio * x)[large] ** 2 / x[large]).sum() / (len(x) - 1))
    draw = np.random.default_rng(seed)
    drawn = draw.integers(len(x), size=(RESAMPLES, len(x)))
    ratios = y[drawn].sum(axis=1) / np.maximum(x[drawn].sum(axis=1), np.finfo(float).tiny)
    totals = ratios * rest + spread * sqrt(rest) * draw.standard_normal(RESAMPLES)
    tail = NORMAL.cdf(-sqrt(len(x) / (len(x) - 1)) * student(len(x) - 1))
    low, high = np.quantile(totals, [tail, 1 - tail])
    return Range(max(0.0, float(low)), float(ratio * rest), float(high))


def share(kept: Sequence[float], asked: Sequence[float], rest: float = inf) -> Range:
    """The share that is kept of so many further slots: Wilson's interval (1927) at the effective number of slots seen.

    Slots of one chunk fare alike, so they count for fewer (design effect: Kish 1965; with Student's quantile: Korn and Graubard
    1998, Survey Methodology 24:193). Where all or none are kept, nothing is known of that, and a chunk counts as one slot.
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
