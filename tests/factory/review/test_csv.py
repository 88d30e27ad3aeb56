"""A CSV that comes back: delimiters, encodings, columns and rows as spreadsheets leave them; one bad row is named, the rest counts."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.run_folder import Run
from factory.review.csv import COLUMNS, export_review_csv
from tests.factory.review.returned import NUMERIC, Row, back, fixes, rows_of, said, sampled, sheet
from tests.world import LAW, mistake

ANSWERS = {
    **dict.fromkeys(NUMERIC, "within 14 days"),
    "e1": "15 November",
    "e2": "30 %",
    "e3": "Ærø “x” – …",
    "e4": "=1+1",
}

YES = ("yes", "Yes ", "ja", "TRUE", "WAHR", "accepted", "OK")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return sampled(tmp_path / "run", ANSWERS)[0]


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    return rows_of(sampled(tmp_path / "same", ANSWERS)[1])


def accepted(rows: list[Row]) -> list[Row]:
    return [said(row, "accept") for row in rows]


def test_no_exported_id_reads_as_a_number(tmp_path: Path) -> None:
    path = export_review_csv(*sampled(tmp_path / "run", ANSWERS))
    ids = [
        row["id"]
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    ]
    assert sorted(ids) == sorted([*(f"id-{id}" for id in NUMERIC), "e1", "e2", "e3", "e4"])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_no_exported_text_is_a_formula(tmp_path: Path, cell: str) -> None:
    path = export_review_csv(*sampled(tmp_path / "run", {"e1": cell}))
    row = next(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert row["answer"] == f"'{cell}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_delimiter_and_encoding_of_a_spreadsheet_is_read(
    run: Run, rows: list[Row], delimiter: str, encoding: str
) -> None:
    given = [said(row, "fix", "müßig – “5”") for row in rows]
    found = back(run, sheet(run.folder / "back.csv", given, delimiter, encoding))
    assert (found.faults, fixes(found)) == ((), dict.fromkeys(ANSWERS, "müßig – “5”"))


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp1250"])
def test_an_encoding_without_a_name_is_told_by_the_texts_that_were_exported(
    tmp_path: Path, encoding: str
) -> None:
    texts = {"e1": "zwölf Gebühren", "e2": "Straße am Fluß", "e3": "für Überwege"}
    run, deck = sampled(tmp_path / "run", texts)
    path = sheet(
        tmp_path / "back.csv",
        [said(row, "fix", "dreißig Kühe") for row in rows_of(deck)],
        ";",
        encoding,
    )
    assert fixes(back(run, path, list(texts.values()))) == dict.fromkeys(texts, "dreißig Kühe")


def test_an_encoding_that_was_guessed_is_said_once(run: Run, rows: list[Row]) -> None:
    path = sheet(
        run.folder / "back.csv",
        [said(row, "fix", "müßig") for row in rows if row["id"] != "e3"],
        ";",
        "cp1252",
    )
    told = (
        "the file names no encoding and was read as cp1252; save it as CSV UTF-8 if that is wrong"
    )
    assert [note.why for note in back(run, path).notes] == [told]


def test_a_correction_whose_characters_the_encoding_lacks_is_named(
    run: Run, rows: list[Row]
) -> None:
    some = [row for row in rows if row["id"] != "e3"]
    path = sheet(
        run.folder / "back.csv",
        [said(some[0], "fix", "???? ??"), said(some[1], "fix", "müßig")],
        ";",
        "cp1252",
    )
    found = back(run, path)
    why = "fixed_answer may have lost characters (?) in this encoding; save the file as CSV UTF-8"
    assert ([tuple(fault) for fault in found.faults], list(fixes(found).values())) == (
        [("row 2", why)],
        ["müßig"],
    )


def test_a_sheet_that_was_opened_as_windows_1252_is_read_as_it_was_written(
    run: Run, rows: list[Row]
) -> None:
    path = sheet(run.folder / "back.csv", [said(row, "fix", "müßig") for row in rows])
    path.write_bytes(path.read_bytes().decode("latin-1").encode("utf-8"))
    assert fixes(back(run, path)) == dict.fromkeys(ANSWERS, "müßig")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: rows[::-1], id="sorted"),
        pytest.param(
            lambda rows: [{k: row[k] for k in reversed(COLUMNS)} for row in rows],
            id="columns moved",
        ),
        pytest.param(
            lambda rows: [
                {k.upper().replace("_", " ") + " ": v for k, v in row.items()} for row in rows
            ],
            id="columns renamed",
        ),
        pytest.param(
            lambda rows: [{"no": "1", **row, "my notes": "x"} for row in rows], id="columns added"
        ),
        pytest.param(
            lambda rows: [{k: row[k] for k in ("id", "verdict")} for row in rows],
            id="columns deleted",
        ),
        pytest.param(lambda rows: [*rows, *[dict.fromkeys(COLUMNS, "")] * 50], id="empty rows"),
        pytest.param(lambda rows: [*rows, *rows], id="rows twice"),
        pytest.param(
            lambda rows: [*rows[:2], {k: k for k in COLUMNS}, *rows[2:]], id="header twice"
        ),
        pytest.param(
            lambda rows: [{**row, "id": f" {row['id'].upper()} "} for row in rows],
            id="blanks and case",
        ),
        pytest.param(
            lambda rows: [{**row, "id": f"'{row['id'].removeprefix('id-')}"} for row in rows],
            id="apostrophe",
        ),
        pytest.param(
            lambda rows: [
                {**row, "question": "", "evidence": "-", "excerpt": "#NAME?"} for row in rows
            ],
            id="texts lost",
        ),
        pytest.param(
            lambda rows: [{**row, "verdict": " Accept "} for row in rows], id="case of a verdict"
        ),
        pytest.param(
            lambda rows: [{**row, "verdict": word} for row, word in zip(rows, YES, strict=True)],
            id="yes",
        ),
    ],
)
def test_what_a_spreadsheet_does_to_rows_and_columns_changes_no_verdict(
    run: Run, rows: list[Row], change: Callable[[list[Row]], list[Row]]
) -> None:
    found = back(run, sheet(run.folder / "back.csv", change(accepted(rows))))
    assert found.faults == ()
    assert sorted((v.id, v.verdict) for v in found.verdicts) == sorted(
        (id, "accept") for id in ANSWERS
    )


@pytest.mark.parametrize(
    ("id", "cell"),
    [
        (NUMERIC[0], "1.13819E+15"),
        (NUMERIC[0], "1,13819E+15"),
        (NUMERIC[0], "1138188999079640"),
        (NUMERIC[0], "1.13818899907964E+15"),
        (NUMERIC[1], "1.23457E+57"),
        (NUMERIC[2], "123"),
    ],
)
def test_an_id_that_became_a_number_is_the_only_one_that_it_can_be(
    run: Run, rows: list[Row], id: str, cell: str
) -> None:
    found = back(
        run,
        sheet(
            run.folder / "back.csv",
            [{**said(rows[0], "reject"), "id": cell, "answer": "within 14 days"}],
        ),
    )
    assert [v.id for v in found.verdicts] == [id]


def test_an_id_that_can_be_two_is_told_by_nothing_and_named(tmp_path: Path) -> None:
    run, deck = sampled(tmp_path / "run", {"1138188999079643": "a", "1138188999079644": "a"})
    found = back(
        run,
        sheet(
            tmp_path / "back.csv",
            [{**said(row, "accept"), "id": "1.13819E+15"} for row in rows_of(deck)],
        ),
    )
    assert [(f.where, f.why) for f in found.faults] == [
        (f"row {n}", "id 1.13819E+15 is not an example of this run") for n in (2, 3)
    ]


def test_rows_that_say_two_things_of_one_example_are_both_named_and_neither_counts(
    run: Run, rows: list[Row]
) -> None:
    given = [said(rows[0], "accept"), said(rows[1], "accept"), said(rows[0], "reject")]
    found = back(run, sheet(run.folder / "back.csv", given))
    id = rows[0]["id"].removeprefix("id-")
    assert [(f.where, f.why) for f in found.faults] == [
        ("row 2", f"id {id} has another verdict in row 4; keep one of them"),
        ("row 4", f"id {id} has another verdict in row 2; keep one of them"),
    ]
    assert len(found.verdicts) == 1


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("#NAME?", "fixed_answer holds #NAME?, a spreadsheet's error; type it again, as text"),
        ("#WERT!", "fixed_answer holds #WERT!, a spreadsheet's error; type it again, as text"),
        ("Err:508", "fixed_answer holds Err:508, a spreadsheet's error; type it again, as text"),
        ("########", "fixed_answer holds ########, a spreadsheet's error; type it again, as text"),
        (
            "1.13819E+15",
            "fixed_answer holds 1.13819E+15, a number that the spreadsheet has rounded; type it again, as text",
        ),
        (
            "15-Nov",
            "fixed_answer holds 15-Nov, a date that the spreadsheet made of what was typed; type it again, in the workbook",
        ),
        (
            "02. Mrz",
            "fixed_answer holds 02. Mrz, a date that the spreadsheet made of what was typed; type it again, in the workbook",
        ),
        (
            "mÃ¼ÃŸig",
            "fixed_answer is written in another encoding than the file; save it as UTF-8 and type it again",
        ),
    ],
)
def test_a_correction_that_a_spreadsheet_has_spoilt_is_named_and_the_rest_counts(
    run: Run, rows: list[Row], cell: str, why: str
) -> None:
    found = back(
        run,
        sheet(run.folder / "back.csv", [said(rows[0], "fix", cell), said(rows[1], "fix", "14")]),
    )
    assert ([tuple(fault) for fault in found.faults], list(fixes(found).values())) == (
        [("row 2", why)],
        ["14"],
    )


def test_a_correction_without_a_verdict_is_named(run: Run, rows: list[Row]) -> None:
    found = back(run, sheet(run.folder / "back.csv", [said(rows[0], "", "14")]))
    assert [f.why for f in found.faults] == [
        "fixed_answer is filled in, but verdict is not; write fix there"
    ]


def test_an_accepted_answer_that_somebody_has_rewritten_is_named(run: Run, rows: list[Row]) -> None:
    row = next(row for row in rows if row["id"] == "e1")
    found = back(
        run, sheet(run.folder / "back.csv", [{**said(row, "accept"), "answer": "16 November"}])
    )
    assert [f.why.partition(";")[0] for f in found.faults] == [
        "the answer is not the one that was exported"
    ]


def test_excels_own_line_that_names_the_delimiter_is_passed_over(run: Run, rows: list[Row]) -> None:
    path = sheet(run.folder / "back.csv", accepted(rows), ";")
    path.write_text(
        "sep=;\r\n" + path.read_text(encoding="utf-8-sig"), encoding="utf-8", newline=""
    )
    assert len(back(run, path).verdicts) == len(ANSWERS)


def test_a_text_longer_than_pythons_limit_is_read(tmp_path: Path) -> None:
    run, deck = sampled(tmp_path / "run", {"e1": "x" * 200_000})
    assert len(back(run, sheet(tmp_path / "back.csv", accepted(rows_of(deck)))).verdicts) == 1


def test_a_column_that_is_there_twice_is_refused(run: Run) -> None:
    path = run.folder / "back.csv"
    path.write_text("id,verdict,verdict\r\ne1,accept,\r\n", encoding="utf-8")
    assert (
        mistake(lambda: back(run, path))
        == f"{path}: column verdict appears twice; keep the one that was filled in"
    )


BREAKS = st.text(
    st.sampled_from("ab \n\r\t\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029,;\"'=é"), min_size=1
)


@LAW
@given(BREAKS, BREAKS)
def test_every_line_break_of_unicode_comes_back(
    tmp_path_factory: pytest.TempPathFactory, answer: str, fixed: str
) -> None:
    run, deck = sampled(tmp_path_factory.mktemp("run"), {"e1": answer})
    found = back(run, sheet(run.folder / "back.csv", [said(rows_of(deck)[0], "fix", f"a{fixed}b")]))
    assert fixes(found) == {"e1": f"a{fixed}b".replace("\r\n", "\n")}
