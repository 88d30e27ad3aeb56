"""Stacked fractions of a PDF page: a number or term above a short bar, and one below it, beside text on the bar's height.

Their digits are as large as the text, so that only the bar tells 3 over 4 from two lines of text. A rule of a table is longer
than the words above it, and an underline has its text on the height of the words that it underlines.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.documents.formats.pdf.characters import Box, Glyphs

LONGEST, MOST = 200.0, 300  # points of a bar, and bars of a page that are looked at
LONG = 1_000  # characters of a line that is looked at
FLAT = 2.5  # points, of the thickness of a bar, whose box is a point larger on each side
ABOVE, BELOW = (0.05, 0.7), (0.5, 1.4)  # sizes of type between the bar and the baselines of its numbers
AXIS = (0.05, 0.5)  # sizes of type by which the bar stands above the baseline of the text beside it
BEYOND = 0.75  # sizes of type by which the bar may be longer than the numbers
NEAR = 1.5  # sizes of type between the bar and the text beside it
EVEN = 0.3  # points by which the baselines of one number differ
_LINE = re.compile(r"[^\r\n]+")
_PARTED = re.compile(r"[^\w.,%°]")


class _Number(NamedTuple):
    """A numerator or a denominator: its first and last place in the text, its edges and its size of type."""

    first: int
    last: int
    left: float
    right: float
    size: float


def fractions(glyphs: Glyphs, text: str, lines: Sequence[Box]) -> dict[int, str]:
    """What stands in place of the characters that change, by their place in the text; `lines`: thin lines of the page."""
    bars = [one for one in lines if one[3] - one[1] <= FLAT < one[2] - one[0] <= LONGEST]
    if not bars or len(bars) > MOST:
        return {}
    spans = [found.span() for found in _LINE.finditer(text) if len(found[0]) <= LONG]
    boxes = [_around(glyphs, *span) for span in spans]
    edits: dict[int, str] = {}
    for bar in bars:
        near = [span for span, box in zip(spans, boxes, strict=True) if _touches(box, bar)]
        over, under = (_number(glyphs, text, near, bar, heights) for heights in (ABOVE, BELOW))
        if over and under and _stacked(text, bar, over, under) and (beside := _beside(glyphs, text, near, bar)):
            edits.update(_written(text, over, under, beside))
    return edits


def _around(glyphs: Glyphs, begin: int, end: int) -> Box:
    first, last = glyphs.box(begin), glyphs.box(end - 1)
    return min(first[0], last[0]), min(first[1], last[1]), max(first[2], last[2]), max(first[3], last[3])


def _touches(box: Box, bar: Box) -> bool:
    reach = 2 * (box[3] - box[1])
    return box[1] - reach < bar[1] < box[3] + reach and box[0] - reach < bar[2] and bar[0] < box[2] + reach


def _number(glyphs: Glyphs, text: str, spans: Sequence[tuple[int, int]], bar: Box, heights: tuple[float, float]) -> _Number | None:
    """What stands right above or below a bar; None where it is not one level row of characters."""
    sign = 1 if heights is ABOVE else -1
    places: list[tuple[int, float, Box, float]] = []
    for at in (at for span in spans for at in range(*span) if not text[at].isspace()):
        box = glyphs.box(at)
        if bar[0] - FLAT <= (box[0] + box[2]) / 2 <= bar[2] + FLAT:
            (_, y), size = glyphs.origin(at), glyphs.size(at)
            if heights[0] * size <= sign * (y - bar[1]) <= heights[1] * size:
                places.append((at, y, box, size))
    if not places or max(y for _, y, _, _ in places) - min(y for _, y, _, _ in places) > EVEN:
        return None
    first, last = places[0][0], places[-1][0]
    left, right = min(box[0] for _, _, box, _ in places), max(box[2] for _, _, box, _ in places)
    whole = len(places) == sum(not one.isspace() for one in text[first : last + 1])
    return _Number(first, last, left, right, places[0][3]) if whole else None


def _stacked(text: str, bar: Box, over: _Number, under: _Number) -> bool:
    """Whether the numbers follow each other, fill the bar and keep within it."""
    longer = (bar[2] - bar[0]) - max(over.right - over.left, under.right - under.left)
    within = all(bar[0] - FLAT <= one.left and one.right <= bar[2] + FLAT for one in (over, under))
    return not text[over.last + 1 : under.first].strip() and over.last < under.first and within and longer <= BEYOND * over.size


def _beside(glyphs: Glyphs, text: str, spans: Sequence[tuple[int, int]], bar: Box) -> set[int]:
    """The characters of the line in which the fraction stands, close to its bar."""
    found = set()
    for at in (at for span in spans for at in range(*span) if not text[at].isspace()):
        left, _, right, _ = glyphs.box(at)
        size = glyphs.size(at)
        level = AXIS[0] * size <= bar[1] - glyphs.origin(at)[1] <= AXIS[1] * size
        if level and (0 <= bar[0] - right + FLAT <= NEAR * size or 0 <= left - bar[2] + FLAT <= NEAR * size):
            found.add(at)
    return found


def _written(text: str, over: _Number, under: _Number, beside: set[int]) -> Iterator[tuple[int, str]]:
    """Both numbers in a line, terms in brackets, with the text before and behind them on that line."""
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
    if before - 1 in beside:
        yield from _joined(before, over.first)
    after = behind + len(text[behind:]) - len(text[behind:].lstrip())
    if after in beside:
        yield from _joined(behind, after)


def _joined(begin: int, end: int) -> Iterator[tuple[int, str]]:
    """A blank in place of the ends of lines that pdfium sets around a fraction."""
    yield from ((at, "") for at in range(begin + 1, end))
    if begin < end:
        yield begin, " "
