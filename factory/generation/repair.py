"""Record repairs: each rejected attempt, what each round of repair recovered, and when repair no
longer pays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.records import (
    NANO,
    NEVER_ANSWERED,
    Attempt,
    Cost,
    Example,
    Nanodollars,
    SlotResult,
    Unfinished,
    dollars,
)
from factory.core.settings import RepairSettings

LEAST_TRIES = 20  # fewer say little of what a recovered example costs


class RepairRound(BaseModel, frozen=True, extra="forbid"):
    """One round of repair for one filter's rejections. `usd`: dollars in files, null if the price
    is unknown.
    """

    round: int
    reason: str  # the filter that had rejected them
    tried: int
    recovered: int
    tokens: int
    usd: Nanodollars | None = 0

    @property
    def dollars(self) -> float | None:
        return None if self.usd is None else self.usd / NANO


def can_repair(example: Example) -> bool:
    return example.rejection is not None and example.rejection.filter != NEVER_ANSWERED


def attempt(example: Example) -> Attempt:
    """Return a record of the rejected example, to be kept with what replaces it."""
    return Attempt(
        instruction=example.instruction,
        response=example.response,
        spans=example.spans,
        verdicts=example.verdicts,
        cost=example.cost,
        prompt=example.prompt,
    )


class TryResult(NamedTuple):
    """The result of one try. `reason`: the filter that had rejected the example, empty for a first
    writing; `ended`: not cut short.
    """

    reason: str
    survived: bool
    cost: Cost
    ended: bool = True


def first_try(judged: SlotResult) -> TryResult:
    """Return the result of a first writing."""
    if isinstance(judged, Unfinished):
        return TryResult("", survived=False, cost=Cost(), ended=False)
    return TryResult("", judged.rejection is None, judged.cost)


def repair_try(old: Example, new: SlotResult) -> TryResult:
    """Return the result of a repair. If the teacher gave up, the example is unchanged, and the try
    cost nothing.
    """
    reason = old.rejection.filter if old.rejection else ""
    return (
        first_try(new)._replace(reason=reason)
        if new is not old
        else TryResult(reason, survived=False, cost=Cost())
    )


def repair_rounds(number: int, tries: Sequence[TryResult]) -> list[RepairRound]:
    """Return what this round tried, recovered and cost, by the filter that had rejected."""
    by_reason: dict[str, list[TryResult]] = {}
    for one in tries:
        by_reason.setdefault(one.reason, []).append(one)
    return [_round(number, reason, found) for reason, found in sorted(by_reason.items())]


def _round(number: int, reason: str, tries: Sequence[TryResult]) -> RepairRound:
    took = add_tries(TryTotals(), tries).cost
    recovered = sum(t.survived for t in tries)
    return RepairRound(
        round=number,
        reason=reason,
        tried=len(tries),
        recovered=recovered,
        tokens=took.tokens_in + took.tokens_out,
        usd=took.nanousd,
    )


class TryTotals(NamedTuple):
    """Totals of many tries: how many there were, how many survived, what all of them cost, and
    whether none was cut short.
    """

    tries: int = 0
    survived: int = 0
    cost: Cost = Cost()
    ended: bool = True


def add_tries(found: TryTotals, tries: Iterable[TryResult]) -> TryTotals:
    """Return the totals with these tries added."""
    for one in tries:
        found = TryTotals(
            found.tries + 1,
            found.survived + one.survived,
            found.cost + one.cost,
            found.ended and one.ended,
        )
    return found


@dataclass
class RepairLog:
    """The results of repair so far. `fresh`: totals of the first round, for comparison; `stopped`:
    why repair goes no further.
    """

    fresh: TryTotals
    settings: RepairSettings
    rounds: list[RepairRound] = field(default_factory=list)
    stopped: str = ""
    _number: int = 0

    @property
    def most(self) -> int:
        """The maximum number of repairs of one slot."""
        return self.settings.rounds

    def note(self, tries: Sequence[TryResult]) -> None:
        """Record a finished round."""
        self._number += 1
        self.rounds += repair_rounds(self._number, tries)
        if self.settings.stop_when_dearer_than_fresh:
            self.stopped = why_repair_stops(self.fresh, add_tries(TryTotals(), tries), self._number)


def why_repair_stops(fresh: TryTotals, mended: TryTotals, number: int) -> str:
    """Return why repair stops after a round: a recovered example cost more than a fresh one. Empty
    if it continues.

    Dollars are compared, or tokens if the teacher is free. A round that was cut short, or had few
    tries, decides nothing.
    """
    if not (fresh.ended and mended.ended) or mended.tries < LEAST_TRIES or not fresh.survived:
        return ""
    money = fresh.cost.nanousd > 0
    first, again = (_taken(t, money) / max(1, t.survived) for t in (fresh, mended))
    if mended.survived and again <= first:
        return ""
    took = (
        f"a recovered example took {_said(again, money)}"
        if mended.survived
        else f"{mended.tries} tries recovered none"
    )
    return f"repair stopped after round {number}: {took}, a fresh one {_said(first, money)}"


def _said(amount: float, money: bool) -> str:
    return dollars(round(amount)) if money else f"{amount:,.0f} tokens"


def _taken(found: TryTotals, money: bool) -> int:
    return found.cost.nanousd if money else found.cost.tokens_in + found.cost.tokens_out
