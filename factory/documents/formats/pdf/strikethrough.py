"""Find struck-through words on a PDF page: a thin line drawn through them, or an annotation.

PDF has no struck-through text. A line through words counts if it covers little but words:
underlines, rules of tables, lines of forms and grid lines of charts run below words, above them or
far beyond them, and highlights are thick.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.documents.formats.pdf.characters import Box, PageGlyphs
from factory.documents.formats.pdf.superscripts import ScriptedText

# times the type size, above the baseline: office programs use 0.25 to 0.35
MIN_STRIKE_HEIGHT, MAX_STRIKE_HEIGHT = 0.12, 0.55
MAX_STRIKE_THICKNESS = 0.2  # times the type size
MIN_COVERED_SHARE = 0.5  # of the line's length that runs over words
MAX_OVERHANG = 2.0  # times the type size, beyond the words at either end
END_TOLERANCE = 0.08  # times the type size, between the end of the line and that of a letter
STRUCK_MARK = "\x1a"  # replaces a struck-through character until the page is laid out
_LINE = re.compile(r"[^\r\n]+")
_BLANKS = re.compile(r" {2,}")


class StrikeMarks(NamedTuple):
    """Lines that may strike words through, and boxes of annotations, which strike every word."""

    lines: Sequence[Box]
    marked: Sequence[Box] = ()


class _Glyph(NamedTuple):
    at: int
    left: float
    right: float
    baseline: float
    size: float


def mask_struck(
    page: ScriptedText, glyphs: PageGlyphs, strikes: StrikeMarks
) -> tuple[ScriptedText, int]:
    """Replace struck-through characters with STRUCK_MARK; also return the number of stretches."""
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
    """The place where a line begins and ends in the page's text, and the box around it."""

    begin: int
    end: int
    box: Box


def _text_line(page: ScriptedText, glyphs: PageGlyphs, begin: int, end: int) -> _TextLine:
    first, last = glyphs.box(page.places[begin]), glyphs.box(page.places[end - 1])
    lows, highs = map(min, first, last), map(max, first, last)
    (left, low, *_), (*_, right, high) = lows, highs
    return _TextLine(begin, end, (left, low, right, high))


def _crossed(
    page: ScriptedText, glyphs: PageGlyphs, texts: Sequence[_TextLine], line: Box
) -> list[_Glyph]:
    """Return the characters whose middle a line runs through, or that an annotation covers."""
    left, low, right, high = line
    near = [
        one
        for one in texts
        if low < one.box[3] and high > one.box[1] and left < one.box[2] and right > one.box[0]
    ]
    return [glyph for one in near for glyph in _within(page, glyphs, (one.begin, one.end), line)]


def _within(
    page: ScriptedText, glyphs: PageGlyphs, text: tuple[int, int], line: Box
) -> Iterator[_Glyph]:
    middle, thickness = (line[1] + line[3]) / 2, line[3] - line[1]
    before = False  # a raised digit is higher than the line: it follows the character before it
    for at in range(*text):
        place = page.places[at]
        left, _, right, _ = glyphs.box(place)
        if page.text[at].isspace() or not line[0] <= (left + right) / 2 <= line[2]:
            before = before and page.text[at].isspace()
            continue
        baseline, size = glyphs.origin(place)[1], glyphs.size(place)
        through = (
            MIN_STRIKE_HEIGHT * size <= middle - baseline <= MAX_STRIKE_HEIGHT * size
            and thickness <= max(1.5, MAX_STRIKE_THICKNESS * size)
        )
        inside = (
            thickness > MAX_STRIKE_THICKNESS * size and line[1] < baseline + 0.3 * size < line[3]
        )
        before = through or inside or (before and place in page.off)
        if before:
            yield _Glyph(at, left, right, baseline, size)


def _strikes(line: Box, over: Sequence[_Glyph]) -> bool:
    """Check whether a line runs over words and hardly over anything else."""
    if not over:
        return False
    size = max(glyph.size for glyph in over)
    covered = sum(min(glyph.right, line[2]) - max(glyph.left, line[0]) for glyph in over)
    left, right = min(glyph.left for glyph in over), max(glyph.right for glyph in over)
    return (
        covered >= MIN_COVERED_SHARE * (line[2] - line[0])
        and left - line[0] <= MAX_OVERHANG * size
        and line[2] - right <= MAX_OVERHANG * size
    )


def _whole(text: str, line: Box, over: Sequence[_Glyph]) -> bool:
    """Check whether a line covers whole words or ends at a letter; a drawing's ends anywhere."""
    first, last = over[0], over[-1]
    begins = not text[max(0, first.at - 1) : first.at + 1].isalnum() or first.at == 0
    ends = not text[last.at : last.at + 2].isalnum() or last.at == len(text) - 1
    exact = max(abs(first.left - line[0]), abs(last.right - line[2])) <= END_TOLERANCE * first.size
    return (begins and ends) or (exact and (begins or ends))


def _cut(page: ScriptedText, struck: set[int]) -> ScriptedText:
    """Replace struck characters with a mark that keeps their room: a gap looks like a table."""
    return page._replace(
        text="".join(STRUCK_MARK if at in struck else letter for at, letter in enumerate(page.text))
    )


def visible_text(words: str) -> str:
    """Return the words without the struck-through ones and the blanks between them."""
    return _BLANKS.sub(" ", words.replace(STRUCK_MARK, "")) if STRUCK_MARK in words else words


def _stretches(text: str, struck: set[int]) -> int:
    """Count stretches of struck-through text; neighbouring words are one stretch."""
    ordered = sorted(struck)
    return sum(1 for n, at in enumerate(ordered) if not n or text[ordered[n - 1] + 1 : at].strip())
