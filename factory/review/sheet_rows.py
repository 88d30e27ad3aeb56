"""Rows of a sheet that comes back, whatever a spreadsheet has done to it, as what was filled in: columns are found by their names."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from factory.core.errors import UserMistake
from factory.review.cell_values import Cell
from factory.review.exported_text import recoded
from factory.review.importer import Filled
from factory.review.workbook_reader import Row

MISREAD = "ï»¿"  # the mark of UTF-8, in a file that a program has read as Windows-1252
OPEN = ("verdict", "kind", "reason", "fixed_answer", "reviewer")  # columns that the expert fills in


def filled_rows(file: Path, rows: Sequence[Row]) -> list[Filled]:
    """Every row that says something. Raises UserMistake where no row names the columns."""
    for place, (_, cells) in enumerate(rows):
        names = [_name(cell.text) for cell in cells]
        if _needed(names):
            if any(cell.text.startswith(MISREAD) for cell in cells):  # what was typed since is no such text, and stays
                rows = [(number, [cell._replace(text=recoded(cell.text)) for cell in line]) for number, line in rows]
            return _below(file, names, [*rows[:place], *rows[place + 1 :]])  # sorting may have moved the names among the rows
    raise UserMistake(_what_is_missing(file, rows))


def has_columns(rows: Sequence[Row]) -> bool:
    return any(_needed([_name(cell.text) for cell in cells]) for _, cells in rows)


def _name(text: str) -> str:
    """As it was exported: without blanks, quotation marks, or the mark of an encoding that the program took for text."""
    bare = text.strip().removeprefix(MISREAD).strip("\ufeff'\"").strip()
    return re.sub(r"[\s_-]+", "_", bare.casefold())


def _needed(names: Sequence[str]) -> bool:
    return "verdict" in names and ("id" in names or "example" in names)


def _what_is_missing(file: Path, rows: Sequence[Row]) -> str:
    named = {_name(cell.text) for _, cells in rows[:1] for cell in cells}
    missing = "verdict" if "id" in named else "id"
    return f"{file}: column {missing} is missing, must have the columns that were exported"


def _below(file: Path, names: Sequence[str], rows: Sequence[Row]) -> list[Filled]:
    places = _columns(file, names)
    found = []
    for number, cells in rows:
        if [_name(cell.text) for cell in cells[: len(names)]] == list(names):
            continue  # the names once more
        row = {name: cells[place] if place < len(cells) else Cell() for name, place in places.items()}
        over = any(cell.text.strip() for cell in cells[len(names) :])
        if (one := _filled(row, f"row {number}", over)) is not None:
            found.append(one)
    return found


def _columns(file: Path, names: Sequence[str]) -> dict[str, int]:
    """The place of each column that is read. Raises UserMistake where one that decides is there twice."""
    ours = {"example": "id", "id": "task_id"} if "example" in names else {}  # Label Studio's `id` is the task's
    if "reviewer" not in names:
        ours["annotator"] = "reviewer"
    places: dict[str, int] = {}
    for place, name in enumerate(ours.get(name, name) for name in names):
        if name in places and name in ("id", *OPEN):
            raise UserMistake(f"{file}: column {name} is there twice; keep the one that was filled in")
        places.setdefault(name, place)
    return places


def _filled(row: Mapping[str, Cell], where: str, over: bool) -> Filled | None:
    """None of a row that says nothing."""

    def text(name: str) -> str:
        return row.get(name, Cell()).text

    if not any(text(name).strip() or row.get(name, Cell()).fault for name in ("verdict", "fixed_answer")):
        return None
    told = [(name, row[name]) for name in OPEN if name in row]
    faults = [f"{name} {cell.fault}" for name, cell in told if cell.fault]
    if over:
        faults.append("has more cells than there are columns; put a text that holds a comma in quotation marks")
    return Filled(
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
        note="; ".join(f"{name} {cell.note}" for name, cell in told if cell.note and name == "fixed_answer"),
    )


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _seconds(text: str) -> float | None:
    return number if (number := _number(text)) > 0 else None
