"""The second stage: which of two answers is the better one."""

import json
import math
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import row

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedTokenizerBase

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import dpo, student


class Taught(NamedTuple):
    model: PeftModel
    tokenizer: PreTrainedTokenizerBase


def line(number: int, **changes: str) -> dict[str, object]:
    messages = row(number, **changes)["messages"]
    assert isinstance(messages, list)
    other = {"role": "assistant", "content": "When does It opens?"}
    return {"prompt": messages[:-1], "chosen": messages[-1:], "rejected": [other], "meta": {"id": f"q{number}", "lost": "outvoted"}}


@pytest.fixture
def told(run: Path) -> Path:
    (run / dpo.NAME).write_text("".join(json.dumps(line(number)) + "\n" for number in range(8)))
    return run


@pytest.fixture
def taught(base: str) -> Taught:
    """A student with an adapter that says something already, as the first stage leaves it."""
    pair = student.load(base, quantized=False)
    torch.manual_seed(1)
    model = get_peft_model(pair.model, LoraConfig(r=8, lora_dropout=0.1, target_modules=["q_proj", "v_proj", "up_proj", "down_proj"]))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    return Taught(cast(PeftModel, model), pair.tokenizer)


def found(told: Path, taught: Taught, length: int = 64) -> dpo.Pairs:
    return dpo.pairs(told, taught.tokenizer, StudentSettings(base="b", max_seq_length=length))


def prefer(told: Path, taught: Taught, **changes: object) -> dpo.Preference:
    settings = TrainSettings.model_validate({"batch": 4} | changes)
    arguments = dpo.arguments_for(told / "part", settings, 0)
    arguments.learning_rate, arguments.num_train_epochs = 0.01, 10  # so tiny a student learns nothing at the real rate
    return dpo.prefer(taught.model, 0, found(told, taught), arguments)


def likelier(taught: Taught, pairs: list[dpo.Pair]) -> list[float]:
    return [one.chosen - one.rejected for one in dpo._known(taught.model, pairs, 0)]


def test_the_better_answers_become_likelier_than_the_others(told: Path, taught: Taught) -> None:
    pairs, _ = found(told, taught)
    before = likelier(taught, pairs)
    report = prefer(told, taught)
    assert report.preferred == 1.0
    assert all(after > one for one, after in zip(before, likelier(taught, pairs), strict=True))
    assert (report.pairs, report.steps) == (8, 20)


def test_the_first_loss_is_that_of_a_student_who_is_its_own_reference(told: Path, taught: Taught) -> None:
    pairs, _ = found(told, taught)
    known = dpo._known(taught.model, pairs, 0)
    tokens = sum(sum(one.chosen.completion_mask) for one in pairs)
    likely = -sum(one.chosen for one in known) / tokens
    report = prefer(told, taught, batch=8)
    assert report.first_loss == pytest.approx(math.log(2) + dpo.LIKELY * likely, abs=2e-3)


def test_the_reference_is_the_adapter_and_not_the_base(told: Path, taught: Taught) -> None:
    pairs, _ = found(told, taught)
    with_adapter = likelier(taught, pairs)
    with taught.model.disable_adapter():
        without = likelier(taught, pairs)
    assert with_adapter != pytest.approx(without, abs=0.01)


def test_a_likelihood_is_that_of_the_answer_alone(told: Path, taught: Taught) -> None:
    pairs, _ = found(told, taught)
    lesson = pairs[0].chosen
    start = lesson.completion_mask.index(1)
    taught.model.train(False)
    logits = taught.model(input_ids=torch.tensor([lesson.input_ids], device=taught.model.device)).logits[0].log_softmax(-1).detach()
    by_hand = sum(float(logits[place - 1, lesson.input_ids[place]]) for place in range(start, len(lesson.input_ids)))
    assert dpo._known(taught.model, pairs, 0)[0].chosen == pytest.approx(by_hand, abs=0.1 if torch.cuda.is_available() else 1e-4)


def test_pairs_too_long_are_named_and_left_out(told: Path, taught: Taught) -> None:
    with (told / dpo.NAME).open("a") as file:
        file.write(json.dumps(line(8, asked="Question " * 80)) + "\n")
    fits, long = found(told, taught)
    assert (len(fits), long) == (8, ("q8",))


@pytest.mark.parametrize("length", [4, 64])
def test_a_preference_without_pairs_is_refused(run: Path, taught: Taught, length: int) -> None:
    if length == 4:
        (run / dpo.NAME).write_text(json.dumps(line(0)) + "\n")
    with pytest.raises(UserMistake, match=r"\[train\] preference = true: .* holds no pair that fits; leave it out"):
        found(run, taught, length)


def test_a_broken_pair_is_named_by_its_line(told: Path, taught: Taught) -> None:
    (told / dpo.NAME).write_text('{"prompt": []}\n')
    with pytest.raises(UserMistake, match="preference.jsonl:1: chosen: field required"):
        found(told, taught)
