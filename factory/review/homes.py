"""Homes of the review: where a sample can be read, and how what was filled in there is told apart when it comes back."""

from collections.abc import Callable, Mapping
from pathlib import Path

from factory.errors import UserMistake
from factory.review.cards import Deck
from factory.review.csv import export_csv, read_csv
from factory.review.intake import Filled
from factory.run import Run

# A new home adds its writer here, and its reader below by what its files are called or hold.
EXPORTS: Mapping[str, Callable[[Run, Deck], Path]] = {"csv": export_csv}


def read(file: Path) -> list[Filled]:
    """What was filled in, from a file of any home. Raises UserMistake."""
    if file.suffix.lower() == ".csv":
        return read_csv(file)
    raise UserMistake(f"{file}: is no file of a review, must be one that `docstill review export` wrote, filled in")
