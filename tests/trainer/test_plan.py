"""The plan of a training, from rows, config and tokenizer alone."""

import shutil
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import plan


def planned(run: Path, base: str, **changes: object) -> list[str]:
    settings = TrainSettings.model_validate({"min_examples": 1, "batch": 4} | changes)
    return list(plan.plan(run, base, StudentSettings(base=base, max_seq_length=64), settings).lines())


@pytest.fixture
def weightless(base: str, tmp_path: Path) -> str:
    """The student's folder without its weights: a plan must not miss them."""
    return str(shutil.copytree(base, tmp_path / "weightless", ignore=shutil.ignore_patterns("*.safetensors")))


def test_everything_is_said_without_a_weight(run: Path, weightless: str) -> None:
    lines = planned(run, weightless)
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["student", "data", "rate", "steps", "memory", "time"]
    assert f"{weightless}: llama, 0 million weights; preset SmolLM2-135M" in lines[0]
    assert lines[3].startswith("data      8 rows of 240 tokens, 20% of them learnt; the longest 30; 0 validation rows")


def test_rows_that_are_too_long_are_named(run: Path, weightless: str) -> None:
    write(run / "train.jsonl", [row(0), row(1, asked="Question " * 80)])
    assert "          left out, longer than max_seq_length = 64: q1" in planned(run, weightless)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "0.0001: under 1,000 rows half of the usual 0.0002, 8 here"),
        ({"preset": "gentle"}, "5e-05, as the recipe or its preset says"),
    ],
)
def test_the_learning_rate_is_told_with_its_rule(run: Path, weightless: str, changes: dict[str, object], words: str) -> None:
    assert f"rate      {words}" in planned(run, weightless, **changes)


def test_steps_and_what_is_watched_are_told(run: Path, weightless: str) -> None:
    write(run / "val.jsonl", [row(number) for number in range(30)])
    said = "steps     6 of 4 rows, 2 an epoch; the validation loss is measured 6 times and the best step kept; an early stop where it turns"
    assert said in planned(run, weightless)


def test_a_plan_refuses_what_training_would(run: Path, weightless: str) -> None:
    with pytest.raises(UserMistake, match=r"8 rows to learn from, but \[train\] min_examples = 500"):
        planned(run, weightless, min_examples=500)
