"""The learning curve: students of parts of the data, each answered and scored; and what more data would bring."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

from pydantic import BaseModel

from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.stats import Counts, Interval
from factory.evaluation.answers import Answer, Question, read_lines
from factory.evaluation.metric_column import Column, Terms
from factory.evaluation.set_scores import units_of

FOLDER = "curve"  # of a run; below it one folder a part, called by its percentage
ANSWERS = "answers/student.jsonl"
SEED = "of the questions alone: another training seed would move it as well"


class Point(BaseModel, frozen=True):
    """A student of a share of the rows, and its score on the set that decides; `gain`: over the point before, paired."""

    share: float
    rows: int
    mean: float
    gain: Interval | None


class Curve(BaseModel, frozen=True):
    """`doubling`: what twice the data would bring if the curve went on as in its last step; curves flatten, so it is at most that."""

    metric: str
    points: tuple[Point, ...]
    doubling: Interval
    words: str


@dataclass(frozen=True)
class Part:
    """A share of a run's training rows in a folder of its own, laid out as a run's."""

    share: float
    folder: Path


def part_of(run: Run, share: float) -> Part:
    return Part(share, run.folder / FOLDER / f"{100 * share:g}")


def write_part(run: Run, share: float, seed: int) -> Part:
    """The rows of a share, and all of validation: smaller shares are parts of larger ones."""
    part = part_of(run, share)
    part.folder.mkdir(parents=True, exist_ok=True)
    Run(part.folder).write("train.jsonl", "".join(chosen(_lines(run, "train.jsonl"), share, seed)))
    Run(part.folder).write("val.jsonl", "".join(_lines(run, "val.jsonl")))
    return part


def _lines(run: Run, name: str) -> list[str]:
    path = run.folder / name
    return [line + "\n" for line in path.read_text(encoding="utf-8").split("\n") if line.strip()] if path.is_file() else []


def chosen(lines: Sequence[str], share: float, seed: int) -> list[str]:
    """Whole documents in a drawn order, the last one in part; of replay the same share. The rows stay in their order.

    By document, because more data is more documents; the draw is by digest, so it does not depend on the other rows.
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


def curve_of(run: Run, questions: Sequence[Question], student: dict[str, Answer], terms: Terms) -> Curve | None:
    """Of the recipe's shares whose students have answered all questions of the set that decides; None where these are fewer than two."""
    if not terms.curve:
        return None
    column = Column(terms.metrics[0], questions, terms)
    _, units = units_of(questions)
    found: list[tuple[float, int, Counts]] = []
    for share in dict.fromkeys((*terms.curve, 1.0)):
        folder = run.folder if share == 1 else part_of(run, share).folder
        given = student if share == 1 else _answers(folder / ANSWERS)
        if all(question.meta.id in given for question in questions):
            counts = column.of([given[question.meta.id] for question in questions])
            found.append((share, len(_lines(Run(folder), "train.jsonl")), counts))
    return _curve(column, found, units) if len(found) > 1 else None


def _answers(path: Path) -> dict[str, Answer]:
    return {answer.id: answer for answer in read_lines(path, Answer)} if path.is_file() else {}


def _curve(column: Column, found: Sequence[tuple[float, int, Counts]], units: Sequence[str]) -> Curve:
    points: list[Point] = []
    for place, (share, rows, counts) in enumerate(found):
        gain = column.interval(counts, found[place - 1][2], units) if place else None
        points.append(Point(share=share, rows=rows, mean=column.mean(counts), gain=gain))
    (_, before, earlier), (_, rows, whole) = found[-2:]
    scale = 1 / log2(rows / before) if rows > before else 0.0
    doubling = column.combined([(scale, whole), (-scale, earlier)], units)
    told = _words(column.metric, points, doubling)
    return Curve(metric=column.metric, points=tuple(points), doubling=doubling, words=told)


def _words(metric: str, points: Sequence[Point], doubling: Interval) -> str:
    last, before = points[-1], points[-2]
    gain = last.gain or doubling
    step = (
        f"From {before.rows:,} to {last.rows:,} rows {metric} went {before.mean:.3f} -> {last.mean:.3f}, "
        f"{gain.mean:+.3f} (95 % interval {gain.low:+.3f} to {gain.high:+.3f}, {SEED})"
    )
    if gain.low > 0:
        further = f"{doubling.mean:+.3f} ({doubling.low:+.3f} to {doubling.high:+.3f})"
        return f"{step}. More data still pays: twice the rows would bring about {further} if the curve goes on so, and less if it flattens."
    if gain.high < 0:
        return f"{step}. The last rows did harm: more of the same kind are not worth making before it is known why."
    return f"{step}. Whether more data would help can't be told: no gain lies within the interval."
