"""What a training came to, and how well it used the device."""

import resource
import sys
from collections.abc import Sequence
from statistics import fmean

import torch
from accelerate import PartialState
from pydantic import BaseModel, ConfigDict, Field

from factory.core.training_settings import ENOUGH_EXAMPLES, TrainSettings
from trainer.chat import Lesson
from trainer.dpo import Preference
from trainer.job import Course, Job
from trainer.learner import Learner
from trainer.loop import Clock, PackTrainer
from trainer.work import peak_here, work_of


class TrainReport(BaseModel):
    """What was trained; also RUN/adapter/training.json."""

    model_config = ConfigDict(frozen=True)

    backend: str
    base: str
    preset: str
    quantized: bool
    device: str
    devices: int
    rows: int
    val_rows: int
    best_of_epochs: bool  # false: too few validation rows, the last step was kept
    left_out: tuple[str, ...]  # ids of train and val rows longer than max_seq_length, or that the student does not take
    allowed_small: bool
    steps: int
    stopped_early: bool
    resumed_at: int | None  # step of the checkpoint that this training went on from
    learning_rate: float
    tokens: int
    packed: bool  # false: padded rows
    tokens_at_once: int
    gradient_checkpointing: bool
    seconds: float  # of this process: a training that went on from a checkpoint counts from there
    tokens_per_second: float  # without validation and checkpoints, and without the first steps
    utilisation: float | None  # of the card's dense bfloat16 peak, by the operations that the steps take; none on a CPU
    peak_memory: int  # bytes on the first card, or in this process where there is none
    first_loss: float  # mean of the first quarter of the steps, and of the last one: a single step's is the luck of its rows
    last_loss: float
    best_val_loss: float | None
    watched: str  # how the validation loss was watched, or why it was not
    preference: Preference | None = Field(None, exclude_if=lambda value: value is None)  # what a second stage came to
    seed: int
    settings: TrainSettings


def report_of(job: Job, course: Course, taught: Learner, trainer: PackTrainer, clock: Clock) -> TrainReport:
    lessons, settings = course.lessons, job.settings
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    some = max(1, len(losses) // 4)
    done = course.steps[: trainer.state.global_step]
    return TrainReport(
        backend=taught.backend,
        base=job.base,
        preset=job.student.preset,
        quantized=settings.quantize,
        device=torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        devices=PartialState().num_processes,
        rows=len(lessons.train),
        val_rows=len(lessons.val),
        best_of_epochs=course.watch.judged,
        left_out=(*lessons.left_out, *lessons.unfit),
        allowed_small=len(lessons.train) < ENOUGH_EXAMPLES,
        steps=trainer.state.global_step,
        stopped_early=trainer.state.global_step < len(course.steps),
        resumed_at=int(course.going_on.name.rpartition("-")[2]) if course.going_on else None,
        learning_rate=trainer.args.learning_rate,
        tokens=sum(len(lessons.train[row].input_ids) for step in done for row in step),
        packed=taught.form.packed,
        tokens_at_once=course.fill.tokens,
        gradient_checkpointing=course.fill.checkpointing,
        seconds=round(clock.whole(), 1),
        tokens_per_second=round(clock.tokens_per_second(), 1),
        utilisation=_utilisation(job, course, clock),
        peak_memory=peak_memory(),
        first_loss=fmean(losses[:some]),
        last_loss=fmean(losses[-some:]),
        best_val_loss=trainer.state.best_metric,
        watched=course.watch.words,
        seed=job.seed,
        settings=settings,
    )


def _utilisation(job: Job, course: Course, clock: Clock) -> float | None:
    """What the steps would take at the card's peak over what they took; blocks that are computed twice count once (PaLM, appendix B)."""
    peak = peak_here()
    if peak is None:
        return None
    work, rows = work_of(job.student.outline, job.settings), course.lessons.train
    taken = [(course.steps[step], seconds) for step, seconds in clock.warm()]
    operations = sum(work.step(*_sizes([rows[row] for row in step]), checkpointing=False) for step, _ in taken)
    return round(float(operations / (sum(seconds for _, seconds in taken) * peak * PartialState().num_processes)), 4)


def _sizes(rows: Sequence[Lesson]) -> tuple[list[int], int]:
    """Their lengths, and how many of their tokens are learnt."""
    return [len(one.input_ids) for one in rows], sum(sum(one.completion_mask) for one in rows)


def peak_memory() -> int:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
