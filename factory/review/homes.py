"""Homes of the review: where a sample can be read, and how what was filled in there is told apart when it comes back."""

from collections.abc import Callable, Mapping
from pathlib import Path

from factory.errors import UserMistake
from factory.review.cards import Deck
from factory.review.csv import export_csv, read_csv
from factory.review.intake import Filled
from factory.review.page import export_page, read_page
from factory.run import Run

# A new home adds its writer here, and its reader below by what its files are called or hold.
EXPORTS: Mapping[str, Callable[[Run, Deck], Path]] = {"html": export_page, "csv": export_csv}


def read(file: Path) -> list[Filled]:
    """What was filled in, from a file of any home. Raises UserMistake."""
    if file.suffix.lower() == ".csv":
        return read_csv(file)
    if file.suffix.lower() == ".json":
        return read_page(file, _text(file))
    raise UserMistake(f"{file}: is no file of a review, must be one that `docstill review export` wrote, filled in")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported file as UTF-8 JSON") from error
