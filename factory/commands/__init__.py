"""Run the commands. This file holds what they share: console, open run, lock, stage times."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict
from rich.console import Console

from factory.core.recipe import Recipe, read_recipe
from factory.core.run_folder import Run

out = Console()
CommandArgs = ParamSpec("CommandArgs")
Returned = TypeVar("Returned")


def say(text: str) -> None:
    # A file name may hold bytes that are not text.
    text = text.encode("utf-8", "backslashreplace").decode()
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def open_run(folder: Path) -> tuple[Run, Recipe]:
    run = Run(folder).must_exist()
    return run, read_recipe(run.folder / "recipe.toml")[0]


class _Timed(BaseModel):
    """The seconds of each stage in report.json; other keys are kept."""

    model_config = ConfigDict(extra="allow")

    seconds: dict[str, float]


def with_run_lock(
    command: Callable[Concatenate[Path, CommandArgs], Returned],
) -> Callable[Concatenate[Path, CommandArgs], Returned]:
    """Hold the run's lock during a command. Raises UserMistake if another command holds it."""

    @wraps(command)
    def locked(folder: Path, /, *args: CommandArgs.args, **options: CommandArgs.kwargs) -> Returned:
        with Run(folder).must_exist().locked():
            return command(folder, *args, **options)

    return locked


@contextmanager
def timed(run: Run, stage: str) -> Iterator[None]:
    """Record the stage's seconds in report.json."""
    started = time.monotonic()
    yield
    if run.has("report.json"):
        report = run.read("report.json", _Timed)
        report.seconds[stage] = round(time.monotonic() - started, 1)
        run.write("report.json", report.model_dump_json(indent=1) + "\n")
