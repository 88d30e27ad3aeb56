"""The plan of a training: its data, learning rate, steps, memory and time, told before any weight is loaded."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from factory.core.student_presets import unusual_end
from factory.core.training_settings import (
    FEW_ROWS,
    USUAL_RATE,
    StudentSettings,
    TrainSettings,
    learning_rate_for,
)
from trainer import chat, dpo, guards, layers, packs, progress
from trainer.fill import fill, numbers_here
from trainer.layers import Fitted
from trainer.lessons import Lessons, enough, gather, unfit_words
from trainer.memory import Memory, Store, free_here, memory_of, store_here
from trainer.student import tokenizer_of, unpacked_already, weights
from trainer.work import rate_here, used_here, work_of

GB = 1e9
RANKS = (8, 16, 32, 64)  # of the table of memory
LENGTHS = (512, 1024, 2048, 4096)
NAMED = 5  # of the rows that are too long


class Plan(NamedTuple):
    """What a training would come to; `lines` says it."""

    base: str
    student: Fitted
    form: chat.Form
    lessons: Lessons
    wanted: StudentSettings
    seconds: float
    pairs: dpo.Pairs | None

    @property
    def settings(self) -> TrainSettings:
        return self.student.settings

    def lines(self) -> Iterator[str]:
        yield from _student(self)
        yield from _data(self)
        yield from _steps(self)
        if self.pairs:
            steps = math.ceil(len(self.pairs.fits) / self.settings.batch)
            yield f"          then {steps:,} on {len(self.pairs.fits):,} pairs of answers, at a rate of {dpo.RATE:g}; not in the time below"
        yield from _memory(self)
        yield f"time      about {duration(self.seconds)} on this {device()}, by its speed in multiplying matrices"


def plan(run: Path, base: str, wanted: StudentSettings, settings: TrainSettings) -> Plan:
    """Reads the run's rows and of the base its config and tokenizer. Raises UserMistake as training would."""
    with progress.quiet_libraries():
        folder = weights(base) if unpacked_already(Path(base)) else base  # quicker to read than a GGUF's header
        student = layers.fitted(folder, settings)
        tokenizer = tokenizer_of(folder)
        lessons = gather(run, enough(run, settings), tokenizer, wanted, student.settings)
        pairs = dpo.pairs(run, tokenizer, wanted) if settings.preference else None
        return Plan(base, student, chat.form(tokenizer, wanted.system), lessons, wanted, _seconds(student, lessons), pairs)


def device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def steps_of(settings: TrainSettings, rows: int) -> int:
    return packs.steps_of(rows, settings.batch, settings.epochs, settings.max_steps)


def _student(one: Plan) -> Iterator[str]:
    outline = one.student.outline
    size = layers.parameters(outline) / 1e6
    yield f"student   {one.base}: {outline.config.model_type}, {size:,.0f} million weights; preset {one.student.preset}"
    bits = "in four bits" if one.settings.quantize else "in 16 bits"
    yield f"          adapts {', '.join(one.settings.modules)}; rank {one.settings.rank}, the base {bits}"
    said = ", ".join(f"{name} = {str(value).lower()}" for name, value in one.form.options.items())
    odd = unusual_end(one.student.chosen, one.form.end)
    yield f"          chat template: an answer ends with {one.form.end}{f' ({odd})' if odd else ''}{f'; {said}' if said else ''}"
    if one.form.folded:
        yield "          it has no place for a system message, which goes before the first user turn"
    if one.form.date:
        yield f"          it prints the date, which is {one.form.date} in training, answers and exports"


def _data(one: Plan) -> Iterator[str]:
    sizes = [len(lesson.input_ids) for lesson in one.lessons.train]
    learnt = sum(sum(lesson.completion_mask) for lesson in one.lessons.train)
    yield (
        f"data      {len(sizes):,} rows of {sum(sizes):,} tokens, {learnt / sum(sizes):.0%} of them learnt; "
        f"the longest {max(sizes):,}; {len(one.lessons.val):,} validation rows"
    )
    if long := one.lessons.left_out:
        more = f" and {len(long) - NAMED} more" if len(long) > NAMED else ""
        yield f"          left out, longer than max_seq_length = {one.wanted.max_seq_length}: {', '.join(long[:NAMED])}{more}"
    if one.lessons.unfit:
        yield f"          {unfit_words(one.lessons.unfit)}"


def _steps(one: Plan) -> Iterator[str]:
    rows, settings = len(one.lessons.train), one.settings
    steps = steps_of(settings, rows)
    yield f"rate      {rate_words(settings, rows)}"
    each = math.ceil(rows / settings.batch)
    yield f"steps     {steps:,} of {settings.batch} rows, {each:,} an epoch; {guards.watch(one.lessons, steps).words}"


def rate_words(settings: TrainSettings, rows: int) -> str:
    rate = learning_rate_for(settings, rows)
    if settings.learning_rate is not None:
        return f"{rate:g}, as the recipe or its preset says"
    if rows < FEW_ROWS:
        return f"{rate:g}: under {FEW_ROWS:,} rows half of the usual {USUAL_RATE:g}, {rows:,} here"
    return f"{rate:g}, the usual one from {FEW_ROWS:,} rows on"


def _memory(one: Plan) -> Iterator[str]:
    """Of the fullest pack there may be."""
    lengths = [len(lesson.input_ids) for lesson in one.lessons.train]
    share = sum(sum(lesson.completion_mask) for lesson in one.lessons.train) / sum(lengths)
    full = fill(one.student, lengths, share, free_here())
    found = memory_of(one.student.outline, one.settings, Store(one.settings.quantize and not full.unpacked, numbers_here()))
    tokens = min(full.tokens, sum(sorted(lengths)[-one.settings.batch :]))
    needed = found.needed(tokens, round(tokens * share), max(lengths), full.checkpointing) / GB
    yield (
        f"memory    {needed:.2f} GB with {tokens:,} tokens at once{', and gradient checkpointing' if full.checkpointing else ''}: "
        f"weights {found.weights / GB:.2f}, adapter and its optimizer {found.adapter / GB:.2f}, "
        f"activations {tokens * found.each(max(lengths), full.checkpointing) / GB:.2f}, logits {found.logits * tokens * share / GB:.2f}"
    )
    more = "" if torch.cuda.is_available() else "; a process on a CPU takes a fifth to a third more than its tensors do"
    yield f"          {free_here() / GB:.1f} GB are free here{more}"
    yield from _table(one)


def _table(one: Plan) -> Iterator[str]:
    yield f"          GB by rank and length, one row with gradient checkpointing: {' · '.join(f'{n:,}' for n in LENGTHS)} tokens"
    for rank in RANKS:
        found = memory_at(one.student, rank)
        yield f"          rank {rank:>3}: {' · '.join(f'{found.needed(n, n, n, True) / GB:.1f}' for n in LENGTHS)}"


def memory_at(student: Fitted, rank: int) -> Memory:
    settings = student.settings.model_copy(update={"rank": rank})
    return memory_of(student.outline, settings, store_here(settings))


def _seconds(student: Fitted, lessons: Lessons) -> float:
    """Of all steps and of the validation between them."""
    work, settings = work_of(student.outline, student.settings), student.settings
    steps = steps_of(settings, len(lessons.train))
    epochs = steps * settings.batch / len(lessons.train)
    trained, judged = ([len(one.input_ids) for one in rows] for rows in (lessons.train, lessons.val))
    learnt, told = (sum(sum(one.completion_mask) for one in rows) for rows in (lessons.train, lessons.val))
    looks = guards.watch(lessons, steps).evaluations
    operations = epochs * work.step(trained, learnt, False) + looks * work.judged(judged, told)
    return operations / (rate_here() * used_here())
