"""The lines of a run's files are read when they are looked at."""

from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from factory.core.run_folder import Run

LINES: list[dict[str, object]] = [
    {"id": one, "response": said}
    for one, said in (("a", "31 trams\u2028"), ("b", ""), ("c", "Für 🚋"))
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(tmp_path)
    run.write_lines("answers/base.jsonl", LINES)
    return run


def test_lines_are_those_that_were_written_in_any_order(run: Run) -> None:
    found = run.lines("answers/base.jsonl")
    assert (list(found), found[2], found[0]) == (LINES, LINES[2], LINES[0])


def test_lines_stay_those_that_were_there_when_the_file_was_opened(run: Run) -> None:
    found = run.lines("answers/base.jsonl")
    run.write_lines("answers/base.jsonl", [])
    assert (list(found), list(run.lines("answers/base.jsonl"))) == (LINES, [])


def test_a_broken_line_is_named_by_its_number(run: Run) -> None:
    path = run.folder / "answers/base.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + '\n{"id": "d', encoding="utf-8")
    with pytest.raises(
        UserMistake,
        match=r"base.jsonl:5: is not JSON .*; run `docstill answer .*`, which writes it again",
    ):
        list(run.lines("answers/base.jsonl"))


def test_a_file_that_is_not_there_is_missing(run: Run) -> None:
    with pytest.raises(
        UserMistake,
        match=r"rejected.jsonl: is missing; run `docstill make RECIPE --out .*`, which writes it again",
    ):
        run.lines("rejected.jsonl")
