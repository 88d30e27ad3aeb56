"""The import command: all files or none where one can't be read, every row that could not be applied listed and kept in the findings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.commands.reviewing import export_review, import_review
from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.review import VERDICTS_FILE, read_expert_verdicts
from factory.review.blind_comparison import (
    KEY_FILE,
    RATINGS_FILE,
    export_comparison,
    import_comparison,
)
from factory.review.cards import SAMPLE_FILE, SAMPLED_FILE
from factory.review.comparison_results import COMPARISON_FILE
from factory.review.findings import FINDINGS_FILE as FINDINGS
from factory.review.formats import EXPORTS
from factory.review.sampling import SampleSettings
from tests.factory.review.returned import Row, rows_of, said, sampled, sheet
from tests.factory.review.test_blind_comparison import deck_of, rated
from tests.factory.review.test_blind_comparison import run_of as compared
from tests.factory.review.test_cell_values import filled
from tests.world import mistake

RECIPE = '[documents]\npaths = ["x"]\n[[teachers]]\nname = "t"\nmodel = "openai/x"\n[student]\nbase = "s"\n'
WANTED = SampleSettings(size=None, within=4, rejected=0, split=None, seed=0)


def out(folder: Path) -> tuple[Run, list[Row]]:
    run, deck = sampled(folder, {"e1": "within 14 days", "e2": "14 days", "e3": "after 14 days"})
    (run.folder / "recipe.toml").write_text(RECIPE)
    return run, rows_of(deck)


def files_of(run: Run) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in run.folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_one_file_that_can_not_be_read_keeps_every_file_out(tmp_path: Path) -> None:
    run, rows = out(tmp_path / "run")
    good, bad = (
        sheet(tmp_path / "good.csv", [said(row, "accept") for row in rows]),
        tmp_path / "bad.xlsx",
    )
    bad.write_bytes(b"PK\x03\x04 no workbook")
    before = files_of(run)
    assert mistake(lambda: import_review(run.folder, [good, bad], 0.95)).startswith(
        f"{bad}: can't be read: "
    )
    assert files_of(run) == before


def test_a_comparison_that_belongs_elsewhere_keeps_every_file_out(tmp_path: Path) -> None:
    run, rows = out(tmp_path / "run")
    good, bad = (
        sheet(tmp_path / "good.csv", [said(row, "accept") for row in rows]),
        tmp_path / "bad.json",
    )
    bad.write_text(
        json.dumps(
            {
                "docstill": "comparison",
                "version": 1,
                "run": "r",
                "sample": "x",
                "reviewer": "Ada",
                "verdicts": [],
            }
        )
    )
    before = files_of(run)
    assert "has no comparison" in mistake(lambda: import_review(run.folder, [good, bad], 0.95))
    assert files_of(run) == before


def test_rows_that_can_not_be_applied_are_printed_and_kept_in_the_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, rows = out(tmp_path / "run")
    path = sheet(
        tmp_path / "back.csv",
        [said(rows[0], "accept"), said(rows[1], "maybe"), said(rows[2], "fix", "#NAME?")],
    )
    import_review(run.folder, [path], 0.95)
    maybe = 'verdict "maybe", must be accept, reject, fix or empty'
    error = "fixed_answer holds #NAME?, a spreadsheet's error; type it again, as text"
    shown = capsys.readouterr().out
    assert (
        f"{path}: 1 verdicts\n{path}: 2 places can't be applied:\n  row 3: {maybe}\n  row 4: {error}\n"
        in shown
    )
    assert "2 rows of the files that were imported last could not be applied" in " ".join(
        shown.split()
    )
    assert json.loads((run.folder / FINDINGS).read_text())["not_applied"] == [
        {"file": str(path), "where": "row 3", "why": maybe},
        {"file": str(path), "where": "row 4", "why": error},
    ]
    assert [v.verdict for v in read_expert_verdicts(run)] == ["accept"]


def test_files_of_which_nothing_can_be_applied_are_refused(tmp_path: Path) -> None:
    run, rows = out(tmp_path / "run")
    path = sheet(tmp_path / "back.csv", [said(rows[0], "maybe")])
    before = files_of(run)
    told = mistake(lambda: import_review(run.folder, [path], 0.95))
    assert (
        told
        == f'{path}: row 2: verdict "maybe", must be accept, reject, fix or empty\nnothing was applied'
    )
    assert files_of(run) == before


def test_a_number_that_was_typed_is_told_when_it_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, path = filled(tmp_path, 0.3, "0%")
    (run.folder / "recipe.toml").write_text(RECIPE)
    import_review(run.folder, [path], 0.95)
    assert (
        "fixed_answer holds a number, read as its format shows it: 30%" in capsys.readouterr().out
    )


@pytest.mark.parametrize("name", ["a ü#%", "Prüfung 100 %", "#1"])
def test_a_path_of_any_characters_is_exported_to_and_imported_from(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run, rows = out(tmp_path / name / "run")
    for home in EXPORTS:
        export_review(run.folder, home, WANTED, again=False)
    assert f"docstill review import '{run.folder}' FILE" in capsys.readouterr().out
    import_review(
        run.folder,
        [sheet(tmp_path / name / "back #%.csv", [said(row, "accept") for row in rows])],
        0.95,
    )
    assert len(read_expert_verdicts(run)) == 3


def test_the_name_of_an_argilla_dataset_has_only_characters_that_argilla_takes(
    tmp_path: Path,
) -> None:
    run, deck = sampled(tmp_path / "Prüfung #1 100%", {"e1": "a"})
    named = json.loads((EXPORTS["argilla"](run, deck) / ".argilla" / "dataset.json").read_text())[
        "name"
    ]
    assert named == f"review-Pr-fung -1 100--{deck.sample}"


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "no UTF-8": lambda path: path.write_bytes(b"\xff" + path.read_bytes()),
    "another shape": lambda path: path.write_bytes(b"[]\n" * 3),
    "too deep": lambda path: path.write_bytes(b"[" * 100_000),
    "a folder": folder_instead,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("name", "way"),
    [
        (SAMPLE_FILE, "--again`"),
        (SAMPLED_FILE, "--again`"),
        (VERDICTS_FILE, "docstill review import"),
    ],
)
def test_a_damaged_file_of_the_review_itself_is_one_sentence_that_names_what_writes_it_anew(
    tmp_path: Path, name: str, way: str, damage: str
) -> None:
    run, rows = out(tmp_path / "run")
    path = sheet(tmp_path / "back.csv", [said(row, "accept") for row in rows])
    import_review(run.folder, [path], 0.95)
    DAMAGES[damage](run.folder / name)
    before = files_of(run)
    for act in (
        lambda: import_review(run.folder, [path], 0.95),
        lambda: export_review(run.folder, "csv", WANTED, again=False),
    ):
        told = mistake(act)
        assert told.startswith(str(run.folder / name))
        assert way in told
        assert "\n" not in told
    assert files_of(run) == before


@pytest.mark.parametrize("name", [SAMPLE_FILE, SAMPLED_FILE])
def test_a_new_sample_takes_the_place_of_a_damaged_one(tmp_path: Path, name: str) -> None:
    run, _ = out(tmp_path / "run")
    (run.folder / name).write_bytes(b"\xff[")
    export_review(run.folder, "csv", WANTED, again=True)
    export_review(run.folder, "html", WANTED, again=False)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("name", "way"),
    [(KEY_FILE, "docstill review export --compare"), (RATINGS_FILE, "docstill review import")],
)
def test_a_damaged_file_of_a_comparison_is_one_sentence(
    tmp_path: Path, name: str, way: str, damage: str
) -> None:
    run = compared(tmp_path / "run")
    answered = rated(
        run,
        deck_of(export_comparison(run, ("base", "student"), None, 3)[0]),
        {"base": 2, "student": 5},
    )
    import_comparison(run, tmp_path / "f", answered)
    DAMAGES[damage](run.folder / name)
    with pytest.raises(UserMistake, match=way):
        import_comparison(run, tmp_path / "f", answered)


@pytest.mark.parametrize("name", [FINDINGS, COMPARISON_FILE])
def test_what_an_import_found_is_written_anew_by_an_import(tmp_path: Path, name: str) -> None:
    assert (
        Run(tmp_path).mend(name)
        == f"run `docstill review import {tmp_path}`, which writes it again"
    )
