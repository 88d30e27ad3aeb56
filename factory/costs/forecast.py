"""Forecast the cost and yield of the remaining slots, from the estimate and the finished chunks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil, floor, inf

from pydantic import BaseModel

from factory.calls.prices import Price
from factory.core.recipe import Recipe
from factory.core.records import Cost, Slot
from factory.costs.estimate import Estimate, estimate
from factory.costs.extrapolation import MIN_CHUNKS, NO_AMOUNT, Range, extrapolate, extrapolate_share
from factory.tasks import Tasks

# field of a Cost: field of an Estimate
AMOUNTS = {
    "calls": "calls",
    "tokens_in": "tokens_in",
    "tokens_out": "tokens_out",
    "nanousd": "usd",
}

Amounts = dict[str, float]  # by field of a Cost


class Forecast(BaseModel, frozen=True, extra="forbid"):
    """The cost and yield of `slots` slots.

    `before`: the range of `docstill estimate`. `after`: the pilot's interval around `expected`.
    `kept`: low, expected, high. All but `before` are null if too few chunks are finished. If a
    price is unknown, `after.usd` is null and `expected.usd` is 0, as in every line.
    """

    slots: int
    before: Estimate
    after: Estimate | None = None
    expected: Cost | None = None
    kept: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class EstimateTerms:
    """The inputs of an estimate other than the slots."""

    tasks: Tasks
    recipe: Recipe
    price: Price | None

    def estimate(self, slots: Iterable[Slot]) -> Estimate:
        return estimate(slots, self.tasks, self.recipe, self.price)

    def foreseen(self, slots: Sequence[Slot]) -> Amounts:
        """Return the middle of the estimated ranges."""
        found = self.estimate(slots)
        return {name: sum(getattr(found, field) or (0, 0)) / 2 for name, field in AMOUNTS.items()}


@dataclass(frozen=True)
class TriedChunk:
    """A chunk whose slots are all kept or rejected.

    `weight`: the number of chunks that it represents, relative to the other tried ones.
    """

    slots: Sequence[Slot]
    kept: int
    took: Cost
    weight: float = 1.0


def weight_by_document(
    tried: Sequence[TriedChunk], rest: Sequence[Sequence[Slot]]
) -> list[TriedChunk]:
    """Weight each document's tried chunks by its share of all chunks.

    If some documents have no tried chunk, the others were drawn by their size (see
    `pilot.pilot_slots`), so none gets a weight below 1. Without weights, 88 % of the 95 % intervals
    held the true price of a corpus in which one document of 51 has a quarter of the chunks; with
    them 95 %.
    """
    mine = Counter(_document(t.slots) for t in tried)
    every = mine + Counter(map(_document, rest))
    due = {name: count * len(tried) / every.total() for name, count in every.items()}
    least = 0.0 if len(mine) == len(every) else 1.0
    return [
        replace(t, weight=max(least, due[_document(t.slots)] / mine[_document(t.slots)]))
        for t in tried
    ]


def _document(slots: Sequence[Slot]) -> str:
    return slots[0].chunk.document.digest


def forecast_rest(
    tried: Sequence[TriedChunk], rest: Sequence[Sequence[Slot]], terms: EstimateTerms
) -> Forecast:
    """Forecast the chunks in `rest` from the tried ones."""
    before, slots = terms.estimate(chain.from_iterable(rest)), sum(map(len, rest))
    if slots and len(tried) < MIN_CHUNKS:
        return Forecast(slots=slots, before=before)
    found, kept = _carried(tried, rest, terms), share_kept(tried, slots)
    pairs = {
        field: (floor(found[name].low), ceil(found[name].high)) for name, field in AMOUNTS.items()
    }
    return Forecast(
        slots=slots,
        before=before,
        after=Estimate.model_validate(
            {**pairs, "slots": slots, "usd": pairs["usd"] if terms.price else None}
        ),
        expected=Cost.model_validate({name: round(found[name].expected) for name in AMOUNTS}),
        kept=(floor(kept.low * slots), round(kept.expected * slots), ceil(kept.high * slots)),
    )


def _carried(
    tried: Sequence[TriedChunk], rest: Sequence[Sequence[Slot]], terms: EstimateTerms
) -> dict[str, Range]:
    if not rest:
        return dict.fromkeys(AMOUNTS, NO_AMOUNT)
    foreseen = [terms.foreseen(t.slots) for t in tried]
    later = [terms.foreseen(group) for group in rest]
    return {
        name: extrapolate(
            [t.weight * getattr(t.took, name) for t in tried],
            [t.weight * f[name] for t, f in zip(tried, foreseen, strict=True)],
            sum(f[name] for f in later),
            terms.recipe.seed,
        )
        for name in AMOUNTS
    }


def share_kept(tried: Sequence[TriedChunk], slots: float = inf) -> Range:
    """Return the share kept among this many further slots."""
    return (
        extrapolate_share(
            [t.weight * t.kept for t in tried], [t.weight * len(t.slots) for t in tried], slots
        )
        if slots
        else NO_AMOUNT
    )


def forecast_whole(
    rest: Forecast, tried: Sequence[TriedChunk], terms: EstimateTerms, slots: Sequence[Slot]
) -> Forecast:
    """Add the known amounts of the tried chunks to the forecast of the rest."""
    before = terms.estimate(slots)
    if rest.after is None or rest.expected is None or rest.kept is None:
        return Forecast(slots=len(slots), before=before)
    took, kept = sum((t.took for t in tried), Cost()), sum(t.kept for t in tried)
    pairs = {
        field: _above(getattr(rest.after, field), getattr(took, name))
        for name, field in AMOUNTS.items()
    }
    low, expected, high = rest.kept
    return Forecast(
        slots=len(slots),
        before=before,
        after=Estimate.model_validate({**pairs, "slots": len(slots)}),
        expected=rest.expected + took,
        kept=(low + kept, expected + kept, high + kept),
    )


def _above(pair: tuple[int, int] | None, known: int) -> tuple[int, int] | None:
    return (pair[0] + known, pair[1] + known) if pair else None
