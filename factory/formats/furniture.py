"""Page furniture: running headers and footers and page numbers, which stand on most pages at the same place."""

import re
from collections import Counter
from collections.abc import Sequence

from factory.formats.pieces import Piece

EDGE = 0.12  # of the page's height, at its top and at its bottom
PAGES = 3  # that a line stands on at least
SHARE = 0.3  # of the pages: headers may change from left to right page, and from chapter to chapter
_NUMBER = re.compile(r"[-–—\s|]*(?:(?:page|seite|p\.)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von)\s*\d{1,4})?[-–—\s|.]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")

Page = tuple[float, Sequence[Piece]]  # its height in points, and what stands on it


def furniture(pages: Sequence[Page]) -> set[str]:
    """Lines at the edge, digits aside, that are furniture."""
    seen: Counter[str] = Counter()
    for height, pieces in pages:
        seen.update({_shape(piece, height) for piece in pieces if at_edge(piece, height)})
    least = max(PAGES, SHARE * len(pages))
    return {shape for shape, count in seen.items() if count >= least}


def without(page: Page, known: set[str], several: bool) -> list[Piece]:
    """The pieces of a page that are text. A lone number at the edge is the page's, where there are `several` pages."""
    height, pieces = page
    outer = _outermost(page)
    return [
        piece
        for piece in pieces
        if not at_edge(piece, height)
        or not (_shape(piece, height) in known or (several and piece in outer and _NUMBER.fullmatch(piece.text)))
    ]


def at_edge(piece: Piece, height: float) -> bool:
    return piece.top > (1 - EDGE) * height or piece.bottom < EDGE * height


def _outermost(page: Page) -> list[Piece]:
    """The pieces on the first and on the last line."""
    _, pieces = page
    if not pieces:
        return []
    top, bottom = max(p.middle for p in pieces), min(p.middle for p in pieces)
    return [p for p in pieces if top - p.middle < p.size / 2 or p.middle - bottom < p.size / 2]


def _shape(piece: Piece, height: float) -> str:
    """Its words without their digits, and the edge."""
    return f"{'top' if piece.middle > height / 2 else 'bottom'} {_DIGITS.sub('#', ' '.join(piece.text.casefold().split()))}"
