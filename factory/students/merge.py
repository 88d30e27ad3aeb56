"""A merged run: the held-out questions of several runs in one folder, less those that another of them has trained on."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.jsonl import read_text, validated
from factory.core.recipe import Recipe
from factory.core.records import FILES, Row
from factory.core.run_folder import Run
from factory.core.training_settings import MergeSettings
from filters.duplicates.decontamination import Compared, overlaps

MERGED = "exports/merged"  # where `docstill export --to merged` writes the full model
MERGEKIT = "mergekit.yaml"
HELD = ("gold.jsonl", FILES["test"], FILES["shift"], FILES["unseen"])


class Place(BaseModel, frozen=True):
    digest: str
    start: int
    end: int


class Named(BaseModel, frozen=True):
    digest: str


class Meta(BaseModel, frozen=True):
    id: str
    document: Named | None = None
    chunk: Place | None = None


class Turn(BaseModel, frozen=True):
    content: str


class Told(BaseModel, frozen=True):
    """What of a row of train, test or gold is compared."""

    messages: tuple[Turn, ...]
    meta: Meta


class Gathered(NamedTuple):
    """How many held-out questions the merged run has, and which were left out."""

    questions: int
    leaks: tuple[str, ...]


def must_share_a_student(runs: Sequence[Run], recipes: Sequence[Recipe]) -> None:
    """Raises UserMistake where two runs train different students: their adapters have no common sum."""
    for run, recipe in zip(runs, recipes, strict=True):
        for key in ("base", "system"):
            mine, first = getattr(recipe.student, key), getattr(recipes[0].student, key)
            if mine != first:
                raise UserMistake(
                    f"{run.folder}: [student] {key} = {mine!r}, {runs[0].folder} has {first!r}; both must be the same to be merged"
                )


def begin(run: Run, first: Run) -> None:
    """The folder of the merged run, under the first one's recipe. Raises UserMistake where a run of another kind is there."""
    if run.has("kept.jsonl") or (run.folder / "adapter").is_dir() and not run.has("adapter/merge.json"):
        raise UserMistake(f"{run.folder}: holds a run of its own, must be a new folder or that of an earlier merge")
    run.create()
    run.write("recipe.toml", read_text(first.folder / "recipe.toml", "name a run that `docstill make` has written"))


def gather(runs: Sequence[Run], merged: Run) -> Gathered:
    """Writes the runs' held-out questions together; equal ones once, and none whose chunk or answer another run has trained on."""
    trained = [[*_compared(run, "train.jsonl")] for run in runs]
    questions, leaks = 0, []
    for name in HELD:
        rows: dict[str, Row] = {}
        for place, run in enumerate(runs):
            others = [one for other, mine in enumerate(trained) if other != place for one in mine]
            told = [*_compared(run, name)]
            leaking = overlaps(told, others)
            leaks += [f"{run.folder.name}: {name}: {told[number].id}" for number in leaking]
            kept = [row for number, row in enumerate(_rows(run, name)) if number not in leaking]
            for row in kept:
                _add(rows, row, run)
                _bring_document(run, merged, row)
        if rows or merged.has(name):
            merged.write_lines(name, rows.values())
        questions += len(rows)
    return Gathered(questions, tuple(leaks))


def _rows(run: Run, name: str) -> Sequence[Row]:
    return run.lines(name) if run.has(name) else ()


def _compared(run: Run, name: str) -> Iterator[Compared]:
    for row in _rows(run, name):
        told = validated(row, Told, str(run.folder / name), run.mend(name))
        document, chunk = told.meta.document, told.meta.chunk
        if document and chunk:
            text = run.document(document.digest)[chunk.start : chunk.end]
            yield Compared(told.meta.id, name, "", told.messages[-1].content, text, chunk.digest)


def _add(rows: dict[str, Row], row: Row, run: Run) -> None:
    """An id that stands for another question already gets its run's name before it."""
    meta = row["meta"]
    assert isinstance(meta, dict)
    id = str(meta["id"])
    if rows.setdefault(id, row)["messages"] != row["messages"]:
        own = f"{run.folder.name}/{id}"
        rows[own] = {**row, "meta": {**meta, "id": own}}


def _bring_document(run: Run, merged: Run, row: Row) -> None:
    document = Told.model_validate(row).meta.document
    if document and not (merged.folder / (name := f"documents/{document.digest}.txt")).is_file():
        merged.write(name, run.document(document.digest))


def mergekit(runs: Sequence[Run], settings: MergeSettings, base: str) -> str:
    """The same merge as a configuration of mergekit, which knows no adapters: each is merged into a full model first."""
    weights = settings.weighed(len(runs))
    method = {"linear": "task_arithmetic", "ties": "ties", "dare": "dare_linear"}[settings.method]
    density = [] if settings.method == "linear" else [f"      density: {settings.density}"]
    first = [f"#   docstill export {run.folder} --to merged" for run in runs]
    models = [
        line
        for run, weight in zip(runs, weights, strict=True)
        for line in (f"  - model: {json.dumps(str(run.folder / MERGED))}", "    parameters:", f"      weight: {weight}", *density)
    ]
    return "\n".join(
        (
            "# For mergekit, which merges full models: adapters must be merged into their base first, by",
            *first,
            f"# then: mergekit-yaml {MERGEKIT} OUT",
            f"merge_method: {method}",
            f"base_model: {json.dumps(base)}",
            "models:",
            *models,
            "parameters:",
            f"  normalize: {'true' if settings.method == 'ties' else 'false'}",
            "dtype: float32",
            "",
        )
    )
