"""What a person hears while the trainer works: one line now and then, and nothing from the libraries."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import datasets
from transformers import TrainerCallback, TrainerControl
from transformers import TrainerState as State
from transformers import TrainingArguments as Arguments
from transformers.utils import logging as transformers_logging

VOICE = logging.getLogger("trainer")  # silent until somebody listens
EVERY_SECONDS = 10.0  # a longer silence looks like a hang


class _Listener(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


@contextmanager
def heard_by(say: Callable[[str], None]) -> Iterator[None]:
    """While open, every progress line goes to say."""
    listener = _Listener(say)
    level, VOICE.propagate = VOICE.level, False
    VOICE.addHandler(listener)
    VOICE.setLevel(logging.INFO)
    try:
        yield
    finally:
        VOICE.removeHandler(listener)
        VOICE.setLevel(level)
        VOICE.propagate = True


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Bars and chatter of transformers, TRL, PEFT and datasets off, and back as they were afterwards."""
    loggers = [logging.getLogger(name) for name in ("transformers", "trl", "peft", "accelerate", "datasets")]
    levels = [one.level for one in loggers]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    datasets.disable_progress_bars()
    for one in loggers:
        one.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
        transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
        datasets.enable_progress_bars()


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Narrator(TrainerCallback):
    """Says step, loss and time left, at least every ten seconds where a step is that quick."""

    def __init__(self) -> None:
        self._start = self._said = time.monotonic()

    def on_train_begin(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        self._start = self._said = time.monotonic()

    def on_log(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        now, loss = time.monotonic(), state.log_history[-1].get("loss")
        last = state.global_step == state.max_steps
        if loss is None or (now - self._said < EVERY_SECONDS and not last and state.global_step > 1):
            return
        self._said = now
        left = (now - self._start) / state.global_step * (state.max_steps - state.global_step)
        VOICE.info("step %d of %d, loss %.3f, %s left", state.global_step, state.max_steps, loss, minutes(left))

    def on_prediction_step(self, args: Arguments, state: State, control: TrainerControl, **_: object) -> None:
        if time.monotonic() - self._said >= EVERY_SECONDS:
            self._said = time.monotonic()
            VOICE.info("step %d of %d, measuring the validation loss", state.global_step, state.max_steps)
