"""Read the annotations of a PDF page: struck-through words, added text and comments."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from factory.documents.formats.pdf.characters import Box

MAX_ANNOTATIONS = 5_000  # per page
MAX_TEXT_BYTES = 1 << 20  # of one string
_NO_COMMENTS = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW


class PageAnnotations(NamedTuple):
    """The boxes of struck-through words, text boxes with their texts, and a count of comments."""

    struck: list[Box]
    texts: list[tuple[Box, str]]
    comments: int


def read_annotations(page: PdfPage) -> PageAnnotations:
    found = PageAnnotations([], [], 0)
    comments = 0
    for _, annotation in visible_annotations(page):
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        text = annotation_string(annotation, "Contents").strip()
        if kind == pdfium.FPDF_ANNOT_STRIKEOUT:
            found.struck.extend(_quads(annotation))
        if kind == pdfium.FPDF_ANNOT_FREETEXT and text:
            found.texts.append((annotation_box(annotation), text))
        elif text and kind not in _NO_COMMENTS:
            comments += 1
    return found._replace(comments=comments)


def visible_annotations(page: PdfPage) -> Iterator[tuple[int, object]]:
    """Yield the annotations that the page shows, with their numbers."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
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


def annotation_string(annotation: object, key: str) -> str:
    """Return a string of the annotation by its key; empty if it has none."""
    length = pdfium.FPDFAnnot_GetStringValue(annotation, key.encode(), None, 0)
    return utf16_string(
        length,
        lambda buffer: pdfium.FPDFAnnot_GetStringValue(annotation, key.encode(), buffer, length),
    )


def bookmark_title(bookmark: object) -> str:
    """Return the title of an entry of the outline; half a surrogate pair in it is no error."""
    length = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
    return utf16_string(
        length, lambda buffer: pdfium.FPDFBookmark_GetTitle(bookmark, buffer, length)
    )


def utf16_string(length: int, fill: Callable[[object], object]) -> str:
    """Return what pdfium writes into a buffer of `length` bytes, the last two of which are zero."""
    if not 2 < length <= MAX_TEXT_BYTES:
        return ""
    buffer = (pdfium.FPDF_WCHAR * (length // 2))()
    fill(buffer)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")


def annotation_box(annotation: object) -> Box:
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
    return (
        min(rect.left, rect.right),
        min(rect.bottom, rect.top),
        max(rect.left, rect.right),
        max(rect.bottom, rect.top),
    )


def _quads(annotation: object) -> Iterator[Box]:
    """Yield its boxes, one for each line of words, or its rectangle if it has none."""
    count = pdfium.FPDFAnnot_CountAttachmentPoints(annotation)
    if not count:
        yield annotation_box(annotation)
    for number in range(count):
        quad = pdfium.FS_QUADPOINTSF()
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, number, ctypes.byref(quad)):
            xs, ys = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
            yield min(xs), min(ys), max(xs), max(ys)
