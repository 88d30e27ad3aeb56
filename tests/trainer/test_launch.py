"""Several processes that train one student together; on the CPU, where they talk by gloo instead of NCCL."""

import subprocess
import sys
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

import torch
from safetensors.torch import load_file

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import launch, progress, train

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="one process with several cards is not what train starts; see benchmarks")


def settings(**changes: object) -> TrainSettings:
    quick: dict[str, object] = {"min_examples": 1, "max_steps": 6, "batch": 8, "learning_rate": 0.02, "quantize": False, "dropout": 0}
    return TrainSettings.model_validate(quick | changes)


def order(run: Path, base: str, **changes: object) -> launch.Order:
    return launch.Order(run=run, base=base, student=StudentSettings(base=base, max_seq_length=64), settings=settings(**changes), seed=0)


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "adapter" / "adapter_model.safetensors")


def test_two_processes_learn_what_one_learns_and_leave_nothing_of_their_group(
    run: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = "import torch, trainer.worker as it; it.main(); assert not torch.distributed.is_initialized(), 'the group is left'"
    started = launch._command

    def watched(processes: int, path: Path) -> list[str]:
        *starter, _, _, told = started(processes, path)
        return [*starter, "--no-python", sys.executable, "-c", left, told]

    monkeypatch.setattr(launch, "_command", watched)
    asked = order(run, base, micro_batch_tokens=64, batch=3)
    one = train.alone(run, base, asked.student, asked.settings, asked.seed)
    alone = weights(run)
    heard: list[str] = []
    with progress.heard_by(heard.append):
        two = launch.on_each(asked, 2)
    assert (one.devices, two.devices) == (1, 2)
    assert (two.steps, two.tokens, two.rows) == (one.steps, one.tokens, one.rows)
    assert two.last_loss == pytest.approx(one.last_loss, rel=1e-3)
    for name, learnt in weights(run).items():
        torch.testing.assert_close(learnt, alone[name], rtol=1e-2, atol=1e-3)
    assert len(heard) == len(set(heard)), "the second process spoke too"


def test_two_processes_judge_and_keep_what_one_keeps(run: Path, base: str) -> None:
    write(run / "train.jsonl", [row(number) for number in range(40)])
    write(run / "val.jsonl", [row(number) for number in range(30)])
    asked = order(run, base, max_steps=10)
    one = train.alone(run, base, asked.student, asked.settings, asked.seed)
    two = launch.on_each(asked, 2)
    assert one.best_val_loss is not None
    assert two.best_val_loss == pytest.approx(one.best_val_loss, rel=1e-2)


def test_a_mistake_of_the_rows_is_one_sentence_whoever_finds_it(run: Path, base: str, capfd: pytest.CaptureFixture[str]) -> None:
    (run / "train.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(UserMistake, match=r"train\.jsonl"):
        launch.on_each(order(run, base), 2)
    assert capfd.readouterr().err == ""
    assert not (run / "adapter").exists()


def test_what_a_process_wrote_is_told_where_it_dies(run: Path, base: str) -> None:
    (run / "adapter.part").write_text("in the way", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"2 processes ended with exit code 1[\s\S]*Error"):
        launch.on_each(order(run, base), 2)


MEETING = """
import torch
from torch import distributed
from trainer.loop import meet
distributed.init_process_group("gloo")
me = distributed.get_rank()
wide, flat, lone = (torch.nn.Parameter(torch.zeros(*shape)) for shape in ((2, 3), (4,), (1,)))
wide.grad = torch.arange(6.0).reshape(2, 3) + 10 * me
flat.grad = torch.full((4,), 8.0) if me else None
meet([wide, flat, lone])
assert wide.grad.tolist() == [[5, 6, 7], [8, 9, 10]], wide.grad
assert (flat.grad.tolist(), lone.grad.tolist()) == ([4] * 4, [0]), (flat.grad, lone.grad)
distributed.destroy_process_group()
"""


def test_processes_meet_at_the_mean_of_their_gradients(tmp_path: Path) -> None:
    *starter, _, _, _ = launch._command(2, tmp_path)
    subprocess.run([*starter, "--no-python", sys.executable, "-c", MEETING], check=True)
