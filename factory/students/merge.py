"""Set up a merged run: gather the held-out questions of several runs, without leaks."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.jsonl import read_text, validate_row
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, Row
from factory.core.run_folder import Run
from factory.core.training_settings import MergeSettings
from filters.duplicates.decontamination import ComparedRow, find_overlaps

MERGED = "exports/merged"  # where `docstill export --to merged` writes the full model
MERGEKIT = "mergekit.yaml"
MERGED_FILES = ("gold.jsonl", SPLIT_FILES["test"], SPLIT_FILES["shift"], SPLIT_FILES["unseen"])


class ChunkLocation(BaseModel, frozen=True):
    digest: str
    start: int
    end: int


class DocumentDigest(BaseModel, frozen=True):
    digest: str


class ComparedMeta(BaseModel, frozen=True):
    id: str
    document: DocumentDigest | None = None
    chunk: ChunkLocation | None = None


class ComparedMessage(BaseModel, frozen=True):
    content: str


class ComparedFields(BaseModel, frozen=True):
    """The fields of a train, test or gold row that are compared."""

    messages: tuple[ComparedMessage, ...]
    meta: ComparedMeta


class GatheredQuestions(NamedTuple):
    """The number of held-out questions in the merged run, and those left out as leaks."""

    questions: int
    leaks: tuple[str, ...]


def must_share_a_student(runs: Sequence[Run], recipes: Sequence[Recipe]) -> None:
    """Raise UserMistake if two runs train different students: their adapters can't be added."""
    for run, recipe in zip(runs, recipes, strict=True):
        for key in ("base", "system"):
            mine, first = getattr(recipe.student, key), getattr(recipes[0].student, key)
            if mine != first:
                raise UserMistake(
                    f"{run.folder}: [student] {key} = {mine!r}, but "
                    f"{runs[0].folder} has {first!r}; runs can only be merged if both are the same"
                )


def begin_merge(run: Run, first: Run) -> None:
    """Create the merged run with the first recipe. Raises UserMistake if it holds another run."""
    if (
        run.has("kept.jsonl")
        or (run.folder / "adapter").is_dir()
        and not run.has("adapter/merge.json")
    ):
        raise UserMistake(
            f"{run.folder}: holds another run; choose a new folder, or that of an earlier merge"
        )
    run.create()
    run.write(
        "recipe.toml",
        read_text(first.folder / "recipe.toml", "name a run that `docstill make` has written"),
    )


def gather_questions(runs: Sequence[Run], merged: Run) -> GatheredQuestions:
    """Write the held-out questions of all runs, without duplicates and leaks.

    A question is a leak if another run was trained on its chunk or answer.
    """
    trained = [[*_compared(run, "train.jsonl")] for run in runs]
    questions, leaks = 0, []
    for name in MERGED_FILES:
        rows: dict[str, Row] = {}
        for place, run in enumerate(runs):
            others = [one for other, mine in enumerate(trained) if other != place for one in mine]
            held_out = [*_compared(run, name)]
            leaking = find_overlaps(held_out, others)
            leaks += [f"{run.folder.name}: {name}: {held_out[number].id}" for number in leaking]
            kept = [row for number, row in enumerate(_rows(run, name)) if number not in leaking]
            for row in kept:
                _add(rows, row, run)
                _bring_document(run, merged, row)
        if rows or merged.has(name):
            merged.write_lines(name, rows.values())
        questions += len(rows)
    return GatheredQuestions(questions, tuple(leaks))


def _rows(run: Run, name: str) -> Sequence[Row]:
    return run.lines(name) if run.has(name) else ()


def _compared(run: Run, name: str) -> Iterator[ComparedRow]:
    for row in _rows(run, name):
        fields = validate_row(row, ComparedFields, str(run.folder / name), run.mend(name))
        document, chunk = fields.meta.document, fields.meta.chunk
        if document and chunk:
            text = run.document(document.digest)[chunk.start : chunk.end]
            yield ComparedRow(
                fields.meta.id, name, "", fields.messages[-1].content, text, chunk.digest
            )


def _add(rows: dict[str, Row], row: Row, run: Run) -> None:
    """Add a row; if its id is taken by another question, put the run's name in front."""
    meta = row["meta"]
    assert isinstance(meta, dict)
    id = str(meta["id"])
    if rows.setdefault(id, row)["messages"] != row["messages"]:
        own = f"{run.folder.name}/{id}"
        rows[own] = {**row, "meta": {**meta, "id": own}}


def _bring_document(run: Run, merged: Run, row: Row) -> None:
    document = ComparedFields.model_validate(row).meta.document
    if document and not (merged.folder / (name := f"documents/{document.digest}.txt")).is_file():
        merged.write(name, run.document(document.digest))


def mergekit_config(runs: Sequence[Run], settings: MergeSettings, base: str) -> str:
    """Return the same merge as a mergekit configuration.

    mergekit can't merge adapters, so each is first merged into a full model.
    """
    weights = settings.weighed(len(runs))
    method = {"linear": "task_arithmetic", "ties": "ties", "dare": "dare_linear"}[settings.method]
    density = [] if settings.method == "linear" else [f"      density: {settings.density}"]
    first = [f"#   docstill export {run.folder} --to merged" for run in runs]
    models = [
        line
        for run, weight in zip(runs, weights, strict=True)
        for line in (
            f"  - model: {json.dumps(str(run.folder / MERGED))}",
            "    parameters:",
            f"      weight: {weight}",
            *density,
        )
    ]
    return "\n".join(
        (
            "# For mergekit, which merges full models: adapters must be merged into their base "
            "first, by",
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
