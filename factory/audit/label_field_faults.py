"""Faults in an answer of a fixed shape: another label; a field dropped, invented, or filled from another example."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from factory.audit.text_reading import Subject, amounts, flat, holds
from factory.audit.value_faults import TRIES, Edit

_ISO = re.compile(r"(\d{4})(?:-\d{2})?(?:-(\d{2}))?")


def labels(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """A label that another example of the task has."""
    others = [label for label in subject.others if flat(label) != flat(text)]
    yield from (Edit(now, text, now) for now in pick.sample(others, min(TRIES, len(others))))


def dropped(text: str, _: Subject, pick: Random) -> Iterator[Edit]:
    """A field that has a value, without it."""
    found = fields(text)
    yield from (_with(found, name, None) for name, value in found.items() if value is not None)


def invented(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """A field that has no value, with that of another example, where the chunk does not state it."""
    found = fields(text)
    yield from (e for name, value in found.items() if value is None for e in _filled(found, name, subject, pick))


def exchanged(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """A field with the value that another example has in it, where the chunk does not state that."""
    found = fields(text)
    yield from (e for name, value in found.items() if value is not None for e in _filled(found, name, subject, pick))


def fields(text: str) -> dict[str, object]:
    """The object that an answer is; empty where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _filled(found: dict[str, object], name: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    fit = [v for v in _values(subject.others, name) if v != found[name] and not stated(v, subject.example.chunk.text)]
    yield from (_with(found, name, value) for value in pick.sample(fit, min(TRIES, len(fit))))


@lru_cache(maxsize=256)
def _values(answers: tuple[str, ...], name: str) -> tuple[object, ...]:
    """Every value of a field among the answers, once."""
    found = (fields(answer).get(name) for answer in answers)
    return tuple({json.dumps(value): value for value in found if value is not None}.values())


def stated(value: object, chunk: str) -> bool:
    """Whether a chunk states any part of a value."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return any(stated(part, chunk) for part in parts)
    if isinstance(value, str) and (date := _ISO.fullmatch(value)):
        return {float(part) for part in date.groups() if part} <= amounts(chunk)
    return value is not None and holds(chunk, str(value))


def _with(found: dict[str, object], name: str, value: object) -> Edit:
    text = json.dumps({**found, name: value}, ensure_ascii=False)
    return Edit(text, f"{name}: {json.dumps(found[name], ensure_ascii=False)}", json.dumps(value, ensure_ascii=False))
