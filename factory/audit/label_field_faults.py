"""Faults in a label or in the fields of an object: another label; a dropped, invented or exchanged
field.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from factory.audit.text_reading import Subject, contains_value, normalized, number_values
from factory.audit.value_faults import CHANGES_PER_VALUE, FaultEdit

_ISO = re.compile(r"(\d{4})(?:-\d{2})?(?:-(\d{2}))?")


def swap_labels(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace the label with that of another example of the task."""
    others = [label for label in subject.others if normalized(label) != normalized(text)]
    yield from (
        FaultEdit(now, text, now)
        for now in pick.sample(others, min(CHANGES_PER_VALUE, len(others)))
    )


def drop_fields(text: str, _: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Set a field that has a value to null."""
    found = answer_fields(text)
    yield from (
        _with_field(found, name, None) for name, value in found.items() if value is not None
    )


def invent_fields(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Give an empty field the value from another example, unless the chunk states that value."""
    found = answer_fields(text)
    yield from (
        e
        for name, value in found.items()
        if value is None
        for e in _with_other_values(found, name, subject, pick)
    )


def exchange_fields(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace a field's value with that of another example, unless the chunk states that value."""
    found = answer_fields(text)
    yield from (
        e
        for name, value in found.items()
        if value is not None
        for e in _with_other_values(found, name, subject, pick)
    )


def answer_fields(text: str) -> dict[str, object]:
    """Parse the answer as a JSON object; empty if it is not one."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _with_other_values(
    found: dict[str, object], name: str, subject: Subject, pick: Random
) -> Iterator[FaultEdit]:
    fit = [
        v
        for v in _values(subject.others, name)
        if v != found[name] and not states_value(v, subject.example.chunk.text)
    ]
    yield from (
        _with_field(found, name, value)
        for value in pick.sample(fit, min(CHANGES_PER_VALUE, len(fit)))
    )


@lru_cache(maxsize=256)
def _values(answers: tuple[str, ...], name: str) -> tuple[object, ...]:
    """Collect the different values of a field over all answers."""
    found = (answer_fields(answer).get(name) for answer in answers)
    return tuple({json.dumps(value): value for value in found if value is not None}.values())


def states_value(value: object, chunk: str) -> bool:
    """Tell whether the chunk states any part of the value."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return any(states_value(part, chunk) for part in parts)
    if isinstance(value, str) and (date := _ISO.fullmatch(value)):
        return {float(part) for part in date.groups() if part} <= number_values(chunk)
    return value is not None and contains_value(chunk, str(value))


def _with_field(found: dict[str, object], name: str, value: object) -> FaultEdit:
    text = json.dumps({**found, name: value}, ensure_ascii=False)
    return FaultEdit(
        text,
        f"{name}: {json.dumps(found[name], ensure_ascii=False)}",
        json.dumps(value, ensure_ascii=False),
    )
