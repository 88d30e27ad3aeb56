"""Annotations of a PDF page: words that they strike through, text that they add to the page, and comments."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from factory.documents.formats.pdf.characters import Box

MOST = 5_000  # of a page
MOST_TEXT = 1 << 20  # bytes of one
_NO_COMMENTS = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW


class Annotated(NamedTuple):
    """Boxes of struck words, text boxes with their texts, and the number of comments."""

    struck: list[Box]
    texts: list[tuple[Box, str]]
    comments: int


def annotated(page: PdfPage) -> Annotated:
    found = Annotated([], [], 0)
    comments = 0
    for _, annotation in seen_annotations(page):
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        text = string_of(annotation, "Contents").strip()
        if kind == pdfium.FPDF_ANNOT_STRIKEOUT:
            found.struck.extend(_quads(annotation))
        if kind == pdfium.FPDF_ANNOT_FREETEXT and text:
            found.texts.append((rectangle(annotation), text))
        elif text and kind not in _NO_COMMENTS:
            comments += 1
    return found._replace(comments=comments)


def seen_annotations(page: PdfPage) -> Iterator[tuple[int, object]]:
    """Those that the page shows, with their numbers."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST)):
        with _opened(page, number) as annotation:
            if annotation and not pdfium.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
                yield number, annotation


@contextmanager
def _opened(page: PdfPage, number: int) -> Iterator[object]:
    annotation = pdfium.FPDFPage_GetAnnot(page, number)
    try:
        yield annotation
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)


def string_of(annotation: object, key: str) -> str:
    """A string of the annotation by its key; empty where it has none."""
    length = pdfium.FPDFAnnot_GetStringValue(annotation, key.encode(), None, 0)
    return utf16(length, lambda buffer: pdfium.FPDFAnnot_GetStringValue(annotation, key.encode(), buffer, length))


def title_of(bookmark: object) -> str:
    """Of an entry of the outline; halves of a surrogate pair in it are no error."""
    length = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
    return utf16(length, lambda buffer: pdfium.FPDFBookmark_GetTitle(bookmark, buffer, length))


def utf16(length: int, fill: Callable[[object], object]) -> str:
    """What pdfium writes into a buffer of so many bytes, of which the last two are zero."""
    if not 2 < length <= MOST_TEXT:
        return ""
    buffer = (pdfium.FPDF_WCHAR * (length // 2))()
    fill(buffer)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")


def rectangle(annotation: object) -> Box:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    return min(rect.left, rect.right), min(rect.bottom, rect.top), max(rect.left, rect.right), max(rect.bottom, rect.top)


def _quads(annotation: object) -> Iterator[Box]:
    """Its boxes, one for each line of words; its rectangle where it has none."""
    count = pdfium.FPDFAnnot_CountAttachmentPoints(annotation)
    if not count:
        yield rectangle(annotation)
    for number in range(count):
        quad = pdfium.FS_QUADPOINTSF()
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, number, ctypes.byref(quad)):
            xs, ys = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
            yield min(xs), min(ys), max(xs), max(ys)
