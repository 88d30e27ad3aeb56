"""Find the thin lines that a PDF page draws; some of them strike words through."""

import ctypes
from collections.abc import Iterator
from itertools import islice

import pypdfium2.raw as pdfium
from pypdfium2 import PdfPage

from factory.documents.formats.pdf.characters import Box

MAX_LINE_THICKNESS, MIN_LENGTH = 4.0, 3.0  # points; a thicker line is a box, a shorter one a dot
MAX_PATHS = 20_000  # per page
# per page: the fullest table has fewer, and a drawing's lines cross words by chance
MAX_LINES = 3_000
MAX_PATH_POINTS = 2_000  # of a path with several lines
MAX_DRAWING_NESTING = 4  # of drawings within drawings
_WHITE = 250  # of 255 in each colour: a lighter line is invisible on paper

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)


def thin_lines(page: PdfPage) -> list[Box]:
    """Return horizontal and vertical lines as boxes on the page; none if the page is a drawing."""
    count = pdfium.FPDFPage_CountObjects(page)
    objects = (pdfium.FPDFPage_GetObject(page, n) for n in range(count))
    paths = islice(_paths(objects, _SAME, MAX_DRAWING_NESTING), MAX_PATHS)
    found = list(
        islice((line for path, matrix in paths for line in _lines(path, matrix)), MAX_LINES + 1)
    )
    return found if len(found) <= MAX_LINES else []


def _paths(
    objects: Iterator[object], matrix: Matrix, depth: int
) -> Iterator[tuple[object, Matrix]]:
    for one in objects:
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield one, matrix
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth:
            inner = (
                pdfium.FPDFFormObj_GetObject(one, n)
                for n in range(max(pdfium.FPDFFormObj_CountObjects(one), 0))
            )
            yield from _paths(inner, _times(_matrix(one), matrix), depth - 1)


def _lines(path: object, matrix: Matrix) -> Iterator[Box]:
    bounds = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(path, *bounds):
        return
    left, bottom, right, top = (bound.value for bound in bounds)
    whole = _box([(left, bottom), (right, top)], matrix)
    if _thin(whole):
        if _shows(path):
            yield whole
        return
    count = pdfium.FPDFPath_CountSegments(path)
    if 2 < count <= MAX_PATH_POINTS and _shows(path):
        yield from filter(_thin, _strokes(path, count, _times(_matrix(path), matrix)))


def _strokes(path: object, count: int, matrix: Matrix) -> Iterator[Box]:
    """Yield the parts of a path that draws several lines or rectangles."""
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for n in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, n)
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO and points:
            yield _box(points, matrix)
            points = []
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((x.value, y.value))
    if points:
        yield _box(points, matrix)


def _thin(box: Box) -> bool:
    sides = sorted((box[2] - box[0], box[3] - box[1]))
    return sides[0] <= MAX_LINE_THICKNESS and sides[1] >= MIN_LENGTH


def _shows(path: object) -> bool:
    """Check whether a path is painted, and not in white."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    colour = [ctypes.c_uint() for _ in range(4)]
    ask = pdfium.FPDFPageObj_GetStrokeColor if stroke.value else pdfium.FPDFPageObj_GetFillColor
    if not (fill.value or stroke.value):
        return False
    if not ask(path, *colour):
        return True
    *red_green_blue, alpha = (part.value for part in colour)
    return alpha > 0 and min(red_green_blue) < _WHITE


def _matrix(one: object) -> Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(one, ctypes.byref(found)):
        return _SAME
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(one: Matrix, other: Matrix) -> Matrix:
    """Multiply two matrices: `one` is applied first, then `other`."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _box(points: list[tuple[float, float]], matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    xs, ys = [a * x + c * y + e for x, y in points], [b * x + d * y + f for x, y in points]
    return min(xs), min(ys), max(xs), max(ys)
