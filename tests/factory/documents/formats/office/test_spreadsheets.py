"""Spreadsheets and delimited files: every visible cell is read in its row, under its header."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from factory.documents.formats import Extracted, Unreadable
from factory.documents.formats.office import spreadsheets as sheets_module
from factory.documents.formats.office import xlsx as workbook_module
from factory.documents.formats.office.spreadsheets import read_csv, read_xlsx

RULE = re.compile(r"\|( --- \|)+")


def workbook(home: Path, write: Callable[[Workbook, Worksheet], object]) -> str:
    """The text of a workbook whose first sheet, `Fares`, was written on."""
    book = Workbook()
    book.active.title = "Fares"
    write(book, book.active)
    book.save(home / "a.xlsx")
    return read_xlsx(home / "a.xlsx").text


def rows(*lines: list[object]) -> Callable[[Workbook, Worksheet], object]:
    return lambda _, sheet: [sheet.append(line) for line in lines]


def cells(text: str) -> list[list[str]]:
    """Return the cells of the only table of a text."""
    lines = [line for line in text.split("\n") if line.startswith("|") and not RULE.fullmatch(line)]
    return [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
    ]


def test_a_sheet_is_a_heading_and_a_table(tmp_path: Path) -> None:
    text = workbook(tmp_path, rows(["zone", "fare"], ["A|B", 2], ["C\nD", None]))
    assert text == "# Fares\n\n| zone | fare |\n| --- | --- |\n| A\\|B | 2 |\n| C D | |"


def test_empty_rows_part_tables_and_a_single_cell_above_one_is_a_paragraph(tmp_path: Path) -> None:
    text = workbook(
        tmp_path,
        rows(
            ["By day"],
            ["zone", None, "fare"],
            ["A", None, 2],
            [],
            ["By night"],
            ["zone", "fare"],
            ["A", 3],
        ),
    )
    assert text == (
        "# Fares\n\nBy day\n\n| zone | fare |\n| --- | --- |\n| A | 2 |\n\nBy night\n\n| zone | fare |\n| --- | --- |\n| A | 3 |"
    )


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [
        (1234.5, "General", "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "General", "100000000000000000000"),
        (12, "0.00", "12.00"),
        (1234567.891, "#,##0.0", "1,234,567.9"),
        (0.125, "0.0%", "12.5%"),
        (0.5, "0%", "50%"),
        (-7.5, "0.00", "-7.50"),
        (-7.5, "#,##0.00;(#,##0.00)", "(7.50)"),
        (
            -1234,
            '_-* #,##0.00\\ [$€-407]_-;-* #,##0.00\\ [$€-407]_-;_-* "-"??\\ [$€-407]_-;_-@_-',
            "-1,234.00 €",
        ),
        (0, '_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', "-"),
        (9.5, "[$£-809]#,##0.00", "£9.50"),
        (9.5, '#,##0.00 "coins; each"', "9.50 coins; each"),
        (9.5, "[Red]0.0", "9.5"),
        (2500000, '0.0,,"m"', "2.5m"),
        (3.0, "0.0#", "3.0"),
        (2.345, "0.00", "2.35"),
        (0.001, "0.00;-0.00", "0.00"),
        (-0.001, "0.00", "0.00"),
        (7, "000", "007"),
        (0.5, "#.##", ".5"),
        (1.5, "# ?/?", "1.5"),
        (12345, "0.00E+00", "12345"),
        (5, ";;;", ""),
        (True, "General", "TRUE"),
        (date(2026, 3, 1), "dd/mm/yyyy", "2026-03-01"),
        (datetime(2026, 3, 1, 9, 5), "d mmm yyyy h:mm AM/PM", "2026-03-01 09:05"),
        (datetime(2026, 3, 1, 9, 5, 7), "yyyy-mm-dd hh:mm:ss", "2026-03-01 09:05:07"),
        (datetime(2026, 3, 1), "mmm yyyy", "2026-03"),
        (datetime(2026, 3, 1), "yyyy", "2026"),
        (time(9, 5), "h:mm", "09:05"),
        (1.5, "[h]:mm", "36:00:00"),
        (-5, "yyyy-mm-dd", "-5"),
        (5e6, "yyyy-mm-dd", "5000000"),
    ],
)
def test_a_value_stands_as_the_sheet_shows_it_and_a_date_as_iso_writes_it(
    tmp_path: Path, value: object, shape: str, shown: str
) -> None:
    def write(_: Workbook, sheet: Worksheet) -> None:
        sheet.append(["zone", "fare"])
        sheet.append(["A", value])
        sheet["B2"].number_format = shape

    assert cells(workbook(tmp_path, write))[1] == ["A", shown]


def test_hidden_sheets_rows_and_columns_are_left_out_and_part_nothing(tmp_path: Path) -> None:
    def write(book: Workbook, sheet: Worksheet) -> None:
        rows(["zone", "cost", "fare"], ["A", 1, 2], ["B", 1, 3], ["C", 1, 4])(book, sheet)
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        book.create_sheet("Notes").append(["secret", "x"])
        book["Notes"].sheet_state = "hidden"

    assert (
        workbook(tmp_path, write)
        == "# Fares\n\n| zone | fare |\n| --- | --- |\n| A | 2 |\n| C | 4 |"
    )


def test_merged_cells_stand_in_every_place_they_cover_but_a_title_once(tmp_path: Path) -> None:
    def write(book: Workbook, sheet: Worksheet) -> None:
        rows(["Fares of 2026"], ["zone", "fare", None], ["A", 2, 3], [None, 4, 5])(book, sheet)
        for merged in ("A1:C1", "B2:C2", "A3:A4"):
            sheet.merge_cells(merged)

    assert (
        workbook(tmp_path, write)
        == "# Fares\n\nFares of 2026\n\n| zone | fare | fare |\n| --- | --- | --- |\n| A | 2 | 3 |\n| A | 4 | 5 |"
    )


@pytest.mark.parametrize("merged", ["A1:XFD1048576", "A1:B1048576", "A2:B40"])
def test_a_merged_cell_over_the_whole_table_takes_nothing_away(tmp_path: Path, merged: str) -> None:
    table = [[f"zone {n}", f"fare {n}"] for n in range(40)]

    def write(_: Workbook, sheet: Worksheet) -> None:
        rows(*map(list[object], table))(_, sheet)
        sheet.merged_cells.add(merged)

    assert cells(workbook(tmp_path, write)) == table


def test_formulas_that_no_program_has_computed_are_reported(tmp_path: Path) -> None:
    workbook(
        tmp_path,
        rows(["item", "net", "gross"], ["van", 100, "=B2*1.19"], ["cart", 200, "=B3*1.19"]),
    )
    found = read_xlsx(tmp_path / "a.xlsx")
    assert cells(found.text) == [["item", "net", "gross"], ["van", "100", ""], ["cart", "200", ""]]
    assert found.unread == (
        "formulas without a result (2; open the file in a spreadsheet and save it) of the sheet Fares",
    )


def test_a_formula_whose_value_is_empty_is_computed(tmp_path: Path) -> None:
    cell = '<c r="A2" t="str"><f>IF(TRUE,"")</f><v></v></c>'
    raw(
        tmp_path,
        f'<sheetData><row r="1"><c t="inlineStr"><is><t>item</t></is></c></row><row r="2">{cell}</row></sheetData>',
    )
    assert read_xlsx(tmp_path / "a.xlsx").unread == ()


def test_a_sheet_of_formulas_alone_says_why_it_is_empty(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"no text in its visible sheets; it has formulas without a result"
    ):
        workbook(tmp_path, rows(["=1+1"]))


def test_a_cell_at_the_end_of_the_sheet_costs_nothing(tmp_path: Path) -> None:
    def write(_: Workbook, sheet: Worksheet) -> None:
        rows(["zone", "fare"], ["A", 2])(_, sheet)
        sheet["XFD2"], sheet["XFD1048576"] = "note", "far"

    assert (
        workbook(tmp_path, write)
        == "# Fares\n\n| zone | fare | |\n| --- | --- | --- |\n| A | 2 | note |\n\nfar"
    )


def raw(home: Path, sheet: str, strings: str = "", styles: str = "") -> str:
    """Return the text of a workbook with this XML in its sheet, shared strings and styles."""
    rows(["zone"])(book := Workbook(), book.active)
    book.save(home / "a.xlsx")
    with ZipFile(home / "a.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts["xl/worksheets/sheet1.xml"] = f"<worksheet {space}>{sheet}</worksheet>".encode()
    parts |= {"xl/sharedStrings.xml": f"<sst {space}>{strings}</sst>".encode()} if strings else {}
    link = b'<Relationship Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/>'
    listed = "xl/_rels/workbook.xml.rels"
    parts[listed] = parts[listed].replace(b"</Rel", link + b"</Rel")
    parts |= (
        {"xl/styles.xml": f"<styleSheet {space}>{styles}</styleSheet>".encode()} if styles else {}
    )
    with ZipFile(home / "a.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return read_xlsx(home / "a.xlsx").text


def row_xml(*values: str) -> str:
    """A row of cells as XML."""
    return "<row>" + "".join(map('<c t="str"><v>{}</v></c>'.format, values)) + "</row>"


@pytest.mark.parametrize(
    "number",
    [
        "1e999999",
        "-1e999999",
        "1e-999999",
        "1e99999999999999999999",
        "NaN",
        "sNaN",
        "Infinity",
        "9" * 400,
    ],
)
@pytest.mark.parametrize(
    "code", ["0.00%", "#,##0,,", "yyyy-mm-dd", "[h]:mm", "0.00;-0.00", "General", "%" * 200]
)
def test_a_number_that_no_sheet_can_hold_stands_as_it_is_written(
    tmp_path: Path, number: str, code: str
) -> None:
    styles = f'<numFmts><numFmt numFmtId="170" formatCode="{code}"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
    sheet = f'<sheetData>{row_xml("zone", "fare")}<row><c t="str"><v>A</v></c><c s="1"><v>{number}</v></c></row></sheetData>'
    assert cells(raw(tmp_path, sheet, styles=styles)) == [["zone", "fare"], ["A", number]]


def test_a_number_format_of_endless_digits_is_none(tmp_path: Path) -> None:
    styles = f'<numFmts><numFmt numFmtId="170" formatCode="{"0" * 9999}"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs>'
    sheet = f'<sheetData>{row_xml("zone", "fare")}<row><c t="str"><v>A</v></c><c><v>1.5</v></c></row></sheetData>'
    assert cells(raw(tmp_path, sheet, styles=styles))[1] == ["A", "1.5"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a_xD800_b", "a\ufffdb"),
        ("a_xDE00__xD83D_b", "a\ufffd\ufffdb"),
        ("a_xD83D__xDE00_b", "a\U0001f600b"),
        ("a_x0000_b_x0007_", "ab"),
        ("a_x000D_b", "a b"),
        ("_x005F_x0041_", "_x0041_"),
    ],
)
def test_an_escaped_character_is_one_that_can_be_written(
    tmp_path: Path, written: str, shown: str
) -> None:
    found = cells(
        raw(tmp_path, f"<sheetData>{row_xml('zone', 'fare')}{row_xml('A', written)}</sheetData>")
    )
    assert found[1] == ["A", shown]


def test_rows_and_cells_of_the_same_number_all_stay(tmp_path: Path) -> None:
    line = '<row r="1"><c r="A1" t="str"><v>a{0}</v></c><c r="A1" t="str"><v>b{0}</v></c></row>'
    found = cells(raw(tmp_path, f"<sheetData>{''.join(map(line.format, range(3)))}</sheetData>"))
    assert found == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]


def test_columns_hidden_without_a_first_one_hide_nothing(tmp_path: Path) -> None:
    columns = '<cols><col min="-99999999999" max="3" hidden="1"/></cols>'
    found = raw(tmp_path, f"{columns}<sheetData>{row_xml('A', 'B')}{row_xml('C', 'D')}</sheetData>")
    assert cells(found) == [["A", "B"], ["C", "D"]]


def test_a_long_text_in_many_cells_is_told_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_module, "MAX_SHEET_CHARACTERS", 1 << 20)
    again = "<row>" + '<c t="s"><v>0</v></c>' * 60 + "</row>"
    with pytest.raises(
        Unreadable,
        match="^its cells hold more than 1 million characters, too much to read at once; split it$",
    ):
        raw(tmp_path, f"<sheetData>{again}</sheetData>", strings=f"<si><t>{'x' * 20_000}</t></si>")


def test_rows_that_lie_apart_are_cut_short_or_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets_module, "MAX_CELLS", 3000)
    (tmp_path / "a.csv").write_text("a,b\n" + "x," * 99 + "x\n" + "c,d\n" * 60)
    assert read_csv(tmp_path / "a.csv").text.endswith("\n| c | d |")
    (tmp_path / "a.csv").write_text("".join("," * n + "x," * 2 + "x\n" for n in range(90)))
    with pytest.raises(
        Unreadable,
        match="^one of its tables takes more than 3,000 cells, because its rows are far apart; split it$",
    ):
        read_csv(tmp_path / "a.csv")


def test_a_charset_that_is_none_is_reported(tmp_path: Path) -> None:
    workbook(tmp_path, rows(["zone", "fare"]))
    with (
        ZipFile(tmp_path / "a.xlsx", "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr(
            "xl/worksheets/sheet1.xml", '<?xml version="1.0" encoding="undefined"?><worksheet/>'
        )
    with pytest.raises(Unreadable, match="^it is a broken XLSX file; open it and save it again"):
        read_xlsx(tmp_path / "a.xlsx")


def test_a_formula_that_was_never_computed_shows_nothing(tmp_path: Path) -> None:
    assert cells(workbook(tmp_path, rows(["zone", "fare"], ["A", "=1+1"], ["B", 3])))[1:] == [
        ["A", ""],
        ["B", "3"],
    ]


def test_a_workbook_without_a_cell_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="^it holds no text in its visible sheets$"):
        workbook(tmp_path, rows())


WORDS = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Cn", "Co", "Mn", "Mc"),
        exclude_characters="\\=",
    ),
    min_size=1,
)
TABLES = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), min_size=2, max_size=6)
)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_any_table_of_words_survives(table: list[list[str]]) -> None:
    with TemporaryDirectory() as home:
        text = workbook(Path(home), rows(*map(list[object], table)))
    assert cells(text) == [[unicodedata.normalize("NFC", cell) for cell in row] for row in table]


@pytest.mark.parametrize(
    ("written", "table"),
    [
        (b"zone,fare\nA,2\n", [["zone", "fare"], ["A", "2"]]),
        (b"zone;fare\nA;2,50\n", [["zone", "fare"], ["A", "2,50"]]),
        (b"zone\tfare\nA\t2\n", [["zone", "fare"], ["A", "2"]]),
        (
            "Tram;Preis, €;Länge, m\nAsche 1;1,50;2,25\n".encode(),
            [["Tram", "Preis, €", "Länge, m"], ["Asche 1", "1,50", "2,25"]],
        ),
        (b"sep=|\r\nzone|fare\r\nA|2\r\n", [["zone", "fare"], ["A", "2"]]),
        (b'zone,fare\n"A\nor, B",2\n', [["zone", "fare"], ["A or, B", "2"]]),
        (b'zone,fare\n"the ""A""",2|3\n', [["zone", "fare"], ['the "A"', "2|3"]]),
        (
            b"zone,fare,till\nA,2\nB,3,4,5\n",
            [["zone", "fare", "till", ""], ["A", "2", "", ""], ["B", "3", "4", "5"]],
        ),
        (
            b'zone,fare\nA,"' + b"x " * 100_000 + b'"\nB,3\n',
            [["zone", "fare"], ["A", "x " * 99_999 + "x"], ["B", "3"]],
        ),
        ("zone,fare\nÖ,2\n".encode("utf-16"), [["zone", "fare"], ["Ö", "2"]]),
        ("zone,fare\nÖ,2\n".encode("utf-8-sig"), [["zone", "fare"], ["Ö", "2"]]),
    ],
)
def test_a_delimited_file_is_a_table(
    tmp_path: Path, written: bytes, table: list[list[str]]
) -> None:
    (tmp_path / "a.csv").write_bytes(written)
    assert cells(read_csv(tmp_path / "a.csv").text) == table


def test_a_tsv_is_parted_by_tabs_whatever_else_is_even(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"A, B\t2, 3\nC, D\t4, 5\n")
    assert cells(read_csv(tmp_path / "a.tsv").text) == [["A, B", "2, 3"], ["C, D", "4, 5"]]


def test_one_column_is_paragraphs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Trams run.\nBuses rest.\n")
    assert read_csv(tmp_path / "a.csv").text == "Trams run.\n\nBuses rest."


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"", "it is empty"),
        (b",,\n,,\n", "it is empty"),
        (b"zone,fare\nGr\xf6,2\n", "it is not UTF-8 (byte 12); save it as UTF-8"),
        (b"a,b\0\n", "it is a binary file, not text"),
    ],
)
def test_a_delimited_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, written: bytes, reason: str
) -> None:
    (tmp_path / "a.csv").write_bytes(written)
    with pytest.raises(Unreadable) as raised:
        read_csv(tmp_path / "a.csv")
    assert str(raised.value) == reason


def read(home: Path, write: Callable[[Workbook, Worksheet], object]) -> Extracted:
    workbook(home, write)
    return read_xlsx(home / "a.xlsx")


def test_struck_cells_are_left_out_and_reported(tmp_path: Path) -> None:
    def write(_: Workbook, sheet: Worksheet) -> None:
        rows(["zone", "fare"], ["A", "14 coins"], ["B", 2], ["C", 3])(_, sheet)
        for place in ("A2", "B2", "B3"):
            sheet[place].font = Font(strike=True)

    found = read(tmp_path, write)
    assert cells(found.text) == [["zone", "fare"], ["B", ""], ["C", "3"]]
    assert found.unread == ("struck-through cells (3) of the sheet Fares",)


def test_struck_words_of_a_cell_are_left_out_and_raised_ones_stay_raised(tmp_path: Path) -> None:
    struck, up = InlineFont(strike=True), InlineFont(vertAlign="superscript")
    down, plain = InlineFont(vertAlign="subscript"), InlineFont()
    text = workbook(
        tmp_path,
        rows(
            ["zone", "fare"],
            [CellRichText(TextBlock(struck, "14 coins"), TextBlock(plain, " 19 coins")), 1],
            [CellRichText("10", TextBlock(up, "6"), " litres of H", TextBlock(down, "2"), "O"), 2],
        ),
    )
    assert cells(text) == [["zone", "fare"], ["19 coins", "1"], ["10⁶ litres of H₂O", "2"]]


def test_a_run_with_a_font_of_its_own_is_valid_in_a_struck_cell(tmp_path: Path) -> None:
    def write(_: Workbook, sheet: Worksheet) -> None:
        valid = TextBlock(InlineFont(strike=False), " 19 coins")
        rows(["zone", "fare"], [CellRichText("14 coins", valid), 1])(_, sheet)
        sheet["A2"].font = Font(strike=True)

    assert cells(workbook(tmp_path, write)) == [["zone", "fare"], ["19 coins", "1"]]


def test_a_folded_group_is_text_and_what_is_hidden_is_reported(tmp_path: Path) -> None:
    def write(book: Workbook, sheet: Worksheet) -> None:
        rows(["zone", "fare", "code"], ["A", 2, "x"], ["B", 3, "y"], ["C", 4, "z"])(book, sheet)
        sheet.row_dimensions.group(2, 2, hidden=True)
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        sheet["A4"].comment = Comment("from May on", "me")
        other = book.create_sheet("Drafts")
        other.append(["D", 5])
        other.sheet_state = "hidden"

    found = read(tmp_path, write)
    assert cells(found.text) == [["zone", "fare"], ["A", "2"], ["C", "4"]]
    assert found.unread == (
        "hidden rows (1) of the sheet Fares",
        "cells in hidden columns (3) of the sheet Fares",
        "the sheet Drafts, which is hidden",
        "comments (1)",
    )


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_data_of_a_picture_leave_the_cells_of_a_row_in_their_columns(
    quote: str, tmp_path: Path
) -> None:
    picture = f"{quote}data:image/png;base64,{'QUJD' * 40}={quote}"
    (tmp_path / "a.csv").write_text(f"zone,picture,fare\nA,{picture},2\nB,none,3\n")
    assert cells(read_csv(tmp_path / "a.csv").text)[1:] == [["A", "", "2"], ["B", "none", "3"]]
