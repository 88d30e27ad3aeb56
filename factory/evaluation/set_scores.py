"""Score every model's answers to one set of questions.

Scores are means, paired intervals, labels, fields, refusals, latency and cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from pydantic import BaseModel, Field

from factory.core.errors import UserMistake
from factory.core.stats import Interval, Unit, resampled_by, rounded
from factory.evaluation.answers import Answers, HeldOutQuestion, ModelAnswer
from factory.evaluation.metric_column import (
    MetricColumn,
    ScoringTerms,
    comparison_for,
    is_correct,
    labels_known,
)
from factory.evaluation.metrics import METRIC_NAMES
from factory.evaluation.metrics.correctness import RefusalCounts, count_refusals
from factory.evaluation.metrics.fields import field_counts, stated_fields
from factory.evaluation.metrics.labels import LabelScore, label_counts, label_scores
from factory.evaluation.metrics.latency import Latency, PerCorrect, latency, per_correct
from filters.english.refusals import is_refusal

STUDENT = "student"
REFUSAL = "refusal"  # metric added for every set in which a question is to be refused


class Pace(BaseModel, frozen=True):
    """Mean seconds and tokens per answer; None if any answer lacks the figure."""

    seconds: float | None
    tokens: float | None


class Scores(BaseModel, frozen=True):
    """Scores on one set: means by model and metric, and paired differences between models.

    `kinds`: the same for each kind of shift. `tasks`: the same for each task, if there are several.
    `labels`, `fields`: by model. `cut`: answers that reached the length limit before they ended.
    `failed`: answers that never came.
    """

    n: int
    models: dict[str, dict[str, float]]
    paired: dict[str, dict[str, Interval]]
    resampled_by: Unit
    answers: dict[str, Pace]
    kinds: "dict[str, Scores]" = Field({}, exclude_if=lambda kinds: not kinds)
    tasks: "dict[str, Scores]" = Field({}, exclude_if=lambda tasks: not tasks)
    labels: dict[str, dict[str, LabelScore]] = Field({}, exclude_if=lambda labels: not labels)
    fields: dict[str, dict[str, LabelScore]] = Field({}, exclude_if=lambda fields: not fields)
    refusals: dict[str, RefusalCounts] = Field({}, exclude_if=lambda refusals: not refusals)
    latency: dict[str, Latency] = Field({}, exclude_if=lambda latency: not latency)
    per_correct: dict[str, PerCorrect] = Field({}, exclude_if=lambda per_correct: not per_correct)
    cut: dict[str, int] = Field({}, exclude_if=lambda cut: not cut)
    failed: dict[str, int] = Field({}, exclude_if=lambda failed: not failed)

    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Yield every metric, seconds and tokens with each model's value, formatted."""
        for metric in next(iter(self.models.values())):
            yield metric, [f"{means[metric]:.3f}" for means in self.models.values()]
        for name, what in (("seconds", "seconds per answer"), ("tokens", "tokens per answer")):
            paces = [getattr(self.answers[model], name) for model in self.models]
            yield what, ["–" if pace is None else f"{pace:.1f}" for pace in paces]

    @property
    def differences(self) -> list[tuple[str, str, Interval]]:
        return [
            (pair, metric, one)
            for pair, found in self.paired.items()
            for metric, one in found.items()
        ]


def check_metrics(metrics: Sequence[str], against: str) -> None:
    """Raise UserMistake for an unknown metric, none at all, or a student against itself."""
    known = ", ".join(METRIC_NAMES)
    if not metrics:
        raise UserMistake(f"[evaluate] metrics is empty; name one or more of {known}")
    for name in metrics:
        if name not in METRIC_NAMES:
            raise UserMistake(f'[evaluate] metrics: "{name}" is unknown, must be one of {known}')
    if against == STUDENT:
        raise UserMistake(
            f"--against {STUDENT}: a student can't be compared with itself; name another model"
        )


def score_set(
    questions: Sequence[HeldOutQuestion], answers: Answers, terms: ScoringTerms
) -> Scores:
    """Score the whole set, and each task if there are several."""
    names = list(dict.fromkeys(question.meta.task for question in questions))
    by_task = (
        {name: [q for q in questions if q.meta.task == name] for name in names}
        if len(names) > 1
        else {}
    )
    whole = _scored(questions, answers, terms)
    return whole.model_copy(
        update={"tasks": {name: _scored(mine, answers, terms) for name, mine in by_task.items()}}
    )


def score_shifted_set(
    questions: Sequence[HeldOutQuestion], answers: Answers, terms: ScoringTerms
) -> Scores:
    """Score the shifted or the unseen set, with refusals if a question is to be refused."""
    if any(is_refusal(question.reference) for question in questions):
        terms = replace(terms, metrics=tuple(dict.fromkeys((*terms.metrics, REFUSAL))))
    kinds = dict.fromkeys(question.meta.shift for question in questions if question.meta.shift)
    by_kind = {
        kind: [question for question in questions if question.meta.shift == kind] for kind in kinds
    }
    return _scored(questions, answers, terms).model_copy(
        update={"kinds": {kind: _scored(mine, answers, terms) for kind, mine in by_kind.items()}}
    )


def _scored(questions: Sequence[HeldOutQuestion], answers: Answers, terms: ScoringTerms) -> Scores:
    unit, units = resampling_units(questions)
    given = {
        model: [mine[question.meta.id] for question in questions] for model, mine in answers.items()
    }
    columns = {metric: MetricColumn(metric, questions, terms) for metric in terms.metrics}
    found = {
        metric: {model: one.of(mine) for model, mine in given.items()}
        for metric, one in columns.items()
        if one.places
    }
    pairs = {f"{model}-{terms.against}": model for model in given if model != terms.against}
    return Scores(
        n=len(questions),
        models={
            model: {metric: columns[metric].mean(mine[model]) for metric, mine in found.items()}
            for model in given
        },
        paired={
            pair: {
                m: columns[m].interval(mine[model], mine[terms.against], units)
                for m, mine in found.items()
            }
            for pair, model in pairs.items()
        },
        resampled_by=unit,
        answers={model: _pace(mine) for model, mine in given.items()},
        labels=_labels(questions, given, terms),
        fields=_fields(questions, given, terms),
        refusals=_refusals(questions, given),
        latency={
            model: one
            for model, mine in given.items()
            if (one := latency([a.seconds for a in mine]))
        },
        per_correct=_per_correct(questions, given, terms),
        cut={
            model: count for model, mine in given.items() if (count := sum(one.cut for one in mine))
        },
        failed={
            model: count
            for model, mine in given.items()
            if (count := sum(bool(one.failed) for one in mine))
        },
    )


def resampling_units(questions: Sequence[HeldOutQuestion]) -> tuple[Unit, list[str]]:
    """Return what the bootstrap resamples, and each question's unit."""
    documents = [question.meta.document.digest for question in questions]
    unit = resampled_by(documents)
    return unit, documents if unit == "document" else [question.meta.id for question in questions]


def _labels(
    questions: Sequence[HeldOutQuestion],
    given: Mapping[str, Sequence[ModelAnswer]],
    terms: ScoringTerms,
) -> dict[str, dict[str, LabelScore]]:
    places = [
        place
        for place, question in enumerate(questions)
        if terms.kind(question) == "classification"
    ]
    known = labels_known([questions[place] for place in places], terms) if places else {}
    pairs = {
        model: [(mine[place].response, questions[place].reference) for place in places]
        for model, mine in given.items()
    }
    return (
        {
            model: label_scores(label_counts(mine, known), list(known.values()))
            for model, mine in pairs.items()
        }
        if known
        else {}
    )


def _fields(
    questions: Sequence[HeldOutQuestion],
    given: Mapping[str, Sequence[ModelAnswer]],
    terms: ScoringTerms,
) -> dict[str, dict[str, LabelScore]]:
    """Score fields in the recipe's order, except those that no reference or answer fills."""
    places = [
        place for place, question in enumerate(questions) if terms.kind(question) == "extraction"
    ]
    texts = [
        text
        for place in places
        for text in (questions[place].reference, *(mine[place].response for mine in given.values()))
    ]
    stated_somewhere = {name for text in texts for name in stated_fields(text) or {}}
    markings = [found for place in places if (found := terms.marking(questions[place]))]
    names = [
        n
        for n in dict.fromkeys(one.name for found in markings for one in found.settings.fields)
        if n in stated_somewhere
    ]
    pairs = {
        model: [(mine[place].response, questions[place].reference) for place in places]
        for model, mine in given.items()
    }
    return (
        {model: label_scores(field_counts(mine, names), names) for model, mine in pairs.items()}
        if names
        else {}
    )


def _refusals(
    questions: Sequence[HeldOutQuestion], given: Mapping[str, Sequence[ModelAnswer]]
) -> dict[str, RefusalCounts]:
    """Count refusals; empty if nobody refused and nobody should have."""
    pairs = {
        m: [(one.response, q.reference) for one, q in zip(mine, questions, strict=True)]
        for m, mine in given.items()
    }
    found = {model: count_refusals(mine) for model, mine in pairs.items()}
    return found if any(one.wanted or one.wrong for one in found.values()) else {}


def _per_correct(
    questions: Sequence[HeldOutQuestion],
    given: Mapping[str, Sequence[ModelAnswer]],
    terms: ScoringTerms,
) -> dict[str, PerCorrect]:
    places = [
        place
        for place, question in enumerate(questions)
        if comparison_for(question, terms) is not None
    ]
    if not places:
        return {}
    return {
        model: per_correct(
            [is_correct(mine[place].response, questions[place], terms) for place in places],
            [mine[place].seconds for place in places],
            [mine[place].usd for place in places],
        )
        for model, mine in given.items()
    }


def _pace(answers: Sequence[ModelAnswer]) -> Pace:
    return Pace(
        seconds=_mean([one.seconds for one in answers]),
        tokens=_mean([one.tokens for one in answers]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(fmean(known)) if len(known) == len(values) else None
