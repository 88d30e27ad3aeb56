"""Delimited text as rows of cells: which delimiter a file uses, and its rows within bounds."""

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

CELLS = 5_000_000  # of a file, about 100 bytes each in memory
ROWS = 2_000_000  # of a file; a sheet of Excel's has 1,048,576
DELIMITERS = ",;\t|"
ONE_COLUMN = "\x1f"  # a control character that no table is written with
TRIED = 200  # rows that decide which delimiter it is
HEAD = 1 << 20  # characters that these rows are looked for in
REPAIRED = 100  # quotes that may be closed nowhere
_LAST = "\x1e"  # a row behind the last one: it is in a cell where a quote is never closed

_SEPARATOR_LINE = re.compile(
    r'"?sep=(.)"?\s*', re.IGNORECASE
)  # how Excel itself names the delimiter
_ENDED = re.compile(r"[.!?:…][\"'”’)\]]*\s*")
_DECIMAL = re.compile(r"\s*[-+]?\d[\d. ]*(?:,\d+)?\s*%?\s*")
# Signs that a cell still holds several: another delimiter with no blank around it. A comma within a number is a decimal comma.
_UNCUT = {
    ",": re.compile(r"[^\s\d],\S|\S,[^\s\d]"),
    ";": re.compile(r"\S;\S"),
    "\t": re.compile(r"\t"),
    "|": re.compile(r"\S\|\S"),
}
_limit = Lock()


@dataclass(frozen=True)
class _Reading:
    """The first rows of a file as one delimiter cuts them."""

    delimiter: str
    rows: Sequence[Sequence[str]]

    @property
    def even(self) -> tuple[float, int]:
        """The share of the rows with the commonest number of cells over one, and that number."""
        widths = Counter(len(row) for row in self.rows if len(row) > 1)
        width, count = max(widths.items(), key=lambda found: (found[1], found[0]), default=(1, 0))
        return count / max(1, len(self.rows)), width

    @property
    def score(self) -> tuple[float, float, int]:
        """How even the rows are and how few cells are uncut; then how few rows hold one."""
        share, width = self.even
        others = [pattern for delimiter, pattern in _UNCUT.items() if delimiter != self.delimiter]
        uncut = [sum(any(p.search(cell) for p in others) for cell in row) for row in self.rows]
        cells = sum(bool(cell.strip()) for row in self.rows for cell in row)
        clean = 1 - sum(uncut) / max(1, cells)
        return share * clean**2, uncut.count(0) / max(1, len(uncut)), width


def rows_of(source: str, tabs: bool = False) -> Iterator[list[str]]:
    """The rows of a delimited text in order, an empty one as an empty list; to be read within `long_cells`.

    `tabs`: the file's name says that tabs delimit it. Raises Unreadable where it holds more than
    memory is for.
    """
    first, _, rest = source.partition("\n")
    named = _SEPARATOR_LINE.fullmatch(first)
    source = rest if named else source
    of_name = "\t" if tabs and "\t" in source else ""
    delimiter = named[1] if named else of_name or delimiter_of(source)
    if max(source.count("\n"), source.count("\r")) > ROWS:
        raise Unreadable(f"it holds more than {ROWS:,} lines, too much to read at once; split it")
    cells = 0
    crowded = (
        source.count(delimiter) > 4 * CELLS
    )  # a row is made as a whole before its cells can be counted
    for row in _rows(source, delimiter) if not crowded else ():
        cells += len(row)
        if cells > CELLS:
            break
        yield row
    if crowded or cells > CELLS:
        raise Unreadable(f"it holds more than {CELLS:,} cells, too much to read at once; split it")


@contextmanager
def long_cells(characters: int) -> Iterator[None]:
    """Lets a cell hold so many characters: the limit of `csv` is the whole process's, so that it is set back."""
    with _limit:
        before = csv.field_size_limit()
        csv.field_size_limit(max(characters, before))
        try:
            yield
        finally:
            csv.field_size_limit(before)


def delimiter_of(source: str) -> str:
    """The delimiter by which most of the first rows have the same number of cells and no cell looks as if it held several.

    `ONE_COLUMN` where the lines are sentences or numbers with a decimal comma; a comma where no delimiter is found.
    """
    head = _head(source)
    found = [
        _Reading(one, [row for row in _rows(head, one) if any(map(str.strip, row))])
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
    """Whole lines at the beginning of the text, as far as there is one."""
    lines = list(islice(io.StringIO(source[:HEAD], newline=""), TRIED))
    cut = len(source) > HEAD and len(lines) < TRIED
    return "".join(lines[:-1] if cut and len(lines) > 1 else lines)


def _are_sentences(lines: Sequence[str], best: _Reading) -> bool:
    """Whether the lines are prose: the delimiter is its punctuation, and cuts it into a table by chance at most."""
    share, _ = best.even
    if best.delimiter not in ",;" or (share >= 0.9 and len(lines) >= 4):
        return False
    joined = "\n".join(lines)
    spaced = len(re.findall(rf"{best.delimiter}\s", joined)) >= 0.9 * joined.count(best.delimiter)
    ended = sum(bool(_ENDED.search(line[-8:])) for line in lines) >= 0.6 * len(lines)
    return spaced and ended and len(joined.split()) >= 5 * len(lines)


def _are_numbers(lines: Sequence[str], best: _Reading) -> bool:
    """Whether the lines below a heading without a comma are numbers with a decimal comma."""
    if best.delimiter != "," or len(lines) < 2 or "," in lines[0]:
        return False
    return all(_DECIMAL.fullmatch(line) for line in lines[1:])


def _rows(source: str, delimiter: str) -> Iterator[list[str]]:
    """The rows; a quote that is never closed is left out, and what follows it are rows of their own."""
    lines = [*io.StringIO(source, newline=""), _LAST]
    at = 0
    for _ in range(REPAIRED):
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter)
        begun = last = 0
        row: list[str] = []
        for n, following in enumerate(reader):
            if n:
                yield row
            row, begun, last = following, last, reader.line_num
        if row == [_LAST]:
            return
        at += begun
        before, _, behind = lines[at].rpartition('"')
        yield from csv.reader([before + behind], delimiter=delimiter)
        at += 1
    raise Unreadable(
        f"the quote in its line {at:,} is never closed, nor are {REPAIRED - 1} before it"
    )
