"""Preference, an optional second stage: the student learns which of two answers to one question is the better one (DPO).

The reference is the adapter as the first stage left it (Rafailov et al. 2023, section 4: the policy that fine-tuning gave), so a student
is held near what it has just learnt. With the adapter switched off the reference would be the base, and staying near that means
unlearning the first stage. Its log-probabilities are taken once, before the first step, when student and reference are the same.
TRL's DPOTrainer renders prompt and answer together, which gives other tokens than training and answering see (Qwen3's thinking).
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from peft import PeftModel
from pydantic import BaseModel, ConfigDict
from torch.nn.functional import logsigmoid
from transformers import PreTrainedTokenizerBase, PrinterCallback, Trainer, TrainingArguments

from factory.core.errors import UserMistake
from factory.core.jsonl import read_jsonl
from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import chat, progress
from trainer.as_text import Unfit
from trainer.chat import Dialogue, Lesson

NAME = "preference.jsonl"
BETA = 0.1  # how dear it is to leave the reference (Rafailov et al., section 6)
RATE = 5e-6  # a fortieth of the first stage's: with more, pairs are soon told apart by making both answers unlikely
LIKELY = 0.2  # weight of the better answer's own loss against that (Llama 3, Dubey et al. 2024, section 4.1.4)
PAIRS_AT_ONCE = 2  # four rows, as many as the first stage reads at once


class Pair(NamedTuple):
    """One question with two answers, in tokens."""

    chosen: Lesson
    rejected: Lesson


class Pairs(NamedTuple):
    fits: list[Pair]
    long: tuple[str, ...]  # ids of those that are longer than max_seq_length


class Preference(BaseModel, frozen=True):
    """What the second stage came to; told in training.json."""

    pairs: int
    left_out: tuple[str, ...]  # ids of pairs longer than max_seq_length
    steps: int
    first_loss: float
    last_loss: float
    preferred: float  # share of the pairs whose better answer has become likelier than the other, against the reference


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)

    prompt: tuple[chat.Message, ...]
    chosen: tuple[chat.Message, ...]
    rejected: tuple[chat.Message, ...]
    meta: chat.Meta


def pairs(run: Path, tokenizer: PreTrainedTokenizerBase, wanted: StudentSettings) -> Pairs:
    """The pairs that fit, and the ids of those that don't. Raises UserMistake where there are none: before anything is trained."""
    path = run / NAME
    lines = _read(path) if path.is_file() else []
    both = [two for one in lines if (two := _both(one, tokenizer, wanted))]
    fits = [Pair(*two) for two in both if all(len(one.input_ids) <= wanted.max_seq_length for one in two)]
    long = tuple(chosen.id for chosen, rejected in both if max(map(_length, (chosen, rejected))) > wanted.max_seq_length)
    if not fits:
        raise UserMistake(f"[train] preference = true: {path} holds no pair that fits; leave it out, or make more examples")
    return Pairs(fits, long)


def _read(path: Path) -> list[_Line]:
    return list(read_jsonl(path, _Line, "run `docstill make` again, which writes it anew"))


def _both(line: _Line, tokenizer: PreTrainedTokenizerBase, wanted: StudentSettings) -> tuple[Lesson, Lesson] | None:
    """None, and a sentence, where the student does not take the pair."""
    try:
        return _lesson(line, line.chosen, tokenizer, wanted), _lesson(line, line.rejected, tokenizer, wanted)
    except Unfit as error:
        progress.VOICE.info("a pair of answers is left out: %s", error)
        return None


def _lesson(line: _Line, answer: tuple[chat.Message, ...], tokenizer: PreTrainedTokenizerBase, wanted: StudentSettings) -> Lesson:
    return chat.lesson(Dialogue(messages=(*line.prompt, *answer), meta=line.meta), tokenizer, wanted.system)


def _length(lesson: Lesson) -> int:
    return len(lesson.input_ids)


class _Known(NamedTuple):
    """A pair and how likely the reference finds its answers."""

    pair: Pair
    chosen: float
    rejected: float


def prefer(student: PeftModel, pad: int, pairs: Pairs, arguments: TrainingArguments) -> Preference:
    """Trains the adapter that the student bears further, in place. arguments: see arguments_for; pad: the padding's token."""
    found = pairs.fits
    for one in student.modules():
        if isinstance(one, torch.nn.Dropout):
            one.p = 0.0  # likelihoods are compared with the reference's: noise in them is no preference
    known = _known(student, found, pad)
    trainer = _Preferring(
        model=student,
        args=arguments,
        train_dataset=cast(Any, known),
        data_collator=lambda some: _batch(some, pad),
        callbacks=[progress.Narrator()],
    )
    trainer.model_accepts_loss_kwargs = False  # this loss is a mean over pairs, to be divided by the accumulated batches
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    now = _known(student, found, pad)
    better = [after.chosen - before.chosen > after.rejected - before.rejected for before, after in zip(known, now, strict=True)]
    return Preference(
        pairs=len(found),
        left_out=pairs.long,
        steps=trainer.state.global_step,
        first_loss=losses[0],
        last_loss=losses[-1],
        preferred=sum(better) / len(better),
    )


def arguments_for(folder: Path, settings: TrainSettings, seed: int) -> TrainingArguments:
    """One epoch: a second one over the same pairs learns their wording (Rafailov et al. train one)."""
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        learning_rate=RATE,
        lr_scheduler_type="cosine",
        warmup_steps=0,  # pairs are often too few for more than a step or two, and the rate is low
        per_device_train_batch_size=min(PAIRS_AT_ONCE, settings.batch),
        gradient_accumulation_steps=math.ceil(settings.batch / PAIRS_AT_ONCE),
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        report_to="none",
        seed=seed,
    )


class _Preferring(Trainer):
    """The Trainer with DPO's loss."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: object = None) -> Any:  # noqa: ANN401
        said, tokens = likelihoods(model, inputs)
        chosen, rejected = (said - inputs["reference"]).chunk(2)
        likely = -said.chunk(2)[0].sum() / tokens.chunk(2)[0].sum()
        loss = -logsigmoid(BETA * (chosen - rejected)).mean() + LIKELY * likely
        return (loss, {}) if return_outputs else loss


def likelihoods(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Of each row's answer, its log-probability and its tokens. The head is asked for the answers alone."""
    told = batch["learnt"]
    given = {name: batch[name] for name in ("input_ids", "attention_mask", "position_ids")}
    with torch.autocast(told.device.type, torch.bfloat16, enabled=told.is_cuda):
        out = model(**given, logits_to_keep=told.shape[1] + 1, use_cache=False)
    asked = batch["input_ids"][:, -told.shape[1] :, None]
    each = out.logits[:, :-1].float().log_softmax(-1).gather(2, asked).squeeze(2) * told
    return each.sum(1), told.sum(1)


@torch.inference_mode()
def _known(student: PeftModel, found: Sequence[Pair], pad: int) -> list[_Known]:
    """How likely the student as it is finds every answer."""
    learning = student.training
    student.train(False)
    known = []
    for start in range(0, len(found), PAIRS_AT_ONCE):
        some = [_Known(pair, 0.0, 0.0) for pair in found[start : start + PAIRS_AT_ONCE]]
        batch = {key: value.to(student.device) for key, value in _batch(some, pad).items()}
        chosen, rejected = likelihoods(student, batch)[0].chunk(2)
        known += [_Known(one.pair, float(c), float(r)) for one, c, r in zip(some, chosen, rejected, strict=True)]
    student.train(learning)
    return known


def _batch(some: Sequence[_Known], pad: int) -> dict[str, torch.Tensor]:
    """Better answers first, then the others; padded on the left, so that all answers end where the batch does."""
    rows = [*(one.pair.chosen for one in some), *(one.pair.rejected for one in some)]
    wide, answer = max(map(_length, rows)), max(sum(one.completion_mask) for one in rows)
    mask = torch.tensor([[0] * (wide - _length(one)) + [1] * _length(one) for one in rows])
    return {
        "input_ids": torch.tensor([[pad] * (wide - _length(one)) + one.input_ids for one in rows]),
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
        "learnt": torch.tensor([([0] * wide + one.completion_mask)[-answer:] for one in rows]),
        "reference": torch.tensor([*(one.chosen for one in some), *(one.rejected for one in some)]),
    }
