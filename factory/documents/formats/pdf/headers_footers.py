"""Find and remove running headers, footers and page numbers, which repeat at the same place."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from factory.documents.formats.pdf.blocks import HEADING_SIZE_RATIO
from factory.documents.formats.pdf.reading_order import TextRow, group_into_rows
from factory.documents.formats.pdf.text_runs import TextRun

EDGE_ZONE = 0.12  # share of the page's height at its top and at its bottom
MIN_PAGES = 3  # that show the line
MIN_PAGE_SHARE = 0.3  # headers may differ between left and right pages, and between chapters
_NUMBER = re.compile(
    r"[-–—\s|]*(?:(?:page|seite|p\.)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von)\s*\d{1,4})?[-–—\s|.]*",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_LISTED = re.compile(r"\(?\d{1,3}[.)]\s")

# A page's height in points, and its rows at the top and bottom.
EdgeRows = tuple[float, Sequence[TextRow]]


@dataclass(frozen=True)
class HeadersFooters:
    """The header and footer lines of a document, as shapes: see `_shape`.

    `ahead`: a page's printed number minus its place in the file.
    """

    shapes: frozenset[str]
    ahead: int | None
    body: float  # type size
    several: bool  # pages; a number at the edge of a single page may be anything


def edge_rows(height: float, runs: Sequence[TextRun]) -> EdgeRows:
    return height, [row for row in group_into_rows(runs) if _at_edge(row, height)]


def find_headers_footers(pages: Sequence[EdgeRows], sizes: Counter[float]) -> HeadersFooters:
    """Find lines that repeat at the edges of pages. `sizes`: letter count of each type size."""
    ahead, body = _ahead(pages), sizes.most_common(1)[0][0] if sizes else 10.0
    known = HeadersFooters(frozenset(), ahead, body, len(pages) > 1)
    seen: Counter[str] = Counter()
    for place, (height, rows) in enumerate(pages):
        seen.update({_shape(row, height, place, known) for row in rows})
    least = max(MIN_PAGES, MIN_PAGE_SHARE * len(pages))
    return HeadersFooters(
        frozenset(shape for shape, count in seen.items() if count >= least),
        ahead,
        known.body,
        known.several,
    )


def remove_headers_footers(
    runs: Sequence[TextRun], height: float, place: int, known: HeadersFooters
) -> list[TextRun]:
    """Return a page's runs without headers and footers. `place`: the page's index in the file."""
    lines = group_into_rows(runs)
    outer = [
        row for row in (*lines[:1], *lines[-1:]) if known.several and _NUMBER.fullmatch(_text(row))
    ]
    gone = [
        row
        for row in lines
        if _at_edge(row, height)
        and (row in outer or _shape(row, height, place, known) in known.shapes)
    ]
    away = {id(run) for row in gone for run in row}
    return [run for run in runs if id(run) not in away]


def _at_edge(row: TextRow, height: float) -> bool:
    return row[0].top > (1 - EDGE_ZONE) * height or row[0].bottom < EDGE_ZONE * height


def _text(row: TextRow) -> str:
    return " ".join(" ".join(run.text.casefold().split()) for run in row)


def _ahead(pages: Sequence[EdgeRows]) -> int | None:
    """Return how far printed page numbers are ahead of the pages' indices, or None without any."""
    seen: Counter[int] = Counter()
    for place, (_, rows) in enumerate(pages):
        texts = [_text(row) for row in rows]
        seen.update(
            {
                int(number) - place
                for text in texts
                for number in _DIGITS.findall(text)
                if len(number) <= 5
            }
        )
    if not seen:
        return None
    ahead, count = seen.most_common(1)[0]
    return ahead if count >= max(MIN_PAGES, MIN_PAGE_SHARE * len(pages)) else None


def _shape(row: TextRow, height: float, place: int, known: HeadersFooters) -> str:
    """Return a row's edge and words, with # for the page's number.

    Any other number stays, because "Total 100" is text.
    """
    text, edge = _text(row), "top" if row[0].middle > height / 2 else "bottom"
    if (
        max(run.size for run in row) >= HEADING_SIZE_RATIO * known.body
        or _LISTED.match(text)
        or known.ahead is None
    ):
        return f"{edge} {text}"
    own = str(place + known.ahead)
    return (
        f"{edge} {_DIGITS.sub(lambda found: '#' if found.group() == own else found.group(), text)}"
    )
