"""Spreadsheets and delimited files: each sheet a heading, each stretch of rows between empty ones a Markdown table.

A cell is what the sheet shows: the value last computed, by its number format, dates in ISO's form.
Left out and told as unread: hidden sheets, rows (also those that a filter hides) and columns,
struck-through cells, charts, text boxes, comments. The first row of a stretch is its header; single
cells above it are paragraphs.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from factory.documents.formats import Extracted, Unreadable, data_uris, markdown_blocks
from factory.documents.formats.delimited import CELLS, long_cells, rows_of
from factory.documents.formats.encoding import decoded
from factory.documents.formats.office.office_zip import Package
from factory.documents.formats.office.unread_parts import leftover
from factory.documents.formats.office.xlsx import Line, Sheet, sheets

CSV_BYTES = 128 << 20  # about 10 times as much in memory as cells
FILLED = 1_000_000  # cells that merged ones may be written into, or looked at for them
HIDDEN = 10  # filled cells that lie below a merged one at most: Excel keeps none, LibreOffice a few
BEYOND = 100  # rows that a merged cell reaches below the last one at most


def read_xlsx(path: Path) -> Extracted:
    """An .xlsx file as Markdown without pages. Raises Unreadable."""
    with Package.opened(path, "xlsx") as package:
        shown = [(name, [block for block in _blocks(sheet) if block]) for name, sheet in sheets(package)]
        unread = tuple(leftover(package))
    text = markdown_blocks.text(block for name, blocks in shown if blocks for block in [markdown_blocks.heading(1, name), *blocks])
    if not text:
        why = f"; it has {unread[0]}" if unread else ""
        raise Unreadable(f"it holds no text in the sheets that are shown{why}")
    return Extracted(text, unread=unread)


def read_csv(path: Path) -> Extracted:
    """A .csv or .tsv file as Markdown without pages; empty rows part one table from the next. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            raw = file.read(CSV_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > CSV_BYTES:
        raise Unreadable(f"it is over {CSV_BYTES >> 20} MB, too much to read at once; split it")
    source, tabs = data_uris.CELL.sub("", decoded(raw)), path.suffix.lower() == ".tsv"
    blocks: list[str] = []
    with long_cells(len(source)):
        for filled, rows in groupby(rows_of(source, tabs), key=_is_filled):
            if filled:
                blocks += _stretch([_line(row) for row in rows])
    text = markdown_blocks.text(blocks)
    if not text:
        raise Unreadable("it is empty")
    return Extracted(text)


def _is_filled(row: list[str]) -> bool:
    return any(cell and not cell.isspace() for cell in row)


def _line(row: list[str]) -> Line:
    return {place: cell for place, cell in enumerate(row) if cell and not cell.isspace()}


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
    room = FILLED
    numbers = sorted(sheet.lines)
    for top, bottom, left, right in sheet.merged:
        words = sheet.lines.get(top, {}).get(left, "")
        if room <= 0:
            break
        if not words or len(words) > markdown_blocks.REPEATED:
            continue
        rows = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        width = min(right - left, markdown_blocks.WIDEST) + 1
        room -= len(rows) * width
        beyond = width <= right - left or bottom > numbers[-1] + BEYOND
        if room <= 0 or (bottom > top and (beyond or _hides(sheet, rows, left, right))):
            continue
        for number in rows:
            line = sheet.lines[number]
            if len(line) > (number == top):
                line.update({n: words for n in range(left, left + width) if n not in sheet.concealed})


def _hides(sheet: Sheet, rows: list[int], left: int, right: int) -> bool:
    """Whether a merged cell would take the place of more filled ones than a person merges."""
    filled = (n for number in rows for n in range(left, right + 1) if n in sheet.lines[number])
    return len(list(islice(filled, HIDDEN + 2))) > HIDDEN + 1


def _stretch(lines: list[Line]) -> Iterator[str]:
    """A stretch of rows as a table, single cells above it as paragraphs; a stretch of one column is paragraphs."""
    width = max(map(len, lines), default=0)
    rows = iter(lines)
    first: Line = {}
    for first in rows:
        if len(first) > 1 or width == 1:
            break
        yield from map(markdown_blocks.paragraph, first.values())
    rest = [first, *rows]
    if width == 1 and len({place for line in rest for place in line}) == 1:
        yield from (markdown_blocks.paragraph(words) for line in rest for words in line.values())
        return
    yield markdown_blocks.table(list(_placed(rest)))


def _placed(lines: list[Line]) -> Iterator[list[str]]:
    """Every row with a cell in every column that is used, or up to its last one if that is too much."""
    used = sorted({place for line in lines for place in line})
    rank = {place: n for n, place in enumerate(used, 1)}
    if len(used) * len(lines) <= CELLS:
        return ([line.get(place, "") for place in used] for line in lines)
    ends = [rank[max(line)] if line else 0 for line in lines]
    if sum(ends) > CELLS:
        raise Unreadable(f"a table of it takes more than {CELLS:,} cells, as its rows lie far apart; split it")
    return ([line.get(place, "") for place in used[:end]] for line, end in zip(lines, ends, strict=True))
