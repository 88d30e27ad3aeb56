"""Read the rows and cells of a Word table, including those in form frames and tracked changes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats import markdown_blocks
from factory.documents.formats.office.content_controls import control_contents
from factory.documents.formats.office.docx_numbering import child_value, whole_number

WRAPPER_TAGS = {"customXml", "ins", "moveTo", "sdtContent", "smartTag"}
ReadText = Callable[[Iterable[Element]], str]


def table_rows(table: Element) -> Iterator[Element]:
    for row in _inside(table, "tr"):
        if not any(row.find(f"trPr/{mark}") is not None for mark in ("del", "hidden")):
            yield row


def row_cells(row: Element) -> Iterator[Element]:
    return _inside(row, "tc")


def table_grid(table: Element, shown: Sequence[Element], words: ReadText) -> list[list[str]]:
    """Return the text of each place in the shown rows. A merged cell fills each place it covers."""
    cells_by_row = [list(row_cells(row)) for row in shown]
    columns = max(len(table.findall("tblGrid/gridCol")), *map(len, cells_by_row), 1)
    # limit on places that merged cells may fill
    room = markdown_blocks.MAX_PADDING * sum(map(len, cells_by_row)) + 100_000
    found: list[list[str]] = []
    for row, cells in zip(shown, cells_by_row, strict=True):
        line = [""] * _span(child_value(row, "trPr/gridBefore"), columns, 0)
        alone = len(cells) == 1 and not line
        for cell in cells:
            above = found[-1] if found and _continues(cell) else []
            text = _text(cell, above[len(line)] if len(line) < len(above) else "", words)
            across = _span(child_value(cell, "tcPr/gridSpan"), columns - len(line), 1)
            repeated = "" if alone or room < 0 else _repeatable(text)
            line += [text, *[repeated] * (across - 1)]
            room -= across
        found.append(line)
    return found


def _text(cell: Element, above: str, words: ReadText) -> str:
    """Return the text of a cell; a cell that continues the one above repeats its text."""
    if cell.find("tcPr/cellDel") is not None:
        return ""
    return words(cell) or _repeatable(above)


def _repeatable(text: str) -> str:
    """Return a text that may be repeated in several places; a long one is not repeated."""
    return text if len(text) <= markdown_blocks.MAX_REPEATED_LABEL else ""


def _continues(cell: Element) -> bool:
    """Check whether a cell continues the one above it."""
    below = cell.find("tcPr/vMerge")
    return below is not None and below.get("val", "continue") == "continue"


def _span(text: str, widest: int, least: int) -> int:
    """Return how many columns a cell covers, at most those that the table has left."""
    return max(least, min(whole_number(text), widest, markdown_blocks.MAX_COLUMN_SPAN))


def _inside(parent: Iterable[Element], tag: str) -> Iterator[Element]:
    for one in parent:
        if one.tag == tag:
            yield one
        elif one.tag == "sdt":
            yield from _inside(control_contents(one), tag)
        elif one.tag in WRAPPER_TAGS:
            yield from _inside(one, tag)
