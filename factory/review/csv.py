"""The review as CSV: a sheet with the evidence in it, and what was filled in."""

import csv
import io
from pathlib import Path

from factory.errors import UserMistake
from factory.review.cards import Card, Deck
from factory.review.intake import Filled
from factory.run import Run

COLUMNS = ("id", "document", "question", "answer", "evidence", "excerpt", "verdict", "kind", "reason", "fixed_answer", "reviewer")
LATER = ("kind",)  # columns that a sheet of an older docstill lacks
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to a spreadsheet


def export_csv(run: Run, deck: Deck) -> Path:
    """RUN/review/review.csv: one example a row; verdict, kind, reason, fixed_answer and reviewer are for the expert."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for card in deck.cards:
        writer.writerow([safe(cell) for cell in cells(card)])
    run.write("review/review.csv", "\ufeff" + sheet.getvalue())  # with the mark, Excel reads UTF-8
    return run.folder / "review" / "review.csv"


def cells(card: Card) -> list[str]:
    """A row, in the order of COLUMNS; what the expert fills in is empty."""
    document = f"{card.document}, page {card.page}" if card.page else card.document
    evidence = " … ".join([*(card.chunk[start:end] for start, end in card.marks), *card.missing])
    return [card.id, document, card.instruction, card.response, evidence, card.chunk, "", "", "", "", ""]


def safe(cell: str) -> str:
    return "'" + cell if cell.lstrip("'").startswith(FORMULA) else cell


def plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell


def read_csv(file: Path) -> list[Filled]:
    """Every row of a sheet. Raises UserMistake where it is none."""
    return [filled(row, f"row {number}") for number, row in _rows(file)]


def filled(row: dict[str, str], where: str) -> Filled:
    return Filled(
        where=where,
        id=row["id"],
        verdict=row["verdict"] or "",
        answer=plain(row["answer"] or ""),
        kind=row.get("kind") or "",
        reason=plain(row["reason"] or ""),
        fixed=plain((row["fixed_answer"] or "").strip()),
        reviewer=plain(row["reviewer"] or ""),
    )


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")  # line ends as they are: an answer may hold some
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported sheet as UTF-8 CSV") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(enumerate(reader, 2))  # as a spreadsheet counts: an excerpt takes many lines of the file
    except csv.Error as error:
        raise UserMistake(f"{file}: line {reader.reader.line_num} is not CSV ({error})") from error
    if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ()) and c not in LATER]:
        raise UserMistake(f"{file}: column {missing[0]} is missing, must have the columns that were exported")
    if long := next((number for number, row in rows if None in row), None):
        raise UserMistake(f"{file}: row {long} has more cells than there are columns; put a text that holds a comma in quotation marks")
    return rows
