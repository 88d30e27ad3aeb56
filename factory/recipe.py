"""The recipe: one TOML file read into the frozen settings of settings.py, and what they must say of each other."""

import math
from collections.abc import Iterator
from pathlib import Path

import tomlkit
from pydantic import BaseModel, Field, ValidationError, model_validator
from tomlkit.exceptions import TOMLKitError

from factory.errors import UserMistake
from factory.jsonl import read_text
from factory.settings import (
    BudgetSettings,
    ChunkSettings,
    DocumentSettings,
    EvaluateSettings,
    ExportSettings,
    FilterSettings,
    Goal,
    RepairSettings,
    ReplaySettings,
    SplitSettings,
    TeacherSettings,
)
from factory.tasks.settings import TaskSettings
from filters.typed import repeated
from trainer.settings import StudentSettings, TrainSettings

SHAPED = {"classification", "extraction", "tool_call", "own"}  # kinds whose answers have a shape


class Recipe(BaseModel, frozen=True, extra="forbid"):
    seed: int = Field(0, ge=0, lt=2**32)  # what torch and numpy take
    goal: Goal = "task"  # what the student is to learn: how many examples are enough follows from it, see goal.py
    documents: DocumentSettings
    chunks: ChunkSettings = ChunkSettings()
    split: SplitSettings = SplitSettings()
    budget: BudgetSettings = BudgetSettings()
    teachers: tuple[TeacherSettings, ...] = Field(min_length=1)
    tasks: tuple[TaskSettings, ...] = Field((TaskSettings(),), min_length=1)
    filters: FilterSettings = FilterSettings()
    repair: RepairSettings = RepairSettings()
    replay: ReplaySettings = ReplaySettings()
    student: StudentSettings
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: ExportSettings = ExportSettings()

    @model_validator(mode="after")
    def _named_apart(self) -> "Recipe":
        if twice := repeated([t.name for t in self.tasks]):
            raise ValueError(f'two tasks are called "{twice}", must have names of their own')
        return self

    def teacher(self, name: str | None = None) -> TeacherSettings:
        """By its name; the first one by default."""
        return next(t for t in self.teachers if name in (None, t.name))

    @property
    def asked(self) -> list[TeacherSettings]:
        """The teachers that have a part in the run, the first task's writer first."""
        vote = self.filters.consistency.teachers if self.filters.draws > 1 else ()
        judge = (self.filters.grounding.judge,) if self.filters.grounding.judge else ()
        names = dict.fromkeys(self.teacher(name).name for name in (*(t.teacher for t in self.tasks), *vote, *judge))
        return [self.teacher(name) for name in names]

    @model_validator(mode="after")
    def _roles(self) -> "Recipe":
        names = [t.name for t in self.teachers]
        if twice := repeated(names):
            raise ValueError(f'two teachers are called "{twice}", must have names of their own')
        roles = [(f"tasks.{i}.teacher", t.teacher) for i, t in enumerate(self.tasks)]
        roles += [("filters.grounding.judge", self.filters.grounding.judge), ("evaluate.judge", self.evaluate.judge)]
        roles += [(f"filters.consistency.teachers.{i}", name) for i, name in enumerate(self.filters.consistency.teachers)]
        for where, name in roles:
            if name is not None and name not in names:
                raise ValueError(f'{where} = "{name}" is no teacher of this recipe, must be one of: {", ".join(names)}')
        batch = next((i for i, t in enumerate(self.teachers) if t.mode != "online"), None)
        if len(self.asked) > 1 and batch is not None:
            raise ValueError(f'teachers.{batch}.mode = "{self.teachers[batch].mode}", must be "online" where several teachers are asked')
        return self

    @model_validator(mode="after")
    def _measured(self) -> "Recipe":
        """A metric that says nothing of any task is refused before anything is trained for it."""
        kinds = {task.kind for task in self.tasks}
        for i, name in enumerate(self.evaluate.metrics):
            if name.startswith("macro_") and "classification" not in kinds:
                raise ValueError(f'evaluate.metrics.{i} = "{name}" is a mean over labels, must be left out: no task is a "classification"')
            if name == "schema" and not kinds & SHAPED:
                shaped = ", ".join(sorted(SHAPED))
                raise ValueError(f'evaluate.metrics.{i} = "schema" needs a task whose answers have a shape: {shaped}')
        return self

    @model_validator(mode="after")
    def _voters(self) -> "Recipe":
        """A teacher at temperature 0 says the same again: it may make one of the three draws, and no more."""
        for task in self.tasks if self.filters.draws == 3 else ():
            writer = self.teacher(task.teacher)
            voters = [self.teacher(name) for name in self.filters.consistency.teachers] or [writer]
            sources = [t.source for t in (writer, *(voters * 2)[:2]) if t.temperature == 0]
            fixed = next((i for i, t in enumerate(self.teachers) if t.temperature == 0 and sources.count(t.source) > 1), None)
            if fixed is not None:
                raise ValueError(f"teachers.{fixed}.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset")
        return self


def read_recipe(path: Path, changes: tuple[str, ...] = ()) -> tuple[Recipe, str]:
    """The settings and their TOML text with the `--set` changes applied. Raises UserMistake."""
    document = _parsed(path)
    for change in changes:
        _apply(document, change)
    try:
        found = document.unwrap()
    except RecursionError as error:
        raise UserMistake(f"{path}: is nested too deeply, must be a recipe in TOML") from error
    try:
        recipe = Recipe.model_validate(found, context={"home": path.resolve().parent})
    except ValidationError as error:
        raise UserMistake(f"{path}: {explain(error)}") from error
    for where, number in _not_finite(found, ()):
        raise UserMistake(f"{path}: {where} = {number}, must be a finite number")
    return recipe, tomlkit.dumps(document)


def _not_finite(value: object, keys: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Every number that is infinite or NaN, with its key: TOML can write them, and no setting means one."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _not_finite(child, (*keys, str(key)))
    if isinstance(value, float) and not math.isfinite(value):
        yield ".".join(keys), value


def _parsed(path: Path) -> tomlkit.TOMLDocument:
    """Raises UserMistake."""
    text = read_text(path, "expected a recipe in TOML")
    try:
        return tomlkit.parse(text)
    except (TOMLKitError, ValueError) as error:  # a number of thousands of digits is a ValueError
        raise UserMistake(f"{path}: {error}, must be TOML") from error
    except RecursionError as error:
        raise UserMistake(f"{path}: is nested too deeply, must be a recipe in TOML") from error


def _apply(document: tomlkit.TOMLDocument, change: str) -> None:
    path, equals, text = change.partition("=")
    if not equals or not path.strip():
        raise UserMistake(f"--set {change}: must be key=value, such as train.epochs=2")
    keys = path.strip().split(".")
    place: object = document
    for key in keys[:-1]:
        place = _step(place, key, change)
    _put(place, keys[-1], _value(text), change)


def _step(place: object, key: str, change: str) -> object:
    if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        return place[int(key)]
    if isinstance(place, dict):
        return place.setdefault(key, tomlkit.table())
    raise UserMistake(f"--set {change}: there is no {key} in the recipe")


def _put(place: object, key: str, value: object, change: str) -> None:
    if isinstance(place, dict):
        place[key] = value
    elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        place[int(key)] = value
    else:
        raise UserMistake(f"--set {change}: there is no {key} in the recipe")


def _value(text: str) -> object:
    try:
        return tomlkit.value(text.strip())
    except (TOMLKitError, ValueError, RecursionError):
        return text.strip()


def explain(error: ValidationError) -> str:
    """The first complaint of pydantic as one sentence: where, what is there, what must be."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "recipe"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{where} is not a key of a recipe, must be removed or spelled right"
    if first["type"] == "missing":
        return f"{where} is missing, must be set"
    given = first["input"]
    shown = f" = {given!r}" if isinstance(given, str | int | float | bool) else ""
    return f"{where}{shown}: {message[0].lower() + message[1:]}"
