"""Read delimited text as rows of cells, with the delimiter detected and the size limited."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Lock

from factory.documents.formats import Unreadable

MAX_CELLS = 5_000_000  # of a file, about 100 bytes each in memory
MAX_ROWS = 2_000_000  # of a file; a sheet of Excel's has 1,048,576
DELIMITERS = ",;\t|"
ONE_COLUMN = "\x1f"  # a control character that no table is written with
SAMPLE_ROWS = 200  # rows that decide which delimiter it is
SAMPLE_CHARACTERS = 1 << 20  # characters that these rows are looked for in
MAX_UNCLOSED_QUOTES = 100  # quotes that may be closed nowhere
_SENTINEL = "\x1e"  # a row added at the end; an unclosed quote swallows it

# Excel's own way to name the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_ENDED = re.compile(r"[.!?:…][\"'”’)\]]*\s*")
_DECIMAL = re.compile(r"\s*[-+]?\d[\d. ]*(?:,\d+)?\s*%?\s*")
# Signs that a cell still holds several cells: another delimiter with no blank around it.
# A comma within a number is a decimal comma.
_UNSPLIT = {
    ",": re.compile(r"[^\s\d],\S|\S,[^\s\d]"),
    ";": re.compile(r"\S;\S"),
    "\t": re.compile(r"\t"),
    "|": re.compile(r"\S\|\S"),
}
_limit = Lock()


@dataclass(frozen=True)
class _TrialParse:
    """The first rows of a file, split by one delimiter."""

    delimiter: str
    rows: Sequence[Sequence[str]]

    @property
    def even(self) -> tuple[float, int]:
        """The share of the rows with the commonest number of cells above one, and that number."""
        widths = Counter(len(row) for row in self.rows if len(row) > 1)
        width, count = max(widths.items(), key=lambda found: (found[1], found[0]), default=(1, 0))
        return count / max(1, len(self.rows)), width

    @property
    def score(self) -> tuple[float, float, int]:
        """How evenly and cleanly the delimiter splits the rows, with tie-breakers."""
        share, width = self.even
        others = [pattern for delimiter, pattern in _UNSPLIT.items() if delimiter != self.delimiter]
        uncut = [sum(any(p.search(cell) for p in others) for cell in row) for row in self.rows]
        cells = sum(bool(cell.strip()) for row in self.rows for cell in row)
        clean = 1 - sum(uncut) / max(1, cells)
        return share * clean**2, uncut.count(0) / max(1, len(uncut)), width


def delimited_rows(source: str, tabs: bool = False) -> Iterator[list[str]]:
    """Yield the rows of a delimited text in order, an empty row as an empty list.

    Read them inside `allow_long_cells`. `tabs`: the file's name says that it is delimited by tabs.
    Raises Unreadable if the text has more than MAX_ROWS lines or MAX_CELLS cells.
    """
    first, _, rest = source.partition("\n")
    named = _SEPARATOR_LINE.fullmatch(first)
    source = rest if named else source
    of_name = "\t" if tabs and "\t" in source else ""
    delimiter = named[1] if named else of_name or detect_delimiter(source)
    if max(source.count("\n"), source.count("\r")) > MAX_ROWS:
        raise Unreadable(
            f"it holds more than {MAX_ROWS:,} lines, too much to read at once; split it"
        )
    cells = 0
    # The cells of a row can only be counted once the whole row is in memory.
    crowded = source.count(delimiter) > 4 * MAX_CELLS
    for row in _rows(source, delimiter) if not crowded else ():
        cells += len(row)
        if cells > MAX_CELLS:
            break
        yield row
    if crowded or cells > MAX_CELLS:
        raise Unreadable(
            f"it holds more than {MAX_CELLS:,} cells, too much to read at once; split it"
        )


@contextmanager
def allow_long_cells(characters: int) -> Iterator[None]:
    """Raise the cell size limit of `csv` for a while; the limit is global to the process."""
    with _limit:
        before = csv.field_size_limit()
        csv.field_size_limit(max(characters, before))
        try:
            yield
        finally:
            csv.field_size_limit(before)


def detect_delimiter(source: str) -> str:
    """Return the delimiter that splits the first rows most evenly and leaves no cell unsplit.

    Returns `ONE_COLUMN` if the lines are sentences or numbers with a decimal comma, and a comma if
    no delimiter is found.
    """
    head = _head(source)
    found = [
        _TrialParse(one, [row for row in _rows(head, one) if any(map(str.strip, row))])
        for one in DELIMITERS
    ]
    best = max(found, key=lambda one: one.score)
    if best.score[0] == 0:
        return ","
    lines = [line for line in head.splitlines() if line.strip()]
    return (
        ONE_COLUMN if _are_sentences(lines, best) or _are_numbers(lines, best) else best.delimiter
    )


def _head(source: str) -> str:
    """Return the first lines of the text, without one that the size limit cut."""
    lines = list(islice(io.StringIO(source[:SAMPLE_CHARACTERS], newline=""), SAMPLE_ROWS))
    cut = len(source) > SAMPLE_CHARACTERS and len(lines) < SAMPLE_ROWS
    return "".join(lines[:-1] if cut and len(lines) > 1 else lines)


def _are_sentences(lines: Sequence[str], best: _TrialParse) -> bool:
    """Check whether the lines are prose, so that the delimiter is only its punctuation."""
    share, _ = best.even
    if best.delimiter not in ",;" or (share >= 0.9 and len(lines) >= 4):
        return False
    joined = "\n".join(lines)
    spaced = len(re.findall(rf"{best.delimiter}\s", joined)) >= 0.9 * joined.count(best.delimiter)
    ended = sum(bool(_ENDED.search(line[-8:])) for line in lines) >= 0.6 * len(lines)
    return spaced and ended and len(joined.split()) >= 5 * len(lines)


def _are_numbers(lines: Sequence[str], best: _TrialParse) -> bool:
    """Check whether the lines after the first one are numbers with a decimal comma."""
    if best.delimiter != "," or len(lines) < 2 or "," in lines[0]:
        return False
    return all(_DECIMAL.fullmatch(line) for line in lines[1:])


def _rows(source: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the rows; drop a quote that is never closed, and split what follows it into rows."""
    lines = [*io.StringIO(source, newline=""), _SENTINEL]
    at = 0
    for _ in range(MAX_UNCLOSED_QUOTES):
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter)
        begun = last = 0
        row: list[str] = []
        for n, following in enumerate(reader):
            if n:
                yield row
            row, begun, last = following, last, reader.line_num
        if row == [_SENTINEL]:
            return
        at += begun
        before, _, behind = lines[at].rpartition('"')
        yield from csv.reader([before + behind], delimiter=delimiter)
        at += 1
    raise Unreadable(
        f"the quote in its line {at:,} is never closed, like {MAX_UNCLOSED_QUOTES - 1} before it; "
        "mend its quotes"
    )
