"""Pieces of a PDF page: stretches of one line without a wide gap, with their place and size of type."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, zip_longest
from math import inf
from typing import NamedTuple

from pypdfium2 import PdfPage

from factory.documents.formats.pdf.characters import Box, Glyphs
from factory.documents.formats.pdf.drawn_lines import thin_lines
from factory.documents.formats.pdf.strikethrough import Strikes, shown, without_struck
from factory.documents.formats.pdf.superscripts import Scripted, scripted

GAP = 1.0  # ems between two words from which on they are two pieces: cells of a table, or columns; a justified line's spaces reach 0.8
WIDE = 0.33  # ems, a wide space at least: a usual one is a quarter of one, in a few fonts a third
WIDER = 1.3  # times the narrowest space of its piece as well: those of a justified line are wide, and alike
BREAKS = "\x02\ufffe\u00ad"  # what pdfium gives for a hyphen at the end of a line, and the soft hyphen
BOLD = 600  # of font weights

_LINE = re.compile(r"[^\r\n\x02\ufffe]+[\x02\ufffe]?")  # behind a hyphen at its end pdfium sets no line end
_WORD = re.compile(r"\S+")
_Line = tuple[int, int]  # where in the text of a page it begins and ends
_Space = tuple[float, float, float, int]  # left, right, an em there, and where in the text the word behind begins


class Piece(NamedTuple):
    """`left`, `bottom`, `right`, `top` in points from the page's lower left corner; `size` of its type, in points.

    `gaps`: its wide spaces: where in the text the word behind begins, and their left and right in points.
    `entry`: it holds what was filled into a form, whose lines are each on their own.
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


class Pieces(NamedTuple):
    """A page's pieces in the order in which it draws them, and how many stretches of struck words are left out.

    `beyond`: how many pieces are left out because they lie outside of what the page shows.
    `height`: of the page, turned as its pieces are; `turned`: a box of the page in their frame.
    """

    pieces: list[Piece]
    struck: int
    height: float
    turned: Callable[[Box], Box]
    beyond: int = 0


def pieces(page: PdfPage, marked: Sequence[Box] = ()) -> Pieces:
    """`marked`: boxes of the page in which all words are struck."""
    textpage = page.get_textpage()
    try:
        glyphs = Glyphs(page, textpage)
        strikes = Strikes(*([glyphs.turned(box) for box in boxes] for boxes in (thin_lines(page), marked)))
        kept, struck = without_struck(scripted(glyphs, strikes.lines), glyphs, strikes)
        beyond: list[Piece] = []
        found = list(_pieces(glyphs, kept, beyond))
        return Pieces(found or beyond, struck, glyphs.height, glyphs.turned, len(beyond) if found else 0)
    finally:
        textpage.close()


def _pieces(glyphs: Glyphs, page: Scripted, beyond: list[Piece]) -> Iterator[Piece]:
    """Those that run as most of the page does, then the others, turned upright and set below; hidden ones into `beyond`.

    Level ones on a page that is set sideways are its header and footer, and stay at its edges.
    """
    lines: dict[int, list[_Line]] = {glyphs.turn: []}
    for turn, line in _lines(glyphs, page):
        lines.setdefault(turn, []).append(line)
    upright = _seen(glyphs, [piece for line in lines.pop(glyphs.turn) for piece in _on_line(glyphs, page, line)], beyond)
    yield from upright
    for turn, others in sorted(lines.items()):
        frame = glyphs.seen_from(turn)
        turned = _seen(frame, [piece for line in others for piece in _on_line(frame, page, line)], beyond)
        block = _below(turned, upright) if turn else _scaled(turned, glyphs.height / (frame.height or 1))
        yield from block
        upright += block


def _seen(frame: Glyphs, found: Sequence[Piece], beyond: list[Piece]) -> list[Piece]:
    """The pieces that lie on the page: a cropped one keeps the text that it no longer shows."""
    left, bottom, right, top = frame.edges()
    on_page = [p for p in found if left < (p.left + p.right) / 2 < right and bottom < p.middle < top]
    if len(on_page) < len(found):
        beyond += [p for p in found if p not in on_page]
    return on_page


def _lines(glyphs: Glyphs, page: Scripted) -> Iterator[tuple[int, _Line]]:
    """Lines of text with their turns; pdfium may put words of several turns into one."""
    for line in _LINE.finditer(page.text):
        if not glyphs.mixed:
            yield glyphs.turn, line.span()
            continue
        marks = (at for at in range(*line.span()) if not page.text[at].isspace())
        for turn, run in groupby(marks, key=lambda at: glyphs.turn_of(page.places[at])):
            places = list(run)
            yield turn, (places[0], places[-1] + 1)


def _below(block: Sequence[Piece], page: Sequence[Piece]) -> list[Piece]:
    if not block or not page:
        return list(block)
    x = min(p.left for p in page) - min(p.left for p in block)
    y = min(p.bottom for p in page) - max(p.top for p in block) - 2 * block[0].size
    return [p._replace(left=p.left + x, right=p.right + x, bottom=p.bottom + y, top=p.top + y, gaps=()) for p in block]


def _scaled(block: Sequence[Piece], times: float) -> list[Piece]:
    """From a page of one height to one of another, in the height of the pieces alone."""
    moved = ((p, times * p.middle - p.middle) for p in block)
    return [p._replace(bottom=p.bottom + y, top=p.top + y) for p, y in moved]


def _on_line(glyphs: Glyphs, page: Scripted, line: _Line) -> Iterator[Piece]:
    text, places, begin = page.text, page.places, line[0]
    words = list(_WORD.finditer(text, *line))
    spaces: list[_Space] = []
    for word, after in zip_longest(words, words[1:]):
        end = word.end()
        begins = after.start() if after else end
        space = _space(glyphs, places, end - 1, begins) if after else None
        if space is None or space[1] - space[0] > GAP * space[2]:
            if found := _piece(glyphs, text[begin:end], places[begin:end], page.off):
                yield found._replace(gaps=gaps) if (gaps := _wide(text, begin, spaces)) else found
            begin, spaces = begins, []
        else:
            spaces.append(space)


def _space(glyphs: Glyphs, places: list[int], one: int, other: int) -> _Space:
    """Between two characters of the text; one that leads back to the left is as wide as can be."""
    left, _, right, _ = glyphs.box(places[one])
    begins = glyphs.box(places[other])[0]
    em = max(glyphs.em(places[other]), right - left)
    return right, inf if begins < left - 4 * em else begins, em, other


def _wide(text: str, begin: int, spaces: list[_Space]) -> tuple[tuple[int, float, float], ...]:
    wide = [space for space in spaces if space[1] - space[0] > WIDE * space[2]]
    if not wide:
        return ()
    least = WIDER * min(right - left for left, right, _, _ in spaces) if len(spaces) > 1 else 0.0
    while text[begin].isspace():
        begin += 1
    wide = [space for space in wide if space[1] - space[0] >= least]
    return tuple((len(shown(text[begin:behind]).lstrip()), left, right) for left, right, _, behind in wide)


def _piece(glyphs: Glyphs, text: str, places: Sequence[int], off: frozenset[int]) -> Piece | None:
    """Its height is that of its first and last character which are neither raised nor lowered."""
    words = shown(text).strip()
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
    return Piece(words, min(left, end[0]), low, max(begin[2], right), high, round(height, 1), glyphs.weight(first) >= BOLD)
