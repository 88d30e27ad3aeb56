"""Pace: how long an answer takes, and what a correct one takes in seconds and dollars."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from factory.core.stats import rounded


class Latency(BaseModel, frozen=True, extra="forbid"):
    """Seconds of one answer; of a batch that is answered together, each question's share."""

    median: float
    p95: float


class PerCorrect(BaseModel, frozen=True, extra="forbid"):
    """How many answers are correct, and what all together took for each of these; None where none is, or where it is not known."""

    correct: int
    of: int
    seconds: float | None
    usd: float | None


def latency(seconds: Sequence[float | None]) -> Latency | None:
    """Linear between ranks, as numpy; None where a line does not say."""
    known = [one for one in seconds if one is not None]
    if not known or len(known) < len(seconds):
        return None
    median, p95 = np.percentile(known, [50, 95])
    return Latency(median=rounded(median), p95=rounded(p95))


def per_correct(right: Sequence[bool], seconds: Sequence[float | None], usd: Sequence[float | None]) -> PerCorrect:
    """A wrong answer is paid for too: the whole is divided by the correct ones alone."""
    correct = sum(right)
    return PerCorrect(correct=correct, of=len(right), seconds=_each(seconds, correct), usd=_each(usd, correct))


def _each(amounts: Sequence[float | None], correct: int) -> float | None:
    known = [one for one in amounts if one is not None]
    return None if not correct or len(known) < len(amounts) else round(sum(known) / correct, 9)
