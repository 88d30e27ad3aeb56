"""Find line numbers in the margin of a PDF page, as in court pleadings, transcripts and patents.

They form a column that counts up evenly next to running text. The numbers of a table's rows or of
a list count up too, but they have a head or are next to short entries, and the text next to them
does not continue from line to line.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from factory.documents.formats.pdf.text_runs import TextRun

MIN_NUMBERS, MIN_SPARSE_NUMBERS = 5, 4  # of a page, if each line has one, and if only some have
STEPS = (1, 2, 5, 10)
NUMBER_EDGE_TOLERANCE = 2.5  # points
SPACING_TOLERANCE = 0.15  # of the usual distance between two numbers
MIN_LOWERCASE_LINE_SHARE = 0.3  # of the lines next to the numbers that begin in lower case
MIN_REPEATED_NUMBERS = 10  # numbers at the same places on several pages
# of the median line of running text; share of the longest
MIN_LINE_CHARACTERS, MIN_WIDTH_SHARE = 25, 0.75
_NUMBER = re.compile(r"\d{1,4}")


class NumberColumn(NamedTuple):
    """The left and right edge of a column of line numbers, in points."""

    left: float
    right: float


NumberPositions = tuple[tuple[str, int], ...]  # each number of a column with its height on the page


def distinct_columns(columns: Sequence[NumberColumn]) -> list[NumberColumn]:
    """Return each column once, even if many pages have it."""
    found: list[NumberColumn] = []
    for column in columns:
        if not any(_same(column, other) for other in found):
            found.append(column)
    return found


def find_number_column(runs: Sequence[TextRun]) -> NumberColumn | None:
    """Return the column of line numbers that a page shows by itself, or None."""
    for column, group in _groups(runs):
        if (
            len(group) >= MIN_SPARSE_NUMBERS
            and _counts(group)
            and _alone(column, group, runs)
            and _has_running_text(column, group, runs)
        ):
            return column
    return None


def candidate_columns(runs: Sequence[TextRun]) -> Iterator[tuple[NumberPositions, NumberColumn]]:
    """Yield columns that are line numbers if another page has the same numbers at the same places.

    Pleading paper can be recognised by nothing else.
    """
    for column, group in _groups(runs):
        if (
            len(group) >= MIN_REPEATED_NUMBERS
            and _counts(group)
            and _alone(column, group, runs)
            and _has_running_text(column, group, runs, running=0.0)
        ):
            yield tuple((p.text, round(p.middle / NUMBER_EDGE_TOLERANCE)) for p in group), column


def remove_number_columns(
    runs: Sequence[TextRun], columns: Sequence[NumberColumn]
) -> list[TextRun]:
    """Return a page's runs without the numbers that count up in one of these columns."""
    gone: set[int] = set()
    for column, group in _groups(runs):
        if (
            any(_same(column, other) for other in columns)
            and _rises(group)
            and _alone(column, group, runs)
        ):
            gone.update(map(id, group))
    return [run for run in runs if id(run) not in gone] if gone else list(runs)


_EDGES: Sequence[Callable[[TextRun], float]] = (
    lambda p: p.right,
    lambda p: p.left,
    lambda p: (p.left + p.right) / 2,
)


def _groups(runs: Sequence[TextRun]) -> Iterator[tuple[NumberColumn, list[TextRun]]]:
    """Yield groups of numbers that share a left edge, right edge or middle, from the top."""
    numbers = sorted((p for p in runs if _NUMBER.fullmatch(p.text)), key=lambda p: -p.middle)
    for edge in _EDGES:
        rest = list(numbers)
        while rest:
            place = edge(rest[0])
            group = [p for p in rest if abs(edge(p) - place) <= NUMBER_EDGE_TOLERANCE]
            rest = [p for p in rest if abs(edge(p) - place) > NUMBER_EDGE_TOLERANCE]
            yield NumberColumn(min(p.left for p in group), max(p.right for p in group)), group


def _same(one: NumberColumn, other: NumberColumn) -> bool:
    """Check whether two columns share an edge: a page may show fewer digits than another."""
    return min(abs(one.left - other.left), abs(one.right - other.right)) <= NUMBER_EDGE_TOLERANCE


def _rises(group: Sequence[TextRun]) -> bool:
    values = [int(run.text) for run in group]
    return all(b > a for a, b in pairwise(values)) and (
        len(values) > 1 or values[0] == 1 or values[0] % 5 == 0
    )


def _counts(group: Sequence[TextRun]) -> bool:
    """Check whether the numbers count up by one step and are evenly spaced on the page."""
    values = [int(run.text) for run in group]
    steps = [b - a for a, b in pairwise(values)]
    step = min(steps)
    if (
        step not in STEPS
        or any(s % step for s in steps)
        or (step < 5 and len(values) < MIN_NUMBERS)
    ):
        return False
    pitches = [
        (a.middle - b.middle) / (s / step) for (a, b), s in zip(pairwise(group), steps, strict=True)
    ]
    usual = median(pitches)
    return usual > 0 and sum(
        abs(pitch - usual) <= SPACING_TOLERANCE * usual for pitch in pitches
    ) >= 0.7 * len(pitches)


def _alone(column: NumberColumn, group: Sequence[TextRun], runs: Sequence[TextRun]) -> bool:
    """Check whether the column holds nothing else and has no head right above it."""
    own = set(map(id, group))
    size = group[0].size
    low, high = group[-1].bottom, group[0].top + 2.5 * size
    return not any(
        id(p) not in own
        and low < p.middle < high
        and p.left < column.right + 1
        and p.right > column.left - 1
        for p in runs
    )


def _has_running_text(
    column: NumberColumn,
    group: Sequence[TextRun],
    runs: Sequence[TextRun],
    running: float = MIN_LOWERCASE_LINE_SHARE,
) -> bool:
    """Check whether running text is on either side; entries of tables and lists are short."""
    low, high = group[-1].bottom, group[0].top
    neighbours = [p for p in runs if low < p.middle < high and len(p.text) > 4]
    sides = (
        [p for p in neighbours if p.left > column.right],
        [p for p in neighbours if p.right < column.left],
    )
    lines = max(sides, key=len)
    if len(lines) < MIN_SPARSE_NUMBERS or len({round(p.middle) for p in lines}) < 0.8 * len(lines):
        return False  # several runs on a line are cells
    full = median(p.right - p.left for p in lines) >= MIN_WIDTH_SHARE * max(
        p.right - p.left for p in lines
    )
    runs_on = sum(p.text[0].islower() for p in lines) >= running * len(lines)
    return full and runs_on and median(len(p.text) for p in lines) >= MIN_LINE_CHARACTERS
