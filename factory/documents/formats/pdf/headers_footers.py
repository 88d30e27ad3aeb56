"""Page furniture: running headers and footers and page numbers, which stand on most pages at the same place."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from factory.documents.formats.pdf.blocks import LARGER
from factory.documents.formats.pdf.reading_order import Row, on_lines
from factory.documents.formats.pdf.text_runs import Piece

EDGE = 0.12  # of the page's height, at its top and at its bottom
PAGES = 3  # that a line stands on at least
SHARE = 0.3  # of the pages: headers may change from left to right page, and from chapter to chapter
_NUMBER = re.compile(r"[-–—\s|]*(?:(?:page|seite|p\.)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von)\s*\d{1,4})?[-–—\s|.]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_LISTED = re.compile(r"\(?\d{1,3}[.)]\s")

Edges = tuple[float, Sequence[Row]]  # of a page: its height in points, and the lines at its top and bottom


@dataclass(frozen=True)
class Furniture:
    """Shapes of lines at the edge that are furniture; `ahead`: the printed number of a page less its place in the file."""

    shapes: frozenset[str]
    ahead: int | None
    body: float  # size of type
    several: bool  # pages: a lone number at the edge of a single one may be anything


def edges(height: float, pieces: Sequence[Piece]) -> Edges:
    return height, [row for row in on_lines(pieces) if _at_edge(row, height)]


def furniture(pages: Sequence[Edges], sizes: Counter[float]) -> Furniture:
    """`sizes`: letters of each size of type."""
    ahead, body = _ahead(pages), sizes.most_common(1)[0][0] if sizes else 10.0
    known = Furniture(frozenset(), ahead, body, len(pages) > 1)
    seen: Counter[str] = Counter()
    for place, (height, rows) in enumerate(pages):
        seen.update({_shape(row, height, place, known) for row in rows})
    least = max(PAGES, SHARE * len(pages))
    return Furniture(frozenset(shape for shape, count in seen.items() if count >= least), ahead, known.body, known.several)


def without(pieces: Sequence[Piece], height: float, place: int, known: Furniture) -> list[Piece]:
    """The pieces of a page that are text; `place` is its own in the file, from 0 on."""
    lines = on_lines(pieces)
    outer = [row for row in (*lines[:1], *lines[-1:]) if known.several and _NUMBER.fullmatch(_text(row))]
    gone = [row for row in lines if _at_edge(row, height) and (row in outer or _shape(row, height, place, known) in known.shapes)]
    away = {id(piece) for row in gone for piece in row}
    return [piece for piece in pieces if id(piece) not in away]


def _at_edge(row: Row, height: float) -> bool:
    return row[0].top > (1 - EDGE) * height or row[0].bottom < EDGE * height


def _text(row: Row) -> str:
    return " ".join(" ".join(piece.text.casefold().split()) for piece in row)


def _ahead(pages: Sequence[Edges]) -> int | None:
    """By how much numbers at the edge run ahead of the pages' places; None where none goes along with them."""
    seen: Counter[int] = Counter()
    for place, (_, rows) in enumerate(pages):
        texts = [_text(row) for row in rows]
        seen.update({int(number) - place for text in texts for number in _DIGITS.findall(text) if len(number) <= 5})
    if not seen:
        return None
    ahead, count = seen.most_common(1)[0]
    return ahead if count >= max(PAGES, SHARE * len(pages)) else None


def _shape(row: Row, height: float, place: int, known: Furniture) -> str:
    """Its edge and its words, with a sign for the page's number; any other number stays, since "Total 100" is text."""
    text, edge = _text(row), "top" if row[0].middle > height / 2 else "bottom"
    if max(piece.size for piece in row) >= LARGER * known.body or _LISTED.match(text) or known.ahead is None:
        return f"{edge} {text}"
    own = str(place + known.ahead)
    return f"{edge} {_DIGITS.sub(lambda found: '#' if found.group() == own else found.group(), text)}"
