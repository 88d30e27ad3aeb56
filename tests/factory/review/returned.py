"""A run whose sample is out for review, and its sheet as it comes back."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from factory.core.run_folder import Run, example_line
from factory.review.cards import ReviewDeck
from factory.review.csv import COLUMNS, card_cells, escape_formula
from factory.review.formats import read_review_file
from factory.review.importer import CheckedRows, check_rows
from factory.review.sampling import find_candidates
from tests.factory.review.decks import frozen_deck
from tests.factory.review.test_review import RECIPE
from tests.world import document, example

Row = dict[str, str]
NUMERIC = (
    "1138188999079643",
    "1234567890123e45",
    "0000000000000123",
)  # ids that a spreadsheet takes for numbers


def sampled(folder: Path, answers: dict[str, str]) -> tuple[Run, ReviewDeck]:
    """A run of these answers by id, all of them in the sample."""
    run = Run(folder)
    run.create()
    run.write_documents([document()])
    run.write_lines(
        "kept.jsonl",
        (example_line(example(id=id, response=answer)) for id, answer in answers.items()),
    )
    run.write_lines("rejected.jsonl", [])
    return run, frozen_deck(
        run, RECIPE, find_candidates(run.lines("kept.jsonl"), lambda _: False, 0.6, None)
    )


def rows_of(deck: ReviewDeck) -> list[Row]:
    """The sheet as it was exported."""
    return [
        dict(zip(COLUMNS, map(escape_formula, card_cells(card)), strict=True))
        for card in deck.cards
    ]


def said(row: Row, verdict: str, fixed: str = "", **more: str) -> Row:
    return {**row, "verdict": verdict, "fixed_answer": fixed, "reviewer": "Ada", **more}


def sheet(
    path: Path, rows: Sequence[Row], delimiter: str = ",", encoding: str = "utf-8-sig"
) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def back(run: Run, path: Path, known: Sequence[str] = ()) -> CheckedRows:
    return check_rows(run, read_review_file(path, known), lambda *_: "")


def fixes(found: CheckedRows) -> dict[str, str]:
    """Corrections by id."""
    return {v.id: v.fixed for v in found.verdicts if v.verdict == "fix"}
