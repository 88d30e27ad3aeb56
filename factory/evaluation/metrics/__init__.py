"""Scores: how near answers come to their references, by metrics that are laws unto themselves, and how sure a difference is."""

from collections.abc import Callable

from factory.evaluation.metrics.correctness import refusal
from factory.evaluation.metrics.fields import field_f1
from factory.evaluation.metrics.labels import MACRO, accuracy
from factory.evaluation.metrics.texts import exact_match, rouge_l, token_f1, words

METRICS: dict[str, Callable[[str, str], float]] = {  # of a response and its reference, each for itself
    "token_f1": token_f1,
    "exact_match": exact_match,
    "rouge_l": rouge_l,
    "accuracy": accuracy,
    "field_f1": field_f1,
    "refusal": refusal,
}
BY_TASK = ("correct", "schema")  # of an answer as well, but by what its task says; of some tasks they say nothing
NAMES = (*METRICS, *BY_TASK, *MACRO)  # the last are of a set as a whole

__all__ = [
    "BY_TASK",
    "MACRO",
    "METRICS",
    "NAMES",
    "exact_match",
    "words",
]
