"""Read the visible rows of an .xlsx workbook, one by one.

Hidden sheets, rows and columns and struck-through words are left out and noted as unread. Rows of a
folded group are read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from factory.documents.formats import Unreadable
from factory.documents.formats.delimited import MAX_CELLS
from factory.documents.formats.office import cell_fonts
from factory.documents.formats.office.cell_fonts import CellText, StruckStyles
from factory.documents.formats.office.cell_format import NumberFormats
from factory.documents.formats.office.docx_numbering import whole_number
from factory.documents.formats.office.office_zip import Package

# of all cells: a long text that many cells share takes little space in the file
MAX_SHEET_CHARACTERS = 128 << 20
MAX_COLUMNS = 16_384  # of a sheet, as in Excel
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

RowCells = dict[int, str]  # a row's cells by column


@dataclass
class Sheet:
    """The visible cells of a sheet by row number, its merged cells and what it leaves out."""

    lines: dict[int, RowCells] = field(default_factory=dict)
    concealed: set[int] = field(default_factory=set)  # columns
    skipped: list[int] = field(default_factory=list)  # numbers of hidden rows
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: int = 0  # rows with cells that the sheet does not show
    hidden_cells: int = 0  # cells of hidden columns
    struck: int = 0  # cells
    uncomputed: int = 0  # formulas without a result: the program that wrote them computed nothing

    def left_out(self) -> Iterator[str]:
        """Yield a phrase for each kind of cells that the sheet holds and does not show."""
        if self.hidden:
            yield f"hidden rows ({self.hidden})"
        if self.hidden_cells:
            yield f"cells in hidden columns ({self.hidden_cells})"
        if self.struck:
            yield f"struck-through cells ({self.struck})"
        if self.uncomputed:
            yield (
                f"formulas without a result ({self.uncomputed}; "
                "open the file in a spreadsheet and save it)"
            )


def visible_sheets(package: Package) -> Iterator[tuple[str, Sheet]]:
    """Yield each visible sheet with its name. Raises Unreadable if there are too many cells.

    What a sheet holds and does not show, such as formulas that no program has computed, is added to
    the package's unread parts.
    """
    main = package.main()
    linked = package.relations(main)
    parts = {kind: target for kind, target in linked.values() if target in package}
    book = package.tree(main)
    setting = book.find("workbookPr")
    styles = package.tree(parts["styles"]) if "styles" in parts else None
    formats = NumberFormats(
        styles, from_1904=setting is not None and setting.get("date1904") in ("1", "true")
    )
    words = (
        list(map(_cell_text, package.blocks(parts["sharedStrings"], "sst")))
        if "sharedStrings" in parts
        else []
    )
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
    """The strings and styles that all sheets share, and how much was read."""

    words: list[CellText]
    formats: NumberFormats
    struck: StruckStyles
    parts: set[str] = field(default_factory=set)
    cells: int = 0
    characters: int = 0

    def count(self, line: RowCells) -> None:
        """Count a row. Raises Unreadable if there is more than fits in memory."""
        self.cells += len(line)
        self.characters += sum(map(len, line.values()))
        if self.cells > MAX_CELLS:
            raise Unreadable(
                f"it holds more than {MAX_CELLS:,} cells, too much to read at once; split it"
            )
        if self.characters > MAX_SHEET_CHARACTERS:
            most = f"{MAX_SHEET_CHARACTERS >> 20} million characters"
            raise Unreadable(f"its cells hold more than {most}, too much to read at once; split it")


def _read(package: Package, part: str, shared: _Reading) -> Sheet:
    sheet = Sheet()
    number = 0
    for one in package.blocks(part, "cols", "sheetData", "mergeCells"):
        if one.tag == "row":
            # two rows never share a number, even if the file says so
            number = max(whole_number(one.get("r")), number + 1)
            struck = sheet.struck
            if _is_hidden(one):
                sheet.skipped.append(number)
                sheet.hidden += any(map(_is_filled, one))
            elif line := _cells(one, sheet, shared):
                sheet.lines[number] = line
                shared.count(line)
            elif sheet.struck > struck:
                sheet.skipped.append(number)  # it does not end a table
        elif one.tag == "col" and _is_hidden(one) and len(sheet.concealed) < MAX_COLUMNS:
            if (first := whole_number(one.get("min"))) > 0:
                sheet.concealed.update(
                    range(first, min(whole_number(one.get("max")), MAX_COLUMNS) + 1)
                )
        elif one.tag == "mergeCell" and len(ends := _REFERENCE.findall(one.get("ref", ""))) == 2:
            (left, top), (right, bottom) = ends
            sheet.merged.append((int(top), int(bottom), column_number(left), column_number(right)))
    return sheet


def _is_hidden(line: Element) -> bool:
    """Check whether a row or column is hidden.

    Those of a folded group are not, because a click in the margin shows them.
    """
    return line.get("hidden") in ("1", "true") and not whole_number(line.get("outlineLevel"))


def _is_filled(cell: Element) -> bool:
    return bool(cell.findtext("v")) or cell.find("is") is not None


def _is_uncomputed(cell: Element) -> bool:
    """Check whether a formula has no result; an empty text is a result."""
    return cell.find("f") is not None and not cell.findtext("v") and cell.get("t") != "str"


def _cells(row: Element, sheet: Sheet, shared: _Reading) -> RowCells:
    line: RowCells = {}
    place = last = 0
    for cell in row:
        reference = _REFERENCE.match(cell.get("r", ""))
        place = column_number(reference[1]) if reference else place + 1
        if place in line:
            place = last + 1  # two cells never share a place, even if the file says so
        last = max(place, last)
        if place in sheet.concealed:
            sheet.hidden_cells += _is_filled(cell)
            continue
        words = _shown(cell, shared)
        if whole_number(cell.get("s")) in shared.struck:
            sheet.struck += bool(words.shown.strip())
            words = CellText(words.own)
        elif not words.shown:
            sheet.uncomputed += _is_uncomputed(cell)
        if words.shown and not words.shown.isspace():
            line[place] = words.shown
    return line


def _shown(cell: Element, shared: _Reading) -> CellText:
    kind = cell.get("t", "n")
    value = cell.findtext("v") or ""
    if kind == "inlineStr":
        return _cell_text(found) if (found := cell.find("is")) is not None else CellText("")
    if kind == "s":
        return (
            shared.words[whole_number(value)]
            if 0 <= whole_number(value) < len(shared.words)
            else CellText("")
        )
    return CellText(_computed(cell, kind, value, shared))


def _computed(cell: Element, kind: str, value: str, shared: _Reading) -> str:
    match kind:
        case "b":
            return "TRUE" if value == "1" else "FALSE"
        case "n":
            return shared.formats.shown(value, whole_number(cell.get("s"))) if value else ""
        case "d":
            return value.replace("T", " ")
        case _:
            return _unescaped(value)


def _cell_text(text: Element) -> CellText:
    words = cell_fonts.cell_text(text)
    return CellText(_unescaped(words.shown), _unescaped(words.own))


def _unescaped(words: str) -> str:
    """Decode characters that XML can't hold, such as `_x000D_`; half a surrogate pair is none."""
    if "_x" not in words:
        return words
    found = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), words)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")


def column_number(letters: str) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    n = 0
    for letter in letters:
        n = 26 * n + ord(letter) - ord("A") + 1
    return n
