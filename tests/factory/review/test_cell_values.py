"""A workbook that comes back: what was typed is read as its cell shows it, though the cell holds a number."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from factory.core.run_folder import Run
from factory.documents.formats.office.cell_format import NumberFormats
from factory.review.cell_values import number_cell
from factory.review.sheet_rows import EXPERT_COLUMNS
from factory.review.xlsx import WORKBOOK_COLUMNS, export_workbook
from tests.factory.review.returned import NUMERIC, back, fixes, sampled
from tests.world import LAW, mistake

PLACE = {name: number for number, name in enumerate(WORKBOOK_COLUMNS, 1)}

MADE = "fixed_answer holds a date that the spreadsheet made of what was typed ({}); type it again, as text"


def filled(folder: Path, value: object, number_format: str | None = None) -> tuple[Run, Path]:
    """The first example's correction as a spreadsheet stores it; the second is accepted."""
    run, deck = sampled(folder / "run", {"e1": "within 14 days", "e2": "14 days"})
    book = load_workbook(export_workbook(run, deck))
    sheet: Any = book.active
    ids = {sheet.cell(row, 1).value: row for row in (2, 3)}
    sheet.cell(ids["e1"], PLACE["verdict"]).value = "fix"
    sheet.cell(ids["e2"], PLACE["verdict"]).value = "accept"
    cell = sheet.cell(ids["e1"], PLACE["fixed_answer"])
    cell.value = value
    if number_format:
        cell.number_format = number_format
    path = folder / "back.xlsx"
    book.save(path)
    return run, path


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.3, "0%", "30%"),
        (0.3, "0\\ %", "30 %"),
        (0.305, "0%", "30.5%"),
        (0.0157, "0.00%", "1.57%"),
        (-0.0513, "0.00%", "-5.13%"),
        (1.5, "0.00", "1.50"),
        (1.555, "0.00", "1.555"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1234.5, '#,##0.00\\ "€"', "1,234.50 €"),
        (1234.5, "[$€-407]\\ #,##0.00", "€ 1,234.50"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (7, "000", "007"),
        (14, "General", "14"),
        (14.0, "@", "14"),
        (0.75, "# ?/?", "3/4"),
        (2.5, "# ?/?", "2 1/2"),
        (0.375, "# ?/8", "3/8"),
        (150000, "0.0E+00", "1.5E+05"),
        (date(2026, 11, 16), "DD.MM.YYYY", "16.11.2026"),
        (datetime(2026, 11, 16), "dd.mm.yyyy", "16.11.2026"),
        (date(2026, 11, 16), "mm/dd/yyyy", "11/16/2026"),
        (date(2026, 11, 16), "d/m/yy", "16/11/26"),
        (date(2026, 11, 16), "d mmmm yyyy", "16 November 2026"),
        (date(2026, 3, 1), "[$-407]d\\.\\ mmmm\\ yyyy;@", "1. März 2026"),
        (date(2026, 11, 16), "[$-409]dddd, mmmm d, yyyy", "Monday, November 16, 2026"),
        (date(2026, 11, 15), "d mmmm", "15 November"),
        (datetime(2026, 11, 16), "yyyy-mm-dd h:mm:ss", "2026-11-16"),
        (datetime(2026, 11, 16, 9, 5), "dd.mm.yyyy hh:mm", "16.11.2026 09:05"),
        (
            datetime(2026, 11, 16),
            "mm-dd-yy",
            "2026-11-16",
        ),  # format 14, whose order the file does not say
        (time(10, 30), "h:mm", "10:30"),
        (time(22, 30), "h:mm AM/PM", "10:30 PM"),
        (timedelta(hours=36, minutes=5), "[h]:mm:ss", "36:05:00"),
        (True, None, "TRUE"),
        ("30 %", None, "30 %"),
        ("'=1+1", None, "'=1+1"),
        (" 007 ", None, "007"),
        (
            "first_x000D_\nsecond\nthird",
            None,
            "first\nsecond\nthird",
        ),  # as Excel on Windows writes a pasted line break
        (
            CellRichText("about ", TextBlock(InlineFont(strike=True), "13"), "12 loaves"),
            None,
            "about 12 loaves",
        ),
    ],
)
def test_a_correction_is_read_as_its_cell_shows_it(
    tmp_path: Path, value: object, number_format: str | None, text: str
) -> None:
    run, path = filled(tmp_path, value, number_format)
    found = back(run, path)
    assert (found.faults, fixes(found)) == ((), {"e1": text})


def test_a_number_that_was_read_by_its_format_is_told(tmp_path: Path) -> None:
    found = back(*filled(tmp_path, 0.3, "0%"))
    assert [note.why for note in found.notes] == [
        "fixed_answer holds a number, read as its format shows it: 30%"
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "why"),
    [
        (date(2026, 11, 15), "d-mmm", MADE.format("15-Nov")),
        (date(2026, 3, 1), "mmm-yy", MADE.format("Mar-26")),
        (
            1138188999079640.0,
            "General",
            "fixed_answer holds a number of which the spreadsheet has kept 15 digits; type it again, as text",
        ),
        (
            123456,
            "0.00E+00",
            "fixed_answer holds a number of which the spreadsheet shows only 1.23E+05; type it again, as text",
        ),
        ("#N/A", None, "fixed_answer holds #N/A, a spreadsheet's error; type it again, as text"),
        ("=1+1", "General", "fixed_answer holds a formula without a value; type the text itself"),
        (0, "#", "fixed_answer holds 0, which its format does not show; type it again, as text"),
        (
            5,
            '[<10]"few";"many"',
            """fixed_answer holds 5 in a format that can't be read ([<10]"few";"many"); type it again, as text""",
        ),
        (
            5,
            'General" days"',
            """fixed_answer holds 5 in a format that can't be read (General" days"); type it again, as text""",
        ),
        (
            -1,
            "dd.mm.yyyy",
            "fixed_answer holds a number that is no date; type what is meant as text",
        ),
    ],
)
def test_what_can_not_have_been_typed_is_named_and_the_rest_counts(
    tmp_path: Path, value: object, number_format: str, why: str
) -> None:
    found = back(*filled(tmp_path, value, number_format))
    assert [fault.why for fault in found.faults] == [why]
    assert [(v.id, v.verdict) for v in found.verdicts] == [("e2", "accept")]


def test_what_is_typed_stays_text_below_the_last_row_too(tmp_path: Path) -> None:
    run, deck = sampled(tmp_path / "run", {"e1": "a"})
    sheet: Any = load_workbook(export_workbook(run, deck)).active
    letters = {name: sheet.cell(1, PLACE[name]).column_letter for name in EXPERT_COLUMNS}
    assert {sheet.cell(2, PLACE[name]).number_format for name in EXPERT_COLUMNS} == {"@"}
    assert {sheet.column_dimensions[letter].number_format for letter in letters.values()} == {"@"}


def test_ids_of_a_workbook_are_no_numbers_and_those_that_became_some_are_matched(
    tmp_path: Path,
) -> None:
    run, deck = sampled(tmp_path / "run", dict.fromkeys(NUMERIC, "14"))
    book = load_workbook(export_workbook(run, deck))
    sheet: Any = book.active
    for row in (2, 3, 4):
        id = str(sheet.cell(row, 1).value)
        assert id.startswith("id-")
        sheet.cell(row, 1).value = float(id.removeprefix("id-"))
        sheet.cell(row, PLACE["verdict"]).value = "accept"
    book.save(tmp_path / "back.xlsx")
    found = back(run, tmp_path / "back.xlsx")
    assert (found.faults, {v.id for v in found.verdicts}) == ((), set(NUMERIC))


def test_filtered_rows_and_added_sheets_change_nothing(tmp_path: Path) -> None:
    run, path = filled(tmp_path, "14")
    book = load_workbook(path)
    book.create_sheet("notes", 0)["A1"] = "see below"
    book["review"].row_dimensions[2].hidden = book["review"].row_dimensions[3].hidden = True
    book.save(path)
    assert len(back(run, path).verdicts) == 2


def test_a_workbook_of_another_ending_is_read_by_what_it_is(tmp_path: Path) -> None:
    run, path = filled(tmp_path, "14")
    assert len(back(run, path.rename(tmp_path / "back.csv")).verdicts) == 2


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("a.xls", ".xls files can't be read; save it as .xlsx"),
        ("a.numbers", ".numbers files can't be read; export it from Numbers as Excel (.xlsx)"),
        (
            "a.html",
            ".html files can't be read; press Export in the page, and give the JSON file that it saves",
        ),
    ],
)
def test_another_programs_file_is_refused_with_the_way_out(
    tmp_path: Path, name: str, way: str
) -> None:
    run, _ = sampled(tmp_path / "run", {"e1": "a"})
    assert mistake(lambda: back(run, tmp_path / name)) == f"{tmp_path / name}: {way}"


def test_a_zip_bomb_is_refused_by_one_sentence(tmp_path: Path) -> None:
    run, path = filled(tmp_path, "14")
    with (
        zipfile.ZipFile(path) as whole,
        zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in whole.namelist():
            with bomb.open(name, "w") as part:
                part.write(whole.read(name))
                for _ in range(64 if name.endswith("sheet1.xml") else 0):
                    part.write(b" " * (1 << 20))
    told = mistake(lambda: back(run, tmp_path / "bomb.xlsx"))
    assert "unpack" in told
    assert "\n" not in told


PIECES = [
    "0",
    "#",
    "?",
    ".",
    ",",
    "%",
    "/",
    "E+00",
    "e",
    "y",
    "yyyy",
    "m",
    "mmm",
    "mmmmm",
    "d",
    "ddd",
    "h",
    "[h]",
    "[mm]",
    "s",
    ".000",
]
PIECES += [
    "AM/PM",
    '"kg"',
    '"',
    "\\",
    "_",
    "*",
    "[$€-407]",
    "[$-F800]",
    "[Red]",
    "[",
    "]",
    ";",
    "@",
    "General",
    " ",
    "-",
    "q",
    "é",
]


@LAW
@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.one_of(
        st.floats().map(str), st.integers().map(str), st.decimals().map(str), st.text(max_size=6)
    ),
)
def test_any_number_in_any_format_is_a_text_or_a_fault(code: str, number: str) -> None:
    styles = ElementTree.Element("styleSheet")
    formats = ElementTree.SubElement(styles, "numFmts")
    ElementTree.SubElement(formats, "numFmt", numFmtId="164", formatCode=code)
    ElementTree.SubElement(ElementTree.SubElement(styles, "cellXfs"), "xf", numFmtId="164")
    found = number_cell(number, 0, 0, NumberFormats(styles, from_1904=False))
    assert found.text or found.fault or not number.strip()
