"""An .xlsx workbook as the rows that its sheets show, read row by row: hidden sheets, rows and columns are passed over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from factory.formats import Unreadable
from factory.formats.cells import Formats
from factory.formats.numbering import whole
from factory.formats.package import Package

CELLS = 5_000_000  # of a workbook, about 100 bytes each in memory: 100,000 rows of 10 cells are 1,000,000
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Line = dict[int, str]  # a row's cells by column


@dataclass
class Sheet:
    """What a sheet shows, as it is read: rows by number, less the hidden ones above, and what is merged."""

    lines: dict[int, Line] = field(default_factory=dict)
    concealed: set[int] = field(default_factory=set)  # columns
    skipped: list[int] = field(default_factory=list)  # numbers of hidden rows
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def sheets(package: Package) -> Iterator[tuple[str, Sheet]]:
    """Each sheet that is shown, with its name. Raises Unreadable where there are more cells than memory is for."""
    main = package.main()
    linked = package.relations(main)
    parts = {kind: target for kind, target in linked.values() if target in package}
    book = package.tree(main)
    setting = book.find("workbookPr")
    styles = package.tree(parts["styles"]) if "styles" in parts else None
    formats = Formats(styles, from_1904=setting is not None and setting.get("date1904") in ("1", "true"))
    words = list(map(_said, package.blocks(parts["sharedStrings"], "sst"))) if "sharedStrings" in parts else []
    left = CELLS
    for listed in book.findall("sheets/sheet"):
        kind, part = linked.get(listed.get("r:id", ""), ("", ""))
        if kind == "worksheet" and part in package and listed.get("state", "visible") == "visible":
            sheet = _read(package, part, _Reading(words, formats, left))
            left -= sum(map(len, sheet.lines.values()))
            yield listed.get("name", ""), sheet


@dataclass(frozen=True)
class _Reading:
    """What the cells of all sheets share."""

    words: list[str]
    formats: Formats
    left: int  # cells that may still be read


def _read(package: Package, part: str, shared: _Reading) -> Sheet:
    sheet = Sheet()
    number = found = 0
    for one in package.blocks(part, "cols", "sheetData", "mergeCells"):
        if one.tag == "row":
            number = whole(one.get("r")) or number + 1
            if one.get("hidden") in ("1", "true"):
                sheet.skipped.append(number)
            elif line := dict(_cells(one, sheet.concealed, shared)):
                sheet.lines[number] = line
                found += len(line)
            if found > shared.left:
                raise Unreadable(f"it holds more than {CELLS:,} cells, too much to read at once; split it")
        elif one.tag == "col" and one.get("hidden") in ("1", "true"):
            sheet.concealed.update(range(whole(one.get("min")), min(whole(one.get("max")), 16_384) + 1))
        elif one.tag == "mergeCell" and len(ends := _REFERENCE.findall(one.get("ref", ""))) == 2:
            (left, top), (right, bottom) = ends
            sheet.merged.append((int(top), int(bottom), column(left), column(right)))
    return sheet


def _cells(row: Element, concealed: set[int], shared: _Reading) -> Iterator[tuple[int, str]]:
    place = 0
    for cell in row:
        reference = _REFERENCE.match(cell.get("r", ""))
        place = column(reference[1]) if reference else place + 1
        if place not in concealed and (words := _shown(cell, shared)) and not words.isspace():
            yield place, words


def _shown(cell: Element, shared: _Reading) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_said(one) for one in cell.findall("is"))
    value = cell.findtext("v") or ""
    match kind:
        case "s":
            return shared.words[whole(value)] if 0 <= whole(value) < len(shared.words) else ""
        case "b":
            return "TRUE" if value == "1" else "FALSE"
        case "n":
            return shared.formats.shown(value, whole(cell.get("s"))) if value else ""
        case "d":
            return value.replace("T", " ")
        case _:
            return _unescaped(value)


def _said(text: Element) -> str:
    """The words of a text, without the reading aids above them."""
    return _unescaped("".join(t.text or "" for one in text if one.tag in ("t", "r") for t in one.iter("t")))


def _unescaped(words: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), words) if "_x" in words else words


def column(letters: str) -> int:
    """1 for A, 27 for AA."""
    n = 0
    for letter in letters:
        n = 26 * n + ord(letter) - ord("A") + 1
    return n
