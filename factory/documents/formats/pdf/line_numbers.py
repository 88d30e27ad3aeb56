"""Line numbers in the margin of a PDF page, as court pleadings, transcripts, bills and patents have them.

They are a column of their own that counts on evenly beside running text. The numbers of a table's rows or of a list count,
too; but they have a head, or stand beside short entries, and the text beside them does not run on from line to line.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from factory.documents.formats.pdf.text_runs import Piece

LEAST, LEAST_WIDE = 5, 4  # numbers of a page that shows them, where each line has one, and where few have
STEPS = (1, 2, 5, 10)
EDGE = 2.5  # points by which the edges of one column differ
EVEN = 0.15  # of their usual distance, by which distances of numbers differ
RUNNING = 0.3  # of the lines beside them that begin with a small letter
STEADY = 10  # numbers that stand alike on several pages
LONG, FULL = 25, 0.75  # characters of a usual line of running text, and its share of the longest one's width
_NUMBER = re.compile(r"\d{1,4}")


class Column(NamedTuple):
    """Where a column of line numbers stands, in points."""

    left: float
    right: float


Places = tuple[tuple[str, int], ...]  # of the numbers of a column: each with its height on the page


def distinct(columns: Sequence[Column]) -> list[Column]:
    """Each column once, though it stands on many pages."""
    found: list[Column] = []
    for column in columns:
        if not any(_same(column, other) for other in found):
            found.append(column)
    return found


def numbered(pieces: Sequence[Piece]) -> Column | None:
    """The column of line numbers that a page shows by itself."""
    for column, group in _groups(pieces):
        if len(group) >= LEAST_WIDE and _counts(group) and _alone(column, group, pieces) and _runs(column, group, pieces):
            return column
    return None


def steady(pieces: Sequence[Piece]) -> Iterator[tuple[Places, Column]]:
    """Columns that are line numbers if another page shows the same numbers in the same places: pleading paper has no other sign."""
    for column, group in _groups(pieces):
        if len(group) >= STEADY and _counts(group) and _alone(column, group, pieces) and _runs(column, group, pieces, running=0.0):
            yield tuple((p.text, round(p.middle / EDGE)) for p in group), column


def without_numbers(pieces: Sequence[Piece], columns: Sequence[Column]) -> list[Piece]:
    """A page without the numbers that count in one of these columns."""
    gone: set[int] = set()
    for column, group in _groups(pieces):
        if any(_same(column, other) for other in columns) and _rises(group) and _alone(column, group, pieces):
            gone.update(map(id, group))
    return [piece for piece in pieces if id(piece) not in gone] if gone else list(pieces)


_EDGES: Sequence[Callable[[Piece], float]] = (lambda p: p.right, lambda p: p.left, lambda p: (p.left + p.right) / 2)


def _groups(pieces: Sequence[Piece]) -> Iterator[tuple[Column, list[Piece]]]:
    """Lone numbers that share their right edge, their left one or their middle, from the top."""
    numbers = sorted((p for p in pieces if _NUMBER.fullmatch(p.text)), key=lambda p: -p.middle)
    for edge in _EDGES:
        rest = list(numbers)
        while rest:
            place = edge(rest[0])
            group = [p for p in rest if abs(edge(p) - place) <= EDGE]
            rest = [p for p in rest if abs(edge(p) - place) > EDGE]
            yield Column(min(p.left for p in group), max(p.right for p in group)), group


def _same(one: Column, other: Column) -> bool:
    """A page may show fewer digits than another."""
    return min(abs(one.left - other.left), abs(one.right - other.right)) <= EDGE


def _rises(group: Sequence[Piece]) -> bool:
    values = [int(piece.text) for piece in group]
    return all(b > a for a, b in pairwise(values)) and (len(values) > 1 or values[0] == 1 or values[0] % 5 == 0)


def _counts(group: Sequence[Piece]) -> bool:
    """Whether the numbers count on by one step, as evenly down the page."""
    values = [int(piece.text) for piece in group]
    steps = [b - a for a, b in pairwise(values)]
    step = min(steps)
    if step not in STEPS or any(s % step for s in steps) or (step < 5 and len(values) < LEAST):
        return False
    pitches = [(a.middle - b.middle) / (s / step) for (a, b), s in zip(pairwise(group), steps, strict=True)]
    usual = median(pitches)
    return usual > 0 and sum(abs(pitch - usual) <= EVEN * usual for pitch in pitches) >= 0.7 * len(pitches)


def _alone(column: Column, group: Sequence[Piece], pieces: Sequence[Piece]) -> bool:
    """Whether nothing else stands in the column, nor a head right above it."""
    own = set(map(id, group))
    size = group[0].size
    low, high = group[-1].bottom, group[0].top + 2.5 * size
    return not any(
        id(p) not in own and low < p.middle < high and p.left < column.right + 1 and p.right > column.left - 1 for p in pieces
    )


def _runs(column: Column, group: Sequence[Piece], pieces: Sequence[Piece], running: float = RUNNING) -> bool:
    """Whether text runs on from line to line beside the numbers, on either side; entries of tables and lists are short."""
    low, high = group[-1].bottom, group[0].top
    beside = [p for p in pieces if low < p.middle < high and len(p.text) > 4]
    sides = [p for p in beside if p.left > column.right], [p for p in beside if p.right < column.left]
    lines = max(sides, key=len)
    if len(lines) < LEAST_WIDE or len({round(p.middle) for p in lines}) < 0.8 * len(lines):
        return False  # several pieces on a line are cells
    full = median(p.right - p.left for p in lines) >= FULL * max(p.right - p.left for p in lines)
    runs_on = sum(p.text[0].islower() for p in lines) >= running * len(lines)
    return full and runs_on and median(len(p.text) for p in lines) >= LONG
