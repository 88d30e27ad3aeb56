"""Write blocks of Markdown: headings, tables, and text that can't be mistaken for one of these."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from factory.documents.formats.encodable import writable

# Characters of a merged cell that is repeated in each place it covers; a longer one is no label.
MAX_REPEATED_LABEL = 200
MAX_COLUMN_SPAN = 100  # columns
MAX_PADDING = 4  # factor by which short rows may enlarge a table when they are filled up
# Line beginnings with a meaning: a heading, a fence, an underline of a heading, a table row.
_MARKS = re.compile(r"(?m)^(?=[ \t]*(?:#{1,6}[ \t]|`{3}|~{3}|\||(?:=+|-{3,})[ \t]*$))")
_BLANKS = re.compile(r"[ \t\u00a0\u2007\u202f]+")
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\ufeff]")  # invisible characters
TO_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")


@dataclass(frozen=True)
class TableCell:
    """A cell and the number of rows and columns it spans, at least one each."""

    text: str
    rows: int = 1
    columns: int = 1


def join_blocks(blocks: Iterable[str]) -> str:
    """Join blocks by empty lines, in NFC with `\\n`, so that offsets remain valid."""
    return "\n\n".join(block for block in map(normalize_block, blocks) if block.strip())


def normalize_block(block: str) -> str:
    return unicodedata.normalize("NFC", writable(block).replace("\r\n", "\n").replace("\r", "\n"))


def clean_lines(words: str) -> str:
    """Remove empty lines, blanks at line ends, double blanks and invisible characters."""
    lines = (
        _BLANKS.sub(" ", line).strip()
        for line in _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    )
    return "\n".join(line for line in lines if line)


def paragraph(words: str) -> str:
    """Escape the lines of a text that Markdown would read as a heading, a fence or a table."""
    return _MARKS.sub(r"\\", clean_lines(words))


def heading_line(level: int, words: str) -> str:
    """Return a heading in one line, or "" if it has no words."""
    title = " ".join(clean_lines(words).split("\n"))
    return f"{'#' * max(1, min(level, 6))} {title}" if title else ""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table with the first row as its header, without empty rows and columns."""
    lines = [[_one_line(cell) for cell in row] for row in rows]
    lines = [line for line in lines if any(line)]
    used = sorted({n for line in lines for n, cell in enumerate(line) if cell})
    if not used:
        return ""
    place = {n: at for at, n in enumerate(used)}
    wide = len(used) * len(lines) <= MAX_PADDING * sum(map(len, lines)) + 1000
    found = [
        _table_row(line, place, len(used) if wide or not n else 0) for n, line in enumerate(lines)
    ]
    return "\n".join([found[0], "|" + " --- |" * len(used), *found[1:]])


def _one_line(cell: str) -> str:
    """Return a cell's words in one line."""
    if cell.isascii() and cell.isprintable() and "  " not in cell:  # most cells of large tables
        return cell.strip()
    return _SPACES.sub(" ", clean_lines(cell)).strip()


def _table_row(line: Sequence[str], place: dict[int, int], width: int) -> str:
    kept = [cell.replace("|", "\\|") for n, cell in enumerate(line) if n in place]
    return (
        "".join(f"| {cell} " if cell else "| " for cell in kept + [""] * (width - len(kept))) + "|"
    )


def expand_spans(rows: Iterable[Sequence[TableCell]]) -> list[list[str]]:
    """Repeat each cell's text in every place that it spans, so that a row is clear on its own.

    A text that is long or alone in its row is not repeated.
    """
    source = [list(row) for row in rows]
    # A few spans could ask for more cells than fit into memory.
    room = MAX_PADDING * sum(map(len, source)) + 100_000
    found: list[list[str]] = []
    below: dict[int, TableCell] = {}  # by column: cells that span into later rows
    for row in source:
        line: list[str] = []
        for cell in _with_cells_from_above(below, row):
            if cell.rows > 1 and room > 0:
                below[len(line)] = TableCell(
                    "" if len(cell.text) > MAX_REPEATED_LABEL else cell.text,
                    cell.rows - 1,
                    cell.columns,
                )
            line += (
                _repeat_across(cell, alone=len(row) == 1 and not below) if room > 0 else [cell.text]
            )
        room -= len(line)
        found.append(line)
    return found


def _with_cells_from_above(
    below: dict[int, TableCell], row: Sequence[TableCell]
) -> Iterator[TableCell]:
    """Yield the row's cells and those that span into it from above."""
    place = 0
    rest = list(reversed(row))
    above, reach = dict(below), max(below, default=-1)
    below.clear()
    while rest or place <= reach:
        cell = above.pop(place, None) or (rest.pop() if rest else TableCell(""))
        yield cell
        place += max(1, min(cell.columns, MAX_COLUMN_SPAN))


def _repeat_across(cell: TableCell, alone: bool) -> list[str]:
    columns = max(1, min(cell.columns, MAX_COLUMN_SPAN))
    again = "" if alone or len(cell.text) > MAX_REPEATED_LABEL else cell.text
    return [cell.text, *[again] * (columns - 1)]
