"""Two models' answers side by side, blind: who rates does not know which is which; four axes, 1 to 5."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import BadJson, loads, read_jsonl
from factory.core.records import FILES, Row, digest
from factory.core.run_folder import Run
from factory.core.stats import paired_interval, resampled_by
from factory.review.comparison_results import FOUND, AxisFound, Comparison
from factory.review.importer import broken
from factory.review.page import page

AXES = ("accuracy", "relevance", "domain expertise", "tone")
PAGE = "review/compare.html"
KEY = "review/compare.json"  # which side is whose: the page does not hold it
RATED = "review/ratings.jsonl"
DECIDING = ("gold.jsonl", FILES["test"])
Mark = Literal[1, 2, 3, 4, 5]
Axis = Literal["accuracy", "relevance", "domain expertise", "tone"]


class Key(BaseModel, frozen=True):
    """review/compare.json."""

    sample: str
    models: tuple[str, str]
    first: dict[str, str]  # by id: the model whose answer is A
    documents: dict[str, str]


class Rated(BaseModel):
    """One pair's marks, as the page exports them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    verdict: Literal["rate"] = "rate"
    A: dict[Axis, Mark] = Field(min_length=len(AXES))
    B: dict[Axis, Mark] = Field(min_length=len(AXES))
    seconds: float | None = Field(None, ge=0)


class Exported(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    docstill: Literal["comparison"]
    version: Literal[1]
    run: str
    sample: str
    reviewer: str = Field(min_length=1)
    verdicts: tuple[Rated, ...]


class Rating(BaseModel, frozen=True):
    """One line of ratings.jsonl: a reviewer's marks of both models on one axis of one question."""

    id: str
    reviewer: str
    axis: Axis
    marks: tuple[Mark, Mark]  # in the order of Key.models


def export_pairs(run: Run, models: tuple[str, str], count: int | None, seed: int) -> tuple[Path, int]:
    """RUN/review/compare.html with at most so many questions of gold, else test, that both have answered, chosen and shuffled by the seed.

    Raises UserMistake where one has answered none.
    """
    name = next((one for one in DECIDING if run.has(one) and run.lines(one)), None)
    if name is None:
        raise UserMistake(f"{run.folder}: no held-out questions in gold.jsonl or test.jsonl, nothing can be compared")
    given = [_answers(run, model) for model in models]
    asked = [row for row in run.lines(name) if all(_id(row) in one for one in given)]
    if not asked:
        raise UserMistake(f"{run.folder}: {models[0]} and {models[1]} have answered none of {name}; run `docstill answer` for both first")
    chosen = sorted(asked, key=lambda row: digest(seed, "pair", _id(row)))[:count]
    first = {_id(row): models[int(digest(seed, "side", _id(row)), 16) % 2] for row in chosen}
    cards = [_card(row, first[_id(row)], dict(zip(models, given, strict=True))) for row in chosen]
    sample = digest(cards)
    key = Key(sample=sample, models=models, first=first, documents={_id(row): _document(row)["digest"] for row in chosen})
    run.write(KEY, key.model_dump_json(indent=1) + "\n")
    deck: dict[str, object] = {
        "run": run.folder.resolve().name,
        "sample": sample,
        "kind": "compare",
        "axes": AXES,
        "tasks": {},
        "cards": cards,
    }
    run.write(PAGE, page(f"Two answers: {deck['run']}", deck))
    return run.folder / PAGE, len(cards)


def _answers(run: Run, model: str) -> dict[str, str]:
    path = f"answers/{model}.jsonl"
    if not run.has(path):
        raise UserMistake(f"{run.folder}: no answers of {model}; run `docstill answer {run.folder} --model {model}` first")
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


def take_in_pairs(run: Run, file: Path, text: str) -> Comparison:
    """Adds a reviewer's marks to the run and says what all of them come to. Raises UserMistake, and nothing of the file is applied."""
    try:
        found = loads(text)
    except BadJson as error:
        raise UserMistake(f"{file}: {error}; must be as the page has exported it") from error
    return add_pairs(run, pairs_of(run, file, found))


def pairs_of(run: Run, file: Path, content: object) -> Exported:
    """What a file says of the comparison that was exported last. Raises UserMistake."""
    try:
        found = Exported.model_validate(content)
    except ValidationError as error:
        raise broken(file, error, "as the page has exported it") from error
    if not run.has(KEY):
        raise UserMistake(f"{file}: {run.folder} has no comparison, run `docstill review export --compare` first")
    key = run.read(KEY, Key)
    if found.sample != key.sample:
        raise UserMistake(f"{file}: belongs to another comparison than {run.folder / KEY}, must be of the page that was exported last")
    if unknown := next((one.id for one in found.verdicts if one.id not in key.first), None):
        raise UserMistake(f"{file}: id {unknown} is not a question of this comparison")
    ratings_of(run)
    return found


def add_pairs(run: Run, found: Exported) -> Comparison:
    """Raises UserMistake where a file of the run is damaged."""
    key = run.read(KEY, Key)
    ratings = {(r.id, r.reviewer, r.axis): r for r in (*ratings_of(run), *_unblinded(found, key)) if r.id in key.first}
    run.write_lines(RATED, (rating.model_dump() for rating in ratings.values()))
    told = comparison(list(ratings.values()), key)
    run.write(FOUND, told.model_dump_json(indent=1) + "\n")
    return told


def ratings_of(run: Run) -> list[Rating]:
    mend = f"delete it and run `docstill review import {run.folder} FILE` with the files that reviewers sent, which writes it anew"
    return list(read_jsonl(run.folder / RATED, Rating, mend)) if (run.folder / RATED).exists() else []


def _unblinded(found: Exported, key: Key) -> Iterator[Rating]:
    for one in found.verdicts:
        for axis in AXES:
            sides = (one.A[axis], one.B[axis])  # type: ignore[index]
            marks = sides if key.first[one.id] == key.models[0] else sides[::-1]
            yield Rating(id=one.id, reviewer=found.reviewer, axis=axis, marks=marks)


def comparison(ratings: Sequence[Rating], key: Key) -> Comparison:
    """Each question counts once, by the mean of its reviewers; differences are paired and resampled as scores are."""
    return Comparison(
        models=key.models,
        n=len({r.id for r in ratings}),
        reviewers=tuple(sorted({r.reviewer for r in ratings})),
        axes=tuple(_axis(axis, [r for r in ratings if r.axis == axis], key) for axis in AXES),
    )


def _axis(axis: str, ratings: Sequence[Rating], key: Key) -> AxisFound:
    ids = sorted({r.id for r in ratings})
    by_id = {id: [r.marks for r in ratings if r.id == id] for id in ids}
    means = [tuple(fmean(marks[side] for marks in by_id[id]) for side in (0, 1)) for id in ids]
    documents = [key.documents[id] for id in ids]
    units = documents if resampled_by(documents) == "document" else ids
    return AxisFound(
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
    """Whether the JSON of a file that comes back is a comparison's."""
    return isinstance(found, dict) and found.get("docstill") == "comparison"
