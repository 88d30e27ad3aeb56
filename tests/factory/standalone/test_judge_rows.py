"""Foreign rows come back as they were, each with its verdicts."""

import json
import sys
import unicodedata
from pathlib import Path

import pytest

from factory.cli import main
from factory.standalone.judge_rows import judge
from tests.world import QUESTION, WASHED, WASHING, mistake


def row(**changes: object) -> dict[str, object]:
    return {
        "id": "r1",
        "chunk": WASHING,
        "instruction": QUESTION,
        "response": "within 14 days",
        **changes,
    }


def written(home: Path, *rows: dict[str, object] | str) -> Path:
    path = home / "rows.jsonl"
    lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def judged(
    home: Path, *rows: dict[str, object], filters: tuple[str, ...] = ("grounding",)
) -> list[dict[str, object]]:
    judge(written(home, *rows), filters, home / "out.jsonl")
    return [
        json.loads(line) for line in (home / "out.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def reasons(found: dict[str, object]) -> dict[str, str]:
    verdicts = found["verdicts"]
    assert isinstance(verdicts, list)
    return {v["filter"]: v["reason"] for v in verdicts}


def test_a_row_comes_back_with_its_verdict_and_evidence_behind_what_it_held(tmp_path: Path) -> None:
    given = row(supported=True, more={"é": [1, None]})
    (found,) = judged(tmp_path, given)
    assert list(found) == [*given, "verdicts", "passed"]
    assert {k: found[k] for k in given} == given
    assert (found["passed"], reasons(found)) == (True, {"grounding": ""})
    assert found["verdicts"][0]["evidence"] == [{"start": 0, "end": len(WASHED), "text": WASHED}]  # type: ignore[index]


def test_evidence_points_into_the_chunk_as_it_was_given_however_it_is_composed(
    tmp_path: Path,
) -> None:
    chunk = unicodedata.normalize(
        "NFD", "Der Zug nach Köln fährt täglich. Er hält am Gleis 7 der großen Halle."
    )
    said = "Er hält am Gleis 7 der großen Halle."
    quoted = unicodedata.normalize("NFD", said)
    start = chunk.index(quoted)
    spans = [{"start": start, "end": start + len(quoted), "text": quoted}]
    for given in ({}, {"spans": spans}):
        (found,) = judged(tmp_path, row(chunk=chunk, instruction="", response=said, **given))
        assert (found["passed"], found["verdicts"][0]["evidence"]) == (True, spans)  # type: ignore[index]


def test_every_filter_asked_for_judges_whoever_rejects(tmp_path: Path) -> None:
    (found,) = judged(
        tmp_path, row(response="As an AI, I say 15 days"), filters=("schema", "grounding")
    )
    assert found["passed"] is False
    assert list(reasons(found)) == ["schema", "grounding"]
    assert all(reasons(found).values())


def test_an_empty_instruction_is_not_held_against_a_row(tmp_path: Path) -> None:
    (found,) = judged(
        tmp_path,
        row(instruction="", response="Every tram is washed within 14 days."),
        filters=("schema", "grounding", "wording"),
    )
    assert (found["passed"], reasons(found)) == (True, {"schema": "", "grounding": ""})


def test_an_empty_response_is_rejected_and_an_empty_chunk_bears_nothing_out(tmp_path: Path) -> None:
    found = judged(
        tmp_path, row(response=""), row(id="r2", chunk=""), filters=("schema", "grounding")
    )
    assert reasons(found[0])["schema"] == "The answer is empty."
    assert reasons(found[1])["grounding"] == "No evidence for the answer stands in the chunk."


def test_spans_of_a_row_are_its_evidence(tmp_path: Path) -> None:
    sunday = "Trams are not washed on Sunday."
    at = WASHING.index(sunday)
    (found,) = judged(tmp_path, row(spans=[{"start": at, "end": at + len(sunday), "text": sunday}]))
    assert (
        reasons(found)["grounding"]
        == f'The answer says "14 days", but its evidence does not ("{sunday}").'
    )


def test_a_span_with_the_wrong_place_is_found_by_its_words_and_an_altered_one_is_rejected(
    tmp_path: Path,
) -> None:
    moved, altered = (
        [{"start": 3, "end": 9, "text": text}] for text in (WASHED, WASHED.replace("14", "15"))
    )
    found = judged(tmp_path, row(spans=moved), row(id="r2", spans=altered))
    assert found[0]["passed"] is True
    assert (
        reasons(found[1])["grounding"]
        == f'The quote "{WASHED.replace("14", "15")[:60]}" does not stand in the chunk.'
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "{",
            "rows.jsonl:2: is not JSON (Expecting property name enclosed in double quotes); expected a JSONL file with one object per line",
        ),
        (
            json.dumps({"id": "r2", "instruction": "", "response": ""}),
            'rows.jsonl:2: has no "chunk"; add it, even if it is empty',
        ),
        (
            json.dumps(row(id="r2", spans=[{"start": 1}])),
            'rows.jsonl:2: "spans" must be a list of {"start", "end", "text"}, offsets into the row\'s chunk',
        ),
        (json.dumps(row(id="r2", task=3)), 'rows.jsonl:2: "task" must be a text such as "qa"'),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_written(
    tmp_path: Path, line: str, sentence: str
) -> None:
    path = written(tmp_path, row(), line)
    assert (
        mistake(lambda: judge(path, ["grounding"], tmp_path / "out.jsonl"))
        == f"{tmp_path}/{sentence}"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


def test_an_unknown_filter_is_a_mistake(tmp_path: Path) -> None:
    said = mistake(
        lambda: judge(written(tmp_path, row()), ["grounding", "truth"], tmp_path / "out.jsonl")
    )
    assert (
        said
        == "--filters grounding,truth: truth is not a filter; choose from schema, grounding, wording, relevance"
    )


def test_the_file_that_is_read_is_not_written(tmp_path: Path) -> None:
    path = written(tmp_path, row())
    assert (
        mistake(lambda: judge(path, ["grounding"], path))
        == f"--out {path}: is the input file; choose another file"
    )


@pytest.mark.parametrize(("filters", "code"), [("grounding", 0), ("truth", 2)])
def test_the_command_ends_with_0_whatever_it_finds_and_with_2_for_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: str, code: int
) -> None:
    path = written(tmp_path, row(response="within 15 days"))
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "docstill",
            "judge",
            str(path),
            "--filters",
            filters,
            "--out",
            str(tmp_path / "out.jsonl"),
        ],
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
