"""Faults in a tool call: a wrong, invented or exchanged argument, a missing argument, another
function.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

from factory.audit.label_field_faults import answer_fields, states_value
from factory.audit.text_reading import Subject, contains_value
from factory.audit.value_faults import CHANGES_PER_VALUE, FaultEdit

Change = Callable[[str, Subject, Random], Iterator[FaultEdit]]
ArgumentPath = tuple[str | int, ...]


def in_argument_values(change: Change) -> Change:
    """Apply `change` to the argument values of a call, and to other answers as they are.

    Keys and the name of the function make no claim, so they are not changed.
    """

    def changed(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
        if subject.shape != "call":
            yield from change(text, subject, pick)
            return
        for keys, value in _plain_values(call_arguments(text), ("arguments",)):
            edits = change(_as_text(value), subject, pick)
            offered = (_parse_like(edit.text, value) for edit in edits)
            yield from (
                _with_value(text, keys, now)
                for now in offered
                if now is not None and not _is_stated(now, subject)
            )

    return changed


def omit_arguments(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Leave out an argument whose value the request states."""
    told = subject.example.instruction
    yield from (
        _with_value(text, ("arguments", name), None)
        for name, value in call_arguments(text).items()
        if _is_plain(value) and _occurs_in(value, told)
    )


def invent_arguments(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Add an argument that another call of the same function has, with its value."""
    yield from _from_other_calls(text, subject, pick, there=False)


def exchange_arguments(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Give an argument the value that it has in another call of the same function."""
    yield from _from_other_calls(text, subject, pick, there=True)


def change_function(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace the function with that of another call, and keep the arguments."""
    was = answer_fields(text).get("name")
    names = (
        sorted(
            {
                name
                for other in subject.others
                if isinstance(name := answer_fields(other).get("name"), str)
            }
            - {was}
        )
        if was
        else []
    )
    yield from (
        _with_value(text, ("name",), now)
        for now in pick.sample(names, min(CHANGES_PER_VALUE, len(names)))
    )


def call_arguments(text: str) -> dict[str, object]:
    """Return the arguments of a call; empty if the answer is not a call."""
    found = answer_fields(text).get("arguments")
    return found if isinstance(found, dict) else {}


def _from_other_calls(
    text: str, subject: Subject, pick: Random, there: bool
) -> Iterator[FaultEdit]:
    own, function = call_arguments(text), answer_fields(text).get("name")
    for name, values in _values_by_argument(subject.others, str(function)).items():
        fit = (
            [v for v in values if v != own.get(name) and not _is_stated(v, subject)]
            if (name in own) == there
            else []
        )
        yield from (
            _with_value(text, ("arguments", name), value)
            for value in pick.sample(fit, min(CHANGES_PER_VALUE, len(fit)))
        )


@lru_cache(maxsize=256)
def _values_by_argument(answers: tuple[str, ...], function: str) -> dict[str, list[object]]:
    """Collect the different plain values of each argument over all calls of a function."""
    found: dict[str, dict[str, object]] = {}
    for call in map(answer_fields, answers):
        for name, value in (
            call_arguments(json.dumps(call)).items() if call.get("name") == function else ()
        ):
            if _is_plain(value):
                found.setdefault(name, {})[json.dumps(value)] = value
    return {name: list(values.values()) for name, values in found.items()}


def _plain_values(value: object, keys: ArgumentPath) -> Iterator[tuple[ArgumentPath, object]]:
    """Yield the plain values inside an argument, each with its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _plain_values(inner, (*keys, key))
    elif _is_plain(value):
        yield keys, value


def _is_plain(value: object) -> bool:
    """Tell whether somebody must have stated the value. True and False are excluded: the function
    defines them.
    """
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _parse_like(text: str, was: object) -> object:
    """Parse a changed value as the type of the old one; None if it no longer fits that type."""
    if isinstance(was, str):
        return text
    try:
        number = json.loads(text)
    except ValueError:
        return None
    return number if type(number) is type(was) else None


def _is_stated(value: object, subject: Subject) -> bool:
    return _occurs_in(value, f"{subject.example.instruction}\n{subject.example.chunk.text}")


def _occurs_in(value: object, text: str) -> bool:
    return states_value(value, text) or isinstance(value, str) and contains_value(text, value)


def _with_value(text: str, keys: ArgumentPath, now: object) -> FaultEdit:
    """Return the call with one value changed or added, or left out if `now` is None."""
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
    return FaultEdit(json.dumps(call, ensure_ascii=False), f"{where}: {told[0]}", told[1])
