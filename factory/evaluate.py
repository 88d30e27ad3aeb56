"""Evaluation: answers files against references, pair by pair, to a verdict with an interval: RUN/evaluation.json."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import ClassVar, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from factory.errors import UserMistake
from factory.forgetting import Forgetting, forgetting
from factory.records import FILES, DocumentRef
from factory.run import Run
from factory.scores import METRICS, Interval, Unit, needed_n, paired_interval, resampled_by, rounded
from filters.refusal import refuses

SETS = ("gold", "test")  # the first one that is there decides
BESIDE = {"shift": FILES["shift"], "unseen": FILES["unseen"]}  # told beside them, of the models that have answered them
REFUSAL = "refusal"  # the metric that is told of every set in which not to know is right somewhere
STUDENT = "student"
FEWEST = 6  # a sign test needs six wins of six for 95 %, two-sided: 2 / 2**6 = 0.03

Verdict = Literal["better", "worse", "undecided"]


class Message(BaseModel, frozen=True):
    content: str


class Meta(BaseModel, frozen=True):
    id: str
    document: DocumentRef
    shift: str = ""  # its kind, of a row of test_shift.jsonl


class Question(BaseModel, frozen=True):
    """One line of gold.jsonl, test.jsonl, test_shift.jsonl or unseen.jsonl; the last message is the reference."""

    shape: ClassVar[str] = 'a question: {"messages": [...], "meta": {"id", "document": {"digest", "name"}}}'
    messages: tuple[Message, ...] = Field(min_length=2)
    meta: Meta


class Answer(BaseModel, frozen=True):
    """One line of an answers file; a foreign one may not know its tokens and seconds."""

    shape: ClassVar[str] = 'an answer: {"id", "response", "tokens", "seconds"}'
    id: str
    response: str
    tokens: int | None = None
    seconds: float | None = None


class Pace(BaseModel, frozen=True):
    """Means of one answer; None where a line does not say."""

    seconds: float | None
    tokens: float | None


class Scores(BaseModel, frozen=True):
    """One set: means by model and metric, and the paired differences of each model to the one it is held against.

    `kinds`: of the shifted set, the same for each of its kinds.
    """

    n: int
    models: dict[str, dict[str, float]]
    paired: dict[str, dict[str, Interval]]
    resampled_by: Unit
    answers: dict[str, Pace]
    kinds: "dict[str, Scores]" = Field({}, exclude_if=lambda kinds: not kinds)

    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Every metric and pace with its value for each model, as shown to a person."""
        for metric in next(iter(self.models.values())):
            yield metric, [f"{means[metric]:.3f}" for means in self.models.values()]
        for name, what in (("seconds", "seconds an answer"), ("tokens", "tokens an answer")):
            paces = [getattr(self.answers[model], name) for model in self.models]
            yield what, ["–" if pace is None else f"{pace:.1f}" for pace in paces]

    @property
    def differences(self) -> list[tuple[str, str, Interval]]:
        return [(pair, metric, one) for pair, found in self.paired.items() for metric, one in found.items()]


class Evaluation(BaseModel, frozen=True):
    """evaluation.json."""

    sets: dict[str, Scores]
    verdict: Verdict
    needed_n: int | None
    decided_by: str
    metric: str
    against: str
    note: str
    forgetting: Forgetting | None = Field(None, exclude_if=lambda found: found is None)


Answers = dict[str, dict[str, Answer]]  # by model, then by question
Line = TypeVar("Line", Question, Answer)


@dataclass(frozen=True)
class Terms:
    metrics: tuple[str, ...]
    seed: int
    against: str


def evaluate(run: Run, metrics: Sequence[str], seed: int, extra: Sequence[Path] = (), against: str = "base") -> Evaluation:
    """Scores every answers file of the run and the extra ones (name: stem) and writes evaluation.json.

    Raises UserMistake for no questions, missing answers, unreadable lines, unknown metrics, two files of one name.
    """
    terms = Terms(tuple(metrics), seed, against)
    _check(terms)
    sets = {name: found for name in SETS if (found := _questions(run.folder / f"{name}.jsonl"))}
    if not sets:
        raise UserMistake(f"{run.folder}: no questions in gold.jsonl or test.jsonl; name [evaluate] gold, make again")
    answers = _answers(run, extra, against)
    for name, questions in sets.items():
        _complete(run, name, questions, answers)
    scored = {name: _scored(questions, answers, terms) for name, questions in sets.items()}
    beside = {name: found for name, file in BESIDE.items() if (found := _questions(run.folder / file))}
    scored |= _beside(run, beside, answers, terms)
    evaluation = _judged(scored, terms, [name for name in beside if name not in scored])
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def answered(run: Run, name: str, model: str, metric: str) -> Iterator[tuple[Question, float]]:
    """Every question of a set that the model has answered in this run, with the metric's value."""
    given = {answer.id: answer for answer in _read(run.folder / "answers" / f"{model}.jsonl", Answer)}
    for question in _questions(run.folder / f"{name}.jsonl"):
        if answer := given.get(question.meta.id):
            yield question, METRICS[metric](answer.response, question.messages[-1].content)


def with_forgetting(run: Run, evaluation: Evaluation, allowed: float, seed: int) -> Evaluation:
    """The evaluation with what the student has forgotten, as evaluation.json says it then. `allowed`: bits a token."""
    found = forgetting(run, allowed, seed)
    untold = "" if found else " Forgetting was not measured: `docstill answer` does it, of base and student."
    evaluation = evaluation.model_copy(update={"forgetting": found, "note": evaluation.note + untold})
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def _check(terms: Terms) -> None:
    known = ", ".join(METRICS)
    if not terms.metrics:
        raise UserMistake(f"[evaluate] metrics is empty, must name one or more of {known}")
    for name in terms.metrics:
        if name not in METRICS:
            raise UserMistake(f'[evaluate] metrics: "{name}" is not known, must be one of {known}')
    if terms.against == STUDENT:
        raise UserMistake(f"--against {STUDENT}: a student can't be held against itself, must be another model")


def _read(path: Path, kind: type[Line]) -> list[Line]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: U+2028 may stand within JSON text
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserMistake(f"{path}: can't be read ({reason}), must be a JSONL file") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found += [kind.model_validate_json(line)] if line.strip() else []
        except ValidationError as error:
            raise UserMistake(f"{path}: line {number} is not {kind.shape}") from error
    return found


def _questions(path: Path) -> list[Question]:
    found = _read(path, Question) if path.is_file() else []
    twice, count = next(iter(Counter(question.meta.id for question in found).most_common(1)), ("", 0))
    if count > 1:
        raise UserMistake(f"{path}: id {twice} stands for {count} questions, ids must be unique")
    return found


def _answers(run: Run, extra: Sequence[Path], against: str) -> Answers:
    """Every model's answers, the student's first, then what it is held against; a later line before an earlier one."""
    paths: dict[str, Path] = {}
    for path in (*sorted((run.folder / "answers").glob("*.jsonl")), *extra):
        if paths.setdefault(path.stem, path).resolve() != path.resolve():
            raise UserMistake(f"{path}: {paths[path.stem]} already stands for {path.stem}, must have another name")
    for name in (against, STUDENT):
        if name not in paths:
            raise UserMistake(f"{run.folder}: no answers of {name}; run `{_command(run, name)}` first")
    order = (STUDENT, against, *(name for name in paths if name not in (STUDENT, against)))
    return {name: {answer.id: answer for answer in _read(paths[name], Answer)} for name in order}


def _complete(run: Run, name: str, questions: Sequence[Question], answers: Answers) -> None:
    for model, given in answers.items():
        if missing := sum(question.meta.id not in given for question in questions):
            of = f"{missing} of {len(questions)} answers to {name}"
            raise UserMistake(f"{model} lacks {of}; run `{_command(run, model)}` first")


def _beside(run: Run, sets: dict[str, list[Question]], answers: Answers, terms: Terms) -> dict[str, Scores]:
    """The sets that student and rival have begun to answer, with the models that have; whoever has begun must have ended."""
    found: dict[str, Scores] = {}
    for name, questions in sets.items():
        given = {model: mine for model, mine in answers.items() if any(question.meta.id in mine for question in questions)}
        if {STUDENT, terms.against} <= given.keys():
            _complete(run, name, questions, given)
            found[name] = _with_kinds(questions, given, terms)
    return found


def _with_kinds(questions: Sequence[Question], answers: Answers, terms: Terms) -> Scores:
    if any(refuses(question.messages[-1].content) for question in questions):
        terms = replace(terms, metrics=tuple(dict.fromkeys((*terms.metrics, REFUSAL))))
    kinds = dict.fromkeys(question.meta.shift for question in questions if question.meta.shift)
    by_kind = {kind: [question for question in questions if question.meta.shift == kind] for kind in kinds}
    return _scored(questions, answers, terms).model_copy(
        update={"kinds": {kind: _scored(mine, answers, terms) for kind, mine in by_kind.items()}}
    )


def _command(run: Run, model: str) -> str:
    return f"docstill answer {run.folder} --model {model}"


def _scored(questions: Sequence[Question], answers: Answers, terms: Terms) -> Scores:
    ids = [question.meta.id for question in questions]
    documents = [question.meta.document.digest for question in questions]
    unit = resampled_by(documents)
    units = documents if unit == "document" else ids
    values = {model: _values(questions, given, terms.metrics) for model, given in answers.items()}
    held = values[terms.against]
    return Scores(
        n=len(questions),
        models={model: {metric: rounded(fmean(v)) for metric, v in mine.items()} for model, mine in values.items()},
        paired={
            f"{model}-{terms.against}": {m: paired_interval(_less(mine[m], held[m]), units, terms.seed) for m in mine}
            for model, mine in values.items()
            if model != terms.against
        },
        resampled_by=unit,
        answers={model: _pace([given[one] for one in ids]) for model, given in answers.items()},
    )


def _values(questions: Iterable[Question], given: dict[str, Answer], metrics: Iterable[str]) -> dict[str, list[float]]:
    pairs = [(given[question.meta.id].response, question.messages[-1].content) for question in questions]
    return {metric: [METRICS[metric](response, reference) for response, reference in pairs] for metric in metrics}


def _less(mine: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(mine, other, strict=True)]


def _pace(answers: Sequence[Answer]) -> Pace:
    return Pace(seconds=_mean([one.seconds for one in answers]), tokens=_mean([one.tokens for one in answers]))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(fmean(known)) if len(known) == len(values) else None


def _judged(sets: dict[str, Scores], terms: Terms, left_out: Sequence[str]) -> Evaluation:
    decided_by = next(iter(sets))
    scores = sets[decided_by]
    seen = scores.paired[f"{STUDENT}-{terms.against}"][terms.metrics[0]]
    return Evaluation(
        sets=sets,
        verdict="better" if seen.low > 0 else "worse" if seen.high < 0 else "undecided",
        needed_n=needed_n(scores.n, seen),
        decided_by=decided_by,
        metric=terms.metrics[0],
        against=terms.against,
        note=_note(sets, scores.n)
        + "".join(f" Nothing is told of {name}: {STUDENT} or {terms.against} answered none." for name in left_out),
    )


def _note(sets: dict[str, Scores], n: int) -> str:
    if "gold" not in sets:
        note = "There is no gold, so test decides; the teacher wrote these rows."
    elif "test" in sets:
        note = "Gold decides; the teacher wrote the rows of test, which have no part in the verdict."
    else:
        note = "Gold decides."
    few = f" {n} questions are few: with fewer than {FEWEST} even a win on every one may be chance."
    return note + few if n < FEWEST else note


def verdict_sentence(evaluation: Evaluation) -> str:
    """The verdict with its figures; where it is open, how many questions might settle it."""
    against, metric, where = evaluation.against, evaluation.metric, evaluation.decided_by
    scores = evaluation.sets[where]
    seen = scores.paired[f"{STUDENT}-{against}"][metric]
    claim = f"student is {evaluation.verdict} than {against} on {where}"
    if evaluation.verdict == "undecided":
        claim = f"student is not shown to be better or worse than {against} on {where}"
    more = f"; about {evaluation.needed_n} questions might show it better" if evaluation.needed_n else ""
    return (
        f"{claim}: {metric} {scores.models[against][metric]:.3f} -> {scores.models[STUDENT][metric]:.3f}, "
        f"difference {seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, "
        f"n = {scores.n}, resampled by {scores.resampled_by}){more}"
    )
