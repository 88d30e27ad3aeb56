"""Repair: what a rejected example becomes on record, and what each round of repair brought."""

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel

from factory.records import Attempt, Example, Unfinished

NEVER_ANSWERED = "teacher"  # the verdict of a slot that the teacher never answered: there is nothing to mend


class Round(BaseModel, frozen=True, extra="forbid"):
    """One round of repair for one filter's rejections."""

    round: int
    reason: str  # the filter that had rejected them
    tried: int
    recovered: int
    tokens: int


def can_mend(example: Example) -> bool:
    return example.rejection is not None and example.rejection.filter != NEVER_ANSWERED


def attempt(example: Example) -> Attempt:
    """The example as it was tried, to be kept beside what comes of it."""
    return Attempt(
        instruction=example.instruction,
        response=example.response,
        spans=example.spans,
        verdicts=example.verdicts,
        cost=example.cost,
        prompt=example.prompt,
    )


def rounds(number: int, before: Sequence[Example], after: Sequence[Example | Unfinished]) -> list[Round]:
    """What this round tried, recovered and took, by the filter that had rejected."""
    tried: Counter[str] = Counter()
    recovered: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for old, new in zip(before, after, strict=True):
        reason = old.rejection.filter if old.rejection else ""
        tried[reason] += 1
        if isinstance(new, Example):
            recovered[reason] += new.rejection is None
            tokens[reason] += new.cost.tokens_in + new.cost.tokens_out
    return [Round(round=number, reason=r, tried=n, recovered=recovered[r], tokens=tokens[r]) for r, n in sorted(tried.items())]
