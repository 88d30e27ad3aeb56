"""Spreadsheets and delimited files: each sheet a heading, each stretch of rows between empty ones a Markdown table.

A cell is what the sheet shows: the value last computed, by its number format, dates in ISO's form. Left out: hidden sheets, rows (also
those that a filter hides) and columns, charts, comments. The first row of a stretch is its header; single cells above it are paragraphs.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from factory.formats import Extracted, Unreadable, markdown
from factory.formats.decode import decoded
from factory.formats.package import Package
from factory.formats.workbook import CELLS, Line, Sheet, sheets

CSV_BYTES = 128 << 20  # about 10 times as much in memory as cells
DELIMITERS = ",;\t|"
TRIED = 200  # rows that say which delimiter it is


def read_xlsx(path: Path) -> Extracted:
    """An .xlsx file as Markdown without pages. Raises Unreadable."""
    with Package.opened(path, "xlsx") as package:
        shown = [(name, [block for block in _blocks(sheet) if block]) for name, sheet in sheets(package)]
    text = markdown.text(block for name, blocks in shown if blocks for block in [markdown.heading(1, name), *blocks])
    if not text:
        raise Unreadable("it holds no text in the sheets that are shown")
    return Extracted(text)


def read_csv(path: Path) -> Extracted:
    """A .csv or .tsv file as Markdown without pages; empty rows part one table from the next. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            raw = file.read(CSV_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > CSV_BYTES:
        raise Unreadable(f"it is over {CSV_BYTES >> 20} MB, too much to read at once; split it")
    source = decoded(raw)
    first, _, rest = source.partition("\n")
    named = first.strip().lower().removeprefix("sep=") if first.lower().startswith("sep=") else ""  # Excel's own way to say it
    delimiter = named if len(named) == 1 else "\t" if path.suffix.lower() == ".tsv" else _delimiter(source)
    blocks: list[str] = []
    stretch: list[dict[int, str]] = []
    for row in _rows(rest if named else source, delimiter):
        line = {place: cell for place, cell in enumerate(row) if cell and not cell.isspace()}
        if line:
            stretch.append(line)
        elif stretch:
            blocks += _stretch(stretch)
            stretch = []
    text = markdown.text([*blocks, *_stretch(stretch)])
    if not text:
        raise Unreadable("it is empty")
    return Extracted(text)


def _rows(source: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(source, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(f"it is no CSV ({error}); a quote that is never closed?") from error


def _delimiter(source: str) -> str:
    """The one by which most of the first rows have the same number of cells, more than one; a comma where none does."""
    head = "".join(islice(io.StringIO(source, newline=""), TRIED))
    return max(DELIMITERS, key=lambda delimiter: _even(head, delimiter))


def _even(head: str, delimiter: str) -> tuple[float, int]:
    rows = [len(row) for row in _rows(head, delimiter) if row]
    width, alike = Counter(rows).most_common(1)[0] if rows else (1, 0)
    return (alike / len(rows), width) if width > 1 else (0.0, 0)


def _blocks(sheet: Sheet) -> Iterator[str]:
    """The stretches of rows between empty ones; a hidden row parts nothing."""
    _fill(sheet)
    stretch: list[Line] = []
    last = 0
    skipped = sorted(sheet.skipped, reverse=True)
    for number in sorted(sheet.lines):
        while skipped and skipped[-1] < number:
            last += skipped.pop() > last
        if stretch and number > last + 1:
            yield from _stretch(stretch)
            stretch = []
        stretch.append(sheet.lines[number])
        last = number
    yield from _stretch(stretch)


def _fill(sheet: Sheet) -> None:
    """Merged cells: the text in every row and column that they cover; once where it is long or alone in its row (a title)."""
    room = CELLS
    for top, bottom, left, right in sheet.merged:
        words = sheet.lines.get(top, {}).get(left, "")
        if not words or len(words) > markdown.REPEATED:
            continue
        right = min(right, left + markdown.WIDEST)
        below = range(top, bottom + 1) if bottom - top < len(sheet.lines) else [n for n in sheet.lines if top <= n <= bottom]
        for number in below:
            line = sheet.lines.get(number, {})
            if len(line) > (number == top) and room > 0:
                room -= right - left + 1
                line.update({n: words for n in range(left, right + 1) if n not in sheet.concealed})


def _stretch(lines: list[Line]) -> Iterator[str]:
    """A stretch of rows as a table, single cells above it as paragraphs; a stretch of one column is paragraphs."""
    width = max(map(len, lines), default=0)
    rows = iter(lines)
    first: Line = {}
    for first in rows:
        if len(first) > 1 or width == 1:
            break
        yield from map(markdown.paragraph, first.values())
    rest = [first, *rows]
    if width == 1 and len({place for line in rest for place in line}) == 1:
        yield from (markdown.paragraph(words) for line in rest for words in line.values())
        return
    used = sorted({place for line in rest for place in line})
    yield markdown.table([_placed(line, used) for line in rest])


def _placed(line: Line, used: list[int]) -> list[str]:
    return [line.get(place, "") for place in used]
