"""Training for real, on a student of a hundred thousand weights."""

import json
import shutil
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

import torch
from transformers import TrainerState

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import progress, student, train
from trainer.batches import Batches, Form
from trainer.lessons import enough, gather
from trainer.report import TrainReport

EXACT = pytest.mark.skipif(torch.cuda.is_available(), reason="a student so small learns too little in bfloat16 for it to be seen")


def settings(**changes: object) -> TrainSettings:
    quick: dict[str, object] = {
        "min_examples": 1,
        "max_steps": 6,
        "batch": 8,
        "learning_rate": 0.02,
        "quantize": False,
        "dropout": 0,
    }
    return TrainSettings.model_validate(quick | changes)


def trained(run: Path, base: str, **changes: object) -> TrainReport:
    length = changes.pop("max_seq_length", 64)
    wanted = StudentSettings.model_validate({"base": base, "max_seq_length": length})
    return train.train(run, base, wanted, settings(**changes), 0)


def test_training_lowers_the_loss_and_writes_an_adapter_that_loads(run: Path, base: str) -> None:
    report = trained(run, base)
    assert report.last_loss < report.first_loss - 0.5
    assert (report.rows, report.steps, report.allowed_small, report.best_val_loss) == (8, 6, True, None)
    assert TrainReport.model_validate_json((run / "adapter" / "training.json").read_text()) == report
    assert student.load_for_answers(base, run / "adapter").model.num_parameters() > 0
    assert not (run / "adapter.part").exists()


def test_a_four_bit_student_learns(run: Path, base: str) -> None:
    pytest.importorskip("bitsandbytes", reason="four bits need bitsandbytes: pip install docstill[train]")
    report = trained(run, base, quantize=True)
    assert report.quantized
    assert report.last_loss < report.first_loss - 0.5


@pytest.mark.parametrize("form", [Form(), Form(packed=False), Form(whole=True)])
def test_only_the_answer_and_its_end_carry_loss(run: Path, base: str, form: Form) -> None:
    tokenizer = student.tokenizer_of(base)
    lessons = gather(run, enough(run, settings()), tokenizer, StudentSettings(base=base), settings())
    batch = Batches(lessons.train, [(tuple(range(8)),)], form, 1)[0]
    learnt = [tokenizer.decode([i for i in labels if i != -100]) for labels in batch["labels"].tolist()]
    whole = [f"It opens at {hour} . <|im_end|>" for hour in ("six", "seven", "eight", "nine")] * 2
    assert learnt == ([" ".join(whole)] if form.packed else whole)


@pytest.mark.parametrize("changes", [{"packing": False}, {"micro_batch_tokens": 64}, {"packing": False, "micro_batch_tokens": 64}])
def test_however_a_step_is_cut_the_same_is_learnt(run: Path, base: str, changes: dict[str, object]) -> None:
    whole, cut = trained(run, base), trained(run, base, **changes)
    assert cut.last_loss == pytest.approx(whole.last_loss, rel=1e-2 if torch.cuda.is_available() else 1e-3)
    assert (whole.packed, cut.packed) == (True, "packing" not in changes)


class Cut(Exception):
    """As a kill would: in the middle of a step, with nothing written."""


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_training_that_was_cut_off_ends_as_one_that_was_not(run: Path, base: str, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    adapter = run / "adapter" / "adapter_model.safetensors"
    trained(run, base, dropout=0.1)
    whole = adapter.read_bytes()
    shutil.rmtree(run / "adapter")

    def cut(self: object, args: object, state: TrainerState, *_: object, **__: object) -> None:
        if state.global_step == at:
            raise Cut

    monkeypatch.setattr("trainer.loop.Clock.on_step_begin", cut)
    with pytest.raises(Cut):
        trained(run, base, dropout=0.1)
    monkeypatch.undo()
    assert trained(run, base, dropout=0.1).resumed_at == at
    assert adapter.read_bytes() == whole


def test_a_cut_training_of_other_rows_begins_anew(run: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.report.peak_memory", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trained(run, base)
    monkeypatch.undo()
    write(run / "train.jsonl", [row(number) for number in range(7)])
    assert trained(run, base).resumed_at is None


def test_unsloth_is_refused_where_there_are_several_gpus(run: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserMistake, match="backend unsloth: trains on one GPU, and 2 are in sight; set CUDA_VISIBLE_DEVICES=0"):
        trained(run, base, backend="unsloth")


def test_unsloth_asked_for_without_a_gpu_is_refused(run: Path, base: str) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(UserMistake, match="backend unsloth: needs an NVIDIA GPU"):
        trained(run, base, backend="unsloth")


def test_speed_and_memory_are_told(run: Path, base: str) -> None:
    report = trained(run, base)
    assert report.tokens_per_second > 0
    assert report.peak_memory > 1e6
    assert (report.utilisation is None) == (report.device == "cpu")


def test_the_first_batch_can_be_read(run: Path, base: str) -> None:
    trained(run, base, max_steps=1)
    shown = (run / "adapter" / "first_batch.txt").read_text()
    assert "----- learnt (6 tokens)\nIt opens at" in shown
    assert "When does the depot open ? <|im_end|>" in shown


def test_rows_too_long_are_named_and_left_out(run: Path, base: str) -> None:
    write(run / "train.jsonl", [row(0), row(1, asked="Question " * 80)])
    report = trained(run, base, max_steps=1)
    assert (report.rows, report.left_out) == (1, ("q1",))


def test_the_best_epoch_counts_from_30_validation_rows_on(run: Path, base: str) -> None:
    write(run / "val.jsonl", [row(number) for number in range(30)])
    report = trained(run, base, max_steps=None, epochs=2)
    assert (report.val_rows, report.best_of_epochs) == (30, True)
    assert report.best_val_loss is not None


def test_a_new_adapter_takes_the_old_ones_answers_and_verdict_away(run: Path, base: str) -> None:
    (run / "adapter").mkdir()
    (run / "adapter" / "old").touch()
    (run / "answers").mkdir()
    for name in ("student", "base"):
        (run / "answers" / f"{name}.jsonl").touch()
    (run / "evaluation.json").touch()
    trained(run, base, max_steps=1)
    assert [path.name for path in (run / "answers").iterdir()] == ["base.jsonl"]
    assert not (run / "evaluation.json").exists()
    assert not (run / "adapter" / "old").exists()


def test_the_same_seed_gives_the_same_adapter(run: Path, base: str) -> None:
    adapter = run / "adapter" / "adapter_model.safetensors"
    first, second = [(trained(run, base, max_steps=2), adapter.read_bytes())[1] for _ in range(2)]
    assert first == second


def test_progress_is_told_to_who_listens(run: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    with progress.heard_by(heard.append):
        trained(run, base, max_steps=2)
    assert [line.split(",")[0] for line in heard] == ["step 1 of 2", "step 2 of 2"]
    assert capsys.readouterr().out == ""


def test_too_few_rows_name_both_numbers_and_the_key(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match=r"8 rows to learn from, but \[train\] min_examples = 500"):
        trained(run, base, min_examples=500)


def test_rows_too_long_do_not_count_towards_min_examples(run: Path, base: str) -> None:
    write(run / "train.jsonl", [row(0), row(1, asked="Question " * 80)])
    with pytest.raises(UserMistake, match=r"1 rows to learn from, but \[train\] min_examples = 2"):
        trained(run, base, min_examples=2)


@pytest.mark.parametrize(("text", "sentence"), [(None, "is missing"), ("", "is empty")])
def test_a_run_without_examples_is_sent_to_make(run: Path, base: str, text: str | None, sentence: str) -> None:
    (run / "train.jsonl").unlink()
    if text is not None:
        (run / "train.jsonl").write_text(text)
    with pytest.raises(UserMistake, match=f"{sentence}; run `docstill make` first"):
        trained(run, base)


def test_rows_that_are_all_too_long_are_refused(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match="all 8 rows are longer"):
        trained(run, base, max_seq_length=4)


def test_a_layer_that_the_student_lacks_is_named(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match="has no layer named qkv_proj"):
        trained(run, base, modules=("q_proj", "qkv_proj"))


def test_the_report_is_plain_json(run: Path, base: str) -> None:
    trained(run, base, max_steps=1)
    assert json.loads((run / "adapter" / "training.json").read_text())["backend"] == "trl"


@EXACT
def test_a_second_stage_prefers_the_better_answers(run: Path, base: str) -> None:
    messages = [{"role": "user", "content": "When does the depot open?"}]
    pairs = [
        {"prompt": messages, "chosen": [answer("It opens at six.")], "rejected": [answer("When does It?")], "meta": {"id": f"q{number}"}}
        for number in range(4)
    ]
    (run / "preference.jsonl").write_text("".join(json.dumps(one) + "\n" for one in pairs))
    report = trained(run, base, preference=True)
    assert report.preference is not None
    assert (report.preference.pairs, report.preference.steps, report.preference.preferred) == (4, 1, 1.0)
    assert "preference" not in trained(run, base).model_dump()


def answer(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}


def test_a_second_stage_without_pairs_is_refused_before_anything_is_trained(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match=r"\[train\] preference = true: .*preference.jsonl holds no pair that fits"):
        trained(run, base, preference=True)
    assert not (run / "adapter.part").exists()


@EXACT
def test_a_student_that_learns_by_heart_is_stopped_and_its_best_step_kept(run: Path, base: str) -> None:
    write(run / "val.jsonl", [row(number, answer=f"depot at {number % 4}") for number in range(30)])
    report = trained(run, base, max_steps=40)
    assert report.stopped_early
    assert report.steps < 40
    curves = json.loads((run / "adapter" / "curves.json").read_text())
    assert report.best_val_loss == pytest.approx(min(loss for _, loss in curves["val"]), abs=1e-5)
    assert curves["val"][-1][1] > report.best_val_loss
    assert len(curves["train"]) == report.steps


def test_tensorboard_is_told_where_the_recipe_says_so(run: Path, base: str) -> None:
    pytest.importorskip("tensorboard", reason="told to TensorBoard only where it is installed: pip install tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained(run, base, report_to="tensorboard")
    told = EventAccumulator(str(run / "tensorboard")).Reload()
    assert [one.step for one in told.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]
