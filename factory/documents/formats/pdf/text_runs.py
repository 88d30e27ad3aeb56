"""Read the text runs of a PDF page: stretches of a line without a wide gap, with their position."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, zip_longest
from math import inf
from typing import NamedTuple

from pypdfium2 import PdfPage

from factory.documents.formats.pdf.characters import Box, PageGlyphs
from factory.documents.formats.pdf.drawn_lines import thin_lines
from factory.documents.formats.pdf.strikethrough import StrikeMarks, mask_struck, visible_text
from factory.documents.formats.pdf.superscripts import ScriptedText, mark_scripts

# ems between two runs, such as cells or columns; spaces of a justified line reach 0.8
MIN_RUN_GAP = 1.0
MIN_WIDE_SPACE = 0.33  # ems; a usual space is a quarter of an em, in a few fonts a third
# times the narrowest space of its run: spaces of a justified line are wide, but alike
MIN_WIDE_RATIO = 1.3
# what pdfium returns for a hyphen at a line's end, and the soft hyphen
LINE_END_HYPHENS = "\x02\ufffe\u00ad"
MIN_BOLD_WEIGHT = 600  # font weight

# pdfium sets no line break after a hyphen at the end
_LINE = re.compile(r"[^\r\n\x02\ufffe]+[\x02\ufffe]?")
_WORD = re.compile(r"\S+")
_Line = tuple[int, int]  # where it begins and ends in the text of a page
# left, right, the em there, and where in the text the next word begins
_Space = tuple[float, float, float, int]


class TextRun(NamedTuple):
    """A stretch of text on one line. Edges are in points from the page's lower left corner.

    `size`: the type size in points. `gaps`: its wide spaces, each as the place in the text where
    the next word begins and its left and right edge in points. `entry`: it holds what was filled
    into a form, each line of which is a paragraph of its own.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    bold: bool = False
    gaps: tuple[tuple[int, float, float], ...] = ()
    entry: bool = False

    @property
    def middle(self) -> float:
        return (self.bottom + self.top) / 2


class PageText(NamedTuple):
    """A page's text runs in drawing order, and the number of struck-through stretches left out.

    `beyond`: how many runs are left out because they lie outside of the visible page.
    `height`: the page's height, turned like its runs. `turned`: converts a box of the page into
    their frame.
    """

    runs: list[TextRun]
    struck: int
    height: float
    turned: Callable[[Box], Box]
    beyond: int = 0


def read_text_runs(page: PdfPage, marked: Sequence[Box] = ()) -> PageText:
    """Read a page's text runs. `marked`: boxes on the page whose words are struck through."""
    textpage = page.get_textpage()
    try:
        glyphs = PageGlyphs(page, textpage)
        strikes = StrikeMarks(
            *([glyphs.turned(box) for box in boxes] for boxes in (thin_lines(page), marked))
        )
        kept, struck = mask_struck(mark_scripts(glyphs, strikes.lines), glyphs, strikes)
        beyond: list[TextRun] = []
        found = list(_page_runs(glyphs, kept, beyond))
        return PageText(
            found or beyond, struck, glyphs.height, glyphs.turned, len(beyond) if found else 0
        )
    finally:
        textpage.close()


def _page_runs(glyphs: PageGlyphs, page: ScriptedText, beyond: list[TextRun]) -> Iterator[TextRun]:
    """Yield the runs in the page's main direction, then the others, turned upright and set below.

    Horizontal runs on a page that is set sideways are its header and footer, and stay at its edges.
    Runs outside of the visible page are added to `beyond`.
    """
    lines: dict[int, list[_Line]] = {glyphs.turn: []}
    for turn, line in _lines(glyphs, page):
        lines.setdefault(turn, []).append(line)
    upright = _seen(
        glyphs,
        [run for line in lines.pop(glyphs.turn) for run in _on_line(glyphs, page, line)],
        beyond,
    )
    yield from upright
    for turn, others in sorted(lines.items()):
        frame = glyphs.seen_from(turn)
        turned = _seen(
            frame, [run for line in others for run in _on_line(frame, page, line)], beyond
        )
        block = (
            _below(turned, upright)
            if turn
            else _scaled(turned, glyphs.height / (frame.height or 1))
        )
        yield from block
        upright += block


def _seen(frame: PageGlyphs, found: Sequence[TextRun], beyond: list[TextRun]) -> list[TextRun]:
    """Return the runs on the visible page; a cropped page keeps the text that it hides."""
    left, bottom, right, top = frame.edges()
    on_page = [
        p for p in found if left < (p.left + p.right) / 2 < right and bottom < p.middle < top
    ]
    if len(on_page) < len(found):
        beyond += [p for p in found if p not in on_page]
    return on_page


def _lines(glyphs: PageGlyphs, page: ScriptedText) -> Iterator[tuple[int, _Line]]:
    """Yield lines with their direction; pdfium may mix words of several directions in a line."""
    for line in _LINE.finditer(page.text):
        if not glyphs.mixed:
            yield glyphs.turn, line.span()
            continue
        marks = (at for at in range(*line.span()) if not page.text[at].isspace())
        for turn, run in groupby(marks, key=lambda at: glyphs.turn_of(page.places[at])):
            places = list(run)
            yield turn, (places[0], places[-1] + 1)


def _below(block: Sequence[TextRun], page: Sequence[TextRun]) -> list[TextRun]:
    if not block or not page:
        return list(block)
    x = min(p.left for p in page) - min(p.left for p in block)
    y = min(p.bottom for p in page) - max(p.top for p in block) - 2 * block[0].size
    return [
        p._replace(left=p.left + x, right=p.right + x, bottom=p.bottom + y, top=p.top + y, gaps=())
        for p in block
    ]


def _scaled(block: Sequence[TextRun], times: float) -> list[TextRun]:
    """Scale the vertical position of runs from one page height to another."""
    moved = ((p, times * p.middle - p.middle) for p in block)
    return [p._replace(bottom=p.bottom + y, top=p.top + y) for p, y in moved]


def _on_line(glyphs: PageGlyphs, page: ScriptedText, line: _Line) -> Iterator[TextRun]:
    text, places, begin = page.text, page.places, line[0]
    words = list(_WORD.finditer(text, *line))
    spaces: list[_Space] = []
    for word, after in zip_longest(words, words[1:]):
        end = word.end()
        begins = after.start() if after else end
        space = _space(glyphs, places, end - 1, begins) if after else None
        if space is None or space[1] - space[0] > MIN_RUN_GAP * space[2]:
            if found := _text_run(glyphs, text[begin:end], places[begin:end], page.off):
                yield found._replace(gaps=gaps) if (gaps := _wide(text, begin, spaces)) else found
            begin, spaces = begins, []
        else:
            spaces.append(space)


def _space(glyphs: PageGlyphs, places: list[int], one: int, other: int) -> _Space:
    """Return the space between two characters; one that goes back to the left is infinite."""
    left, _, right, _ = glyphs.box(places[one])
    begins = glyphs.box(places[other])[0]
    em = max(glyphs.em(places[other]), right - left)
    return right, inf if begins < left - 4 * em else begins, em, other


def _wide(text: str, begin: int, spaces: list[_Space]) -> tuple[tuple[int, float, float], ...]:
    wide = [space for space in spaces if space[1] - space[0] > MIN_WIDE_SPACE * space[2]]
    if not wide:
        return ()
    least = (
        MIN_WIDE_RATIO * min(right - left for left, right, _, _ in spaces)
        if len(spaces) > 1
        else 0.0
    )
    while text[begin].isspace():
        begin += 1
    wide = [space for space in wide if space[1] - space[0] >= least]
    return tuple(
        (len(visible_text(text[begin:behind]).lstrip()), left, right)
        for left, right, _, behind in wide
    )


def _text_run(
    glyphs: PageGlyphs, text: str, places: Sequence[int], off: frozenset[int]
) -> TextRun | None:
    """Return a run, as high as its first and last character that are neither raised nor lowered."""
    words = visible_text(text).strip()
    if not words:
        return None
    inner = places[len(text) - len(text.lstrip()) : len(text.rstrip())]
    upright = [place for place in inner if place not in off] if off else inner
    first, last = (upright[0], upright[-1]) if upright else (inner[0], inner[-1])
    begin, end = glyphs.box(first), glyphs.box(last)
    left, right = begin[0], end[2]
    if off:
        left, right = glyphs.box(inner[0])[0], glyphs.box(inner[-1])[2]
    height = begin[3] - begin[1]
    if height <= 0:
        return None
    low, high = min(begin[1], end[1]), max(begin[3], end[3])
    return TextRun(
        words,
        min(left, end[0]),
        low,
        max(begin[2], right),
        high,
        round(height, 1),
        glyphs.weight(first) >= MIN_BOLD_WEIGHT,
    )
