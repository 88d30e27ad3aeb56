"""Read the characters of a PDF page, turned so that most of its text runs from left to right."""

import ctypes
from collections import Counter
from math import cos, hypot, pi, sin

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage, PdfTextPage

from factory.documents.formats.pdf.symbol_fonts import PRIVATE_USE, symbol_font_character

DIRECTION_SAMPLES = 200  # characters of a page whose direction is checked
_QUARTER = pi / 2

Box = tuple[float, float, float, float]  # left, bottom, right, top


class PageGlyphs:
    """The characters of a text page by pdfium's index.

    `turn`: quarter turns, counter-clockwise, by which most of the text is rotated. All positions
    are rotated back by as much, so that a table set sideways is read like an upright one.
    `height`: the page's height after that. `mixed`: the text runs in several directions.
    """

    def __init__(self, page: PdfPage, textpage: PdfTextPage, turn: int | None = None) -> None:
        self._page, self._textpage, self._raw = page, textpage, textpage.raw
        # made once, because every digit of a page is measured
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self.count = max(textpage.count_chars(), 0)
        seen = self._turns() if turn is None else Counter([turn])
        self.turn, self.mixed = seen.most_common(1)[0][0] if seen else 0, len(seen) > 1
        self._shift = (0.0, 0.0)
        self.height = float(page.get_height())
        if self.turn:
            left, bottom, _, top = self.turned(page.get_cropbox())
            self._shift, self.height = (-left, -bottom), top - bottom

    def text(self) -> str:
        """Return one code point for each index; a character that pdfium can't name is a blank."""
        whole = self._textpage.get_text_range() if self.count else ""
        if len(whole) != self.count:
            codes = (pdfium.FPDFText_GetUnicode(self._textpage, n) for n in range(self.count))
            whole = "".join(chr(code) if code else " " for code in codes)
        if not PRIVATE_USE.search(whole):
            return whole
        return "".join(
            symbol_font_character(sign, self._font(n)) if PRIVATE_USE.match(sign) else sign
            for n, sign in enumerate(whole)
        )

    def _font(self, index: int) -> str:
        name = ctypes.create_string_buffer(256)
        pdfium.FPDFText_GetFontInfo(self._textpage, index, name, len(name), None)
        return name.value.decode("utf-8", "replace")

    def box(self, index: int) -> Box:
        """Return the box by the character's font: all boxes of a line have the same height."""
        rect = pdfium.FS_RECTF()
        if not pdfium.FPDFText_GetLooseCharBox(self._textpage, index, ctypes.byref(rect)):
            return (0.0, 0.0, 0.0, 0.0)
        box = (rect.left, rect.bottom, rect.right, rect.top)
        return self.turned(box) if self.turn else box

    def origin(self, index: int) -> tuple[float, float]:
        """Return the point on its baseline where a character begins."""
        pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y)
        return (
            self._point(self._x.value, self._y.value)
            if self.turn
            else (self._x.value, self._y.value)
        )

    def size(self, index: int) -> float:
        """Return the type size in points, as the page shows it."""
        matrix = pdfium.FS_MATRIX()
        size = abs(pdfium.FPDFText_GetFontSize(self._textpage, index))
        if pdfium.FPDFText_GetMatrix(self._textpage, index, ctypes.byref(matrix)):
            return float(size * hypot(matrix.c, matrix.d))
        return float(size)

    def em(self, index: int) -> float:
        return abs(pdfium.FPDFText_GetFontSize(self._textpage, index)) or 10.0

    def weight(self, index: int) -> int:
        return int(pdfium.FPDFText_GetFontWeight(self._textpage, index))

    def turned(self, box: Box) -> Box:
        """Convert a box of the page into the frame of its text."""
        if not self.turn:
            return box
        (a, b), (c, d) = self._point(box[0], box[1]), self._point(box[2], box[3])
        return min(a, c), min(b, d), max(a, c), max(b, d)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        if not self.turn:
            return x, y
        c, s = round(cos(self.turn * _QUARTER)), round(sin(self.turn * _QUARTER))
        return x * c + y * s + self._shift[0], y * c - x * s + self._shift[1]

    def turn_of(self, index: int) -> int:
        """Return by how many quarter turns a character is rotated."""
        # clockwise; negative if unknown
        angle = pdfium.FPDFText_GetCharAngle(self._textpage, index)
        return -round(angle / _QUARTER) % 4 if angle > 0 else 0

    def edges(self) -> Box:
        """Return the visible page as a box in the frame of its text."""
        return self.turned(self._page.get_bbox())

    def seen_from(self, turn: int) -> "PageGlyphs":
        """Return the same characters in another frame."""
        return PageGlyphs(self._page, self._textpage, turn)

    def _turns(self) -> Counter[int]:
        step = self.count // DIRECTION_SAMPLES + 1
        return Counter(map(self.turn_of, range(0, self.count, step)))
