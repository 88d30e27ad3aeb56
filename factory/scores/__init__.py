"""Scores: how near answers come to their references, by metrics that are laws unto themselves, and how sure a difference is."""

from collections.abc import Callable

from factory.scores.fields import field_f1
from factory.scores.labels import MACRO, accuracy
from factory.scores.same import refusal
from factory.scores.texts import exact_match, rouge_l, token_f1, words

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
