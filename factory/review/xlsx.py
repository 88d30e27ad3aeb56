"""The review as a workbook: what is read is locked, verdict and kind are chosen from a list."""

import re
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from factory.core.run_folder import Run
from factory.review import KINDS
from factory.review.cards import Deck
from factory.review.csv import COLUMNS, cells
from factory.review.importer import VERDICTS, Filled
from factory.review.sheet_rows import OPEN, filled_rows, has_columns
from factory.review.workbook_reader import sheets_of

BOOK = "review/review.xlsx"
JUDGED = "judged"  # a hidden column: digest of the answer
NAMES = (*COLUMNS, JUDGED)
TEXT = "@"  # the number format of a text: what is typed stays as it was typed
WIDTHS = {"id": 18, "document": 26, "question": 44, "answer": 30, "evidence": 44, "excerpt": 70, "reason": 30, "fixed_answer": 30}
LONGEST = 32_767  # characters of a cell, by Excel
# What XML can't hold or changes, and what looks like such an escape: as Office Open XML writes it (ISO/IEC 29500-1, 22.9.2.19).
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def export_sheet(run: Run, deck: Deck) -> Path:
    """RUN/review/review.xlsx. A text that is longer than a cell can hold is cut there, and says so; it is whole in the page."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "review"
    for column, name in enumerate(NAMES, 1):
        head = sheet.cell(1, column, name)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E6F0EE")
        whole = sheet.column_dimensions[get_column_letter(column)]
        whole.width = WIDTHS.get(name, 14)
        if name in OPEN:
            whole.number_format = TEXT  # of rows below the last one too
    for number, card in enumerate(deck.cards, 2):
        for column, (name, text) in enumerate(zip(NAMES, (*cells(card), card.judged), strict=True), 1):
            _write(sheet.cell(number, column), name, text)
    _guard(sheet, len(deck.cards) + 1)
    path = run.folder / BOOK
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _write(cell: Cell, name: str, text: str) -> None:
    written = _UNWRITABLE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
    cut = written if len(written) <= LONGEST else written[: LONGEST - 40] + " … (cut; whole in the HTML page)"
    cell.value = None if name in OPEN else cut
    if name not in OPEN:
        cell.data_type = "s"  # a text that begins with = is a text
    if name in (*OPEN, "id", JUDGED):
        cell.number_format = TEXT
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=name not in OPEN)


def _guard(sheet: Worksheet, last: int) -> None:
    """No password: it keeps a hand from slipping, not a will."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = False  # False: allowed
    sheet.freeze_panes = "C2"
    sheet.column_dimensions[get_column_letter(len(NAMES))].hidden = True
    for name, choices in (("verdict", VERDICTS), ("kind", [kind for kind in KINDS if kind])):
        column = get_column_letter(NAMES.index(name) + 1)
        listed = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True)
        listed.error = f"One of: {', '.join(choices)}"
        sheet.add_data_validation(listed)
        listed.add(f"{column}2:{column}{last}")


def read_sheet(file: Path, kind: str = "xlsx") -> list[Filled]:
    """Every row of a workbook (xlsx, ods) that says something. Raises UserMistake where it is none."""
    sheets = sheets_of(file, kind)
    rows = next(filter(has_columns, sheets), sheets[0] if sheets else [])  # somebody may have added a sheet
    return filled_rows(file, rows)
