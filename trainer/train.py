"""Training: RUN/train.jsonl in, RUN/adapter out, by LoRA on a base that stands still in four bits or whole."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from pydantic import BaseModel, ConfigDict
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from factory.errors import UserMistake
from trainer import chat, progress, student
from trainer.files import replace
from trainer.lessons import Lessons, enough, gather
from trainer.settings import ENOUGH_EXAMPLES, StudentSettings, TrainSettings, learning_rate_for

WARM_UP = 0.1  # share of the steps; SFTConfig takes a warmup_steps below 1 as a share
CHECKPOINTS = "checkpoints"


class TrainReport(BaseModel):
    """What was trained; also RUN/adapter/training.json."""

    model_config = ConfigDict(frozen=True)

    backend: str
    base: str
    quantized: bool
    device: str
    rows: int
    val_rows: int
    best_of_epochs: bool  # false: too few validation rows, the last epoch was kept
    left_out: tuple[str, ...]  # ids of train and val rows longer than max_seq_length
    allowed_small: bool
    steps: int
    learning_rate: float
    tokens: int
    seconds: float
    first_loss: float
    last_loss: float
    best_val_loss: float | None
    seed: int
    settings: TrainSettings


def train(run: Path, base: str, student: StudentSettings, settings: TrainSettings, seed: int) -> TrainReport:
    """Trains the adapter of a run; the old one stays in place until the new one is whole.

    Progress goes to the logger "trainer" (progress.heard_by). Raises UserMistake for missing, broken or too few rows,
    and for a base that can't be loaded.
    """
    with progress.quiet_libraries():
        return _train(run, base, student, settings, seed)


def _train(run: Path, base: str, wanted: StudentSettings, settings: TrainSettings, seed: int) -> TrainReport:
    rows = enough(run, settings)
    folder = student.weights(base)
    torch.manual_seed(seed)  # LoRA's first A matrices are random
    model, tokenizer = student.load(folder, settings.quantize)
    _check_modules(model, settings, base)
    lessons = gather(run, rows, tokenizer, wanted, settings)
    part = run / "adapter.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    trainer = _trainer(model, tokenizer, lessons, settings, _arguments(part, lessons, settings, seed))
    first = next(iter(trainer.get_train_dataloader()))
    (part / "first_batch.txt").write_text(chat.show(first, tokenizer), encoding="utf-8")
    start = time.monotonic()
    trainer.train()
    report = _report(trainer, lessons, settings, base, time.monotonic() - start)
    _save(trainer, tokenizer, part, report)
    replace(run, part)
    return report


def _check_modules(model: PreTrainedModel, settings: TrainSettings, base: str) -> None:
    present = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    missing = [name for name in settings.modules if name not in present]
    if missing:
        raise UserMistake(f"[train] modules: {base} has no layer named {', '.join(missing)}; name layers that it has")


def _arguments(part: Path, lessons: Lessons, settings: TrainSettings, seed: int) -> SFTConfig:
    on_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(part / CHECKPOINTS),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        learning_rate=learning_rate_for(settings, len(lessons.train)),
        lr_scheduler_type="cosine",
        warmup_steps=WARM_UP,
        per_device_train_batch_size=settings.rows_at_once,
        per_device_eval_batch_size=settings.rows_at_once,
        gradient_accumulation_steps=settings.batch // settings.rows_at_once,
        gradient_checkpointing=on_gpu,  # a third more computing for memory that a CPU has and a card has not
        bf16=on_gpu,
        dataloader_pin_memory=on_gpu,
        train_sampling_strategy="group_by_length",  # rows of like length together: less padding to compute
        max_length=None,  # too long rows are left out by name before
        packing=False,  # without FlashAttention packed rows see each other, and TRL only warns
        completion_only_loss=True,
        eval_strategy="epoch" if lessons.judged else "no",
        save_strategy="epoch" if lessons.judged else "no",
        save_only_model=True,
        save_total_limit=1,
        load_best_model_at_end=lessons.judged,
        metric_for_best_model="eval_loss",
        logging_steps=1,
        disable_tqdm=True,
        report_to="none",
        seed=seed,
    )


def _trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    lessons: Lessons,
    settings: TrainSettings,
    arguments: SFTConfig,
) -> SFTTrainer:
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        processing_class=tokenizer,
        train_dataset=_dataset(lessons.train),
        eval_dataset=_dataset(lessons.val) if lessons.judged else None,
        peft_config=LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=list(settings.modules),
            task_type="CAUSAL_LM",
        ),
        callbacks=[progress.Narrator()],
    )
    trainer.remove_callback(PrinterCallback)  # which disable_tqdm brings in, and which prints every step
    for weight in _learner(trainer).parameters():
        if weight.requires_grad:  # TRL turns a 4-bit base's adapter to bfloat16, where late, small updates round away
            weight.data = weight.data.float()
    return trainer


def _learner(trainer: SFTTrainer) -> PeftModel:
    return cast(PeftModel, trainer.model)


def _dataset(lessons: Sequence[chat.Lesson]) -> Dataset:
    """Tokens and mask, which TRL 1.10 and 1.11 both turn into labels."""
    return Dataset.from_list([one.model_dump(exclude={"id"}) for one in lessons])


def _report(trainer: SFTTrainer, lessons: Lessons, settings: TrainSettings, base: str, seconds: float) -> TrainReport:
    history = trainer.state.log_history
    losses = [line["loss"] for line in history if "loss" in line]
    return TrainReport(
        backend=student.BACKEND,
        base=base,
        quantized=settings.quantize,
        device=str(_learner(trainer).device),
        rows=len(lessons.train),
        val_rows=len(lessons.val),
        best_of_epochs=lessons.judged,
        left_out=lessons.left_out,
        allowed_small=len(lessons.train) < ENOUGH_EXAMPLES,
        steps=trainer.state.global_step,
        learning_rate=trainer.args.learning_rate,
        tokens=int(max(line.get("num_tokens", 0) for line in history)),
        seconds=round(seconds, 1),
        first_loss=losses[0],
        last_loss=losses[-1],
        best_val_loss=trainer.state.best_metric,
        seed=trainer.args.seed,
        settings=settings,
    )


def _save(trainer: SFTTrainer, tokenizer: PreTrainedTokenizerBase, part: Path, report: TrainReport) -> None:
    """Adapter, tokenizer and report; not Trainer's own save, which adds a pickle of its arguments."""
    _learner(trainer).save_pretrained(str(part))
    tokenizer.save_pretrained(part)
    (part / "training.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(part / CHECKPOINTS, ignore_errors=True)
