"""Homes of the review: where a sample can be read, and how what was filled in there is told apart when it comes back."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from factory.errors import UserMistake
from factory.review.argilla import export_argilla, read_argilla
from factory.review.cards import Deck
from factory.review.csv import export_csv, read_csv
from factory.review.intake import Filled
from factory.review.label_studio import export_label_studio, read_label_studio
from factory.review.page import export_page, read_page
from factory.review.sheet import export_sheet, read_sheet
from factory.run import Run

# A new home adds its writer here, and its reader below by what its files are called or hold.
EXPORTS: Mapping[str, Callable[[Run, Deck], Path]] = {
    "html": export_page,
    "csv": export_csv,
    "xlsx": export_sheet,
    "label-studio": export_label_studio,
    "argilla": export_argilla,
}


def read(file: Path) -> list[Filled]:
    """What was filled in, from a file of any home. Raises UserMistake."""
    if file.suffix.lower() == ".csv":
        return read_csv(file)
    if file.suffix.lower() == ".xlsx":
        return read_sheet(file)
    if file.suffix.lower() == ".json":
        return _told_apart(file, text_of(file))
    raise UserMistake(f"{file}: is no file of a review, must be one that `docstill review export` wrote, filled in")


def _told_apart(file: Path, text: str) -> list[Filled]:
    """The page exports an object, Label Studio tasks with their data, Argilla records with their fields."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserMistake(f"{file}: line {error.lineno}: is no JSON ({error.msg}), must be as it was exported") from error
    if isinstance(found, list):
        first = found[0] if found and isinstance(found[0], dict) else {}
        return read_argilla(file, text) if "fields" in first else read_label_studio(file, text)
    return read_page(file, text)


def text_of(file: Path) -> str:
    """Raises UserMistake where it is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported file as UTF-8 JSON") from error
