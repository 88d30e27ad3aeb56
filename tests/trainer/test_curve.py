"""The learning curve for real: students of parts of the data are trained, answer and are scored."""

import json
from pathlib import Path

import pytest

from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.commands.evaluating import evaluate_run
from factory.commands.student import run_answer, run_train

RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "none"
model = "local/none"
[student]
base = "{base}"
[train]
curve = [0.5, 1.0]
quantize = false
min_examples = 1
max_steps = 2
batch = 4
modules = ["q_proj"]
[evaluate]
forgetting = false
"""


def test_every_share_has_a_student_that_is_trained_once_and_scored(run: Path, base: str) -> None:
    (run / "recipe.toml").write_text(RECIPE.format(base=base))
    for name in ("train", "test"):
        rows = [row(number) for number in range(8)]
        for number, one in enumerate(rows):
            one["meta"] |= {"document": {"digest": f"d{number}", "name": f"{number}.md"}, "source": "document"}  # type: ignore[operator]
        write(run / f"{name}.jsonl", rows)
    run_train(run)
    adapter = run / "curve" / "50" / "adapter"
    first = (adapter / "adapter_model.safetensors").stat().st_mtime_ns
    assert len((run / "curve" / "50" / "train.jsonl").read_text().splitlines()) == 4
    run_train(run)
    assert (adapter / "adapter_model.safetensors").stat().st_mtime_ns == first  # the same rows, the same settings: it stands
    for model in ("base", "student"):
        run_answer(run, model)
    found = evaluate_run(run, [], "base").curve
    assert found
    assert [(point.share, point.rows) for point in found.points] == [(0.5, 4), (1, 8)]
    assert json.loads((run / "evaluation.json").read_text())["curve"]["points"][1]["gain"] is not None
