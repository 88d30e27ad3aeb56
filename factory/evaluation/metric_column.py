"""Columns: one metric over the questions of a set, of which it may leave some out; its mean, and the interval of a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

import numpy as np

from factory.core.stats import Counts, Interval, interval_of, paired_interval, rounded
from factory.core.task_settings import TaskSettings
from factory.evaluation.answers import Answer, Question
from factory.evaluation.metrics import MACRO, METRICS
from factory.evaluation.metrics.correctness import correct, question_of
from factory.evaluation.metrics.fields import fits
from factory.evaluation.metrics.labels import known_labels, label_counts
from filters.answers.extraction import read
from filters.consistency.fields import same_fields
from filters.consistency.vote import Compare, agree


class Marking(NamedTuple):
    """What a task says of its answers; `same`: None where there is no single right answer."""

    settings: TaskSettings
    same: Compare | None


@dataclass(frozen=True)
class Terms:
    """By what answers are scored, and against whom. `tasks`: by name; of others the comparison is that of questions and answers."""

    metrics: tuple[str, ...]
    seed: int
    against: str = "base"
    tasks: Mapping[str, Marking] = field(default_factory=dict)
    threshold: float | None = None  # the least that is wanted of the student on the first metric
    curve: tuple[float, ...] = ()  # shares of the data that a student was trained on each

    def marking(self, question: Question) -> Marking | None:
        return self.tasks.get(question.meta.task)

    def kind(self, question: Question) -> str:
        found = self.marking(question)
        return found.settings.kind if found else ""


class Column:
    """One metric over the questions of a set, of which it may leave some out; `places`: those that it is of."""

    def __init__(self, metric: str, questions: Sequence[Question], terms: Terms) -> None:
        self.metric, self._terms, self._questions = metric, terms, questions
        self.places = [place for place, question in enumerate(questions) if _applies(metric, question, terms)]
        mine = [questions[place] for place in self.places]
        self._known = labels_known(mine, terms) if metric in MACRO else {}

    def of(self, given: Sequence[Answer]) -> Counts:
        """A row for each place: the value of an answer, or what is counted of each label."""
        asked = [(given[place].response, self._questions[place]) for place in self.places]
        if self.metric in MACRO:
            return label_counts([(response, question.reference) for response, question in asked], self._known)
        return np.array([[_value(self.metric, response, question, self._terms)] for response, question in asked])

    def mean(self, counts: Counts) -> float:
        if self.metric in MACRO:
            return rounded(float(MACRO[self.metric](counts.sum(axis=0))))
        return rounded(fmean(counts[:, 0].tolist()))

    def interval(self, mine: Counts, other: Counts, units: Sequence[str]) -> Interval:
        """Of the difference of two models."""
        return self.combined([(1.0, mine), (-1.0, other)], units)

    def combined(self, parts: Sequence[tuple[float, Counts]], units: Sequence[str]) -> Interval:
        """Of a weighted sum of several models' scores, answer for answer."""
        units = [units[place] for place in self.places]
        if self.metric not in MACRO:
            return paired_interval(_summed(parts), units, self._terms.seed)
        value, width = MACRO[self.metric], 3 * len(self._known)

        def sum_of(sums: Counts) -> Counts:
            return np.asarray(sum(w * value(sums[..., i * width : (i + 1) * width]) for i, (w, _) in enumerate(parts)))

        return interval_of(np.hstack([counts for _, counts in parts]), sum_of, units, self._terms.seed)


def _summed(parts: Sequence[tuple[float, Counts]]) -> list[float]:
    (first, *rest) = [[weight * value for value in counts[:, 0].tolist()] for weight, counts in parts]
    for other in rest:
        first = [a + b for a, b in zip(first, other, strict=True)]
    return first


def _applies(metric: str, question: Question, terms: Terms) -> bool:
    found = terms.marking(question)
    if metric in MACRO:
        return not found or found.settings.kind == "classification"
    if metric == "schema":
        return found is not None and fits(question.reference, found.settings) is not None
    return metric != "correct" or same_of(question, terms) is not None


def _value(metric: str, response: str, question: Question, terms: Terms) -> float:
    if metric == "schema":
        found = terms.marking(question)
        return float(found is not None and bool(fits(response, found.settings)))
    if metric == "correct":
        return float(is_correct(response, question, terms))
    return METRICS[metric](response, question.reference)


def same_of(question: Question, terms: Terms) -> Compare | None:
    found = terms.marking(question)
    return found.same if found else same_fields if read(question.reference) else agree


def is_correct(response: str, question: Question, terms: Terms) -> bool:
    same, found = same_of(question, terms), terms.marking(question)
    if same is None or (found and found.settings.kind == "own" and fits(response, found.settings) is False):
        return False
    return correct(response, question.reference, question_of(question.messages[-2].content), same)


def labels_known(questions: Sequence[Question], terms: Terms) -> dict[str, str]:
    markings = [found for question in questions if (found := terms.marking(question))]
    client = dict.fromkeys(label.name for found in markings for label in found.settings.labels)
    return known_labels([question.reference for question in questions], list(client))
