"""Read a returned workbook (.xlsx, .ods): every row of its sheets, hidden and filtered ones too,
with what was typed in each cell.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.core.errors import UserMistake
from factory.documents.formats import Unreadable
from factory.documents.formats.office.cell_format import NumberFormats
from factory.documents.formats.office.docx_numbering import whole_number
from factory.documents.formats.office.office_zip import Package
from factory.documents.formats.office.xlsx import column_number
from factory.review.cell_values import CellValue, number_cell

SheetRow = tuple[int, list[CellValue]]  # the row number, as a spreadsheet shows it, and its cells
MOST_COLUMNS = 256
MOST_ROWS = 200_000  # rows that are not empty
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ERROR = re.compile(
    r"#(N/A|NV|NAME\?|REF!|BEZUG!|DIV/0!|VALUE!|WERT!|NUM!|ZAHL!|NULL!|SPILL!|CALC!)|#NOM\?|Err:\d{3}|#{3,}",
    re.IGNORECASE,
)
WORKBOOK_ADVICE = "give the exported workbook, filled in, as .xlsx"


def cell_fault(text: str) -> str:
    """Describe the spreadsheet error that a cell's text is; empty if it is none."""
    return (
        f"holds {text.strip()}, a spreadsheet's error; type it again, as text"
        if _ERROR.fullmatch(text.strip())
        else ""
    )


def read_sheets(file: Path, kind: str) -> list[list[SheetRow]]:
    """Return the rows of each sheet of a workbook of a `kind` (xlsx, ods). Raises UserMistake."""
    try:
        with Package.opened(file, kind) as package:
            return list(_open_document(package) if kind == "ods" else _office_open(package))
    except Unreadable as error:
        raise UserMistake(f"{file}: can't be read: {error}; {WORKBOOK_ADVICE}") from error


@dataclass(frozen=True)
class _Shared:
    """Data that the cells of all sheets share. `numbered` is each style's format if it has only a
    number.
    """

    words: list[str]
    formats: NumberFormats
    numbered: list[int]


def _office_open(package: Package) -> Iterator[list[SheetRow]]:
    main = package.main()
    linked = package.relations(main)
    parts = {kind: target for kind, target in linked.values() if target in package}
    book = package.tree(main)
    shared = _shared(package, parts, book)
    for listed in book.findall("sheets/sheet"):
        kind, part = linked.get(listed.get("r:id", ""), ("", ""))
        if kind == "worksheet" and part in package:
            yield list(_rows(package, part, shared))


def _shared(package: Package, parts: dict[str, str], book: Element) -> _Shared:
    setting = book.find("workbookPr")
    styles = package.tree(parts["styles"]) if "styles" in parts else None
    own = (
        set()
        if styles is None
        else {whole_number(one.get("numFmtId")) for one in styles.findall("numFmts/numFmt")}
    )
    numbers = (
        []
        if styles is None
        else [whole_number(one.get("numFmtId")) for one in styles.findall("cellXfs/xf")]
    )
    return _Shared(
        words=[_words(one) for one in package.blocks(parts["sharedStrings"], "sst")]
        if "sharedStrings" in parts
        else [],
        formats=NumberFormats(
            styles, from_1904=setting is not None and setting.get("date1904") in ("1", "true")
        ),
        numbered=[0 if number in own else number for number in numbers],
    )


def _rows(package: Package, part: str, shared: _Shared) -> Iterator[SheetRow]:
    number = found = 0
    for row in package.blocks(part, "sheetData"):
        if row.tag != "row":
            continue
        number = whole_number(row.get("r")) or number + 1
        cells = _line(row, shared)
        found += bool(cells)
        if found > MOST_ROWS:
            raise Unreadable(f"it holds more than {MOST_ROWS:,} rows")
        if cells:
            yield number, [cells.get(place, CellValue()) for place in range(1, max(cells) + 1)]


def _line(row: Element, shared: _Shared) -> dict[int, CellValue]:
    cells, place = {}, 0
    for cell in row:
        reference = _REFERENCE.match(cell.get("r", ""))
        place = column_number(reference[1]) if reference else place + 1
        if place <= MOST_COLUMNS and ((found := _cell(cell, shared)).text or found.fault):
            cells[place] = found
    return cells


def _cell(cell: Element, shared: _Shared) -> CellValue:
    kind, value, style = cell.get("t", "n"), cell.findtext("v") or "", whole_number(cell.get("s"))
    if cell.find("f") is not None and not value:
        return CellValue(fault="holds a formula without a value; type the text itself")
    match kind:
        case "inlineStr":
            return CellValue("".join(_words(one) for one in cell.findall("is")))
        case "s":
            return CellValue(
                shared.words[whole_number(value)]
                if value and 0 <= whole_number(value) < len(shared.words)
                else ""
            )
        case "b":
            word = "TRUE" if value == "1" else "FALSE"
            return CellValue(word, note=f"holds a truth value, read as {word}")
        case "e":
            return CellValue(
                value, fault=f"holds {value}, a spreadsheet's error; type it again, as text"
            )
        case "n":
            numbered = shared.numbered[style] if 0 <= style < len(shared.numbered) else 0
            return number_cell(value, style, numbered, shared.formats) if value else CellValue()
        case "d":
            return CellValue(re.sub(r"T00:00(:00(\.0+)?)?Z?$", "", value).replace("T", " "))
        case _:
            return CellValue(_unescaped(value))


def _words(text: Element) -> str:
    """Return the words of a text, without phonetic guides and without what the reviewer has struck
    through.
    """
    told = (
        one for one in text if one.tag == "t" or (one.tag == "r" and not _is_struck_through(one))
    )
    return _unescaped("".join(t.text or "" for one in told for t in one.iter("t")))


def _is_struck_through(run: Element) -> bool:
    mark = run.find("rPr/strike")
    return mark is not None and mark.get("val", "1") not in ("0", "false")


def _unescaped(words: str) -> str:
    return _ESCAPED.sub(_character, words) if "_x" in words else words


def _character(escape: re.Match[str]) -> str:
    """Return the character that an escape names; half a surrogate pair names none."""
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code < 0xE000 else chr(code)


def _open_document(package: Package) -> Iterator[list[SheetRow]]:
    """Read an OpenDocument workbook: a cell contains its text as displayed."""
    if "content.xml" not in package:
        raise Unreadable("it is no ODS file, whatever its ending says")
    for table in package.tree("content.xml").iter("table"):
        yield list(_table_rows(table))


def _table_rows(table: Element) -> Iterator[SheetRow]:
    number, found = 1, 0
    for row in table.iter("table-row"):
        cells = _table_line(row)
        repeated = max(whole_number(row.get("number-rows-repeated")), 1)
        if any(cell.text for cell in cells):
            found += repeated
            if found > MOST_ROWS:
                raise Unreadable(f"it holds more than {MOST_ROWS:,} rows")
            for place in range(repeated):  # equal rows are stored once
                yield number + place, cells
        number += repeated


def _table_line(row: Element) -> list[CellValue]:
    cells: list[CellValue] = []
    for cell in row:
        if cell.tag in ("table-cell", "covered-table-cell") and len(cells) < MOST_COLUMNS:
            repeated = max(whole_number(cell.get("number-columns-repeated")), 1)
            text = "\n".join(map(_paragraph, cell.findall("p")))
            cells += [CellValue(text, fault=cell_fault(text))] * min(
                repeated, MOST_COLUMNS - len(cells)
            )
    return cells


def _paragraph(element: Element) -> str:
    """Return the text of a paragraph. Blanks, tabs and line breaks are elements; annotations are
    left out.
    """
    told = [element.text or ""]
    for one in element:
        if one.tag == "s":
            told.append(" " * min(max(whole_number(one.get("c")), 1), 10_000))
        elif one.tag in ("tab", "line-break"):
            told.append("\t" if one.tag == "tab" else "\n")
        elif one.tag != "annotation":
            told.append(_paragraph(one))
        told.append(one.tail or "")
    return "".join(told)
