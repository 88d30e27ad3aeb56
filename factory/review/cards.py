"""Cards: all that a home of the review (page, sheet, Label Studio, Argilla) shows of one example, and of its task."""

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import explained, numbered_lines, read_json, read_object
from factory.core.outcomes import Line, document_of, rejection, stands
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import headings_of
from factory.review.sampling import Chosen, Sample, State
from factory.tasks.extraction import extracted

SAMPLE, SAMPLED = "review/sample.json", "review/sampled.jsonl"


class Said(BaseModel, frozen=True):
    """A filter's verdict, in the words of a person."""

    filter: str
    passed: bool
    reason: str = ""
    score: float | None = None


class Tried(BaseModel, frozen=True):
    """An earlier attempt, and why it was rejected."""

    instruction: str
    response: str
    reason: str


class Card(BaseModel, frozen=True):
    """One example. `marks`: evidence as code points into `chunk`; `judged`: digest of the response, for which a verdict holds."""

    id: str
    judged: str
    state: State
    split: str
    task: str
    instruction: str
    response: str
    chunk: str
    marks: tuple[tuple[int, int], ...]
    missing: tuple[str, ...]  # quotes that do not stand in the document
    document: str
    page: int | None
    headings: tuple[str, ...]
    teacher: str
    said: tuple[Said, ...]
    tried: tuple[Tried, ...]
    second: bool  # two people read it


class Shape(BaseModel, frozen=True):
    """What of a task a home needs to ask for a corrected answer: a menu of labels, or a form by the JSON schema of its fields."""

    kind: str
    labels: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()  # one a label
    answer: dict[str, object] | None = None  # JSON schema


class Deck(BaseModel, frozen=True):
    """A sample with its cards in the order of reading."""

    run: str
    sample: str  # digest: verdicts come back with it
    split: str | None
    tasks: dict[str, Shape]
    cards: tuple[Card, ...]


def freeze(run: Run, sample: Sample) -> None:
    """The sample and its examples as they stand now: what is read, whatever a later make changes. Raises UserMistake."""
    named = {state: run.lines(f"{state}.jsonl") for state in {one.state for one in sample.chosen}}
    run.write_lines(SAMPLED, (named[one.state][one.place] for one in sample.chosen))
    run.write(SAMPLE, sample.model_dump_json(indent=1) + "\n")


def frozen(run: Run) -> tuple[Sample, list[Line]] | None:
    """The sample with its examples, in the order in which they were drawn; None where none was drawn. Raises UserMistake."""
    path = run.folder / SAMPLE
    if not path.exists():
        return None
    mend = f"run `docstill review export {run.folder} --again`, which draws a new sample"
    sample = read_json(path, Sample, mend)
    rows = list(numbered_lines(run.folder / SAMPLED, mend))
    if len(rows) != len(sample.chosen):
        raise UserMistake(f"{run.folder / SAMPLED}: holds {len(rows)} examples, {path} {len(sample.chosen)}; {mend}")
    lines = [
        _line(raw, one.state, f"{run.folder / SAMPLED}:{number}", mend)
        for one, (number, raw) in zip(sample.chosen, rows, strict=True)
    ]
    if other := next((line.id for one, line in zip(sample.chosen, lines, strict=True) if one.id != line.id), None):
        raise UserMistake(f"{run.folder / SAMPLED}: {other} is not in {path}; {mend}")
    return sample, lines


def _line(raw: bytes, state: State, place: str, mend: str) -> Line:
    try:
        return Line.model_validate({**read_object(raw, place, mend), "ending": state})
    except ValidationError as error:
        raise UserMistake(f"{place}: {explained(error)}; {mend}") from error


def deck(run: Run, recipe: Recipe, sample: Sample, lines: Sequence[Line]) -> Deck:
    """Raises UserMistake where a file of the run is missing or broken."""
    by_id = {line.id: line for line in lines}
    cards = tuple(_card(run, one, by_id[one.id]) for one in sample.shown())
    return Deck(
        run=run.folder.resolve().name,
        sample=digest([one.model_dump() for one in sample.chosen]),
        split=sample.wanted.split,
        tasks={task.name: _shape(task) for task in recipe.tasks},
        cards=cards,
    )


def _shape(task: TaskSettings) -> Shape:
    return Shape(
        kind=task.kind,
        labels=tuple(label.name for label in task.labels),
        definitions=tuple(label.definition for label in task.labels),
        answer=extracted(task.fields, quotes=False).model_json_schema(by_alias=True) if task.fields else None,
    )


def _card(run: Run, chosen: Chosen, one: Line) -> Card:
    text = document_of(run, one.document)
    there = [span for span in one.evidence if stands(text, span)]
    return Card(
        id=one.id,
        judged=digest(one.response),
        state=chosen.state,
        split=one.split,
        task=one.task,
        instruction=one.instruction,
        response=one.response,
        chunk=text[one.chunk.start : one.chunk.end],
        marks=_within([(span.start - one.chunk.start, span.end - one.chunk.start) for span in there], one.chunk.end - one.chunk.start),
        missing=tuple(span.text for span in one.evidence if not stands(text, span)),
        document=one.document.name,
        page=one.chunk.page,
        headings=headings_of(text, one.document.name, one.chunk),
        teacher=one.teacher,
        said=tuple(Said(filter=v.filter, passed=v.passed, reason=v.reason, score=v.score) for v in one.verdicts),
        tried=tuple(
            Tried(instruction=a.instruction, response=a.response, reason=v.reason if (v := rejection(a)) else "") for a in one.attempts
        ),
        second=chosen.second,
    )


def _within(spans: Sequence[tuple[int, int]], length: int) -> tuple[tuple[int, int], ...]:
    """Joined where they touch, in order, and cut at the chunk's ends."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
