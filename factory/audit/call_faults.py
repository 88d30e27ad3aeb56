"""Faults in a call: a value of its arguments changed, invented or another call's, an argument left out, another function."""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

from factory.audit.label_field_faults import fields, stated
from factory.audit.text_reading import Subject, holds
from factory.audit.value_faults import TRIES, Edit

Change = Callable[[str, Subject, Random], Iterator[Edit]]
Keys = tuple[str | int, ...]


def within(change: Change) -> Change:
    """The same change; in a call, of the values of its arguments: keys and the function's name are no claims."""

    def changed(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
        if subject.shape != "call":
            yield from change(text, subject, pick)
            return
        for keys, value in _values(arguments(text), ("arguments",)):
            edits = change(_spelled(value), subject, pick)
            offered = (_read(edit.text, value) for edit in edits)
            yield from (_put(text, keys, now) for now in offered if now is not None and not _said(now, subject))

    return changed


def omitted(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """An argument left out whose value the request itself says."""
    told = subject.example.instruction
    yield from (_put(text, ("arguments", name), None) for name, value in arguments(text).items() if _plain(value) and _in(value, told))


def added(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """An argument that another call of the function has, with its value there."""
    yield from _of_others(text, subject, pick, there=False)


def swapped(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """An argument with the value that another call of the function has in it."""
    yield from _of_others(text, subject, pick, there=True)


def other_function(text: str, subject: Subject, pick: Random) -> Iterator[Edit]:
    """The function that another call is of, with the arguments of this one."""
    was = fields(text).get("name")
    names = sorted({name for other in subject.others if isinstance(name := fields(other).get("name"), str)} - {was}) if was else []
    yield from (_put(text, ("name",), now) for now in pick.sample(names, min(TRIES, len(names))))


def arguments(text: str) -> dict[str, object]:
    """Of the call that an answer is; empty where it is none."""
    found = fields(text).get("arguments")
    return found if isinstance(found, dict) else {}


def _of_others(text: str, subject: Subject, pick: Random, there: bool) -> Iterator[Edit]:
    own, function = arguments(text), fields(text).get("name")
    for name, values in _known(subject.others, str(function)).items():
        fit = [v for v in values if v != own.get(name) and not _said(v, subject)] if (name in own) == there else []
        yield from (_put(text, ("arguments", name), value) for value in pick.sample(fit, min(TRIES, len(fit))))


@lru_cache(maxsize=256)
def _known(answers: tuple[str, ...], function: str) -> dict[str, list[object]]:
    """Every plain value of each argument among the calls of a function, once."""
    found: dict[str, dict[str, object]] = {}
    for call in map(fields, answers):
        for name, value in arguments(json.dumps(call)).items() if call.get("name") == function else ():
            if _plain(value):
                found.setdefault(name, {})[json.dumps(value)] = value
    return {name: list(values.values()) for name, values in found.items()}


def _values(value: object, keys: Keys) -> Iterator[tuple[Keys, object]]:
    """The plain values below an argument, each with the way to it."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _values(inner, (*keys, key))
    elif _plain(value):
        yield keys, value


def _plain(value: object) -> bool:
    """What somebody must have said: a yes or no is the function's own."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(text: str, was: object) -> object:
    """A changed value in the type that it had; None where it can't be that any more."""
    if isinstance(was, str):
        return text
    try:
        number = json.loads(text)
    except ValueError:
        return None
    return number if type(number) is type(was) else None


def _said(value: object, subject: Subject) -> bool:
    return _in(value, f"{subject.example.instruction}\n{subject.example.chunk.text}")


def _in(value: object, text: str) -> bool:
    return stated(value, text) or isinstance(value, str) and holds(text, value)


def _put(text: str, keys: Keys, now: object) -> Edit:
    """The call with one value changed, added, or with None left out."""
    call = json.loads(text)
    inner = call
    for key in keys[:-1]:
        inner = inner[key]
    was = inner.get(keys[-1]) if isinstance(inner, dict) else inner[keys[-1]]
    if now is None:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = now
    where, told = ".".join(map(str, keys)), [json.dumps(v, ensure_ascii=False) for v in (was, now)]
    return Edit(json.dumps(call, ensure_ascii=False), f"{where}: {told[0]}", told[1])
