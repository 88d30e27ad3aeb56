"""Put a page's text runs into reading order: rows from top to bottom, one column after another."""

from collections.abc import Iterator, Sequence
from statistics import median

from factory.documents.formats.pdf.text_runs import TextRun

TextRow = list[TextRun]  # the text runs of one line, from left to right

MIN_PROSE_CHARACTERS = 18  # of a line of a column: table cells are usually shorter
MIN_COLUMN_LINES = 4
COLUMN_EDGE_TOLERANCE = 3.0  # points by which left edges of one column differ, apart from indents
MIN_COLUMN_DISTANCE = 0.15  # share of the text's width between the left edges of two columns
# of lines of the left column that reach into the right one: headlines, wide figures
MAX_CROSSING_SHARE = 0.3


def reading_order(runs: Sequence[TextRun]) -> list[list[TextRow]]:
    """Return bands in reading order, each as rows: a column, or what reaches across several."""
    return [
        group_into_rows(band)
        for band in _bands(sorted(runs, key=lambda p: (-p.middle, p.left)))
        if band
    ]


def _bands(runs: Sequence[TextRun]) -> Iterator[list[TextRun]]:
    gutter = _gutter(runs)
    if gutter is None:
        yield list(runs)
        return
    left: list[TextRun] = []
    right: list[TextRun] = []
    for run in runs:  # from the top
        if run.left < gutter < run.right:
            yield from _bands(left)
            yield from _bands(right)
            yield [run]
            left, right = [], []
        else:
            (right if run.left >= gutter else left).append(run)
    yield from _bands(left)
    yield from _bands(right)


def _gutter(runs: Sequence[TextRun]) -> float | None:
    """Return where the right one of two columns of prose begins, or None without such columns."""
    prose = [p for p in runs if len(p.text) >= MIN_PROSE_CHARACTERS]
    if len(prose) < 2 * MIN_COLUMN_LINES:
        return None
    width = max(p.right for p in prose) - min(p.left for p in prose)
    edges = _edges(prose)
    for first, second in zip(edges, edges[1:], strict=False):
        if second - first < MIN_COLUMN_DISTANCE * width:
            continue
        ones = [p for p in prose if abs(p.left - first) <= COLUMN_EDGE_TOLERANCE]
        others = [p for p in prose if abs(p.left - second) <= COLUMN_EDGE_TOLERANCE]
        crossing = sum(p.right > second + COLUMN_EDGE_TOLERANCE for p in ones)
        if crossing <= MAX_CROSSING_SHARE * len(ones) and _side_by_side(ones, others):
            return second - COLUMN_EDGE_TOLERANCE
    return None


def _edges(prose: Sequence[TextRun]) -> list[float]:
    """Return left edges that enough lines share."""
    found: list[float] = []
    ordered = sorted(p.left for p in prose)
    start = 0
    for n in range(1, len(ordered) + 1):
        if n == len(ordered) or ordered[n] - ordered[n - 1] > COLUMN_EDGE_TOLERANCE:
            if n - start >= MIN_COLUMN_LINES:
                found.append(median(ordered[start:n]))
            start = n
    return found


def _side_by_side(ones: Sequence[TextRun], others: Sequence[TextRun]) -> bool:
    """Check whether two columns overlap in height for at least half of the shorter one."""
    low, high = (
        max(min(p.bottom for p in side) for side in (ones, others)),
        min(max(p.top for p in side) for side in (ones, others)),
    )
    shorter = min(max(p.top for p in side) - min(p.bottom for p in side) for side in (ones, others))
    return high - low >= 0.5 * shorter


def group_into_rows(runs: Sequence[TextRun]) -> list[TextRow]:
    """Group runs into rows from top to bottom; runs less than half a line apart share a row."""
    found: list[TextRow] = []
    for run in sorted(runs, key=lambda p: (-p.middle, p.left)):
        if found and abs(found[-1][0].middle - run.middle) < 0.4 * max(found[-1][0].size, run.size):
            found[-1].append(run)
        else:
            found.append([run])
    return [sorted(row, key=lambda p: p.left) for row in found]
