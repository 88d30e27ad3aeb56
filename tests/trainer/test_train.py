"""Training for real, on a student of a hundred thousand weights."""

import json
from pathlib import Path

import pytest

from factory.errors import UserMistake
from tests.trainer.conftest import row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer import progress, student, train
from trainer.lessons import enough, gather
from trainer.settings import StudentSettings, TrainSettings


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


def trained(run: Path, base: str, **changes: object) -> train.TrainReport:
    length = changes.pop("max_seq_length", 64)
    wanted = StudentSettings.model_validate({"base": base, "max_seq_length": length})
    return train.train(run, base, wanted, settings(**changes), 0)


def test_training_lowers_the_loss_and_writes_an_adapter_that_loads(run: Path, base: str) -> None:
    report = trained(run, base)
    assert report.last_loss < report.first_loss - 0.5
    assert (report.rows, report.steps, report.allowed_small, report.best_val_loss) == (8, 6, True, None)
    assert train.TrainReport.model_validate_json((run / "adapter" / "training.json").read_text()) == report
    assert student.load_for_answers(base, run / "adapter").model.num_parameters() > 0
    assert not (run / "adapter.part").exists()


def test_a_four_bit_student_learns(run: Path, base: str) -> None:
    pytest.importorskip("bitsandbytes", reason="four bits need bitsandbytes: pip install docstill[train]")
    report = trained(run, base, quantize=True)
    assert report.quantized
    assert report.last_loss < report.first_loss - 0.5


def test_only_the_answer_and_its_end_carry_loss(run: Path, base: str) -> None:
    pair = student.load(base, quantized=False)
    lessons = gather(run, enough(run, settings()), pair.tokenizer, StudentSettings(base=base), settings())
    whole = settings(micro_batch=8)
    trainer = train._trainer(pair.model, pair.tokenizer, lessons, whole, train._arguments(run, lessons, whole, 0))
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = [pair.tokenizer.decode([i for i in labels if i != -100]) for labels in batch["labels"].tolist()]
    assert set(learnt) == {f"It opens at {hour} . <|im_end|>" for hour in ("six", "seven", "eight", "nine")}


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


@pytest.mark.parametrize(("text", "sentence"), [(None, "there is no such file"), ("", "is empty")])
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
