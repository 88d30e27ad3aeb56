"""Repair: what a rejected example becomes on record, and what each round of repair brought."""

from collections.abc import Sequence
from typing import NamedTuple

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


class Tried(NamedTuple):
    """What one repair brought, by the filter that had rejected."""

    reason: str
    recovered: bool
    tokens: int


def tried(old: Example, new: Example | Unfinished) -> Tried:
    reason = old.rejection.filter if old.rejection else ""
    if not isinstance(new, Example):
        return Tried(reason, False, 0)
    return Tried(reason, new.rejection is None, new.cost.tokens_in + new.cost.tokens_out)


def rounds(number: int, tries: Sequence[Tried]) -> list[Round]:
    """What this round tried, recovered and took, by the filter that had rejected."""
    by_reason: dict[str, list[Tried]] = {}
    for one in tries:
        by_reason.setdefault(one.reason, []).append(one)
    return [
        Round(round=number, reason=r, tried=len(found), recovered=sum(t.recovered for t in found), tokens=sum(t.tokens for t in found))
        for r, found in sorted(by_reason.items())
    ]
