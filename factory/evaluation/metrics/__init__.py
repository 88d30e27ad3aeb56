"""Metrics that compare an answer with its reference."""

from collections.abc import Callable

from factory.evaluation.metrics.correctness import refusal
from factory.evaluation.metrics.fields import field_f1
from factory.evaluation.metrics.labels import MACRO, accuracy
from factory.evaluation.metrics.texts import exact_match, normalised_words, rouge_l, token_f1

METRICS: dict[str, Callable[[str, str], float]] = {  # each scores (response, reference)
    "token_f1": token_f1,
    "exact_match": exact_match,
    "rouge_l": rouge_l,
    "accuracy": accuracy,
    "field_f1": field_f1,
    "refusal": refusal,
}
# Also scores single answers, by their task's rules; not every task has them.
BY_TASK = (
    "correct",
    "schema",
)
METRIC_NAMES = (*METRICS, *BY_TASK, *MACRO)  # the last score a whole set

__all__ = [
    "BY_TASK",
    "MACRO",
    "METRICS",
    "METRIC_NAMES",
    "exact_match",
    "normalised_words",
]
