"""A training that is killed goes on where it was, and ends with the same adapter."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from safetensors.torch import load_file

from factory.core.training_settings import TrainSettings

ROOT = Path(__file__).parents[2]
FOUND = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
# With dropout, so that a state of chance that is lost would show; validated, so that the best step and not the last one is kept.
SETTINGS = TrainSettings(min_examples=1, max_steps=20, batch=4, learning_rate=0.01, quantize=False, dropout=0.2)


def trained(run: Path, base: str, *kills: str) -> list[int]:
    command = [sys.executable, "-m", "tests.trainer.dying", str(run), base, SETTINGS.model_dump_json(exclude_unset=True), *kills]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": FOUND}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def apart(run: Path, other: Path) -> float:
    """The largest absolute difference between two runs' adapters."""
    one, two = (load_file(folder / "adapter" / "adapter_model.safetensors") for folder in (run, other))
    assert one.keys() == two.keys()
    return max(float((one[name] - two[name]).abs().max()) for name in one)


def test_three_kills_change_nothing(run: Path, base: str) -> None:
    write(run / "val.jsonl", [row(number, answer=f"It opens at {number % 4}.") for number in range(30)])
    killed = Path(shutil.copytree(run, run.parent / "killed"))
    assert trained(run, base, "0:on_step_end") == [0]
    assert trained(killed, base, "3:on_step_end", "9:on_save", "17:on_step_end", "0:on_step_end") == [-signal.SIGKILL] * 3 + [0]
    assert apart(run, killed) == 0.0
    assert [path.name for path in killed.iterdir() if path.name.startswith("adapter")] == ["adapter"]
