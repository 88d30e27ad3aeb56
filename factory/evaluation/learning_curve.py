"""Measure the learning curve with students trained on parts of the data.

It also says what more data would bring.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

from pydantic import BaseModel

from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.stats import Counts, Interval
from factory.evaluation.answers import HeldOutQuestion, ModelAnswer, read_lines
from factory.evaluation.metric_column import MetricColumn, ScoringTerms
from factory.evaluation.set_scores import resampling_units

FOLDER = "curve"  # in the run; one folder per subset below it, named by its percentage
SUBSET_ANSWERS = "answers/student.jsonl"
SEED = "over the questions only; another training seed would shift it too"


class CurvePoint(BaseModel, frozen=True):
    """A student trained on a share of the rows, and its score on the deciding set.

    `gain`: over the previous point, paired.
    """

    share: float
    rows: int
    mean: float
    gain: Interval | None


class LearningCurve(BaseModel, frozen=True):
    """The points of the curve and a forecast.

    `doubling`: the gain from twice the data if the curve continued as in its last step. Curves
    flatten, so this is an upper estimate.
    """

    metric: str
    points: tuple[CurvePoint, ...]
    doubling: Interval
    words: str


@dataclass(frozen=True)
class TrainingSubset:
    """A share of a run's training rows, in its own folder laid out like a run."""

    share: float
    folder: Path


def training_subset(run: Run, share: float) -> TrainingSubset:
    return TrainingSubset(share, run.folder / FOLDER / f"{100 * share:g}")


def write_training_subset(run: Run, share: float, seed: int) -> TrainingSubset:
    """Write a share of the training rows and all validation rows. Smaller shares nest in larger."""
    part = training_subset(run, share)
    part.folder.mkdir(parents=True, exist_ok=True)
    Run(part.folder).write(
        "train.jsonl", "".join(sample_documents(_lines(run, "train.jsonl"), share, seed))
    )
    Run(part.folder).write("val.jsonl", "".join(_lines(run, "val.jsonl")))
    return part


def _lines(run: Run, name: str) -> list[str]:
    path = run.folder / name
    return (
        [line + "\n" for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        if path.is_file()
        else []
    )


def sample_documents(lines: Sequence[str], share: float, seed: int) -> list[str]:
    """Return a share of the lines: whole documents in random order, the last one in part.

    Replay rows are cut to the same share, and the order of the rows stays. Documents are drawn
    because more data means more documents; they are ordered by digest, so the draw does not depend
    on the other rows.
    """
    metas = [json.loads(line)["meta"] for line in lines]
    kept: set[int] = set()
    for source in dict.fromkeys(meta.get("source", "") for meta in metas):
        mine = [place for place, meta in enumerate(metas) if meta.get("source", "") == source]
        mine.sort(key=lambda place: _rank(metas[place], seed))
        kept |= set(mine[: max(1, round(share * len(mine)))])
    return [line for place, line in enumerate(lines) if place in kept]


def _rank(meta: dict[str, object], seed: int) -> tuple[str, str]:
    document = meta.get("document")
    name = document.get("digest", "") if isinstance(document, dict) else ""
    return digest(seed, name) if name else "", digest(seed, meta["id"])


def measure_learning_curve(
    run: Run,
    questions: Sequence[HeldOutQuestion],
    student: dict[str, ModelAnswer],
    terms: ScoringTerms,
) -> LearningCurve | None:
    """Score the students of the recipe's shares on the deciding set.

    Only students that answered all its questions count; None if there are fewer than two.
    """
    if not terms.curve:
        return None
    column = MetricColumn(terms.metrics[0], questions, terms)
    _, units = resampling_units(questions)
    found: list[tuple[float, int, Counts]] = []
    for share in dict.fromkeys((*terms.curve, 1.0)):
        folder = run.folder if share == 1 else training_subset(run, share).folder
        given = student if share == 1 else _answers(folder / SUBSET_ANSWERS)
        if all(question.meta.id in given for question in questions):
            counts = column.of([given[question.meta.id] for question in questions])
            found.append((share, len(_lines(Run(folder), "train.jsonl")), counts))
    return _curve(column, found, units) if len(found) > 1 else None


def _answers(path: Path) -> dict[str, ModelAnswer]:
    return {answer.id: answer for answer in read_lines(path, ModelAnswer)} if path.is_file() else {}


def _curve(
    column: MetricColumn, found: Sequence[tuple[float, int, Counts]], units: Sequence[str]
) -> LearningCurve:
    points: list[CurvePoint] = []
    for place, (share, rows, counts) in enumerate(found):
        gain = column.interval(counts, found[place - 1][2], units) if place else None
        points.append(CurvePoint(share=share, rows=rows, mean=column.mean(counts), gain=gain))
    (_, before, earlier), (_, rows, whole) = found[-2:]
    scale = 1 / log2(rows / before) if rows > before else 0.0
    doubling = column.combined([(scale, whole), (-scale, earlier)], units)
    words = _words(column.metric, points, doubling)
    return LearningCurve(metric=column.metric, points=tuple(points), doubling=doubling, words=words)


def _words(metric: str, points: Sequence[CurvePoint], doubling: Interval) -> str:
    last, before = points[-1], points[-2]
    gain = last.gain or doubling
    step = (
        f"From {before.rows:,} to {last.rows:,} rows, {metric} went from {before.mean:.3f} to "
        f"{last.mean:.3f}: {gain.mean:+.3f} (95 % interval {gain.low:+.3f} to {gain.high:+.3f}, "
        f"{SEED})"
    )
    if gain.low > 0:
        further = f"{doubling.mean:+.3f} ({doubling.low:+.3f} to {doubling.high:+.3f})"
        return (
            f"{step}. More data still pays: twice the rows would bring about {further} if the "
            "curve continues like this, and less if it flattens."
        )
    if gain.high < 0:
        return f"{step}. The last rows did harm: find out why before you make more of this kind."
    return f"{step}. The interval includes zero, so more data may or may not help."
