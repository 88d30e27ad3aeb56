"""The review as a workbook: what is read is locked, verdict and kind are chosen from a list."""

import re
import zipfile
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from factory.errors import UserMistake
from factory.review import KINDS
from factory.review.cards import Deck
from factory.review.csv import COLUMNS, cells
from factory.review.intake import VERDICTS, Filled
from factory.run import Run

BOOK = "review/review.xlsx"
JUDGED = "judged"  # a hidden column: digest of the answer
NAMES = (*COLUMNS, JUDGED)
OPEN = ("verdict", "kind", "reason", "fixed_answer", "reviewer")
WIDTHS = {"id": 18, "document": 26, "question": 44, "answer": 30, "evidence": 44, "excerpt": 70, "reason": 30, "fixed_answer": 30}
LONGEST = 32_767  # characters of a cell, by Excel
# What XML can't hold or changes, and what looks like such an escape: as Office Open XML writes it (ISO/IEC 29500-1, 22.9.2.19).
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_WRITTEN = re.compile(r"_x([0-9A-Fa-f]{4})_")


def export_sheet(run: Run, deck: Deck) -> Path:
    """RUN/review/review.xlsx. A text that is longer than a cell can hold is cut there, and says so; it is whole in the page."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "review"
    for column, name in enumerate(NAMES, 1):
        head = sheet.cell(1, column, name)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E6F0EE")
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(name, 14)
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


def read_sheet(file: Path) -> list[Filled]:
    """Every row of a workbook. Raises UserMistake where it is none."""
    try:
        book = load_workbook(file, read_only=True, data_only=True)
        rows = [[_read(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported workbook as .xlsx") from error
    head = rows[0] if rows else []
    if missing := [name for name in NAMES if name not in head]:
        raise UserMistake(f"{file}: column {missing[0]} is missing, must have the columns that were exported")
    named = [dict(zip(head, row, strict=False)) for row in rows[1:]]
    return [_filled(row, f"row {number}") for number, row in enumerate(named, 2) if row["id"]]


def _read(value: object) -> str:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value  # a spreadsheet turns a typed 14 into a number
    return "" if whole is None else _WRITTEN.sub(lambda found: chr(int(found[1], 16)), str(whole))


def _filled(row: dict[str, str], where: str) -> Filled:
    cut = len(row["answer"]) >= LONGEST - 40
    return Filled(
        where=where,
        id=row["id"],
        verdict=row["verdict"],
        answer=None if cut else row["answer"],
        judged=row[JUDGED],
        kind=row["kind"],
        reason=row["reason"],
        fixed=row["fixed_answer"].strip(),
        reviewer=row["reviewer"],
    )
