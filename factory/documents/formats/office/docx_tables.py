"""Rows and cells of a Word table, also within the frames of a form or of a tracked change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats import markdown_blocks
from factory.documents.formats.office.content_controls import contents
from factory.documents.formats.office.docx_numbering import value, whole

WRAPPERS = {"customXml", "ins", "moveTo", "sdtContent", "smartTag"}
Words = Callable[[Iterable[Element]], str]


def rows(table: Element) -> Iterator[Element]:
    for row in _inside(table, "tr"):
        if not any(row.find(f"trPr/{mark}") is not None for mark in ("del", "hidden")):
            yield row


def cells(row: Element) -> Iterator[Element]:
    return _inside(row, "tc")


def grid(table: Element, shown: Sequence[Element], words: Words) -> list[list[str]]:
    """The text of every place of the shown rows. A merged cell's stands in each place it covers."""
    held = [list(cells(row)) for row in shown]
    columns = max(len(table.findall("tblGrid/gridCol")), *map(len, held), 1)
    room = markdown_blocks.PADDED * sum(map(len, held)) + 100_000  # places that merged cells may fill
    found: list[list[str]] = []
    for row, inside in zip(shown, held, strict=True):
        line = [""] * _span(value(row, "trPr/gridBefore"), columns, 0)
        alone = len(inside) == 1 and not line
        for cell in inside:
            above = found[-1] if found and _continues(cell) else []
            text = _text(cell, above[len(line)] if len(line) < len(above) else "", words)
            across = _span(value(cell, "tcPr/gridSpan"), columns - len(line), 1)
            again = "" if alone or room < 0 else _label(text)
            line += [text, *[again] * (across - 1)]
            room -= across
        found.append(line)
    return found


def _text(cell: Element, above: str, words: Words) -> str:
    """The words of a cell; one that goes on with the cell above it says what that one says."""
    if cell.find("tcPr/cellDel") is not None:
        return ""
    return words(cell) or _label(above)


def _label(text: str) -> str:
    """A text that may stand in several places: a long one stands once."""
    return text if len(text) <= markdown_blocks.REPEATED else ""


def _continues(cell: Element) -> bool:
    """Whether a cell goes on with the one above it."""
    below = cell.find("tcPr/vMerge")
    return below is not None and below.get("val", "continue") == "continue"


def _span(text: str, widest: int, least: int) -> int:
    """The columns that a cell covers, at most those that the table has left."""
    return max(least, min(whole(text), widest, markdown_blocks.WIDEST))


def _inside(parent: Iterable[Element], tag: str) -> Iterator[Element]:
    for one in parent:
        if one.tag == tag:
            yield one
        elif one.tag == "sdt":
            yield from _inside(contents(one), tag)
        elif one.tag in WRAPPERS:
            yield from _inside(one, tag)
