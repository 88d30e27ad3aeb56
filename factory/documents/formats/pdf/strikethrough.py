"""Struck-through words of a PDF page: a thin line drawn through their middle, or an annotation that strikes them.

A PDF file knows no struck text. What is drawn through words counts if it covers little but words: underlines, rules of
tables, lines of forms and grid lines of charts run below words, above them or far beyond them, and highlights are thick.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.documents.formats.pdf.characters import Box, Glyphs
from factory.documents.formats.pdf.superscripts import Scripted

LOW, HIGH = 0.12, 0.55  # of the size of type, above the baseline: office programs draw at 0.25 to 0.35
THICK = 0.2  # of the size of type
COVERED = 0.5  # of the line's length that runs over words, at least
BEYOND = 2.0  # sizes of type that it may reach out over the words at either end
EXACT = 0.08  # sizes of type between the end of a line and that of a letter
GONE = "\x1a"  # in place of a struck character until the page is laid out
_LINE = re.compile(r"[^\r\n]+")
_BLANKS = re.compile(r" {2,}")


class Strikes(NamedTuple):
    """Lines that may strike words through, and boxes of annotations, in which every word is struck."""

    lines: Sequence[Box]
    marked: Sequence[Box] = ()


class _Glyph(NamedTuple):
    at: int
    left: float
    right: float
    baseline: float
    size: float


def without_struck(page: Scripted, glyphs: Glyphs, strikes: Strikes) -> tuple[Scripted, int]:
    """The page without its struck characters, and how many stretches of them there were."""
    level = [line for line in strikes.lines if line[2] - line[0] > line[3] - line[1]]
    if not level and not strikes.marked:
        return page, 0
    texts = [_text_line(page, glyphs, *found.span()) for found in _LINE.finditer(page.text)]
    crossed = [(line, _crossed(page, glyphs, texts, line)) for line in (*level, *strikes.marked)]
    struck: set[int] = set()
    for number, (line, over) in enumerate(crossed):
        if number >= len(level) or (_strikes(line, over) and _whole(page.text, line, over)):
            struck.update(glyph.at for glyph in over)
    return (_cut(page, struck), _stretches(page.text, struck)) if struck else (page, 0)


class _TextLine(NamedTuple):
    """Where a line of text begins and ends in the page's text, and the box around it."""

    begin: int
    end: int
    box: Box


def _text_line(page: Scripted, glyphs: Glyphs, begin: int, end: int) -> _TextLine:
    first, last = glyphs.box(page.places[begin]), glyphs.box(page.places[end - 1])
    lows, highs = map(min, first, last), map(max, first, last)
    (left, low, *_), (*_, right, high) = lows, highs
    return _TextLine(begin, end, (left, low, right, high))


def _crossed(page: Scripted, glyphs: Glyphs, texts: Sequence[_TextLine], line: Box) -> list[_Glyph]:
    """The characters whose middle a line runs through, or that stand in a mark."""
    left, low, right, high = line
    near = [one for one in texts if low < one.box[3] and high > one.box[1] and left < one.box[2] and right > one.box[0]]
    return [glyph for one in near for glyph in _within(page, glyphs, (one.begin, one.end), line)]


def _within(page: Scripted, glyphs: Glyphs, text: tuple[int, int], line: Box) -> Iterator[_Glyph]:
    middle, thickness = (line[1] + line[3]) / 2, line[3] - line[1]
    before = False  # a raised digit goes with the character before it, for it stands higher than the line
    for at in range(*text):
        place = page.places[at]
        left, _, right, _ = glyphs.box(place)
        if page.text[at].isspace() or not line[0] <= (left + right) / 2 <= line[2]:
            before = before and page.text[at].isspace()
            continue
        baseline, size = glyphs.origin(place)[1], glyphs.size(place)
        through = LOW * size <= middle - baseline <= HIGH * size and thickness <= max(1.5, THICK * size)
        inside = thickness > THICK * size and line[1] < baseline + 0.3 * size < line[3]
        before = through or inside or (before and place in page.off)
        if before:
            yield _Glyph(at, left, right, baseline, size)


def _strikes(line: Box, over: Sequence[_Glyph]) -> bool:
    """Whether a line runs over words and hardly over anything else."""
    if not over:
        return False
    size = max(glyph.size for glyph in over)
    covered = sum(min(glyph.right, line[2]) - max(glyph.left, line[0]) for glyph in over)
    left, right = min(glyph.left for glyph in over), max(glyph.right for glyph in over)
    return covered >= COVERED * (line[2] - line[0]) and left - line[0] <= BEYOND * size and line[2] - right <= BEYOND * size


def _whole(text: str, line: Box, over: Sequence[_Glyph]) -> bool:
    """Whether a line strikes whole words, or ends exactly at a letter: the lines of a drawing end anywhere."""
    first, last = over[0], over[-1]
    begins = not text[max(0, first.at - 1) : first.at + 1].isalnum() or first.at == 0
    ends = not text[last.at : last.at + 2].isalnum() or last.at == len(text) - 1
    exact = max(abs(first.left - line[0]), abs(last.right - line[2])) <= EXACT * first.size
    return (begins and ends) or (exact and (begins or ends))


def _cut(page: Scripted, struck: set[int]) -> Scripted:
    """With a sign in place of each struck character, which keeps its room: a gap in a line would look like that of a table."""
    return page._replace(text="".join(GONE if at in struck else letter for at, letter in enumerate(page.text)))


def shown(words: str) -> str:
    """The words without the struck ones and the blanks between them."""
    return _BLANKS.sub(" ", words.replace(GONE, "")) if GONE in words else words


def _stretches(text: str, struck: set[int]) -> int:
    """Words beside one another are one stretch."""
    ordered = sorted(struck)
    return sum(1 for n, at in enumerate(ordered) if not n or text[ordered[n - 1] + 1 : at].strip())
