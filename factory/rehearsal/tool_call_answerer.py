"""The voice of calls: a wrong one is of another function, or has an argument that is wrong, invented, missing or said by nobody."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from factory.audit.text_reading import amounts, flat, names
from factory.core.schemas import Functions, FunctionSettings, Json
from factory.rehearsal.answerers import Told
from factory.rehearsal.gold_questions import Question
from factory.tasks.qa import heading
from filters.answers.extraction import plain
from filters.answers.tool_call import Call, call_of, canonical

STRANGE: tuple[tuple[str, Json], ...] = (("priority", "high"), ("notify", True), ("comment", "as agreed"))  # no client asks for these
STEPS = (1, 2, 5, 10)  # by which a number is off
DAYS = (1, 7, 30)  # by which a date is

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Lapse:
    """A wrong call. `shareable`: whether code can see it, so that all draws may err alike."""

    call: Call
    kind: str
    shareable: bool


@dataclass(frozen=True)
class Calls:
    """`others`: the calls of all gold rows, whose values a teacher may mix up."""

    tools: Functions
    others: Sequence[Call]

    def place(self, question: Question) -> tuple[str, str]:
        return heading(question.chunk), question.chunk.text

    def fixed(self, question: Question) -> Told | None:
        return None

    def right(self, question: Question, dice: Random | None) -> Told:
        call = _call(question)
        known = _properties(self._tool(call))
        arguments = {n: _reworded(v, known.get(n, {}), dice) if dice else v for n, v in call.arguments.items()}
        return self._told(question, Lapse(Call(call.name, arguments), "", False))

    def wrong(self, question: Question, dice: Random) -> Told | None:
        ways: list[Callable[[Question, Random], Iterator[Lapse]]] = [
            self._other_function,
            self._wrong_value,
            self._ungrounded,
            self._invented,
            self._missing,
        ]
        for way in dice.sample(ways, len(ways)):
            if found := list(way(question, dice)):
                return self._told(question, dice.choice(found))
        return None

    def reply(self, question: Question, told: Told) -> dict[str, object]:
        call = call_of(told.response) or _call(question)
        asked = {"quotes": list(told.quotes[""]), "request": question.row.instruction}
        return {**asked, "name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}

    def _told(self, question: Question, lapse: Lapse) -> Told:
        spelled = canonical(lapse.call.name, json.dumps(lapse.call.arguments), self.tools)
        return Told(spelled, lapse.kind, {"": question.quotes}, lapse.shareable)

    def _other_function(self, question: Question, dice: Random) -> Iterator[Lapse]:
        """A valid call of another function, out of what stands there."""
        call = _call(question)
        for tool in self.tools:
            wanted = {name: _properties(tool).get(name, {}) for name in tool.parameters.get("required", [])}
            filled = {name: _found(name, schema, call, question, dice) for name, schema in wanted.items()}
            if tool.name != call.name and None not in filled.values():
                yield Lapse(Call(tool.name, filled), "wrong function", shareable=False)

    def _wrong_value(self, question: Question, dice: Random) -> Iterator[Lapse]:
        """A value that is said there, but of another matter, or another one of a list."""
        call, told = _call(question), _said(question)
        for name, value in call.arguments.items():
            schema = _properties(self._tool(call)).get(name, {})
            fit = [v for v in _other_values(value, schema, told) if flat(plain(v)) != flat(plain(value))]
            yield from (Lapse(_with(call, name, v), "wrong argument", shareable=False) for v in fit)

    def _ungrounded(self, question: Question, dice: Random) -> Iterator[Lapse]:
        """A value that neither the request nor the chunk says."""
        call, told = _call(question), _said(question)
        for name, value in call.arguments.items():
            schema = _properties(self._tool(call)).get(name, {})
            if isinstance(value, bool) or "enum" in schema:
                continue
            others = [o.arguments[name] for o in self.others if o.name == call.name and name in o.arguments]
            offered = _off(value, schema) or [v for v in others if type(v) is type(value) and v != value]
            fit = [v for v in offered if flat(plain(v)) not in flat(told) and not (_numeric(v) and float(plain(v)) in amounts(told))]
            yield from (Lapse(_with(call, name, v), "value not grounded", shareable=True) for v in fit)

    def _invented(self, question: Question, dice: Random) -> Iterator[Lapse]:
        """An argument that the schema has not, or one that nobody asked for."""
        call, told = _call(question), _said(question)
        known = _properties(self._tool(call))
        yield from (Lapse(_with(call, n, v), "strange argument", shareable=True) for n, v in STRANGE[:1] if n not in known)
        for name in (n for n in known if n not in call.arguments):
            others = [o.arguments[name] for o in self.others if o.name == call.name and name in o.arguments]
            listed = [True] if known[name].get("type") == "boolean" else known[name].get("enum", [])
            offered = [*listed, *others] or _off(3, known[name])
            fit = [v for v in offered if flat(plain(v)) not in flat(told)]
            yield from (Lapse(_with(call, name, v), "invented argument", shareable=not listed) for v in fit[:1])

    def _missing(self, question: Question, dice: Random) -> Iterator[Lapse]:
        call = _call(question)
        required = self._tool(call).parameters.get("required", [])
        for name in call.arguments:
            kind = "missing required" if name in required else "optional left out"
            rest = {k: v for k, v in call.arguments.items() if k != name}
            yield Lapse(Call(call.name, rest), kind, shareable=name in required)

    def _tool(self, call: Call) -> FunctionSettings:
        return next(f for f in self.tools if f.name == call.name)


def _call(question: Question) -> Call:
    """A gold row's; that it is one was seen when gold was read."""
    return call_of(question.row.response) or Call("", {})


def _with(call: Call, name: str, value: Json) -> Call:
    return Call(call.name, {**call.arguments, name: value})


def _properties(tool: FunctionSettings) -> Mapping[str, Schema]:
    found: Mapping[str, Schema] = tool.parameters.get("properties", {})
    return found


def _said(question: Question) -> str:
    return f"{question.row.instruction}\n{question.chunk.text}"


def _numeric(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _other_values(value: Json, schema: Schema, told: str) -> list[Json]:
    """Others of the same form that are said there or that the schema lists."""
    if isinstance(value, bool):
        return [not value]
    if "enum" in schema:
        return list(schema["enum"])
    if _numeric(value):
        whole = [int(a) for a in sorted(amounts(told)) if a == int(a)]
        return [a for a in whole if schema.get("minimum", 0) <= a <= schema.get("maximum", a)]
    if isinstance(value, str) and schema.get("format") != "date":
        return list(dict.fromkeys(n for n in _names(told) if flat(n) not in flat(value) and flat(value) not in flat(n)))
    return []


def _off(value: Json, schema: Schema) -> list[Json]:
    """Others of the same form that are made up; none for a text."""
    if schema.get("format") == "date" and isinstance(value, str):
        return [(date.fromisoformat(value) + timedelta(days=n)).isoformat() for n in DAYS]
    if schema.get("type") in ("integer", "number") and isinstance(value, int | float):
        return [value + n for n in STEPS]
    return []


def _found(name: str, schema: Schema, call: Call, question: Question, dice: Random) -> Json:
    """What fills an argument of the wrong function: this call's own value of that name or form, else what is said there."""
    if name in call.arguments:
        return call.arguments[name]
    if "enum" in schema:
        return str(dice.choice(schema["enum"]))
    numeric = schema.get("type") in ("integer", "number")
    alike = [v for v in call.arguments.values() if _numeric(v) == numeric and isinstance(v, int | float | str) and not isinstance(v, bool)]
    if schema.get("format") == "date":
        alike = [v for v in alike if isinstance(v, str) and len(v) == len("2026-01-31") and v[:4].isdigit()]
    elif numeric:
        alike += [int(a) for a in sorted(amounts(_said(question))) if a == int(a)]
    elif schema.get("type") == "boolean":
        return dice.random() < 0.5
    else:
        alike += _names(_said(question))
    return dice.choice(alike) if alike else None


def _names(told: str) -> list[str]:
    return [m.group() for m in names(told)]


def _reworded(value: Json, schema: Schema, dice: Random) -> Json:
    """The same value as another draw may write it: a text that begins with another letter, a list in another order."""
    if isinstance(value, list):
        return dice.sample(value, len(value))
    if not isinstance(value, str) or schema.keys() & {"enum", "format", "pattern"}:
        return value
    return dice.choice((value, value, value[:1].lower() + value[1:], value[:1].upper() + value[1:]))
