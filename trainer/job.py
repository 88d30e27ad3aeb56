"""A training: what it is about, and the steps that lie ahead."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import dpo, guards, packs
from trainer.fill import Fill
from trainer.layers import Fitted
from trainer.lessons import Lessons


class Job(NamedTuple):
    """What a training is about."""

    run: Path
    base: str
    wanted: StudentSettings
    student: Fitted
    seed: int

    @property
    def settings(self) -> TrainSettings:
        return self.student.settings

    @property
    def part(self) -> Path:
        return self.run / "adapter.part"


class Course(NamedTuple):
    """The steps that lie ahead, and how full each makes the device."""

    lessons: Lessons
    steps: Sequence[packs.Pack]
    fill: Fill
    watch: guards.Watch
    going_on: Path | None
    pairs: dpo.Pairs | None  # of a second stage
