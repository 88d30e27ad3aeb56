"""A sheet that LibreOffice opens and saves gives exactly the verdicts and corrections that were typed, in every format."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from factory.core.run_folder import Run
from factory.review.cards import ReviewDeck
from factory.review.csv import export_review_csv
from factory.review.formats import EXPORTS
from factory.review.importer import CheckedRows
from factory.review.lookup import exported_texts
from tests.factory.review.returned import NUMERIC, back, sampled
from tests.factory.review.test_formats import AWKWARD, fill_xlsx, known, told

OFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(not OFFICE, reason="LibreOffice (soffice) is not installed")
CHANGED = (
    "15 November",
    "30 %",
    "007",
    "1.50",
    "TRUE",
    "3/4",
    "12.5.2026",
    "1,234.50 €",
    " spaced ",
)
ANSWERS = (*CHANGED, "\x1c a \x1d b", "\x85 next", *AWKWARD)
FILTER = "Text - txt - csv (StarCalc)"
COMMA, GERMAN = (
    "44,34,76,1",
    "44,34,76,1,,1031,false,true",
)  # delimiter, quotation mark, UTF-8, first line; German, with special numbers
SAVED = {
    "xlsx": "xlsx",
    "ods": "ods",
    "csv": f"csv:{FILTER}:{COMMA}",
    "semicolons": f"csv:{FILTER}:59,34,76,1",
}
SAID = (
    {"verdict": "accept"},
    {"verdict": "fix", "fixed_answer": "müßig – “5”"},
    {"verdict": "reject", "kind": "wrong"},
)


@pytest.fixture
def deck(tmp_path: Path) -> tuple[Run, ReviewDeck]:
    ids = (*NUMERIC, *(f"e{n:03}" for n in range(len(ANSWERS) - len(NUMERIC))))
    return sampled(tmp_path / "run", dict(zip(ids, ANSWERS, strict=True)))


def saved(path: Path, form: str, *options: str) -> Path:
    """The file as LibreOffice saves it."""
    out = path.parent / f"saved-{form}"
    profile = (path.parent / "profile").as_uri()
    command = [
        OFFICE or "",
        f"-env:UserInstallation={profile}",
        "--headless",
        *options,
        "--convert-to",
        SAVED[form],
        "--outdir",
        str(out),
    ]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=300)
    return next(out.iterdir())


def said(found: CheckedRows) -> dict[str, tuple[str, str, str, str]]:
    """A carriage return is a line end to every spreadsheet, and a control character is lost in OpenDocument."""
    return {id: tuple(map(_bare, words)) for id, words in known(found.verdicts).items()}  # type: ignore[misc]


def _bare(words: str) -> str:
    return words.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "")


@pytest.mark.parametrize("form", SAVED)
def test_a_workbook_that_libreoffice_saved_says_what_was_typed(
    deck: tuple[Run, ReviewDeck], form: str
) -> None:
    run, cards = deck
    found = back(run, saved(fill_xlsx(EXPORTS["xlsx"](run, cards), cards), form))
    wanted = {id: tuple(map(_bare, words)) for id, words in told(cards).items()}
    if form not in (
        "xlsx",
        "ods",
    ):  # in a CSV, an apostrophe before a formula is the mark of a text
        wanted = {
            id: tuple(word.replace("'=1+1", "=1+1") for word in words)
            for id, words in wanted.items()
        }
    assert (found.faults, said(found)) == ((), wanted)


@pytest.mark.parametrize("form", SAVED)
@pytest.mark.parametrize(
    "options", [(), (f"--infilter={FILTER}:{GERMAN}",)], ids=["as it comes", "German"]
)
def test_a_csv_that_libreoffice_opened_and_saved_says_what_was_typed(
    deck: tuple[Run, ReviewDeck], form: str, options: tuple[str, ...]
) -> None:
    run, cards = deck
    rows = list(
        csv.DictReader(
            io.StringIO(export_review_csv(run, cards).read_bytes().decode("utf-8-sig"), newline="")
        )
    )
    for number, row in enumerate(rows):
        row |= SAID[number % 3]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = run.folder.parent / "filled.csv"
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    found = back(run, saved(path, form, *options), list(exported_texts(run)))
    wanted = {
        row["id"].removeprefix("id-"): (row["verdict"], row["kind"], "", row["fixed_answer"])
        for row in rows
    }
    assert (found.faults, known(found.verdicts)) == ((), wanted)
