"""Repair: what a rejected example becomes on record, what each round of repair brought, and when it no longer pays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.records import NANO, NEVER_ANSWERED, Attempt, Cost, Example, Judged, Nanodollars, Unfinished, dollars
from factory.core.settings import RepairSettings

LEAST_TRIES = 20  # fewer say little of what a recovered example costs


class Round(BaseModel, frozen=True, extra="forbid"):
    """One round of repair for one filter's rejections. `usd`: in files dollars, null where the price is unknown."""

    round: int
    reason: str  # the filter that had rejected them
    tried: int
    recovered: int
    tokens: int
    usd: Nanodollars | None = 0

    @property
    def dollars(self) -> float | None:
        return None if self.usd is None else self.usd / NANO


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
    """What one try brought. `reason`: the filter that had rejected, empty of a first writing; `ended`: not cut short."""

    reason: str
    survived: bool
    cost: Cost
    ended: bool = True


def written(judged: Judged) -> Tried:
    """A first writing."""
    if isinstance(judged, Unfinished):
        return Tried("", survived=False, cost=Cost(), ended=False)
    return Tried("", judged.rejection is None, judged.cost)


def tried(old: Example, new: Judged) -> Tried:
    """A repair; one that the teacher gave up leaves the example as it was, and took nothing."""
    reason = old.rejection.filter if old.rejection else ""
    return written(new)._replace(reason=reason) if new is not old else Tried(reason, survived=False, cost=Cost())


def rounds(number: int, tries: Sequence[Tried]) -> list[Round]:
    """What this round tried, recovered and took, by the filter that had rejected."""
    by_reason: dict[str, list[Tried]] = {}
    for one in tries:
        by_reason.setdefault(one.reason, []).append(one)
    return [_round(number, reason, found) for reason, found in sorted(by_reason.items())]


def _round(number: int, reason: str, tries: Sequence[Tried]) -> Round:
    took = total(Total(), tries).cost
    recovered = sum(t.survived for t in tries)
    return Round(
        round=number, reason=reason, tried=len(tries), recovered=recovered, tokens=took.tokens_in + took.tokens_out, usd=took.nanousd
    )


class Total(NamedTuple):
    """Of many tries: how many, how many survived, what all of them took, whether none was cut short."""

    tries: int = 0
    survived: int = 0
    cost: Cost = Cost()
    ended: bool = True


def total(found: Total, tries: Iterable[Tried]) -> Total:
    """With these tries more."""
    for one in tries:
        found = Total(found.tries + 1, found.survived + one.survived, found.cost + one.cost, found.ended and one.ended)
    return found


@dataclass
class Log:
    """What repair has brought so far. `fresh`: of the first round, to be held against it; `stopped`: why it goes no further."""

    fresh: Total
    settings: RepairSettings
    rounds: list[Round] = field(default_factory=list)
    stopped: str = ""
    _number: int = 0

    @property
    def most(self) -> int:
        """Repairs of one slot."""
        return self.settings.rounds

    def note(self, tries: Sequence[Tried]) -> None:
        """A round has ended."""
        self._number += 1
        self.rounds += rounds(self._number, tries)
        if self.settings.stop_when_dearer_than_fresh:
            self.stopped = dearer(self.fresh, total(Total(), tries), self._number)


def dearer(fresh: Total, mended: Total, number: int) -> str:
    """Why repair stops after a round: a recovered example took more than a fresh one. Empty where it goes on.

    Dollars are compared, tokens where the teacher is free. A round that was cut short decides nothing, nor does one of few tries.
    """
    if not (fresh.ended and mended.ended) or mended.tries < LEAST_TRIES or not fresh.survived:
        return ""
    money = fresh.cost.nanousd > 0
    first, again = (_taken(t, money) / max(1, t.survived) for t in (fresh, mended))
    if mended.survived and again <= first:
        return ""
    took = f"a recovered example took {_said(again, money)}" if mended.survived else f"{mended.tries} tries recovered none"
    return f"repair stopped after round {number}: {took}, a fresh one {_said(first, money)}"


def _said(amount: float, money: bool) -> str:
    return dollars(round(amount)) if money else f"{amount:,.0f} tokens"


def _taken(found: Total, money: bool) -> int:
    return found.cost.nanousd if money else found.cost.tokens_in + found.cost.tokens_out
