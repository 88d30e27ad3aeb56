"""Split table cells that are so close that they were read as one text run.

The rows above and below show where to split.
"""

from collections.abc import Sequence

from factory.documents.formats.pdf.reading_order import COLUMN_EDGE_TOLERANCE, TextRow
from factory.documents.formats.pdf.text_runs import TextRun

NEIGHBOUR_ROWS = 2  # rows above and below that are compared
MIN_AGREEING_ROWS = 2  # of them with the same number of aligned cells


def split_tight_rows(band: Sequence[TextRow]) -> list[TextRow]:
    """Return the rows, with text runs split that reach across several columns."""
    rows = list(band)
    for place, row in enumerate(rows):
        neighbours = [
            *rows[max(0, place - NEIGHBOUR_ROWS) : place],
            *rows[place + 1 : place + 1 + NEIGHBOUR_ROWS],
        ]
        most = max(map(len, neighbours), default=0)
        agreeing = [other for other in neighbours if len(other) == most]
        if (
            most > len(row)
            and len(agreeing) >= MIN_AGREEING_ROWS
            and all(columns_aligned(agreeing[0], other) for other in agreeing)
        ):
            rows[place] = _cut(row, agreeing) or row
    return rows


def columns_aligned(one: TextRow, other: TextRow) -> bool:
    """Check whether each text run overlaps the one above it in width."""
    return len(one) < 2 or all(
        a.left < b.right and b.left < a.right for a, b in zip(one, other, strict=True)
    )


def _cut(row: TextRow, rows: Sequence[TextRow]) -> TextRow | None:
    """Split a row into as many cells as the others have, or return None.

    Its wide spaces must lie between the columns, and each cell must be aligned like another one
    of its column.
    """
    columns = list(zip(*rows, strict=True))
    between = [
        (max(p.right for p in a), min(p.left for p in b))
        for a, b in zip(columns, columns[1:], strict=False)
    ]
    cells = [cell for run in row for cell in _parts(run, between)]
    fits = len(cells) == len(columns) and all(
        any(_set_alike(cell, p) for p in column)
        for cell, column in zip(cells, columns, strict=True)
    )
    return cells if fits else None


def _parts(run: TextRun, between: Sequence[tuple[float, float]]) -> list[TextRun]:
    cuts = [
        gap for gap in run.gaps if any(gap[1] < right and left < gap[2] for left, right in between)
    ]
    starts = [(0, run.left), *((at, right) for at, _, right in cuts)]
    ends = [*((at, left) for at, left, _ in cuts), (len(run.text), run.right)]
    return [
        run._replace(text=run.text[a:b].rstrip(), left=left, right=right, gaps=())
        for (a, left), (b, right) in zip(starts, ends, strict=True)
    ]


def _set_alike(one: TextRun, other: TextRun) -> bool:
    """Check whether both are flush left, flush right or centred."""
    left, right = one.left - other.left, one.right - other.right
    return min(abs(left), abs(right), abs(left + right) / 2) <= COLUMN_EDGE_TOLERANCE
