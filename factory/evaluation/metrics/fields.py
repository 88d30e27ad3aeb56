"""Fields: F1 over the fields of an answer, of each field, and whether an answer has the shape that its task asks for."""

import json
from collections.abc import Sequence

import numpy as np

from factory.core.schemas import Json
from factory.core.stats import Counts
from factory.core.task_settings import TaskSettings
from factory.evaluation.metrics.texts import exact_match, f1
from factory.tasks.custom import shape_fits
from filters.answers.extraction import field_fault
from filters.answers.tool_call import call_fault
from filters.consistency.fields import fields_of, same_fields


def field_f1(response: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the fields that are not null; values as in the vote, lists as sets.

    An answer that is no object has no field; a reference that is none is compared as a whole.
    """
    a, b = stated(response), stated(reference)
    if b is None:
        return exact_match(response, reference)
    a = a or {}
    right = sum(_same(a[name], value) for name, value in b.items() if name in a)
    return f1(right, len(a) + len(b))


def stated(answer: str) -> dict[str, Json] | None:
    """The fields that say something; None of an answer that is no object."""
    found = fields_of(answer)
    return None if found is None else {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _same(one: Json, other: Json) -> bool:
    return same_fields(json.dumps({"": one}), json.dumps({"": other}))


def field_counts(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> Counts:
    """Of each (response, reference) and field three columns: rightly said, wrongly said, missed. A wrong value is both of the latter."""
    counts = np.zeros((len(pairs), 3 * len(names)))
    for row, (response, reference) in enumerate(pairs):
        said, right = stated(response) or {}, stated(reference) or {}
        for column, name in enumerate(names):
            same = name in said and name in right and _same(said[name], right[name])
            counts[row, 3 * column : 3 * column + 3] = (same, name in said and not same, name in right and not same)
    return counts


def fits(response: str, task: TaskSettings) -> bool | None:
    """Whether an answer has its task's shape: one of the labels, one JSON object of the fields, a call; None where there is no shape."""
    text = response.strip()
    match task.kind:
        case "classification":
            return text in [label.name for label in task.labels]
        case "extraction":
            return not field_fault(text, task.fields)
        case "tool_call":
            return not call_fault(text, task.tools)
        case "own":
            return shape_fits(task, text)
        case _:
            return None
