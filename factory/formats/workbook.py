"""An .xlsx workbook as the rows that its sheets show, read row by row: hidden sheets, rows and columns are passed over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from factory.formats import Unreadable
from factory.formats.cells import Formats
from factory.formats.delimited import CELLS
from factory.formats.numbering import whole
from factory.formats.package import Package

CHARACTERS = 128 << 20  # of all cells: a long text that many cells share takes little room in its file
COLUMNS = 16_384  # of a sheet, as Excel has them
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
    """Each sheet that is shown, with its name. Raises Unreadable where there are more cells than memory is for.

    Adds formulas that no program has computed to the package's unread parts.
    """
    main = package.main()
    linked = package.relations(main)
    parts = {kind: target for kind, target in linked.values() if target in package}
    book = package.tree(main)
    setting = book.find("workbookPr")
    styles = package.tree(parts["styles"]) if "styles" in parts else None
    formats = Formats(styles, from_1904=setting is not None and setting.get("date1904") in ("1", "true"))
    words = list(map(_said, package.blocks(parts["sharedStrings"], "sst"))) if "sharedStrings" in parts else []
    reading = _Reading(words, formats)
    for listed in book.findall("sheets/sheet"):
        kind, part = linked.get(listed.get("r:id", ""), ("", ""))
        shown = listed.get("state", "visible") == "visible"
        if kind == "worksheet" and part in package and shown and part not in reading.parts:
            reading.parts.add(part)
            yield listed.get("name", ""), _read(package, part, reading)
    if reading.uncomputed:
        remedy = "open the file in a spreadsheet program and save it"
        package.unread.append(f"formulas without a computed value ({reading.uncomputed}); {remedy}")


@dataclass
class _Reading:
    """What the cells of all sheets share, and how much was read."""

    words: list[str]
    formats: Formats
    parts: set[str] = field(default_factory=set)
    cells: int = 0
    characters: int = 0
    uncomputed: int = 0  # formulas without a value

    def count(self, line: Line) -> None:
        """Raises Unreadable where there is more than memory is for."""
        self.cells += len(line)
        self.characters += sum(map(len, line.values()))
        if self.cells > CELLS:
            raise Unreadable(f"it holds more than {CELLS:,} cells, too much to read at once; split it")
        if self.characters > CHARACTERS:
            most = f"{CHARACTERS >> 20} million characters"
            raise Unreadable(f"its cells hold more than {most}, too much to read at once; split it")


def _read(package: Package, part: str, shared: _Reading) -> Sheet:
    sheet = Sheet()
    number = 0
    for one in package.blocks(part, "cols", "sheetData", "mergeCells"):
        if one.tag == "row":
            number = max(whole(one.get("r")), number + 1)  # no two rows have the same number, whatever they say
            if one.get("hidden") in ("1", "true"):
                sheet.skipped.append(number)
            elif line := _cells(one, sheet.concealed, shared):
                sheet.lines[number] = line
                shared.count(line)
        elif one.tag == "col" and one.get("hidden") in ("1", "true") and len(sheet.concealed) < COLUMNS:
            if (first := whole(one.get("min"))) > 0:
                sheet.concealed.update(range(first, min(whole(one.get("max")), COLUMNS) + 1))
        elif one.tag == "mergeCell" and len(ends := _REFERENCE.findall(one.get("ref", ""))) == 2:
            (left, top), (right, bottom) = ends
            sheet.merged.append((int(top), int(bottom), column(left), column(right)))
    return sheet


def _cells(row: Element, concealed: set[int], shared: _Reading) -> Line:
    line: Line = {}
    place = last = 0
    for cell in row:
        reference = _REFERENCE.match(cell.get("r", ""))
        place = column(reference[1]) if reference else place + 1
        if place in line:
            place = last + 1  # no two cells have the same place, whatever they say
        last = max(place, last)
        if place not in concealed and _is_uncomputed(cell):
            shared.uncomputed += 1
        if place not in concealed and (words := _shown(cell, shared)) and not words.isspace():
            line[place] = words
    return line


def _is_uncomputed(cell: Element) -> bool:
    """Whether it is a formula whose value no program has written; "" is a value of the kind `str`."""
    return not cell.findtext("v") and cell.find("f") is not None and cell.get("t") != "str"


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
    """Characters that XML can't hold stand as `_x000D_`; half of a pair without its other half is none."""
    if "_x" not in words:
        return words
    found = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), words)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def column(letters: str) -> int:
    """1 for A, 27 for AA."""
    n = 0
    for letter in letters:
        n = 26 * n + ord(letter) - ord("A") + 1
    return n
