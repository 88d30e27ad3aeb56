"""The loop over packs: transformers' Trainer, with a loss of our own, in the order that was laid out."""

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainingArguments,
)
from transformers import TrainerState as State

from trainer.batches import Batch, Batches, only
from trainer.guards import Watch
from trainer.learner import Learner
from trainer.loss import summed

WARM_UP = 0.1  # share of the steps; a warmup_steps below 1 is taken as a share
LEFT_WARM = 2  # steps that load kernels and grow memory; they don't count as speed where there are more


class PackTrainer(Trainer):
    """TRL's SFTTrainer would be in the way: it takes rows, not packs, and asks the head for every token to measure entropy and accuracy."""

    def training_step(self, model: torch.nn.Module, inputs: Batch, num_items_in_batch: torch.Tensor | int | None = None) -> torch.Tensor:
        """Processes meet once a step; DDP would copy and scale every matrix of the adapter by itself, which small steps wait for."""
        if not isinstance(model, DistributedDataParallel):
            return super().training_step(model, inputs, num_items_in_batch)
        with model.no_sync():
            loss = super().training_step(model, inputs, num_items_in_batch)
        if self.accelerator.sync_gradients:
            meet([one for one in model.parameters() if one.requires_grad])
        return loss

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, tuple[torch.Tensor]]:
        inputs = dict(inputs)
        labels, share = inputs.pop("labels"), inputs.pop("share")
        if "logits_to_keep" in inputs:
            logits = model(**inputs, use_cache=False).logits
            loss = summed(logits.flatten(0, 1), labels.flatten()) * share
        else:
            with torch.autocast(labels.device.type, torch.bfloat16):
                loss = model(**inputs, labels=labels, num_items_in_batch=1 / share, use_cache=False).loss
        return (loss, (loss,)) if return_outputs else loss


def meet(learnt: Sequence[torch.nn.Parameter]) -> None:
    """Gives all processes the mean of their gradients, in one piece; what one of them has no gradient of counts as zero there."""
    flat = torch.cat([(torch.zeros_like(one) if one.grad is None else one.grad).flatten() for one in learnt])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for one, part in zip(learnt, torch.split(flat, [one.numel() for one in learnt]), strict=True):
        one.grad = part.view_as(one)


class Clock(TrainerCallback):
    """Seconds and tokens of the steps themselves, without validation and checkpoints."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = tokens  # of each step
        self._begun = self._started = time.monotonic()
        self.timed: list[tuple[int, float]] = []  # step and its seconds, of this process

    def on_step_begin(self, args: TrainingArguments, state: State, control: TrainerControl, **_: object) -> None:
        self._begun = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: State, control: TrainerControl, **_: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.timed.append((state.global_step - 1, time.monotonic() - self._begun))

    def whole(self) -> float:
        return time.monotonic() - self._started

    def warm(self) -> list[tuple[int, float]]:
        return self.timed[LEFT_WARM:] or self.timed

    def tokens_per_second(self) -> float:
        warm = self.warm()
        return sum(self._tokens[step] for step, _ in warm) / max(1e-9, sum(seconds for _, seconds in warm))


def arguments(checkpoints: Path, packs: int, rate: float, watch: Watch, seed: int) -> TrainingArguments:
    """packs: of one step, on one device."""
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=1,  # the packs of all epochs lie one behind the other
        learning_rate=rate,
        lr_scheduler_type="cosine",
        warmup_steps=WARM_UP,
        per_device_train_batch_size=1,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=packs,
        train_sampling_strategy="sequential",
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
        prediction_loss_only=True,
        eval_strategy="steps" if watch.judged else "no",
        eval_steps=watch.every,
        save_strategy="steps",
        save_steps=watch.every,
        save_total_limit=3,  # the last, the best, and the one before until the last is whole
        load_best_model_at_end=watch.judged,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        logging_steps=1,
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),  # as student.device_here has it
        report_to="none",
        ddp_find_unused_parameters=False,
        ddp_broadcast_buffers=False,  # they stand still
        seed=seed,
    )


def trainer_of(
    learner: Learner, train: Batches, val: Batches | None, given: TrainingArguments, callbacks: Sequence[TrainerCallback]
) -> PackTrainer:
    trainer = PackTrainer(
        model=learner.model,
        args=given,
        processing_class=learner.tokenizer,
        train_dataset=train,
        eval_dataset=val,
        data_collator=only,
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)  # which disable_tqdm brings in, and which prints every step
    trainer.model_accepts_loss_kwargs = True  # the shares divide the loss already
    return trainer
