"""The command evaluate: its promises as exit codes, and a judge that is a teacher like any other."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.cli import main
from factory.core.run_folder import Run
from tests.chat_server import Messages, chatting
from tests.factory.evaluation.test_evaluate import HALF, REFERENCE, WRONG, answers
from tests.factory.evaluation.test_remote_answers import made

JUDGE = '[evaluate]\njudge = "quay"\nmetrics = ["token_f1"]'
Evaluate = Callable[..., tuple[int, str]]


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """Exit code and what was said, on stdout and stderr, of `docstill evaluate`."""

    def command(run: Run, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["docstill", "evaluate", str(run.folder), *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(str(ended.value.code or 0)), " ".join((said.out + said.err).split())

    return command


def answered(folder: Path, student: str, url: str = "http://127.0.0.1:1/v1", more: str = "") -> Run:
    run = made(folder, url, n=8, more=more)
    answers(run, "student", *[student] * 8)
    answers(run, "base", *[HALF] * 8)
    return run


def marks(messages: Messages) -> str | int:
    """Whoever says "blue" is too much for the judge."""
    answer = messages[-1]["content"].rpartition("The model's answer:\n")[2]
    mark = 5 if answer == REFERENCE else 2
    told = {"why": "So.", "accuracy": mark, "relevance": mark, "expertise": mark, "tone": mark}
    return 400 if answer.startswith(WRONG) else json.dumps(told)


def test_a_student_that_is_not_shown_better_than_base_ends_with_1(
    tmp_path: Path, evaluate: Evaluate
) -> None:
    assert evaluate(answered(tmp_path / "a", REFERENCE))[0] == 0
    assert evaluate(answered(tmp_path / "b", HALF))[0] == 1


def test_a_student_that_is_worse_than_an_earlier_one_ends_with_1_and_one_that_is_not_with_0(
    tmp_path: Path, evaluate: Evaluate
) -> None:
    earlier = tmp_path / "student.jsonl"
    for text, code in ((WRONG, 1), (HALF, 0)):
        run = answered(tmp_path / text.replace(" ", ""), text)
        earlier.unlink(missing_ok=True)
        answers(run, "", *[HALF] * 8, path=earlier)
        found, said = evaluate(run, "--answers", f"earlier={earlier}", "--against", "earlier")
        assert (found, "the student is worse than earlier" in said) == (code, code == 1)


def test_the_judge_is_asked_within_the_ledger_and_told_with_its_marks(
    tmp_path: Path, evaluate: Evaluate
) -> None:
    with chatting(marks) as server:
        run = answered(tmp_path, REFERENCE, server.url, JUDGE)
        said = evaluate(run)[1]
        judged = json.loads((run.folder / "evaluation.json").read_text())["judged"]
        assert len(server.bodies) == 24  # two answers to each question, and known ones beside
        evaluate(run)
        assert len(server.bodies) == 24  # none is bought twice
    assert (judged["models"]["student"]["accuracy"], judged["models"]["base"]["tone"]) == (5, 2)
    assert judged["paired"]["student-base"]["relevance"] == {"mean": 3, "low": 3, "high": 3}
    assert "quay judges 24 answers, some of them known for a check, $0." in said
    assert "Marks by quay, 1 to 5" in said


def test_what_the_judge_refuses_is_no_0(tmp_path: Path, evaluate: Evaluate) -> None:
    with chatting(marks) as server:
        run = answered(tmp_path, WRONG, server.url, JUDGE)
        said = evaluate(run)[1]
    judged = json.loads((run.folder / "evaluation.json").read_text())["judged"]
    assert (judged["models"]["student"], judged["unjudged"], judged["n"]) == (
        {},
        {"student": 8, "base": 0},
        {"student": 0, "base": 8},
    )
    assert all(
        "the server refused the request (400: not today" in reason for reason in judged["reasons"]
    )  # also where it is given up
    assert "not judged: " in said


def test_a_budget_that_is_spent_leaves_answers_unjudged(tmp_path: Path, evaluate: Evaluate) -> None:
    with chatting(marks) as server:
        run = answered(tmp_path, HALF, server.url, f"{JUDGE}\n[budget]\nusd = 0.0025")
        evaluate(run)
        assert len(server.bodies) * 0.00012 <= 0.0025
    judged = json.loads((run.folder / "evaluation.json").read_text())["judged"]
    assert judged["unjudged"]["student"] > 0
    assert any("the budget of $0.0025 does not cover" in reason for reason in judged["reasons"])
