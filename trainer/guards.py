"""Guards: when a training is looked at and stopped, where it goes on after a kill, and who else is told of its losses."""

import hashlib
import importlib.util
import json
import math
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from pydantic import BaseModel
from transformers import TrainerCallback, TrainerControl
from transformers import TrainerState as State
from transformers import TrainingArguments as Arguments

from factory.core.errors import UserMistake
from factory.core.training_settings import TrainSettings
from trainer import progress
from trainer.lessons import ENOUGH_VAL, Lessons

EVALUATIONS = 10  # of one training: often enough to see a turn, and at a tenth of the rows for validation a tenth of its time
ENOUGH_EVALUATIONS = 5  # with fewer, a turn can't be told from a wave
PATIENCE = 2  # evaluations in a row behind the best one: one alone may be chance
RISE = 1.01  # over the best; what differs by less is level, and the rate's decay may still bring it down
SAVE_SECONDS = 600.0  # what a kill costs at most
WHOLE, SAME, CURVES = "whole", "lessons.sha256", "curves.json"
PACKAGES = {"tensorboard": "tensorboard", "wandb": "wandb"}  # by [train] report_to


class Watch(NamedTuple):
    """How often the validation loss is measured, in steps, and what follows from it."""

    every: int  # steps between two checkpoints
    evaluations: int  # 0: too few validation rows to tell anything
    words: str

    @property
    def judged(self) -> bool:
        return self.evaluations > 0

    @property
    def stopping(self) -> bool:
        return self.evaluations >= ENOUGH_EVALUATIONS


def watch(lessons: Lessons, steps: int) -> Watch:
    every = math.ceil(steps / EVALUATIONS)
    if not lessons.judged:
        words = f"no early stop, and the last step is kept: {len(lessons.val)} validation rows, {ENOUGH_VAL} tell something"
        return Watch(every, 0, words)
    times = math.ceil(steps / every)
    looks = f"the validation loss is measured {times} times and the best step kept"
    if times < ENOUGH_EVALUATIONS:
        return Watch(every, times, f"{looks}; no early stop, which takes {ENOUGH_EVALUATIONS} of them")
    return Watch(every, times, f"{looks}; an early stop where it turns")


class Curves(BaseModel, frozen=True):
    """Losses by step, of training and validation; CURVES in the adapter's folder."""

    train: list[tuple[int, float]]
    val: list[tuple[int, float]]

    def write(self, folder: Path) -> None:
        (folder / CURVES).write_text(self.model_dump_json() + "\n", encoding="utf-8")


def curves_of(history: Sequence[dict[str, float]]) -> Curves:
    train, val = ([(int(line["step"]), round(line[key], 5)) for line in history if key in line] for key in ("loss", "eval_loss"))
    return Curves(train=train, val=val)


def turned(curves: Curves) -> bool:
    """Whether validation loss has turned while training loss falls: the student begins to learn by heart.

    A training loss counts over all steps since the evaluation before: single batches differ by more than a turn does.
    """
    if len(curves.val) < ENOUGH_EVALUATIONS:
        return False
    losses = [loss for _, loss in curves.val]
    best = losses.index(min(losses))
    behind = losses[best + 1 :]
    if len(behind) < PATIENCE or min(behind[-PATIENCE:]) <= losses[best] * RISE:
        return False
    return _trained(curves, len(losses) - 1) < _trained(curves, best)


def _trained(curves: Curves, number: int) -> float:
    """Mean training loss of the steps between an evaluation and the one before."""
    after, until = curves.val[number - 1][0] if number else 0, curves.val[number][0]
    between = [loss for step, loss in curves.train if after < step <= until]
    return sum(between) / len(between) if between else math.inf


class Turn(TrainerCallback):
    """Ends a training whose validation loss has turned; one that is gone on with after that ends too, after a step that isn't kept."""

    def __init__(self) -> None:
        self._turned = False

    def on_train_begin(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        self._turned = turned(curves_of(state.log_history))

    def on_step_end(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        control.should_training_stop = control.should_training_stop or self._turned

    def on_evaluate(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        if turned(curves_of(state.log_history)):
            control.should_training_stop = True
            progress.VOICE.info("step %d: the validation loss has turned, the best step so far is kept", state.global_step)


class Checkpoints(TrainerCallback):
    """Marks a checkpoint as whole once all of it is written, and asks for one where the last is too long ago."""

    def __init__(self) -> None:
        self._saved = time.monotonic()

    def on_train_begin(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        self._saved = time.monotonic()

    def on_step_end(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        if _of_the_first(time.monotonic() - self._saved >= SAVE_SECONDS):
            control.should_save = True

    def on_save(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        self._saved = time.monotonic()
        if state.is_world_process_zero:
            (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / WHOLE).touch()


def _of_the_first(late: bool) -> bool:
    """What the first process says: each has a clock of its own, and all of them must save together."""
    if PartialState().num_processes == 1:
        return late
    told = [late]
    broadcast_object_list(told)
    return told[0]


def going_on(part: Path, checkpoints: Path, same: str) -> Path | None:
    """The last whole checkpoint of an unfinished training of the same lessons; anything else in the way is cleared."""
    told = part / SAME
    if not told.is_file() or told.read_text(encoding="utf-8") != same:
        shutil.rmtree(part, ignore_errors=True)
        checkpoints.mkdir(parents=True)
        told.write_text(same, encoding="utf-8")
        return None
    for torn in (one for one in checkpoints.glob("checkpoint-*") if not (one / WHOLE).is_file()):
        shutil.rmtree(torn)
    whole = sorted(checkpoints.glob("checkpoint-*"), key=lambda one: int(one.name.rpartition("-")[2]))
    return whole[-1] if whole else None


def same(lessons: Lessons, settings: TrainSettings, *further: object) -> str:
    """A digest of all that a training depends on: what goes on from a checkpoint must have the same."""
    told = [lessons.model_dump_json(), settings.model_dump_json(), *map(str, further)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def trackers(settings: TrainSettings, run: Path) -> list[TrainerCallback]:
    """Who else is told of the losses, by [train] report_to. Raises UserMistake where its package is missing."""
    if settings.report_to == "none":
        return []
    package = PACKAGES[settings.report_to]
    if not importlib.util.find_spec(package):
        raise UserMistake(f'[train] report_to = "{settings.report_to}": its package is missing, pip install {package}, or leave it out')
    if settings.report_to == "tensorboard":
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations.integration_utils import TensorBoardCallback

        return [TensorBoardCallback(SummaryWriter(str(run / "tensorboard")))]  # type: ignore[no-untyped-call]
    from transformers.integrations.integration_utils import WandbCallback

    os.environ.setdefault("WANDB_PROJECT", "docstill")
    return [WandbCallback()]  # type: ignore[no-untyped-call]
