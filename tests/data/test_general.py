"""The general rows are held out from replay, short, and right wherever a machine can tell."""

import ast
import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from filters.duplicates.decontamination import ComparedRow, find_overlaps
from filters.duplicates.duplicates import find_duplicates
from tests.data.test_replay import FOLDER as REPLAY
from tests.data.test_replay import repeated, value

FOLDER = Path(__file__).parents[2] / "data" / "general"
KINDS = ("knowledge", "arithmetic", "code")
LONGEST = 30  # characters: an answer is a name, a number or a line

# Runs in a fresh interpreter: reads {id: [program, check, answer]}, prints {id: why it failed}.
RUNNER = """
import contextlib, io, json, sys, traceback
failed = {}
for name, (program, check, answer) in json.load(sys.stdin).items():
    names, said = {"__name__": "__main__", "answer": answer}, io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(program, name, "exec"), names)
            exec(compile(check, name, "exec"), names)
        if program and said.getvalue().strip() != answer:
            failed[name] = said.getvalue()
    except Exception:
        failed[name] = traceback.format_exc(limit=-1)
print(json.dumps(failed))
"""


def rows(kind: str) -> list[dict[str, str]]:
    """Each row's meta with what is asked and answered."""
    lines = [json.loads(line) for line in (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{**line["meta"], "asked": line["messages"][0]["content"], "answer": line["messages"][1]["content"]} for line in lines]


def every_row() -> list[dict[str, str]]:
    return [row for kind in KINDS for row in rows(kind)]


def replayed() -> list[ComparedRow]:
    lines = [json.loads(line) for file in sorted(REPLAY.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    return [ComparedRow(line["id"], "replay", line["instruction"], line["response"], bare=True) for line in lines]


def test_there_are_at_least_a_hundred_rows_of_every_kind() -> None:
    assert [kind for kind in KINDS if len(rows(kind)) < 100] == []


def test_a_row_has_the_shape_of_a_validation_row() -> None:
    keys = {"id", "task", "document", "chunk", "spans", "teacher", "prompt", "source"}
    assert [row["id"] for row in every_row() if not keys <= set(row) or row["source"] != "general"] == []


def test_ids_and_questions_are_unique() -> None:
    assert repeated([row["id"] for row in every_row()]) == []
    assert repeated([row["asked"].casefold() for row in every_row()]) == []


def test_answers_are_short() -> None:
    assert [row["id"] for row in every_row() if not 0 < len(row["answer"]) <= LONGEST] == []


def test_no_answer_stands_for_more_than_a_few_questions() -> None:
    assert [answer for answer, times in Counter(row["answer"] for row in every_row()).items() if times > 10] == []


def general() -> list[ComparedRow]:
    return [ComparedRow(row["id"], "general", row["asked"], row["answer"], bare=True) for row in every_row()]


def test_a_replay_example_that_asks_a_general_question_would_be_found() -> None:
    asked = [one._replace(source="replay", response="Something else.") for one in general()]
    assert len(find_overlaps(asked, general())) == len(asked)


def test_nothing_of_replay_stands_in_the_general_rows() -> None:
    assert find_overlaps(replayed(), general()) == {}


def test_no_general_row_repeats_another_or_one_of_replay() -> None:
    pairs = [(one.instruction, one.response) for one in replayed()] + [(row["asked"], row["answer"]) for row in every_row()]
    assert [pairs[place] for place, earlier in enumerate(find_duplicates(pairs)) if earlier is not None] == []


def test_every_arithmetic_answer_is_the_value_of_its_expression() -> None:
    computed = {row["id"]: value(ast.parse(row["expression"], mode="eval")) for row in rows("arithmetic")}
    assert [row["id"] for row in rows("arithmetic") if not math.isclose(computed[row["id"]], float(row["answer"]))] == []


def test_every_code_answer_is_what_the_program_prints_or_passes_its_check() -> None:
    programs = {}
    for row in rows("code"):
        block = re.search(r"```python\n(.*?)\n```", row["asked"], re.DOTALL)
        programs[row["id"]] = [block[1] if block else "", row.get("check", ""), row["answer"]]
    assert [name for name, (program, check, _) in programs.items() if not program and "assert" not in check and "except" not in check] == []
    finished = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER], input=json.dumps(programs), capture_output=True, check=True, text=True, timeout=30
    )
    assert json.loads(finished.stdout) == {}
