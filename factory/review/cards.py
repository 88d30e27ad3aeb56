"""Review cards: everything that a review format (page, sheet, Label Studio, Argilla) shows of an
example and its task.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import first_mistake, numbered_lines, read_json, read_object
from factory.core.outcomes import OutcomeLine, document_of, rejection, span_matches
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import heading_path
from factory.review.sampling import ExampleState, ReviewSample, SampledExample
from factory.tasks.extraction import extraction_shape

SAMPLE_FILE, SAMPLED_FILE = "review/sample.json", "review/sampled.jsonl"


class FilterVerdict(BaseModel, frozen=True):
    """A filter's verdict, in words for the reviewer."""

    filter: str
    passed: bool
    reason: str = ""
    score: float | None = None


class EarlierAttempt(BaseModel, frozen=True):
    """An earlier attempt, and why it was rejected."""

    instruction: str
    response: str
    reason: str


class ReviewCard(BaseModel, frozen=True):
    """One example to review.

    `marks` are the evidence as code point ranges in `chunk`; `judged` is the digest of the response
    that a verdict applies to.
    """

    id: str
    judged: str
    state: ExampleState
    split: str
    task: str
    instruction: str
    response: str
    chunk: str
    marks: tuple[tuple[int, int], ...]
    missing: tuple[str, ...]  # quotes that are not in the document
    document: str
    page: int | None
    headings: tuple[str, ...]
    teacher: str
    said: tuple[FilterVerdict, ...]
    tried: tuple[EarlierAttempt, ...]
    second: bool  # two people read it


class AnswerForm(BaseModel, frozen=True):
    """The form for a corrected answer: a menu of labels, or fields by their JSON schema."""

    kind: str
    labels: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()  # one per label
    answer: dict[str, object] | None = None  # JSON schema


class ReviewDeck(BaseModel, frozen=True):
    """A sample with its cards in reading order."""

    run: str
    sample: str  # digest that returned verdicts carry
    split: str | None
    tasks: dict[str, AnswerForm]
    cards: tuple[ReviewCard, ...]


def save_sample(run: Run, sample: ReviewSample) -> None:
    """Save the sample and its examples as they are now, so that a later make does not change what
    is read.

    Raises UserMistake.
    """
    named = {state: run.lines(f"{state}.jsonl") for state in {one.state for one in sample.chosen}}
    run.write_lines(SAMPLED_FILE, (named[one.state][one.place] for one in sample.chosen))
    run.write(SAMPLE_FILE, sample.model_dump_json(indent=1) + "\n")


def read_sample(run: Run) -> tuple[ReviewSample, list[OutcomeLine]] | None:
    """Return the sample and its examples in the order they were drawn; None if there is no sample.

    Raises UserMistake.
    """
    path = run.folder / SAMPLE_FILE
    if not path.exists():
        return None
    mend = f"run `docstill review export {run.folder} --again` to draw a new sample"
    sample = read_json(path, ReviewSample, mend)
    rows = list(numbered_lines(run.folder / SAMPLED_FILE, mend))
    if len(rows) != len(sample.chosen):
        raise UserMistake(
            f"{run.folder / SAMPLED_FILE}: has {len(rows)} examples, but {path} has "
            f"{len(sample.chosen)}; {mend}"
        )
    lines = [
        _line(raw, one.state, f"{run.folder / SAMPLED_FILE}:{number}", mend)
        for one, (number, raw) in zip(sample.chosen, rows, strict=True)
    ]
    if other := next(
        (line.id for one, line in zip(sample.chosen, lines, strict=True) if one.id != line.id), None
    ):
        raise UserMistake(f"{run.folder / SAMPLED_FILE}: {other} is not in {path}; {mend}")
    return sample, lines


def _line(raw: bytes, state: ExampleState, place: str, mend: str) -> OutcomeLine:
    try:
        return OutcomeLine.model_validate({**read_object(raw, place, mend), "ending": state})
    except ValidationError as error:
        raise UserMistake(f"{place}: {first_mistake(error)}; {mend}") from error


def build_deck(
    run: Run, recipe: Recipe, sample: ReviewSample, lines: Sequence[OutcomeLine]
) -> ReviewDeck:
    """Build the cards of a sample. Raises UserMistake if a file of the run is missing or broken."""
    by_id = {line.id: line for line in lines}
    cards = tuple(_card(run, one, by_id[one.id]) for one in sample.shown())
    return ReviewDeck(
        run=run.folder.resolve().name,
        sample=digest([one.model_dump() for one in sample.chosen]),
        split=sample.wanted.split,
        tasks={task.name: _shape(task) for task in recipe.tasks},
        cards=cards,
    )


def _shape(task: TaskSettings) -> AnswerForm:
    return AnswerForm(
        kind=task.kind,
        labels=tuple(label.name for label in task.labels),
        definitions=tuple(label.definition for label in task.labels),
        answer=extraction_shape(task.fields, quotes=False).model_json_schema(by_alias=True)
        if task.fields
        else None,
    )


def _card(run: Run, chosen: SampledExample, one: OutcomeLine) -> ReviewCard:
    text = document_of(run, one.document)
    there = [span for span in one.evidence if span_matches(text, span)]
    return ReviewCard(
        id=one.id,
        judged=digest(one.response),
        state=chosen.state,
        split=one.split,
        task=one.task,
        instruction=one.instruction,
        response=one.response,
        chunk=text[one.chunk.start : one.chunk.end],
        marks=_within(
            [(span.start - one.chunk.start, span.end - one.chunk.start) for span in there],
            one.chunk.end - one.chunk.start,
        ),
        missing=tuple(span.text for span in one.evidence if not span_matches(text, span)),
        document=one.document.name,
        page=one.chunk.page,
        headings=heading_path(text, one.document.name, one.chunk),
        teacher=one.teacher,
        said=tuple(
            FilterVerdict(filter=v.filter, passed=v.passed, reason=v.reason, score=v.score)
            for v in one.verdicts
        ),
        tried=tuple(
            EarlierAttempt(
                instruction=a.instruction,
                response=a.response,
                reason=v.reason if (v := rejection(a)) else "",
            )
            for a in one.attempts
        ),
        second=chosen.second,
    )


def _within(spans: Sequence[tuple[int, int]], length: int) -> tuple[tuple[int, int], ...]:
    """Clip spans to the chunk, sort them and join those that touch."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
