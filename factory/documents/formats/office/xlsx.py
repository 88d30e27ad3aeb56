"""An .xlsx workbook as the rows that its sheets show, read row by row.

Hidden sheets, rows and columns are passed over, but for the rows of a folded group; so are struck-through words.
What was passed over is noted as unread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from factory.documents.formats import Unreadable
from factory.documents.formats.delimited import CELLS
from factory.documents.formats.office import cell_fonts
from factory.documents.formats.office.cell_fonts import StruckStyles, Words
from factory.documents.formats.office.cell_format import Formats
from factory.documents.formats.office.docx_numbering import whole
from factory.documents.formats.office.office_zip import Package

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
    hidden: int = 0  # rows with cells that the sheet does not show
    beside: int = 0  # cells of hidden columns
    struck: int = 0  # cells
    uncomputed: int = 0  # formulas without a result: the program that wrote them computed nothing

    def left_out(self) -> Iterator[str]:
        """A phrase for each kind of cells that it holds and does not show."""
        if self.hidden:
            yield f"hidden rows ({self.hidden})"
        if self.beside:
            yield f"cells in hidden columns ({self.beside})"
        if self.struck:
            yield f"struck-through cells ({self.struck})"
        if self.uncomputed:
            yield f"formulas without a result ({self.uncomputed}; open the file in a spreadsheet and save it)"


def sheets(package: Package) -> Iterator[tuple[str, Sheet]]:
    """Each sheet that is shown, with its name. Raises Unreadable where there are more cells than memory is for.

    Adds what a sheet holds and does not show, such as formulas that no program has computed, to the package's unread parts.
    """
    main = package.main()
    linked = package.relations(main)
    parts = {kind: target for kind, target in linked.values() if target in package}
    book = package.tree(main)
    setting = book.find("workbookPr")
    styles = package.tree(parts["styles"]) if "styles" in parts else None
    formats = Formats(styles, from_1904=setting is not None and setting.get("date1904") in ("1", "true"))
    words = list(map(_said, package.blocks(parts["sharedStrings"], "sst"))) if "sharedStrings" in parts else []
    reading = _Reading(words, formats, StruckStyles(styles))
    for listed in book.findall("sheets/sheet"):
        kind, part = linked.get(listed.get("r:id", ""), ("", ""))
        name = listed.get("name", "")
        if kind != "worksheet" or part not in package or part in reading.parts:
            continue
        reading.parts.add(part)
        if listed.get("state", "visible") != "visible":
            package.seen.add(part)
            package.unread.append(f"the sheet {name}, which is hidden")
            continue
        sheet = _read(package, part, reading)
        package.unread += [f"{what} of the sheet {name}" for what in sheet.left_out()]
        yield name, sheet


@dataclass
class _Reading:
    """What the cells of all sheets share, and how much was read."""

    words: list[Words]
    formats: Formats
    struck: StruckStyles
    parts: set[str] = field(default_factory=set)
    cells: int = 0
    characters: int = 0

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
            struck = sheet.struck
            if _is_hidden(one):
                sheet.skipped.append(number)
                sheet.hidden += any(map(_is_filled, one))
            elif line := _cells(one, sheet, shared):
                sheet.lines[number] = line
                shared.count(line)
            elif sheet.struck > struck:
                sheet.skipped.append(number)  # it parts no table
        elif one.tag == "col" and _is_hidden(one) and len(sheet.concealed) < COLUMNS:
            if (first := whole(one.get("min"))) > 0:
                sheet.concealed.update(range(first, min(whole(one.get("max")), COLUMNS) + 1))
        elif one.tag == "mergeCell" and len(ends := _REFERENCE.findall(one.get("ref", ""))) == 2:
            (left, top), (right, bottom) = ends
            sheet.merged.append((int(top), int(bottom), column(left), column(right)))
    return sheet


def _is_hidden(line: Element) -> bool:
    """Whether a row or column is hidden, but for those of a folded group, which a click in the margin shows."""
    return line.get("hidden") in ("1", "true") and not whole(line.get("outlineLevel"))


def _is_filled(cell: Element) -> bool:
    return bool(cell.findtext("v")) or cell.find("is") is not None


def _is_uncomputed(cell: Element) -> bool:
    """Whether a formula has no result; an empty text is one."""
    return cell.find("f") is not None and not cell.findtext("v") and cell.get("t") != "str"


def _cells(row: Element, sheet: Sheet, shared: _Reading) -> Line:
    line: Line = {}
    place = last = 0
    for cell in row:
        reference = _REFERENCE.match(cell.get("r", ""))
        place = column(reference[1]) if reference else place + 1
        if place in line:
            place = last + 1  # no two cells have the same place, whatever they say
        last = max(place, last)
        if place in sheet.concealed:
            sheet.beside += _is_filled(cell)
            continue
        words = _shown(cell, shared)
        if whole(cell.get("s")) in shared.struck:
            sheet.struck += bool(words.shown.strip())
            words = Words(words.own)
        elif not words.shown:
            sheet.uncomputed += _is_uncomputed(cell)
        if words.shown and not words.shown.isspace():
            line[place] = words.shown
    return line


def _shown(cell: Element, shared: _Reading) -> Words:
    kind = cell.get("t", "n")
    value = cell.findtext("v") or ""
    if kind == "inlineStr":
        return _said(found) if (found := cell.find("is")) is not None else Words("")
    if kind == "s":
        return shared.words[whole(value)] if 0 <= whole(value) < len(shared.words) else Words("")
    return Words(_computed(cell, kind, value, shared))


def _computed(cell: Element, kind: str, value: str, shared: _Reading) -> str:
    match kind:
        case "b":
            return "TRUE" if value == "1" else "FALSE"
        case "n":
            return shared.formats.shown(value, whole(cell.get("s"))) if value else ""
        case "d":
            return value.replace("T", " ")
        case _:
            return _unescaped(value)


def _said(text: Element) -> Words:
    words = cell_fonts.said(text)
    return Words(_unescaped(words.shown), _unescaped(words.own))


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
