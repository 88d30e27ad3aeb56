"""Forgetting: how the rise in bits is counted, when it breaks a promise, and which answers are right."""

import json
from pathlib import Path

import pytest

from factory.core.run_folder import Run
from factory.core.settings import EvaluateSettings
from factory.dataset.general_questions import general_rows
from factory.evaluation.evaluate import evaluate, with_forgetting
from factory.evaluation.forgetting import (
    Forgetting,
    forgetting_sentence,
    is_right,
    measure_forgetting,
    write_general_questions,
)
from factory.evaluation.metric_column import ScoringTerms
from tests.factory.evaluation.test_evaluate import HALF, REFERENCE, answers
from tests.factory.evaluation.test_evaluate import run as evaluated_run

Recalled = tuple[float, int, str]  # bits, tokens, response


def run(folder: Path, base: list[Recalled], student: list[Recalled]) -> Run:
    made = Run(folder)
    write_general_questions(made, EvaluateSettings(general=len(base)))
    ids = [
        json.loads(line)["meta"]["id"]
        for line in (folder / "general.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    for name, said in (("base", base), ("student", student)):
        told = [
            {"id": id, "bits": b, "tokens": t, "response": r, "of": "x"}
            for id, (b, t, r) in zip(ids, said, strict=True)
        ]
        made.write_lines(f"forgetting/{name}.jsonl", told)
    return made


def compared(
    folder: Path, base: list[Recalled], student: list[Recalled], allowed: float = 0.1
) -> Forgetting:
    found = measure_forgetting(run(folder, base, student), allowed, 0)
    assert found is not None
    return found


def test_bits_are_means_over_tokens_not_over_questions(tmp_path: Path) -> None:
    found = compared(tmp_path, [(2.0, 1, ""), (4.0, 4, "")], [(3.0, 1, ""), (8.0, 4, "")])
    assert (found.base.bits, found.student.bits, found.paired["bits"].mean) == (1.2, 2.2, 1.0)


def test_a_rise_that_is_sure_to_exceed_what_is_allowed_breaks_the_promise(tmp_path: Path) -> None:
    found = compared(tmp_path, [(2.0, 2, "")] * 12, [(2.4, 2, "")] * 12)
    assert found.broken == (
        "the student has forgotten too much: general answers cost it 0.200 bits per token more than its base (at least 0.200), "
        "and [evaluate] forgetting allows 0.1"
    )


def test_a_rise_whose_interval_reaches_down_to_what_is_allowed_does_not(tmp_path: Path) -> None:
    found = compared(tmp_path, [(2.0, 2, "")] * 12, [(2.0, 2, ""), (2.5, 2, "")] * 6)
    assert (found.paired["bits"].mean, found.paired["bits"].low < 0.1, found.broken) == (
        0.125,
        True,
        "",
    )


def test_the_sentence_says_both_models_the_interval_and_what_is_allowed(tmp_path: Path) -> None:
    found = compared(tmp_path, [(2.0, 2, "")] * 6, [(2.4, 2, "")] * 6)
    assert forgetting_sentence(found) == (
        "student has forgotten general answers: 1.000 -> 1.200 bits per token, difference +0.200 (95 % interval +0.200 to +0.200, n = 6); "
        "at most +0.1 is allowed; right answers 0.000 -> 0.000"
    )


def test_every_kind_is_told_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, [(2.0, 2, "")] * 9, [(2.0, 2, "")] * 9)
    assert {kind: one.n for kind, one in found.kinds.items()} == {
        "knowledge": 3,
        "arithmetic": 3,
        "code": 3,
    }


def test_fewer_questions_are_spread_evenly_over_the_kinds(tmp_path: Path) -> None:
    write_general_questions(Run(tmp_path), EvaluateSettings(general=30))
    kinds = [
        json.loads(line)["meta"]["kind"]
        for line in (tmp_path / "general.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert kinds == ["knowledge"] * 10 + ["arithmetic"] * 10 + ["code"] * 10


def test_nothing_is_told_where_one_model_was_not_measured(tmp_path: Path) -> None:
    made = run(tmp_path, [(2.0, 2, "")] * 3, [(2.0, 2, "")] * 3)
    (tmp_path / "forgetting" / "student.jsonl").unlink()
    assert measure_forgetting(made, 0.1, 0) is None


def test_evaluation_json_holds_what_was_forgotten_or_says_that_nobody_measured(
    tmp_path: Path,
) -> None:
    made = evaluated_run(tmp_path, gold=8)
    answers(made, "student", *[REFERENCE] * 8)
    answers(made, "base", *[HALF] * 8)
    found = with_forgetting(made, evaluate(made, ScoringTerms(("token_f1",), 0)), 0.1, 0)
    assert (
        found.note
        == "Gold decides. Forgetting was not measured; run `docstill answer` for both base and student."
    )
    run(tmp_path, [(2.0, 2, "")] * 3, [(2.4, 2, "")] * 3)
    with_forgetting(made, evaluate(made, ScoringTerms(("token_f1",), 0)), 0.1, 0)
    written = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["forgetting"]
    assert (
        written["n"],
        written["base"]["bits"],
        written["student"]["bits"],
        written["allowed"],
    ) == (3, 1.0, 1.2, 0.1)
    assert set(written["kinds"]) == {"knowledge", "arithmetic", "code"}


@pytest.mark.parametrize(
    ("reference", "response", "code"),
    [
        ("Budapest", "The capital of Hungary is Budapest.", False),
        ("The Sun", "the sun", False),
        ("1945", "It ended in 1945.", False),
        ("1000", "1,000 centimetres", False),
        ("0.6", "1 - 0.4 = 0.60", False),
        ("[1, 2, 3]", "The output is `[1, 2, 3]`.", True),
        ('print("hello")', "```python\nprint('hello')\n```", True),
        ("==", "a == b", True),
        ("-4", "5 - 9 = -4", False),
    ],
)
def test_a_right_answer_is_found(reference: str, response: str, code: bool) -> None:
    assert is_right(response, reference, code)


@pytest.mark.parametrize(
    ("reference", "response", "code"),
    [
        ("Budapest", "Bucharest", False),
        ("Iron", "An ironic question", False),
        ("6", "12 - 6 = 5", False),
        ("6", "", False),
        ("BLUE", "blue", True),
        ("int", "print()", True),
        ("4", "-4", False),
    ],
)
def test_a_wrong_answer_is_not(reference: str, response: str, code: bool) -> None:
    assert not is_right(response, reference, code)


def test_every_general_answer_is_right_by_its_own_measure() -> None:
    every = [(row["meta"], row["messages"]) for row in json.loads(json.dumps(general_rows()))]
    wrong = [
        meta["id"]
        for meta, said in every
        if not is_right(said[-1]["content"], said[-1]["content"], meta["kind"] == "code")
    ]
    assert wrong == []
