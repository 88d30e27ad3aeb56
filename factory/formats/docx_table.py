"""Rows and cells of a Word table, also within the frames of a form or of a tracked change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from factory.formats import markdown
from factory.formats.controls import contents
from factory.formats.numbering import value, whole

WRAPPERS = {"customXml", "ins", "moveTo", "sdtContent", "smartTag"}
Words = Callable[[Iterable[Element]], str]


def rows(table: Element) -> Iterator[Element]:
    for row in _inside(table, "tr"):
        if not any(row.find(f"trPr/{mark}") is not None for mark in ("del", "hidden")):
            yield row


def cells(row: Element) -> Iterator[Element]:
    return _inside(row, "tc")


def grid(table: Element, shown: Sequence[Element], words: Words) -> list[list[str]]:
    """The text of every place of the shown rows; a merged cell's stands in each place that it covers."""
    columns = len(table.findall("tblGrid/gridCol")) or markdown.WIDEST
    widest = min(columns, markdown.WIDEST)
    room = (
        markdown.PADDED * len(shown) * widest + 100_000
    )  # a table may repeat what it spans so often
    found: list[list[str]] = []
    for row in shown:
        line = [""] * _span(value(row, "trPr/gridBefore"), widest, 0)
        held = list(cells(row))
        for cell in held:
            text = "" if cell.find("tcPr/cellDel") is not None else words(cell)
            across = _span(value(cell, "tcPr/gridSpan"), widest, 1)
            if _continues(cell) and found and len(line) < len(found[-1]):
                above = found[-1][len(line)]
                text = text or (above if len(above) <= markdown.REPEATED else "")
            alone = len(held) == 1 and not line
            again = "" if alone or len(text) > markdown.REPEATED or room < 0 else text
            line += [text, *[again] * (across - 1)]
            room -= across
        found.append(line)
    return found


def _continues(cell: Element) -> bool:
    """Whether a cell goes on with the one above it."""
    below = cell.find("tcPr/vMerge")
    return below is not None and below.get("val", "continue") == "continue"


def _span(text: str, widest: int, least: int) -> int:
    """The columns that a cell covers, at most those that the table has."""
    return max(least, min(whole(text), widest))


def _inside(parent: Iterable[Element], tag: str) -> Iterator[Element]:
    for one in parent:
        if one.tag == tag:
            yield one
        elif one.tag == "sdt":
            yield from _inside(contents(one), tag)
        elif one.tag in WRAPPERS:
            yield from _inside(one, tag)
