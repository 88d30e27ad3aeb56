"""Find stacked fractions on a PDF page: a term above a short bar and one below, next to text.

The digits are as large as the text, so that only the bar tells 3 over 4 from two lines of text. A
rule of a table is longer than the words above it, and an underline has its text at the height of
the words that it underlines.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.documents.formats.pdf.characters import Box, PageGlyphs

MAX_BAR_LENGTH, MAX_BARS = 200.0, 300  # points; per page
MAX_LINE_CHARACTERS = 1_000  # longer lines are skipped
# points; a bar's box is a point larger on each side
MAX_BAR_THICKNESS = 2.5
# times the type size, from bar to baseline
NUMERATOR_HEIGHT, DENOMINATOR_DEPTH = (0.05, 0.7), (0.5, 1.4)
BAR_HEIGHT = (0.05, 0.5)  # times the type size, above the baseline of the text next to it
MAX_BAR_OVERHANG = 0.75  # times the type size, by which the bar may be longer than the numbers
MAX_TEXT_GAP = 1.5  # times the type size, between the bar and the text next to it
FRACTION_BASELINE_TOLERANCE = 0.3  # points, within one number
_LINE = re.compile(r"[^\r\n]+")
_PARTED = re.compile(r"[^\w.,%°]")


class _Number(NamedTuple):
    """A numerator or denominator: its first and last place in the text, edges and type size."""

    first: int
    last: int
    left: float
    right: float
    size: float


def fraction_edits(glyphs: PageGlyphs, text: str, lines: Sequence[Box]) -> dict[int, str]:
    """Return replacements for characters by place in the text. `lines`: the page's thin lines."""
    bars = [
        one
        for one in lines
        if one[3] - one[1] <= MAX_BAR_THICKNESS < one[2] - one[0] <= MAX_BAR_LENGTH
    ]
    if not bars or len(bars) > MAX_BARS:
        return {}
    spans = [found.span() for found in _LINE.finditer(text) if len(found[0]) <= MAX_LINE_CHARACTERS]
    boxes = [_around(glyphs, *span) for span in spans]
    edits: dict[int, str] = {}
    for bar in bars:
        near = [span for span, box in zip(spans, boxes, strict=True) if _touches(box, bar)]
        over, under = (
            _number(glyphs, text, near, bar, heights)
            for heights in (NUMERATOR_HEIGHT, DENOMINATOR_DEPTH)
        )
        if (
            over
            and under
            and _stacked(text, bar, over, under)
            and (neighbours := _neighbours(glyphs, text, near, bar))
        ):
            edits.update(_written(text, over, under, neighbours))
    return edits


def _around(glyphs: PageGlyphs, begin: int, end: int) -> Box:
    first, last = glyphs.box(begin), glyphs.box(end - 1)
    return (
        min(first[0], last[0]),
        min(first[1], last[1]),
        max(first[2], last[2]),
        max(first[3], last[3]),
    )


def _touches(box: Box, bar: Box) -> bool:
    reach = 2 * (box[3] - box[1])
    return (
        box[1] - reach < bar[1] < box[3] + reach
        and box[0] - reach < bar[2]
        and bar[0] < box[2] + reach
    )


def _number(
    glyphs: PageGlyphs,
    text: str,
    spans: Sequence[tuple[int, int]],
    bar: Box,
    heights: tuple[float, float],
) -> _Number | None:
    """Return the number right above or below a bar, or None if it is not one row of characters."""
    sign = 1 if heights is NUMERATOR_HEIGHT else -1
    places: list[tuple[int, float, Box, float]] = []
    for at in (at for span in spans for at in range(*span) if not text[at].isspace()):
        box = glyphs.box(at)
        if bar[0] - MAX_BAR_THICKNESS <= (box[0] + box[2]) / 2 <= bar[2] + MAX_BAR_THICKNESS:
            (_, y), size = glyphs.origin(at), glyphs.size(at)
            if heights[0] * size <= sign * (y - bar[1]) <= heights[1] * size:
                places.append((at, y, box, size))
    if (
        not places
        or max(y for _, y, _, _ in places) - min(y for _, y, _, _ in places)
        > FRACTION_BASELINE_TOLERANCE
    ):
        return None
    first, last = places[0][0], places[-1][0]
    left, right = min(box[0] for _, _, box, _ in places), max(box[2] for _, _, box, _ in places)
    whole = len(places) == sum(not one.isspace() for one in text[first : last + 1])
    return _Number(first, last, left, right, places[0][3]) if whole else None


def _stacked(text: str, bar: Box, over: _Number, under: _Number) -> bool:
    """Check whether the numbers follow each other, fill the bar and do not exceed it."""
    longer = (bar[2] - bar[0]) - max(over.right - over.left, under.right - under.left)
    within = all(
        bar[0] - MAX_BAR_THICKNESS <= one.left and one.right <= bar[2] + MAX_BAR_THICKNESS
        for one in (over, under)
    )
    return (
        not text[over.last + 1 : under.first].strip()
        and over.last < under.first
        and within
        and longer <= MAX_BAR_OVERHANG * over.size
    )


def _neighbours(
    glyphs: PageGlyphs, text: str, spans: Sequence[tuple[int, int]], bar: Box
) -> set[int]:
    """Return the characters close to the bar that belong to the line of the fraction."""
    found = set()
    for at in (at for span in spans for at in range(*span) if not text[at].isspace()):
        left, _, right, _ = glyphs.box(at)
        size = glyphs.size(at)
        level = BAR_HEIGHT[0] * size <= bar[1] - glyphs.origin(at)[1] <= BAR_HEIGHT[1] * size
        if level and (
            0 <= bar[0] - right + MAX_BAR_THICKNESS <= MAX_TEXT_GAP * size
            or 0 <= left - bar[2] + MAX_BAR_THICKNESS <= MAX_TEXT_GAP * size
        ):
            found.add(at)
    return found


def _written(
    text: str, over: _Number, under: _Number, neighbours: set[int]
) -> Iterator[tuple[int, str]]:
    """Yield edits that write the fraction in its line, with terms in brackets."""
    for one, bar in ((over, "/"), (under, "")):
        inner = text[one.first : one.last + 1]
        opens, closes = ("(", ")") if _PARTED.search(inner) else ("", "")
        if one.first < one.last:
            yield one.first, opens + text[one.first]
            yield one.last, text[one.last] + closes + bar
        else:
            yield one.first, opens + text[one.first] + closes + bar
    yield from ((at, "") for at in range(over.last + 1, under.first))
    before, behind = len(text[: over.first].rstrip()), under.last + 1
    if before - 1 in neighbours:
        yield from _joined(before, over.first)
    after = behind + len(text[behind:]) - len(text[behind:].lstrip())
    if after in neighbours:
        yield from _joined(behind, after)


def _joined(begin: int, end: int) -> Iterator[tuple[int, str]]:
    """Replace the line breaks that pdfium sets around a fraction with one blank."""
    yield from ((at, "") for at in range(begin + 1, end))
    if begin < end:
        yield begin, " "
