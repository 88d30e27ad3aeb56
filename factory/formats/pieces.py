"""Pieces of a PDF page: stretches of one line without a wide gap, with their place and size of type."""

import ctypes
import re
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage, PdfTextPage

GAP = 1.0  # ems between two words from which on they are two pieces: cells of a table, or columns; a justified line's spaces reach 0.8
WIDE = 0.33  # ems, a wide space at least: a usual one is a quarter of one, in a few fonts a third
WIDER = 1.3  # times the narrowest space of its piece as well: those of a justified line are wide, and alike
BREAKS = "\x02\ufffe\u00ad"  # what pdfium gives for a hyphen at the end of a line, and the soft hyphen
BOLD = 600  # of font weights

_Space = tuple[float, float, float, int]  # left, right, an em there, and where in the text the word behind begins


class Piece(NamedTuple):
    """`left`, `bottom`, `right`, `top` in points from the page's lower left corner; `size` of its type, in points.

    `gaps`: its wide spaces: where in the text the word behind begins, and their left and right in points.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    bold: bool = False
    gaps: tuple[tuple[int, float, float], ...] = ()

    @property
    def middle(self) -> float:
        return (self.bottom + self.top) / 2


def pieces(page: PdfPage) -> list[Piece]:
    """In the order in which the page draws them."""
    textpage = page.get_textpage()
    try:
        return list(_pieces(textpage))
    finally:
        textpage.close()


def _pieces(textpage: PdfTextPage) -> Iterator[Piece]:
    text, places = _text(textpage)
    for line in re.finditer(r"[^\r\n\x02\ufffe]+[\x02\ufffe]?", text):  # behind a hyphen at its end pdfium sets no line end
        begin = line.start()
        words = list(re.finditer(r"[^\s]+", line.group()))
        spaces: list[_Space] = []
        for word, after in zip(words, [*words[1:], None], strict=True):
            end = line.start() + word.end()
            begins = line.start() + after.start() if after else end
            space = _space(textpage, places, end - 1, begins) if after else None
            if space is None or space[1] - space[0] > GAP * space[2]:
                if found := _piece(textpage, text[begin:end], places[begin:end]):
                    yield found._replace(gaps=gaps) if (gaps := _wide(text, begin, spaces)) else found
                begin, spaces = begins, []
            else:
                spaces.append(space)


def _text(textpage: PdfTextPage) -> tuple[str, list[int]]:
    """The text, and for each code point the index of its character in pdfium's count, which is of UTF-16 here and there."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count > 0 else ""
    if len(text) == count:
        return text, list(range(count))
    letters = [chr(code) if (code := pdfium.FPDFText_GetUnicode(textpage, n)) else " " for n in range(max(count, 0))]
    return "".join(letters), list(range(len(letters)))


def _box(textpage: PdfTextPage, place: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a character, by its font: those of one line are of one height."""
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(textpage, place, ctypes.byref(rect)):
        return (0.0, 0.0, 0.0, 0.0)
    return rect.left, rect.bottom, rect.right, rect.top


def _space(textpage: PdfTextPage, places: list[int], one: int, other: int) -> _Space:
    """Between two characters of the text; one that leads back to the left is as wide as can be."""
    left, _, right, _ = _box(textpage, places[one])
    begins = _box(textpage, places[other])[0]
    em = max(abs(pdfium.FPDFText_GetFontSize(textpage, places[other])) or 10.0, right - left)
    return right, inf if begins < left - 4 * em else begins, em, other


def _wide(text: str, begin: int, spaces: list[_Space]) -> tuple[tuple[int, float, float], ...]:
    wide = [space for space in spaces if space[1] - space[0] > WIDE * space[2]]
    if not wide:
        return ()
    least = WIDER * min(right - left for left, right, _, _ in spaces) if len(spaces) > 1 else 0.0
    while text[begin].isspace():
        begin += 1
    return tuple((behind - begin, left, right) for left, right, _, behind in wide if right - left >= least)


def _piece(textpage: PdfTextPage, text: str, places: list[int]) -> Piece | None:
    shown = text.strip()
    first = places[len(text) - len(text.lstrip())] if shown else 0
    last = places[len(text.rstrip()) - 1] if shown else 0
    begin, end = _box(textpage, first), _box(textpage, last)
    height = begin[3] - begin[1]
    if not shown or height <= 0:
        return None
    weight = pdfium.FPDFText_GetFontWeight(textpage, first)
    left, right = min(begin[0], end[0]), max(begin[2], end[2])
    return Piece(shown, left, min(begin[1], end[1]), right, max(begin[3], end[3]), round(height, 1), weight >= BOLD)
