"""Read spreadsheets and delimited files: sheets become headings, blocks of rows Markdown tables.

A block ends at an empty row. Its first row is the header; single cells above it are paragraphs. A
cell is what the sheet shows: the value last computed, in its number format, with dates in ISO form.
Left out and reported as unread: hidden sheets, rows (also filtered ones) and columns,
struck-through cells, charts, text boxes, comments.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from factory.documents.formats import Extracted, Unreadable, data_uris, markdown_blocks
from factory.documents.formats.delimited import MAX_CELLS, allow_long_cells, delimited_rows
from factory.documents.formats.encoding import decode_text
from factory.documents.formats.office.office_zip import Package
from factory.documents.formats.office.unread_parts import unread_phrases
from factory.documents.formats.office.xlsx import RowCells, Sheet, visible_sheets

MAX_CSV_BYTES = 128 << 20  # cells take about 10 times as much memory
MAX_MERGED_CELLS = 1_000_000  # cells that merged ones may fill
# Filled cells below a merged one: Excel keeps none, LibreOffice a few.
MAX_COVERED_CELLS = 10
MAX_ROWS_BELOW = 100  # rows that a merged cell may reach below the last one


def read_xlsx(path: Path) -> Extracted:
    """Return an .xlsx file as Markdown without pages. Raises Unreadable."""
    with Package.opened(path, "xlsx") as package:
        shown = [
            (name, [block for block in _blocks(sheet) if block])
            for name, sheet in visible_sheets(package)
        ]
        unread = tuple(unread_phrases(package))
    text = markdown_blocks.join_blocks(
        block
        for name, blocks in shown
        if blocks
        for block in [markdown_blocks.heading_line(1, name), *blocks]
    )
    if not text:
        why = f"; it has {unread[0]}" if unread else ""
        raise Unreadable(f"it holds no text in its visible sheets{why}")
    return Extracted(text, unread=unread)


def read_csv(path: Path) -> Extracted:
    """Return a .csv or .tsv file as Markdown without pages. Raises Unreadable.

    Empty rows separate one table from the next.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CSV_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > MAX_CSV_BYTES:
        raise Unreadable(f"it is over {MAX_CSV_BYTES >> 20} MB, too much to read at once; split it")
    source, tabs = data_uris.CELL_URI.sub("", decode_text(raw)), path.suffix.lower() == ".tsv"
    blocks: list[str] = []
    with allow_long_cells(len(source)):
        for filled, rows in groupby(delimited_rows(source, tabs), key=_is_filled):
            if filled:
                blocks += _stretch([_line(row) for row in rows])
    text = markdown_blocks.join_blocks(blocks)
    if not text:
        raise Unreadable("it is empty")
    return Extracted(text)


def _is_filled(row: list[str]) -> bool:
    return any(cell and not cell.isspace() for cell in row)


def _line(row: list[str]) -> RowCells:
    return {place: cell for place, cell in enumerate(row) if cell and not cell.isspace()}


def _blocks(sheet: Sheet) -> Iterator[str]:
    """Yield the blocks of rows between empty ones; a hidden row separates nothing."""
    _fill(sheet)
    stretch: list[RowCells] = []
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
    """Write the text of merged cells into every place that they cover.

    A text that is long or alone in its row (a title) is written once.
    """
    room = MAX_MERGED_CELLS
    numbers = sorted(sheet.lines)
    for top, bottom, left, right in sheet.merged:
        words = sheet.lines.get(top, {}).get(left, "")
        if room <= 0:
            break
        if not words or len(words) > markdown_blocks.MAX_REPEATED_LABEL:
            continue
        rows = numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]
        width = min(right - left, markdown_blocks.MAX_COLUMN_SPAN) + 1
        room -= len(rows) * width
        beyond = width <= right - left or bottom > numbers[-1] + MAX_ROWS_BELOW
        if room <= 0 or (bottom > top and (beyond or _hides(sheet, rows, left, right))):
            continue
        for number in rows:
            line = sheet.lines[number]
            if len(line) > (number == top):
                line.update(
                    {n: words for n in range(left, left + width) if n not in sheet.concealed}
                )


def _hides(sheet: Sheet, rows: list[int], left: int, right: int) -> bool:
    """Check whether a merged cell would cover more filled cells than a person would merge."""
    filled = (n for number in rows for n in range(left, right + 1) if n in sheet.lines[number])
    return len(list(islice(filled, MAX_COVERED_CELLS + 2))) > MAX_COVERED_CELLS + 1


def _stretch(lines: list[RowCells]) -> Iterator[str]:
    """Yield a block of rows as a table; single cells above it or one column are paragraphs."""
    width = max(map(len, lines), default=0)
    rows = iter(lines)
    first: RowCells = {}
    for first in rows:
        if len(first) > 1 or width == 1:
            break
        yield from map(markdown_blocks.paragraph, first.values())
    rest = [first, *rows]
    if width == 1 and len({place for line in rest for place in line}) == 1:
        yield from (markdown_blocks.paragraph(words) for line in rest for words in line.values())
        return
    yield markdown_blocks.table(list(_placed(rest)))


def _placed(lines: list[RowCells]) -> Iterator[list[str]]:
    """Return every row with all used columns, or up to its last cell if that is too much."""
    used = sorted({place for line in lines for place in line})
    rank = {place: n for n, place in enumerate(used, 1)}
    if len(used) * len(lines) <= MAX_CELLS:
        return ([line.get(place, "") for place in used] for line in lines)
    ends = [rank[max(line)] if line else 0 for line in lines]
    if sum(ends) > MAX_CELLS:
        raise Unreadable(
            f"one of its tables takes more than {MAX_CELLS:,} cells, because its rows are far "
            "apart; split it"
        )
    return (
        [line.get(place, "") for place in used[:end]] for line, end in zip(lines, ends, strict=True)
    )
