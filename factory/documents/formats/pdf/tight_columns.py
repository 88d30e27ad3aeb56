"""Close columns: where cells stand so near that a line holds them as one piece, the rows beside it tell where it is to be cut."""

from collections.abc import Sequence

from factory.documents.formats.pdf.reading_order import EDGE, Row
from factory.documents.formats.pdf.text_runs import Piece

BESIDE = 2  # rows above and below that are looked at
AGREEING = 2  # of them at least, in as many pieces, each under the other


def closed(band: Sequence[Row]) -> list[Row]:
    """The rows, with pieces that run over several columns cut."""
    rows = list(band)
    for place, row in enumerate(rows):
        beside = [*rows[max(0, place - BESIDE) : place], *rows[place + 1 : place + 1 + BESIDE]]
        most = max(map(len, beside), default=0)
        agreeing = [other for other in beside if len(other) == most]
        if most > len(row) and len(agreeing) >= AGREEING and all(aligned(agreeing[0], other) for other in agreeing):
            rows[place] = _cut(row, agreeing) or row
    return rows


def aligned(one: Row, other: Row) -> bool:
    """Whether each piece stands under the one above it, wherever in its column either is set."""
    return len(one) < 2 or all(a.left < b.right and b.left < a.right for a, b in zip(one, other, strict=True))


def _cut(row: Row, rows: Sequence[Row]) -> Row | None:
    """As many cells as the rows have, each set as another one of its column is; None where its wide spaces don't lie between columns."""
    columns = list(zip(*rows, strict=True))
    between = [(max(p.right for p in a), min(p.left for p in b)) for a, b in zip(columns, columns[1:], strict=False)]
    cells = [cell for piece in row for cell in _parts(piece, between)]
    fits = len(cells) == len(columns) and all(any(_set_alike(cell, p) for p in column) for cell, column in zip(cells, columns, strict=True))
    return cells if fits else None


def _parts(piece: Piece, between: Sequence[tuple[float, float]]) -> list[Piece]:
    cuts = [gap for gap in piece.gaps if any(gap[1] < right and left < gap[2] for left, right in between)]
    starts = [(0, piece.left), *((at, right) for at, _, right in cuts)]
    ends = [*((at, left) for at, left, _ in cuts), (len(piece.text), piece.right)]
    return [
        piece._replace(text=piece.text[a:b].rstrip(), left=left, right=right, gaps=())
        for (a, left), (b, right) in zip(starts, ends, strict=True)
    ]


def _set_alike(one: Piece, other: Piece) -> bool:
    """Flush left, flush right or centred."""
    left, right = one.left - other.left, one.right - other.right
    return min(abs(left), abs(right), abs(left + right) / 2) <= EDGE
