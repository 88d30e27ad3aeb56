"""Review as a workbook: cells to read are locked, verdict and kind are chosen from a list."""

import re
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from factory.core.run_folder import Run
from factory.review import REJECTION_KINDS
from factory.review.cards import ReviewDeck
from factory.review.csv import COLUMNS, card_cells
from factory.review.importer import VERDICTS, FilledRow
from factory.review.sheet_rows import EXPERT_COLUMNS, filled_rows, has_columns
from factory.review.workbook_reader import read_sheets

WORKBOOK_FILE = "review/review.xlsx"
DIGEST_COLUMN = "judged"  # hidden column with the digest of the answer
WORKBOOK_COLUMNS = (*COLUMNS, DIGEST_COLUMN)
TEXT_FORMAT = "@"  # number format for text: a cell keeps what was typed
WIDTHS = {
    "id": 18,
    "document": 26,
    "question": 44,
    "answer": 30,
    "evidence": 44,
    "excerpt": 70,
    "reason": 30,
    "fixed_answer": 30,
}
LONGEST_CELL = 32_767  # Excel's limit for the characters of a cell
# Characters that XML can't contain or changes, and text that looks like their escape in Office Open
# XML (ISO/IEC 29500-1, 22.9.2.19).
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def export_workbook(run: Run, deck: ReviewDeck) -> Path:
    """Write RUN/review/review.xlsx.

    A text that is too long for a cell is cut, with a note; the page shows it whole.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "review"
    for column, name in enumerate(WORKBOOK_COLUMNS, 1):
        head = sheet.cell(1, column, name)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E6F0EE")
        whole = sheet.column_dimensions[get_column_letter(column)]
        whole.width = WIDTHS.get(name, 14)
        if name in EXPERT_COLUMNS:
            whole.number_format = TEXT_FORMAT  # applies below the last row, too
    for number, card in enumerate(deck.cards, 2):
        for column, (name, text) in enumerate(
            zip(WORKBOOK_COLUMNS, (*card_cells(card), card.judged), strict=True), 1
        ):
            _write(sheet.cell(number, column), name, text)
    _guard(sheet, len(deck.cards) + 1)
    path = run.folder / WORKBOOK_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _write(cell: Cell, name: str, text: str) -> None:
    written = _UNWRITABLE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)
    cut = (
        written
        if len(written) <= LONGEST_CELL
        else written[: LONGEST_CELL - 40] + " … (cut; whole in the HTML page)"
    )
    cell.value = None if name in EXPERT_COLUMNS else cut
    if name not in EXPERT_COLUMNS:
        cell.data_type = "s"  # a text that begins with = stays a text
    if name in (*EXPERT_COLUMNS, "id", DIGEST_COLUMN):
        cell.number_format = TEXT_FORMAT
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=name not in EXPERT_COLUMNS)


def _guard(sheet: Worksheet, last: int) -> None:
    """Protect the sheet without a password: it prevents slips, not intent."""
    sheet.protection.sheet = True
    # False: allowed.
    sheet.protection.formatColumns = sheet.protection.formatRows = sheet.protection.autoFilter = (
        False
    )
    sheet.freeze_panes = "C2"
    sheet.column_dimensions[get_column_letter(len(WORKBOOK_COLUMNS))].hidden = True
    for name, choices in (
        ("verdict", VERDICTS),
        ("kind", [kind for kind in REJECTION_KINDS if kind]),
    ):
        column = get_column_letter(WORKBOOK_COLUMNS.index(name) + 1)
        listed = DataValidation(
            type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True
        )
        listed.error = f"One of: {', '.join(choices)}"
        sheet.add_data_validation(listed)
        listed.add(f"{column}2:{column}{last}")


def read_workbook(file: Path, kind: str = "xlsx") -> list[FilledRow]:
    """Return every filled-in row of a workbook (xlsx, ods). Raises UserMistake if it is not a
    workbook.
    """
    sheets = read_sheets(file, kind)
    # Somebody may have added a sheet.
    rows = next(filter(has_columns, sheets), sheets[0] if sheets else [])
    return filled_rows(file, rows)
