"""Trainings that are killed: python -m tests.trainer.dying RUN BASE SETTINGS STEP:WHERE..., each in a process of its own.

All are forked from this one, before it has computed anything: a fresh interpreter takes seconds to import what a training needs.
"""

import os
import signal
import sys
from pathlib import Path

from transformers import TrainerControl, TrainerState, TrainingArguments

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import guards, train

WAYS = ("on_step_end", "on_save")  # between two steps, or while a checkpoint is written


def main(run: str, base: str, settings: str, *kills: str) -> None:
    """Prints how each ended: the signal's number below zero. 0:on_step_end never dies."""
    for kill in kills:
        step, _, where = kill.partition(":")
        if not (child := os.fork()):
            _dying(int(step), where)
            train.train(Path(run), base, StudentSettings(base=base), TrainSettings.model_validate_json(settings), 3)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


def _dying(step: int, where: str) -> None:
    """SIGKILL once that step is over."""

    def die(self: guards.Checkpoints, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        if state.global_step >= step > 0:
            os.kill(os.getpid(), signal.SIGKILL)
        whole(self, args, state, control)

    whole = getattr(guards.Checkpoints, where)
    setattr(guards.Checkpoints, where, die)


if __name__ == "__main__":
    main(*sys.argv[1:])
