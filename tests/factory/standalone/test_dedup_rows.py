"""`docstill dedup`: foreign rows in, the same rows out with the id of the row that each repeats."""

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner

from factory.cli import app
from factory.standalone.dedup_rows import DedupCounts, dedup
from tests.world import OPENING, QUESTION, mistake

Row = Mapping[str, object]
ASKED = {"id": "a", "instruction": QUESTION, "response": "14 days"}


def marked(folder: Path, *rows: Row) -> list[object]:
    """The verdict of each row."""
    path, out = folder / "rows.jsonl", folder / "out.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    dedup(path, out)
    return [
        json.loads(line)["duplicate_of"] for line in out.read_text(encoding="utf-8").splitlines()
    ]


def test_a_repeat_names_the_first_row_and_another_fact_names_none(tmp_path: Path) -> None:
    rows: list[Row] = [
        ASKED,
        {**ASKED, "id": 2, "response": "fourteen days."},
        {**ASKED, "id": "c", "response": "15 days"},
    ]
    assert marked(tmp_path, *rows, {**ASKED, "id": "d", "response": "15 days!"}) == [
        None,
        "a",
        None,
        "c",
    ]


def test_where_responses_are_empty_the_instructions_alone_decide(tmp_path: Path) -> None:
    assert marked(
        tmp_path,
        {**ASKED, "response": ""},
        {**ASKED, "id": "b", "response": ""},
        {**ASKED, "id": "c"},
    ) == [None, "a", None]


def test_where_instructions_are_empty_the_responses_alone_decide(tmp_path: Path) -> None:
    rows = [
        {"id": len(text), "instruction": "", "response": text}
        for text in (OPENING, "Trams rest.", f"{OPENING}!")
    ]
    assert marked(tmp_path, *rows) == [None, None, len(OPENING)]


def test_texts_without_words_repeat_only_what_is_equal_and_blank_ones_nothing(
    tmp_path: Path,
) -> None:
    texts = ["\U0001f692", "\U0001f680", "\U0001f692", "?", "!", " ", " "]
    rows: list[Row] = [
        {"id": n, "instruction": text, "response": ""} for n, text in enumerate(texts)
    ]
    assert marked(tmp_path, *rows) == [None, None, 0, None, None, None, None]


def test_a_row_comes_back_byte_for_byte_with_its_verdict(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(
        '\ufeff {"id":"é", "instruction" : "\\u0061", "response":"", "more":[1.50]} \r\n\n'.encode()
    )
    assert dedup(tmp_path / "rows.jsonl", tmp_path / "new" / "out.jsonl") == DedupCounts(1, 0)
    written = (tmp_path / "new" / "out.jsonl").read_bytes().decode()
    assert (
        written
        == '{"id":"é", "instruction" : "\\u0061", "response":"", "more":[1.50], "duplicate_of": null}\n'
    )


def test_an_earlier_verdict_is_replaced(tmp_path: Path) -> None:
    rows: list[Row] = [
        ASKED,
        {**ASKED, "id": "b", "duplicate_of": None},
        {**ASKED, "id": "c", "duplicate_of": "b"},
    ]
    assert marked(tmp_path, *rows) == [None, "a", "a"]


def test_no_rows_have_no_repeats(tmp_path: Path) -> None:
    assert marked(tmp_path) == []


def test_the_file_that_is_read_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("", encoding="utf-8")
    assert (
        mistake(lambda: dedup(path, path))
        == f"--out {path}: is the input file; choose another file"
    )


def test_a_folder_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("", encoding="utf-8")
    said = f"{tmp_path} is a folder; remove it or name another file"
    assert mistake(lambda: dedup(tmp_path / "rows.jsonl", tmp_path)) == said


def test_a_broken_line_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{", encoding="utf-8")
    assert ":1: is not JSON" in mistake(
        lambda: dedup(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.jsonl"]


def test_the_command_ends_with_0_whatever_it_finds(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_text(f"{json.dumps(ASKED)}\n{json.dumps({**ASKED, 'id': 'b'})}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["dedup", str(path), "--out", str(out)])
    said = f"{out}: 2 rows, 1 of which repeat an earlier one\nparaphrases were not looked for; add --embeddings bundled to find them\n"
    assert (done.exit_code, done.output) == (0, said)


def test_a_row_composed_in_another_way_is_the_same_row(tmp_path: Path) -> None:
    row = {
        "id": "a",
        "instruction": "Wo hält der Zug nach Köln?",
        "response": "Der Zug nach Köln hält am Gleis 7 der großen Halle.",
    }
    other = {key: unicodedata.normalize("NFD", text) for key, text in row.items()}
    assert marked(tmp_path, row, {**other, "id": "b"}) == [None, "a"]
