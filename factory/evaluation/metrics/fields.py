"""Compute F1 over the fields of JSON answers, and check that an answer fits its task's schema."""

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
from filters.consistency.fields import find_json_object, same_fields


def field_f1(response: str, reference: str) -> float:
    """Return the F1 over fields that are not null. Values compare as in the vote, lists as sets.

    An answer that is not an object has no fields. If the reference is not one, the whole texts are
    compared.
    """
    a, b = stated_fields(response), stated_fields(reference)
    if b is None:
        return exact_match(response, reference)
    a = a or {}
    right = sum(_same(a[name], value) for name, value in b.items() if name in a)
    return f1(right, len(a) + len(b))


def stated_fields(answer: str) -> dict[str, Json] | None:
    """Return the fields that are not empty; None if the answer is not an object."""
    found = find_json_object(answer)
    return (
        None
        if found is None
        else {name: value for name, value in found.items() if value not in (None, "", [], {})}
    )


def _same(one: Json, other: Json) -> bool:
    return same_fields(json.dumps({"": one}), json.dumps({"": other}))


def field_counts(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> Counts:
    """Count right, wrong and missed values for each pair of (response, reference).

    The shape is (n, 3 * fields). A wrong value is also a missed one.
    """
    counts = np.zeros((len(pairs), 3 * len(names)))
    for row, (response, reference) in enumerate(pairs):
        stated, right = stated_fields(response) or {}, stated_fields(reference) or {}
        for column, name in enumerate(names):
            same = name in stated and name in right and _same(stated[name], right[name])
            counts[row, 3 * column : 3 * column + 3] = (
                same,
                name in stated and not same,
                name in right and not same,
            )
    return counts


def has_task_shape(response: str, task: TaskSettings) -> bool | None:
    """Check that an answer fits its task's schema: a label, a JSON object or a tool call.

    Returns None for a task without a schema.
    """
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
