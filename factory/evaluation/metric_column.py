"""Compute one metric over a set of questions: its mean, and the interval of a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

import numpy as np

from factory.core.stats import Counts, Interval, interval_of, paired_interval, rounded
from factory.core.task_settings import TaskSettings
from factory.evaluation.answers import HeldOutQuestion, ModelAnswer
from factory.evaluation.metrics import MACRO, METRICS
from factory.evaluation.metrics.correctness import question_text, says_the_same
from factory.evaluation.metrics.fields import has_task_shape
from factory.evaluation.metrics.labels import known_labels, label_counts
from filters.answers.extraction import parse_json_object
from filters.consistency.fields import same_fields
from filters.consistency.vote import Compare, agree


class TaskScoring(NamedTuple):
    """A task's settings and how its answers are compared.

    `same`: None if its questions have no single right answer.
    """

    settings: TaskSettings
    same: Compare | None


@dataclass(frozen=True)
class ScoringTerms:
    """The metrics that score answers, and the model to compare with.

    `tasks`: by name; rows of any other task are compared like question-answer pairs.
    """

    metrics: tuple[str, ...]
    seed: int
    against: str = "base"
    tasks: Mapping[str, TaskScoring] = field(default_factory=dict)
    threshold: float | None = None  # minimum for the student on the first metric
    curve: tuple[float, ...] = ()  # shares of the data, each with its own student

    def marking(self, question: HeldOutQuestion) -> TaskScoring | None:
        return self.tasks.get(question.meta.task)

    def kind(self, question: HeldOutQuestion) -> str:
        found = self.marking(question)
        return found.settings.kind if found else ""


class MetricColumn:
    """One metric over the questions of a set.

    `places`: indexes of the questions that it applies to.
    """

    def __init__(
        self, metric: str, questions: Sequence[HeldOutQuestion], terms: ScoringTerms
    ) -> None:
        self.metric, self._terms, self._questions = metric, terms, questions
        self.places = [
            place for place, question in enumerate(questions) if _applies(metric, question, terms)
        ]
        mine = [questions[place] for place in self.places]
        self._known = labels_known(mine, terms) if metric in MACRO else {}

    def of(self, given: Sequence[ModelAnswer]) -> Counts:
        """Return one row per applicable question: the score, or three counts per label.

        The shape is (n, 1), or (n, 3 * labels) for a mean over labels.
        """
        asked = [(given[place].response, self._questions[place]) for place in self.places]
        if self.metric in MACRO:
            return label_counts(
                [(response, question.reference) for response, question in asked], self._known
            )
        return np.array(
            [[_value(self.metric, response, question, self._terms)] for response, question in asked]
        )

    def mean(self, counts: Counts) -> float:
        if self.metric in MACRO:
            return rounded(float(MACRO[self.metric](counts.sum(axis=0))))
        return rounded(fmean(counts[:, 0].tolist()))

    def interval(self, mine: Counts, other: Counts, units: Sequence[str]) -> Interval:
        """Return the mean and interval of the difference between two models."""
        return self.combined([(1.0, mine), (-1.0, other)], units)

    def combined(self, parts: Sequence[tuple[float, Counts]], units: Sequence[str]) -> Interval:
        """Return the mean and interval of a weighted sum of several models' scores."""
        units = [units[place] for place in self.places]
        if self.metric not in MACRO:
            return paired_interval(_summed(parts), units, self._terms.seed)
        value, width = MACRO[self.metric], 3 * len(self._known)

        def sum_of(sums: Counts) -> Counts:
            return np.asarray(
                sum(
                    w * value(sums[..., i * width : (i + 1) * width])
                    for i, (w, _) in enumerate(parts)
                )
            )

        return interval_of(
            np.hstack([counts for _, counts in parts]), sum_of, units, self._terms.seed
        )


def _summed(parts: Sequence[tuple[float, Counts]]) -> list[float]:
    (first, *rest) = [
        [weight * value for value in counts[:, 0].tolist()] for weight, counts in parts
    ]
    for other in rest:
        first = [a + b for a, b in zip(first, other, strict=True)]
    return first


def _applies(metric: str, question: HeldOutQuestion, terms: ScoringTerms) -> bool:
    found = terms.marking(question)
    if metric in MACRO:
        return not found or found.settings.kind == "classification"
    if metric == "schema":
        return found is not None and has_task_shape(question.reference, found.settings) is not None
    return metric != "correct" or comparison_for(question, terms) is not None


def _value(metric: str, response: str, question: HeldOutQuestion, terms: ScoringTerms) -> float:
    if metric == "schema":
        found = terms.marking(question)
        return float(found is not None and bool(has_task_shape(response, found.settings)))
    if metric == "correct":
        return float(is_correct(response, question, terms))
    return METRICS[metric](response, question.reference)


def comparison_for(question: HeldOutQuestion, terms: ScoringTerms) -> Compare | None:
    found = terms.marking(question)
    return found.same if found else same_fields if parse_json_object(question.reference) else agree


def is_correct(response: str, question: HeldOutQuestion, terms: ScoringTerms) -> bool:
    same, found = comparison_for(question, terms), terms.marking(question)
    if same is None or (
        found and found.settings.kind == "own" and has_task_shape(response, found.settings) is False
    ):
        return False
    return says_the_same(
        response, question.reference, question_text(question.messages[-2].content), same
    )


def labels_known(questions: Sequence[HeldOutQuestion], terms: ScoringTerms) -> dict[str, str]:
    markings = [found for question in questions if (found := terms.marking(question))]
    client = dict.fromkeys(label.name for found in markings for label in found.settings.labels)
    return known_labels([question.reference for question in questions], list(client))
