"""What each command does, in the order it happens; here what they share: the console, a run that is there, the seconds of a stage."""

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
Told = ParamSpec("Told")
Done = TypeVar("Done")


def say(text: str) -> None:
    text = text.encode("utf-8", "backslashreplace").decode()  # a name may hold bytes that are not text
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def opened(folder: Path) -> tuple[Run, Recipe]:
    run = Run(folder).must_exist()
    return run, read_recipe(run.folder / "recipe.toml")[0]


class _Timed(BaseModel):
    """report.json: the seconds of each stage, and whatever else it holds."""

    model_config = ConfigDict(extra="allow")

    seconds: dict[str, float]


def alone(command: Callable[Concatenate[Path, Told], Done]) -> Callable[Concatenate[Path, Told], Done]:
    """A command that writes into a run, as long as no other one does. It raises UserMistake where another one is at work."""

    @wraps(command)
    def locked(folder: Path, /, *told: Told.args, **named: Told.kwargs) -> Done:
        with Run(folder).must_exist().locked():
            return command(folder, *told, **named)

    return locked


@contextmanager
def timed(run: Run, stage: str) -> Iterator[None]:
    """Adds the stage's seconds to report.json."""
    started = time.monotonic()
    yield
    if run.has("report.json"):
        report = run.read("report.json", _Timed)
        report.seconds[stage] = round(time.monotonic() - started, 1)
        run.write("report.json", report.model_dump_json(indent=1) + "\n")
