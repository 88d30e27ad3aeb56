"""How nearly one model agrees with another, token by token of the same answers; free of torch."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from pydantic import BaseModel

TIE = 0.1  # nats between the reference's best two tokens: under it the last bits of a sum decide, not the student


class Place(NamedTuple):
    """What a model would write at one place of an answer: the best token, its log-probability, and how far behind the second is."""

    best: int
    logprob: float
    gap: float


class Agreement(BaseModel, frozen=True, extra="forbid"):
    prompts: int
    same_prompts: int  # of these, the same token ids
    tokens: int  # of the answers, their ends included
    ties: int  # of these, too near to call by the reference; they don't count
    agreed: int  # of the rest
    drift: float  # nats, mean absolute difference of the best token's log-probability where both agree

    @property
    def share(self) -> float:
        return self.agreed / max(1, self.tokens - self.ties)


def agreement(prompts: Sequence[bool], reference: Sequence[Sequence[Place]], other: Sequence[Sequence[Place]]) -> Agreement:
    """`prompts`: whether each one's tokens are the same; the others hold one answer's places each, in the same order."""
    pairs = [pair for mine, theirs in zip(reference, other, strict=True) for pair in zip(mine, theirs, strict=True)]
    clear = [(a, b) for a, b in pairs if a.gap >= TIE]
    agreed = [(a, b) for a, b in clear if a.best == b.best]
    return Agreement(
        prompts=len(prompts),
        same_prompts=sum(prompts),
        tokens=len(pairs),
        ties=len(pairs) - len(clear),
        agreed=len(agreed),
        drift=round(fmean(abs(a.logprob - b.logprob) for a, b in agreed), 6) if agreed else 0.0,
    )
