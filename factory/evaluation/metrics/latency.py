"""Compute how long answers take, and what a correct one costs in seconds and dollars."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from factory.core.stats import rounded


class Latency(BaseModel, frozen=True, extra="forbid"):
    """Seconds per answer; a batch answered together is divided among its questions."""

    median: float
    p95: float


class PerCorrect(BaseModel, frozen=True, extra="forbid"):
    """The number of correct answers, and the cost of all answers divided by it.

    A cost is None if no answer is correct or an amount is unknown.
    """

    correct: int
    of: int
    seconds: float | None
    usd: float | None


def latency(seconds: Sequence[float | None]) -> Latency | None:
    """Return median and 95th percentile (numpy's linear interpolation).

    None if any answer lacks its seconds.
    """
    known = [one for one in seconds if one is not None]
    if not known or len(known) < len(seconds):
        return None
    median, p95 = np.percentile(known, [50, 95])
    return Latency(median=rounded(median), p95=rounded(p95))


def per_correct(
    right: Sequence[bool], seconds: Sequence[float | None], usd: Sequence[float | None]
) -> PerCorrect:
    """Divide the cost of all answers by the correct ones, since wrong answers are paid for too."""
    correct = sum(right)
    return PerCorrect(
        correct=correct, of=len(right), seconds=_each(seconds, correct), usd=_each(usd, correct)
    )


def _each(amounts: Sequence[float | None], correct: int) -> float | None:
    known = [one for one in amounts if one is not None]
    return None if not correct or len(known) < len(amounts) else round(sum(known) / correct, 9)
