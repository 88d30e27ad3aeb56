"""Compute the loss chart of report.html from the losses by step."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

WIDE, HIGH = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 14, 34  # margins for the numbers at the axes
# Points of the smoothed line, each a mean: single batches differ by more than what is learnt.
SMOOTHED = 20

Coordinates = tuple[float, float]


class LossCurves(BaseModel, frozen=True):
    """adapter/curves.json."""

    train: list[tuple[int, float]]
    val: list[tuple[int, float]]


@dataclass(frozen=True)
class LossDrawing:
    """Coordinates in a picture of WIDE by HIGH; lines are SVG points."""

    steps: list[tuple[float, str]]  # x and label
    losses: list[tuple[float, str]]  # y and label
    train: str
    smooth: str
    val: str
    measured: list[Coordinates]
    best: Coordinates | None
    best_step: int
    wide: int = WIDE
    high: int = HIGH
    left: int = LEFT
    right: int = WIDE - RIGHT
    floor: int = HIGH - BOTTOM


def draw_losses(curves: LossCurves) -> LossDrawing | None:
    """Lay out the chart; None if there are too few steps for a line."""
    if len(curves.train) < 2:
        return None
    every = [*curves.train, *curves.val]
    ticks = _ticks(min(loss for _, loss in every), max(loss for _, loss in every))
    last = max(step for step, _ in every)
    low, high = ticks[0], ticks[-1]

    def place(one: tuple[float, float]) -> Coordinates:
        step, loss = one
        across = LEFT + (step / last) * (WIDE - LEFT - RIGHT)
        return round(across, 1), round(
            TOP + (high - loss) / (high - low) * (HIGH - TOP - BOTTOM), 1
        )

    best = min(curves.val, key=lambda one: one[1], default=None)
    return LossDrawing(
        steps=[(place((step, low))[0], f"{step:,.0f}") for step in _ticks(0, last) if step <= last],
        losses=[(place((0, loss))[1], f"{loss:.{_decimals(ticks)}f}") for loss in ticks],
        train=_line(map(place, curves.train)),
        smooth=_line(map(place, _means(curves.train))),
        val=_line(map(place, curves.val)),
        measured=[place(one) for one in curves.val],
        best=place(best) if best else None,
        best_step=best[0] if best else 0,
    )


def _line(points: Iterable[Coordinates]) -> str:
    return " ".join(f"{across},{down}" for across, down in points)


def _means(losses: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    """Return the middle step and mean loss of each part of the training."""
    size = math.ceil(len(losses) / SMOOTHED)
    parts = [losses[start : start + size] for start in range(0, len(losses), size)]
    return [
        (sum(step for step, _ in part) / len(part), sum(loss for _, loss in part) / len(part))
        for part in parts
    ]


def _ticks(low: float, high: float) -> list[float]:
    """Return four to eight round numbers that span low to high."""
    rough = (high - low or 1.0) / 5
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _decimals(ticks: Sequence[float]) -> int:
    return max(0, -math.floor(math.log10(ticks[1] - ticks[0])))
