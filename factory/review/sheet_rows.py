"""Read the rows of a returned sheet, whatever a spreadsheet has done to it: columns are found by
name.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from factory.core.errors import UserMistake
from factory.review.cell_values import CellValue
from factory.review.exported_text import fix_encoding
from factory.review.importer import FilledRow
from factory.review.workbook_reader import SheetRow

# The UTF-8 byte order mark in a file that a program has read as Windows-1252.
MISREAD_BOM = "ï»¿"
# Columns that the expert fills in.
EXPERT_COLUMNS = (
    "verdict",
    "kind",
    "reason",
    "fixed_answer",
    "reviewer",
)


def filled_rows(file: Path, rows: Sequence[SheetRow]) -> list[FilledRow]:
    """Return every filled-in row. Raises UserMistake if no row names the columns."""
    for place, (_, cells) in enumerate(rows):
        names = [_name(cell.text) for cell in cells]
        if _is_header(names):
            # Text typed later is not affected and stays the same.
            if any(cell.text.startswith(MISREAD_BOM) for cell in cells):
                rows = [
                    (number, [cell._replace(text=fix_encoding(cell.text)) for cell in line])
                    for number, line in rows
                ]
            # Sorting may have moved the header down.
            return _rows_below_header(file, names, [*rows[:place], *rows[place + 1 :]])
    raise UserMistake(_what_is_missing(file, rows))


def has_columns(rows: Sequence[SheetRow]) -> bool:
    return any(_is_header([_name(cell.text) for cell in cells]) for _, cells in rows)


def _name(text: str) -> str:
    """Normalize a column name: no blanks, quotation marks, or byte order mark read as text."""
    bare = text.strip().removeprefix(MISREAD_BOM).strip("\ufeff'\"").strip()
    return re.sub(r"[\s_-]+", "_", bare.casefold())


def _is_header(names: Sequence[str]) -> bool:
    return "verdict" in names and ("id" in names or "example" in names)


def _what_is_missing(file: Path, rows: Sequence[SheetRow]) -> str:
    named = {_name(cell.text) for _, cells in rows[:1] for cell in cells}
    missing = "verdict" if "id" in named else "id"
    return f"{file}: column {missing} is missing; keep the columns that were exported"


def _rows_below_header(
    file: Path, names: Sequence[str], rows: Sequence[SheetRow]
) -> list[FilledRow]:
    places = _columns(file, names)
    found = []
    for number, cells in rows:
        if [_name(cell.text) for cell in cells[: len(names)]] == list(names):
            continue  # the header again
        row = {
            name: cells[place] if place < len(cells) else CellValue()
            for name, place in places.items()
        }
        over = any(cell.text.strip() for cell in cells[len(names) :])
        if (one := _filled(row, f"row {number}", over)) is not None:
            found.append(one)
    return found


def _columns(file: Path, names: Sequence[str]) -> dict[str, int]:
    """Return the position of each column. Raises UserMistake if a column that decides appears
    twice.
    """
    # In Label Studio's export `id` is the id of the task.
    ours = {"example": "id", "id": "task_id"} if "example" in names else {}
    if "reviewer" not in names:
        ours["annotator"] = "reviewer"
    places: dict[str, int] = {}
    for place, name in enumerate(ours.get(name, name) for name in names):
        if name in places and name in ("id", *EXPERT_COLUMNS):
            raise UserMistake(
                f"{file}: column {name} appears twice; keep the one that was filled in"
            )
        places.setdefault(name, place)
    return places


def _filled(row: Mapping[str, CellValue], where: str, over: bool) -> FilledRow | None:
    """Return None for a row without a verdict or a correction."""

    def text(name: str) -> str:
        return row.get(name, CellValue()).text

    if not any(
        text(name).strip() or row.get(name, CellValue()).fault
        for name in ("verdict", "fixed_answer")
    ):
        return None
    told = [(name, row[name]) for name in EXPERT_COLUMNS if name in row]
    faults = [f"{name} {cell.fault}" for name, cell in told if cell.fault]
    if over:
        faults.append(
            "has more cells than there are columns; put a text with a comma in quotation marks"
        )
    return FilledRow(
        where=where,
        id=text("id").strip(),
        verdict=text("verdict"),
        answer=row["answer"].text if "answer" in row else None,
        question=text("question"),
        judged=text("judged").strip(),
        kind=text("kind"),
        reason=text("reason"),
        fixed=text("fixed_answer").strip(),
        reviewer=text("reviewer"),
        seconds=_seconds(text("lead_time")),
        order=(text("updated_at"), _number(text("annotation_id"))),
        sheet=True,
        fault="; ".join(faults),
        note="; ".join(
            f"{name} {cell.note}" for name, cell in told if cell.note and name == "fixed_answer"
        ),
    )


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _seconds(text: str) -> float | None:
    return number if (number := _number(text)) > 0 else None
