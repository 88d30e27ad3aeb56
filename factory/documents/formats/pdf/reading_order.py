"""Reading order: a page's pieces as rows from top to bottom, one column after the other where it is set in columns."""

from collections.abc import Iterator, Sequence
from statistics import median

from factory.documents.formats.pdf.text_runs import Piece

Row = list[Piece]  # on one line, from left to right

PROSE = 18  # characters of a piece that may be a line of a column: cells of tables are shorter as a rule
LINES = 4  # of a column at least
EDGE = 3.0  # points by which left edges of one column differ, indents aside
APART = 0.15  # of the text's width, between the left edges of two columns at least
CROSSING = 0.3  # of the lines of the left column, the share that may reach into the right one: headlines, wide figures


def rows(pieces: Sequence[Piece]) -> list[list[Row]]:
    """Bands in reading order: of each column, and of what reaches over several, its rows."""
    return [on_lines(band) for band in _bands(sorted(pieces, key=lambda p: (-p.middle, p.left))) if band]


def _bands(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    gutter = _gutter(pieces)
    if gutter is None:
        yield list(pieces)
        return
    left: list[Piece] = []
    right: list[Piece] = []
    for piece in pieces:  # from the top
        if piece.left < gutter < piece.right:
            yield from _bands(left)
            yield from _bands(right)
            yield [piece]
            left, right = [], []
        else:
            (right if piece.left >= gutter else left).append(piece)
    yield from _bands(left)
    yield from _bands(right)


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """Where the right one of two columns of prose begins; None where there are none side by side."""
    prose = [p for p in pieces if len(p.text) >= PROSE]
    if len(prose) < 2 * LINES:
        return None
    width = max(p.right for p in prose) - min(p.left for p in prose)
    edges = _edges(prose)
    for first, second in zip(edges, edges[1:], strict=False):
        if second - first < APART * width:
            continue
        ones = [p for p in prose if abs(p.left - first) <= EDGE]
        others = [p for p in prose if abs(p.left - second) <= EDGE]
        crossing = sum(p.right > second + EDGE for p in ones)
        if crossing <= CROSSING * len(ones) and _beside(ones, others):
            return second - EDGE
    return None


def _edges(prose: Sequence[Piece]) -> list[float]:
    """Left edges that enough lines share."""
    found: list[float] = []
    ordered = sorted(p.left for p in prose)
    start = 0
    for n in range(1, len(ordered) + 1):
        if n == len(ordered) or ordered[n] - ordered[n - 1] > EDGE:
            if n - start >= LINES:
                found.append(median(ordered[start:n]))
            start = n
    return found


def _beside(ones: Sequence[Piece], others: Sequence[Piece]) -> bool:
    """Whether both columns run over the same height for the most part of the shorter."""
    low, high = max(min(p.bottom for p in side) for side in (ones, others)), min(max(p.top for p in side) for side in (ones, others))
    shorter = min(max(p.top for p in side) - min(p.bottom for p in side) for side in (ones, others))
    return high - low >= 0.5 * shorter


def on_lines(pieces: Sequence[Piece]) -> list[Row]:
    """From top to bottom; pieces whose middles are less than half a line apart stand on one line."""
    found: list[Row] = []
    for piece in sorted(pieces, key=lambda p: (-p.middle, p.left)):
        if found and abs(found[-1][0].middle - piece.middle) < 0.4 * max(found[-1][0].size, piece.size):
            found[-1].append(piece)
        else:
            found.append([piece])
    return [sorted(row, key=lambda p: p.left) for row in found]
