"""Files of a review with flipped bytes, cut short, or with broken parts inside: read, or refused by one sentence; never a traceback."""

import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.review.cards import ReviewDeck
from factory.review.formats import EXPORTS
from factory.review.importer import LARGEST_FILE
from tests.factory.review.returned import back, rows_of, said, sampled, sheet
from tests.factory.review.test_cell_values import filled
from tests.factory.review.test_formats import fill_argilla, fill_label_studio, fill_xlsx

SEEDS = range(60)


def flipped(raw: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(chance.choice((1, 5, 50))):
        damaged[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(damaged)


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def broken_inside(raw: bytes, chance: random.Random) -> bytes:
    """A whole zip of which one part is damaged."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as whole, zipfile.ZipFile(made, "w") as damaged:
        parts = {name: whole.read(name) for name in whole.namelist()}
        target = chance.choice([name for name, part in parts.items() if part])
        for name, part in parts.items():
            damaged.writestr(name, flipped(part, chance) if name == target else part)
    return made.getvalue()


def sentence(run: Run, path: Path) -> str | None:
    """What a file is refused with; None of one that can be read."""
    try:
        back(run, path)
    except UserMistake as error:
        return str(error)
    return None


def sheet_of(run: Run, deck: ReviewDeck) -> Path:
    return sheet(run.folder / "back.csv", [said(row, "fix", "müßig") for row in rows_of(deck)])


def page_of(run: Run, deck: ReviewDeck) -> Path:
    page = {"docstill": "review", "version": 1, "run": "r", "sample": "s", "reviewer": "Ada"}
    verdicts = [
        {"id": card.id, "judged": card.judged, "verdict": "accept", "seconds": 2.5}
        for card in deck.cards
    ]
    path = run.folder / "back.json"
    path.write_text(json.dumps({**page, "verdicts": verdicts}), encoding="utf-8")
    return path


MADE: dict[str, Callable[[Run, ReviewDeck], Path]] = {
    "csv": sheet_of,
    "html": page_of,
    "xlsx": lambda run, deck: fill_xlsx(EXPORTS["xlsx"](run, deck), deck),
    "label-studio": lambda run, deck: fill_label_studio(EXPORTS["label-studio"](run, deck), deck),
    "argilla": lambda run, deck: fill_argilla(EXPORTS["argilla"](run, deck), deck),
}


@pytest.mark.parametrize("home", MADE)
@pytest.mark.parametrize("damage", [flipped, cut, broken_inside])
def test_a_damaged_file_is_read_or_refused_by_one_sentence(
    tmp_path: Path, home: str, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    if damage is broken_inside and home != "xlsx":
        pytest.skip("only a workbook is a zip")
    run, deck = sampled(tmp_path / "run", {f"e{n}": f"within {n} days" for n in range(6)})
    path = MADE[home](run, deck)
    raw = path.read_bytes()
    for seed in SEEDS:
        path.write_bytes(damage(raw, random.Random(seed)))
        told = sentence(run, path)
        assert told is None or (told.startswith(f"{path}: ") and "\n" not in told), seed


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".json"])
def test_a_folder_in_place_of_a_file_is_refused_by_one_sentence(
    tmp_path: Path, ending: str
) -> None:
    run, _ = sampled(tmp_path / "run", {"e1": "a"})
    path = tmp_path / f"back{ending}"
    path.mkdir()
    with pytest.raises(
        UserMistake,
        match="is a folder, not a file; give a file that `docstill review export` wrote, filled in",
    ):
        back(run, path)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, ending: str) -> None:
    run, _ = sampled(tmp_path / "run", {"e1": "a"})
    os.mkfifo(tmp_path / f"back{ending}")
    with pytest.raises(UserMistake, match="is a pipe or a device, not a file"):
        back(run, tmp_path / f"back{ending}")


@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(
    tmp_path: Path, ending: str
) -> None:
    run, _ = sampled(tmp_path / "run", {"e1": "a"})
    with (tmp_path / f"back{ending}").open("wb") as file:
        file.truncate(LARGEST_FILE + (1 << 20))
    with pytest.raises(UserMistake, match="has 257 MB, at most 256 are read"):
        back(run, tmp_path / f"back{ending}")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".ods", ".json"])
def test_an_empty_file_is_refused_by_one_sentence(tmp_path: Path, ending: str) -> None:
    run, _ = sampled(tmp_path / "run", {"e1": "a"})
    path = tmp_path / f"back{ending}"
    path.write_bytes(b"")
    with pytest.raises(UserMistake, match="column id is missing|it is empty|is not JSON"):
        back(run, path)


@pytest.mark.parametrize(
    "number", ["1e999999", "-1e999999", "1e-999999", "9" * 5000, "NaN", "inf", "1e309", "x"]
)
def test_a_number_that_no_spreadsheet_holds_is_no_traceback(tmp_path: Path, number: str) -> None:
    run, path = filled(tmp_path, 12345)
    made = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(made, "w") as odd:
        for name in whole.namelist():
            odd.writestr(
                name, whole.read(name).replace(b"<v>12345</v>", f"<v>{number}</v>".encode())
            )
    assert [v.id for v in back(run, made).verdicts if v.verdict == "accept"] == ["e2"]
