"""Blocks of Markdown as the readers write them: headings, tables, lists, and text that can't be mistaken for one of these."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from factory.documents.formats.encodable import writable

REPEATED = 200  # characters of a merged cell that stands in each place it covers: a longer text is no label, and stands once
WIDEST = 100  # columns that a cell is believed to span
PADDED = 4  # times the cells of a table that it may have when every row is as wide as the widest
# Line beginnings that mean something: a heading, a fence, an underline of a heading, a row of a table.
_MARKS = re.compile(r"(?m)^(?=[ \t]*(?:#{1,6}[ \t]|`{3}|~{3}|\||(?:=+|-{3,})[ \t]*$))")
_BLANKS = re.compile(r"[ \t\u00a0\u2007\u202f]+")
_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\ufeff]")  # none of these shows
RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")


@dataclass(frozen=True)
class Cell:
    """A cell and how far it reaches, at least one row and one column."""

    text: str
    rows: int = 1
    columns: int = 1


def text(blocks: Iterable[str]) -> str:
    """Blocks apart by an empty line, as NFC with `\\n`: offsets into it stay true."""
    return "\n\n".join(block for block in map(normal, blocks) if block.strip())


def normal(block: str) -> str:
    return unicodedata.normalize("NFC", writable(block).replace("\r\n", "\n").replace("\r", "\n"))


def clean(words: str) -> str:
    """Lines without blanks at their ends or doubled inside, and without characters that show nothing."""
    lines = (_BLANKS.sub(" ", line).strip() for line in _CONTROL.sub("", words.replace("\r\n", "\n").replace("\r", "\n")).split("\n"))
    return "\n".join(line for line in lines if line)


def paragraph(words: str) -> str:
    """Text of which no line reads as a heading, a fence or a table."""
    return _MARKS.sub(r"\\", clean(words))


def heading(level: int, words: str) -> str:
    """One line, however the words were broken; empty where there are none."""
    title = " ".join(clean(words).split("\n"))
    return f"{'#' * max(1, min(level, 6))} {title}" if title else ""


def raised(words: str) -> str:
    """Superscript digits as characters of their own: 10⁶ is not 106. Words (1st) stay as they are."""
    stripped = words.strip()
    return words.translate(RAISED) if stripped and not stripped.strip("0123456789+-−=()n") and stripped != "n" else words


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its header, each row one line; empty rows and columns are left out."""
    lines = [[_flat(cell) for cell in row] for row in rows]
    lines = [line for line in lines if any(line)]
    used = sorted({n for line in lines for n, cell in enumerate(line) if cell})
    if not used:
        return ""
    place = {n: at for at, n in enumerate(used)}
    wide = len(used) * len(lines) <= PADDED * sum(map(len, lines)) + 1000
    found = [_line(line, place, len(used) if wide or not n else 0) for n, line in enumerate(lines)]
    return "\n".join([found[0], "|" + " --- |" * len(used), *found[1:]])


def _flat(cell: str) -> str:
    """A cell's words in one line."""
    if cell.isascii() and cell.isprintable() and "  " not in cell:  # most cells of large tables
        return cell.strip()
    return _SPACES.sub(" ", clean(cell)).strip()


def _line(line: Sequence[str], place: dict[int, int], width: int) -> str:
    kept = [cell.replace("|", "\\|") for n, cell in enumerate(line) if n in place]
    return "".join(f"| {cell} " if cell else "| " for cell in kept + [""] * (width - len(kept))) + "|"


def spread(rows: Iterable[Sequence[Cell]]) -> list[list[str]]:
    """Each cell's text in every place that it covers, so that a row says by itself what it belongs to.

    It stands once where it is long, or alone in its row.
    """
    held = [list(row) for row in rows]
    room = PADDED * sum(map(len, held)) + 100_000  # a few spans could ask for more cells than any memory has
    found: list[list[str]] = []
    below: dict[int, Cell] = {}  # by column: what still reaches into the rows to come
    for row in held:
        line: list[str] = []
        for cell in _with(below, row):
            if cell.rows > 1 and room > 0:
                below[len(line)] = Cell("" if len(cell.text) > REPEATED else cell.text, cell.rows - 1, cell.columns)
            line += _across(cell, alone=len(row) == 1 and not below) if room > 0 else [cell.text]
        room -= len(line)
        found.append(line)
    return found


def _with(below: dict[int, Cell], row: Sequence[Cell]) -> Iterator[Cell]:
    """The row's cells with those that reach into it from above."""
    place = 0
    rest = list(reversed(row))
    above, reach = dict(below), max(below, default=-1)
    below.clear()
    while rest or place <= reach:
        cell = above.pop(place, None) or (rest.pop() if rest else Cell(""))
        yield cell
        place += max(1, min(cell.columns, WIDEST))


def _across(cell: Cell, alone: bool) -> list[str]:
    columns = max(1, min(cell.columns, WIDEST))
    again = "" if alone or len(cell.text) > REPEATED else cell.text
    return [cell.text, *[again] * (columns - 1)]
