"""Characters of a PDF page with their places, in a frame in which most of the page's text runs from left to right."""

import ctypes
from collections import Counter
from math import cos, hypot, pi, sin

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage, PdfTextPage

from factory.documents.formats.pdf.symbol_fonts import PRIVATE, named

SAMPLES = 200  # characters of a page whose direction is looked at
_QUARTER = pi / 2

Box = tuple[float, float, float, float]  # left, bottom, right, top


class Glyphs:
    """The characters of a text page by pdfium's index.

    `turn`: quarters of a circle by which most of the text is turned, counter-clockwise. Places come turned back by as much,
    so that a table set sideways is read as one that stands upright; `height`: of the page then;
    `mixed`: its text runs in several directions.
    """

    def __init__(self, page: PdfPage, textpage: PdfTextPage, turn: int | None = None) -> None:
        self._page, self._textpage, self._raw = page, textpage, textpage.raw
        self._x, self._y = ctypes.c_double(), ctypes.c_double()  # made once: every digit of a page is looked at
        self.count = max(textpage.count_chars(), 0)
        seen = self._turns() if turn is None else Counter([turn])
        self.turn, self.mixed = seen.most_common(1)[0][0] if seen else 0, len(seen) > 1
        self._shift = (0.0, 0.0)
        self.height = float(page.get_height())
        if self.turn:
            left, bottom, _, top = self.turned(page.get_cropbox())
            self._shift, self.height = (-left, -bottom), top - bottom

    def text(self) -> str:
        """One code point for each index; what pdfium can't name is a blank."""
        whole = self._textpage.get_text_range() if self.count else ""
        if len(whole) != self.count:
            codes = (pdfium.FPDFText_GetUnicode(self._textpage, n) for n in range(self.count))
            whole = "".join(chr(code) if code else " " for code in codes)
        if not PRIVATE.search(whole):
            return whole
        return "".join(named(sign, self._font(n)) if PRIVATE.match(sign) else sign for n, sign in enumerate(whole))

    def _font(self, index: int) -> str:
        name = ctypes.create_string_buffer(256)
        pdfium.FPDFText_GetFontInfo(self._textpage, index, name, len(name), None)
        return name.value.decode("utf-8", "replace")

    def box(self, index: int) -> Box:
        """By its font: the boxes of one line are of one height."""
        rect = pdfium.FS_RECTF()
        if not pdfium.FPDFText_GetLooseCharBox(self._textpage, index, ctypes.byref(rect)):
            return (0.0, 0.0, 0.0, 0.0)
        box = (rect.left, rect.bottom, rect.right, rect.top)
        return self.turned(box) if self.turn else box

    def origin(self, index: int) -> tuple[float, float]:
        """Where on its baseline it begins."""
        pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y)
        return self._point(self._x.value, self._y.value) if self.turn else (self._x.value, self._y.value)

    def size(self, index: int) -> float:
        """Of its type in points, as the page shows it."""
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
        """A box of the page in the frame of its text."""
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
        """Quarters of a circle by which a character is turned."""
        angle = pdfium.FPDFText_GetCharAngle(self._textpage, index)  # clockwise; negative where there is none
        return -round(angle / _QUARTER) % 4 if angle > 0 else 0

    def edges(self) -> Box:
        """What the page shows, in the frame."""
        return self.turned(self._page.get_bbox())

    def seen_from(self, turn: int) -> "Glyphs":
        """The same characters in another frame."""
        return Glyphs(self._page, self._textpage, turn)

    def _turns(self) -> Counter[int]:
        step = self.count // SAMPLES + 1
        return Counter(map(self.turn_of, range(0, self.count, step)))
