"""Training: RUN/train.jsonl in, RUN/adapter out, by LoRA on a base that stands still in four bits or whole."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers
from accelerate import PartialState
from transformers import TrainerCallback

from factory.core import student_presets
from factory.core.errors import UserMistake
from factory.core.training_settings import StudentSettings, TrainSettings, learning_rate_for
from trainer import (
    batches,
    chat,
    dpo,
    guards,
    launch,
    layers,
    learner,
    loop,
    packs,
    progress,
    student,
)
from trainer.batches import Batches
from trainer.files import replace
from trainer.fill import Fill, fill
from trainer.job import Course, Job
from trainer.learner import Learner
from trainer.lessons import Lessons, enough, gather
from trainer.memory import free_here
from trainer.report import TrainReport, report_of

CHECKPOINTS = "checkpoints"
FILLED = "fill.json"  # how full the device was made when the training began: going on from a checkpoint is done alike
PIECES = "PYTORCH_ALLOC_CONF"  # packs differ in length: without room that can grow, the card's memory goes into pieces






def train(run: Path, base: str, student: StudentSettings, settings: TrainSettings, seed: int) -> TrainReport:
    """Trains the adapter of a run; the old one stays in place until the new one is whole. A training that was cut off goes on from
    its last whole checkpoint, if rows and settings are the same. Where there are several GPUs it starts a process on each.

    Progress goes to the logger "trainer" (progress.heard_by). Raises UserMistake for missing, broken or too few rows,
    for a base that can't be loaded, and for a device with too little memory.
    """
    os.environ.setdefault(PIECES, "expandable_segments:True")
    learner.backend_of(settings)
    if launch.several():
        order = launch.Order(run=run, base=base, student=student, settings=settings, seed=seed)
        return launch.on_each(order, torch.cuda.device_count())
    with progress.quiet_libraries():
        return alone(run, base, student, settings, seed)


def alone(run: Path, base: str, wanted: StudentSettings, settings: TrainSettings, seed: int) -> TrainReport:
    """In this process, together with others like it where it was started as one of several."""
    rows = enough(run, settings)
    folder = student.weights(base)
    job = Job(run, base, wanted, layers.fitted(folder, settings), seed)
    torch.manual_seed(seed)  # LoRA's first A matrices are random
    tokenizer = student.tokenizer_of(folder)
    lessons = gather(run, rows, tokenizer, wanted, job.settings)
    trackers = guards.trackers(job.settings, run)
    course = _course(job, lessons, dpo.pairs(run, tokenizer, wanted) if job.settings.preference else None)
    if odd := student_presets.unusual_end(job.student.chosen, chat.form(tokenizer, None).end):
        progress.VOICE.info("%s: an answer ends with %s, %s", base, chat.form(tokenizer, None).end, odd)
    try:
        return _taught(job, course, learner.learner(folder, job.settings, course.fill, _longest(lessons), seed), trackers)
    except torch.OutOfMemoryError as error:
        raise UserMistake(
            f"{base}: its training ran out of the GPU's memory with {course.fill.tokens:,} tokens at once; set [train] micro_batch_tokens "
            "lower, make [student] max_seq_length smaller, or choose a smaller student"
        ) from error


def _course(job: Job, lessons: Lessons, pairs: dpo.Pairs | None) -> Course:
    settings, rows = job.settings, len(lessons.train)
    same = guards.same(lessons, settings, job.base, job.seed, torch.__version__, transformers.__version__)
    with PartialState().main_process_first():
        going_on = guards.going_on(job.part, job.part / CHECKPOINTS, same)
        full = _filled(job, lessons)
    steps = packs.drawn(rows, settings.batch, settings.epochs, settings.max_steps, job.seed)
    return Course(lessons, steps, full, guards.watch(lessons, len(steps)), going_on, pairs)


def _filled(job: Job, lessons: Lessons) -> Fill:
    """The first process measures, the others and later ones read it: all must lay out the same packs."""
    told = job.part / FILLED
    if not told.is_file():
        lengths = [len(one.input_ids) for one in lessons.train]
        learnt = sum(sum(one.completion_mask) for one in lessons.train)
        told.write_text(fill(job.student, lengths, learnt / sum(lengths), free_here()).model_dump_json() + "\n", encoding="utf-8")
    return Fill.model_validate_json(told.read_bytes())


def _longest(lessons: Lessons) -> int:
    return max(len(one.input_ids) for one in [*lessons.train, *lessons.val])


def _taught(job: Job, course: Course, taught: Learner, trackers: Sequence[TrainerCallback]) -> TrainReport:
    lessons, devices = course.lessons, PartialState().num_processes
    sizes = [len(one.input_ids) for one in lessons.train]
    laid_out = packs.laid_out(sizes, course.steps, course.fill.tokens, devices, not taught.form.packed)
    train = Batches(lessons.train, laid_out, taught.form, devices)
    rate = learning_rate_for(job.settings, len(sizes))
    given = loop.arguments(job.part / CHECKPOINTS, len(laid_out[0]) // devices, rate, course.watch, job.seed)
    clock = loop.Clock([sum(sizes[row] for row in step) for step in course.steps])
    trainer = loop.trainer_of(taught, train, _val(course, taught, devices), given, [*_callbacks(course), clock, *trackers])
    if PartialState().is_main_process:
        (job.part / "first_batch.txt").write_text(batches.show(train[0], taught.tokenizer), encoding="utf-8")
    trainer.train(resume_from_checkpoint=str(course.going_on) if course.going_on else None)
    report = report_of(job, course, taught, trainer, clock)
    if course.pairs:
        report = report.model_copy(update={"preference": _preferring(job, course.pairs, taught)})
    if PartialState().is_main_process:
        _save(job, taught, report, guards.curves_of(trainer.state.log_history))
    PartialState().wait_for_everyone()
    return report


def _preferring(job: Job, pairs: dpo.Pairs, taught: Learner) -> dpo.Preference:
    """The second stage; one that is cut off begins anew from the first one's end, and so it ends alike."""
    progress.VOICE.info("the second stage: %d pairs of answers", len(pairs.fits))
    arguments = dpo.arguments_for(job.part / CHECKPOINTS, job.settings, job.seed)
    return dpo.prefer(taught.model, taught.form.pad, pairs, arguments)


def _val(course: Course, taught: Learner, devices: int) -> Batches | None:
    if not course.watch.judged:
        return None
    rows = course.lessons.val
    sizes = [len(one.input_ids) for one in rows]
    (step,) = packs.laid_out(sizes, [tuple(range(len(rows)))], course.fill.tokens, devices, not taught.form.packed)
    return batches.judged(rows, step, taught.form)


def _callbacks(course: Course) -> list[TrainerCallback]:
    return [progress.Narrator(), guards.Checkpoints(), *([guards.Turn()] if course.watch.stopping else [])]


def _save(job: Job, taught: Learner, report: TrainReport, curves: guards.Curves) -> None:
    """Adapter, tokenizer and report; not Trainer's own save, which adds a pickle of its arguments."""
    part = job.part
    taught.model.save_pretrained(str(part))
    taught.tokenizer.save_pretrained(part)
    chat.form(taught.tokenizer, job.wanted.system).write(part)
    curves.write(part)
    (part / "training.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for unfinished in (guards.SAME, FILLED):
        (part / unfinished).unlink()
    shutil.rmtree(part / CHECKPOINTS, ignore_errors=True)
    replace(job.run, part)
