"""Blind comparison of two models: reviewers mark answers side by side on four axes, 1 to 5, without
knowing which is which.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import BadJson, loads, read_jsonl
from factory.core.records import SPLIT_FILES, Row, digest
from factory.core.run_folder import Run
from factory.core.stats import paired_interval, resampled_by
from factory.review.comparison_results import COMPARISON_FILE, AxisResult, Comparison
from factory.review.importer import wrong_shape
from factory.review.page import render_page

AXES = ("accuracy", "relevance", "domain expertise", "tone")
COMPARISON_PAGE = "review/compare.html"
KEY_FILE = "review/compare.json"  # says which side is whose; the page does not contain it
RATINGS_FILE = "review/ratings.jsonl"
DECIDING = ("gold.jsonl", SPLIT_FILES["test"])
Mark = Literal[1, 2, 3, 4, 5]
Axis = Literal["accuracy", "relevance", "domain expertise", "tone"]


class ComparisonKey(BaseModel, frozen=True):
    """The content of review/compare.json."""

    sample: str
    models: tuple[str, str]
    first: dict[str, str]  # by id, the model whose answer is A
    documents: dict[str, str]


class RatedPair(BaseModel):
    """The marks of one pair, as the page exports them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    verdict: Literal["rate"] = "rate"
    A: dict[Axis, Mark] = Field(min_length=len(AXES))
    B: dict[Axis, Mark] = Field(min_length=len(AXES))
    seconds: float | None = Field(None, ge=0)


class ComparisonExport(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    docstill: Literal["comparison"]
    version: Literal[1]
    run: str
    sample: str
    reviewer: str = Field(min_length=1)
    verdicts: tuple[RatedPair, ...]


class Rating(BaseModel, frozen=True):
    """One line of ratings.jsonl: a reviewer's marks for both models on one axis of one question."""

    id: str
    reviewer: str
    axis: Axis
    marks: tuple[Mark, Mark]  # in the order of ComparisonKey.models


def export_comparison(
    run: Run, models: tuple[str, str], count: int | None, seed: int
) -> tuple[Path, int]:
    """Write RUN/review/compare.html with at most `count` questions that both models have answered.

    The questions come from gold, or else from test, chosen and shuffled by the seed. Raises
    UserMistake if a model has answered none of them.
    """
    name = next((one for one in DECIDING if run.has(one) and run.lines(one)), None)
    if name is None:
        raise UserMistake(
            f"{run.folder}: has no held-out questions in gold.jsonl or test.jsonl "
            "to compare answers on"
        )
    given = [_answers(run, model) for model in models]
    asked = [row for row in run.lines(name) if all(_id(row) in one for one in given)]
    if not asked:
        raise UserMistake(
            f"{run.folder}: {models[0]} and {models[1]} have answered no question of "
            f"{name} in common; "
            "run `docstill answer` for both first"
        )
    chosen = sorted(asked, key=lambda row: digest(seed, "pair", _id(row)))[:count]
    first = {_id(row): models[int(digest(seed, "side", _id(row)), 16) % 2] for row in chosen}
    cards = [_card(row, first[_id(row)], dict(zip(models, given, strict=True))) for row in chosen]
    sample = digest(cards)
    key = ComparisonKey(
        sample=sample,
        models=models,
        first=first,
        documents={_id(row): _document(row)["digest"] for row in chosen},
    )
    run.write(KEY_FILE, key.model_dump_json(indent=1) + "\n")
    deck: dict[str, object] = {
        "run": run.folder.resolve().name,
        "sample": sample,
        "kind": "compare",
        "axes": AXES,
        "tasks": {},
        "cards": cards,
    }
    run.write(COMPARISON_PAGE, render_page(f"Two answers: {deck['run']}", deck))
    return run.folder / COMPARISON_PAGE, len(cards)


def _answers(run: Run, model: str) -> dict[str, str]:
    path = f"answers/{model}.jsonl"
    if not run.has(path):
        raise UserMistake(
            f"{run.folder}: no answers of {model}; "
            f"run `docstill answer {run.folder} --model {model}` first"
        )
    return {str(line["id"]): str(line["response"]) for line in run.lines(path)}


def _id(row: Row) -> str:
    return str(cast("dict[str, object]", row["meta"])["id"])


def _document(row: Row) -> dict[str, str]:
    return cast("dict[str, dict[str, str]]", row["meta"])["document"]


def _card(row: Row, first: str, given: dict[str, dict[str, str]]) -> dict[str, object]:
    messages = cast("list[dict[str, str]]", row["messages"])
    second = next(model for model in given if model != first)
    return {
        "id": _id(row),
        "judged": "",
        "task": str(cast("dict[str, object]", row["meta"]).get("task", "")),
        "document": _document(row)["name"],
        "instruction": messages[-2]["content"],
        "reference": messages[-1]["content"],
        "response": "",
        "a": given[first][_id(row)],
        "b": given[second][_id(row)],
    }


def import_comparison(run: Run, file: Path, text: str) -> Comparison:
    """Add a reviewer's marks to the run and return the comparison of all marks.

    Raises UserMistake, and then applies nothing from the file.
    """
    try:
        found = loads(text)
    except BadJson as error:
        raise UserMistake(f"{file}: {error}; expected a file that the page exported") from error
    return add_ratings(run, check_comparison(run, file, found))


def check_comparison(run: Run, file: Path, content: object) -> ComparisonExport:
    """Parse a file and check that it is for the latest exported comparison. Raises UserMistake."""
    try:
        found = ComparisonExport.model_validate(content)
    except ValidationError as error:
        raise wrong_shape(file, error, "as the page has exported it") from error
    if not run.has(KEY_FILE):
        raise UserMistake(
            f"{file}: {run.folder} has no comparison; run `docstill review export --compare` first"
        )
    key = run.read(KEY_FILE, ComparisonKey)
    if found.sample != key.sample:
        raise UserMistake(
            f"{file}: belongs to another comparison than {run.folder / KEY_FILE}; "
            "give a file from the page that was exported last"
        )
    if unknown := next((one.id for one in found.verdicts if one.id not in key.first), None):
        raise UserMistake(f"{file}: id {unknown} is not a question of this comparison")
    read_ratings(run)
    return found


def add_ratings(run: Run, found: ComparisonExport) -> Comparison:
    """Store the marks and compare the models again. Raises UserMistake if a file of the run is
    damaged.
    """
    key = run.read(KEY_FILE, ComparisonKey)
    ratings = {
        (r.id, r.reviewer, r.axis): r
        for r in (*read_ratings(run), *_unblinded(found, key))
        if r.id in key.first
    }
    run.write_lines(RATINGS_FILE, (rating.model_dump() for rating in ratings.values()))
    told = compare_ratings(list(ratings.values()), key)
    run.write(COMPARISON_FILE, told.model_dump_json(indent=1) + "\n")
    return told


def read_ratings(run: Run) -> list[Rating]:
    mend = (
        f"delete it and run `docstill review import {run.folder} FILE` with the files that "
        "reviewers sent, to write it again"
    )
    return (
        list(read_jsonl(run.folder / RATINGS_FILE, Rating, mend))
        if (run.folder / RATINGS_FILE).exists()
        else []
    )


def _unblinded(found: ComparisonExport, key: ComparisonKey) -> Iterator[Rating]:
    for one in found.verdicts:
        for axis in AXES:
            sides = (one.A[axis], one.B[axis])  # type: ignore[index]
            marks = sides if key.first[one.id] == key.models[0] else sides[::-1]
            yield Rating(id=one.id, reviewer=found.reviewer, axis=axis, marks=marks)


def compare_ratings(ratings: Sequence[Rating], key: ComparisonKey) -> Comparison:
    """Compare the two models. Each question counts once, with the mean of its reviewers' marks.

    Differences are paired and resampled in the same way as scores.
    """
    return Comparison(
        models=key.models,
        n=len({r.id for r in ratings}),
        reviewers=tuple(sorted({r.reviewer for r in ratings})),
        axes=tuple(_axis(axis, [r for r in ratings if r.axis == axis], key) for axis in AXES),
    )


def _axis(axis: str, ratings: Sequence[Rating], key: ComparisonKey) -> AxisResult:
    ids = sorted({r.id for r in ratings})
    by_id = {id: [r.marks for r in ratings if r.id == id] for id in ids}
    means = [tuple(fmean(marks[side] for marks in by_id[id]) for side in (0, 1)) for id in ids]
    documents = [key.documents[id] for id in ids]
    units = documents if resampled_by(documents) == "document" else ids
    return AxisResult(
        axis=axis,
        means=(round(fmean(one[0] for one in means), 4), round(fmean(one[1] for one in means), 4)),
        difference=paired_interval([one[1] - one[0] for one in means], units, 0),
        agreement=_alpha(ratings),
    )


def _alpha(ratings: Sequence[Rating]) -> float | None:
    from nltk.metrics.agreement import AnnotationTask  # NLTK takes a second to import

    triples = [(r.reviewer, f"{r.id} {side}", r.marks[side]) for r in ratings for side in (0, 1)]
    several = len({reviewer for reviewer, _, _ in triples}) > 1
    varied = len({mark for _, _, mark in triples}) > 1
    if not (several and varied):
        return None
    return round(float(AnnotationTask(triples, distance=lambda a, b: (a - b) ** 2).alpha()), 4)


def is_comparison(found: object) -> bool:
    """Tell whether the JSON of a returned file is a comparison."""
    return isinstance(found, dict) and found.get("docstill") == "comparison"
