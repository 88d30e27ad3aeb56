"""Answerer for tool calls: a wrong call has another function, or a wrong, invented, missing or
unstated argument.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from factory.audit.text_reading import find_names, normalized, number_values
from factory.core.schemas import Functions, FunctionSettings, Json
from factory.rehearsal.answerers import TeacherAnswer
from factory.rehearsal.gold_questions import GoldQuestion
from factory.tasks.qa import chunk_heading
from filters.answers.extraction import value_text
from filters.answers.tool_call import ToolCall, canonical_call, parse_call

# Arguments that no client asks for.
STRANGE_ARGUMENTS: tuple[tuple[str, Json], ...] = (
    ("priority", "high"),
    ("notify", True),
    ("comment", "as agreed"),
)
NUMBER_STEPS = (1, 2, 5, 10)  # error of a number
DATE_STEPS = (1, 7, 30)  # error of a date, in days

ArgumentSchema = Mapping[str, Any]


@dataclass(frozen=True)
class WrongCall:
    """A wrong call. `shareable` tells whether code can detect it, so that all draws may make the
    same error.
    """

    call: ToolCall
    kind: str
    shareable: bool


@dataclass(frozen=True)
class ToolCallAnswerer:
    """Answers tool call requests. `others` are the calls of all gold rows, whose values a teacher
    may mix up.
    """

    tools: Functions
    others: Sequence[ToolCall]

    def place(self, question: GoldQuestion) -> tuple[str, str]:
        return chunk_heading(question.chunk), question.chunk.text

    def fixed(self, question: GoldQuestion) -> TeacherAnswer | None:
        return None

    def right(self, question: GoldQuestion, dice: Random | None) -> TeacherAnswer:
        call = _call(question)
        known = _properties(self._tool(call))
        arguments = {
            n: _reworded(v, known.get(n, {}), dice) if dice else v
            for n, v in call.arguments.items()
        }
        return self._as_answer(question, WrongCall(ToolCall(call.name, arguments), "", False))

    def wrong(self, question: GoldQuestion, dice: Random) -> TeacherAnswer | None:
        ways: list[Callable[[GoldQuestion, Random], Iterator[WrongCall]]] = [
            self._other_function,
            self._wrong_value,
            self._ungrounded,
            self._invented,
            self._missing,
        ]
        for way in dice.sample(ways, len(ways)):
            if found := list(way(question, dice)):
                return self._as_answer(question, dice.choice(found))
        return None

    def reply(self, question: GoldQuestion, told: TeacherAnswer) -> dict[str, object]:
        call = parse_call(told.response) or _call(question)
        asked = {"quotes": list(told.quotes[""]), "request": question.row.instruction}
        return {
            **asked,
            "name": call.name,
            "arguments": json.dumps(call.arguments, ensure_ascii=False),
        }

    def _as_answer(self, question: GoldQuestion, lapse: WrongCall) -> TeacherAnswer:
        spelled = canonical_call(lapse.call.name, json.dumps(lapse.call.arguments), self.tools)
        return TeacherAnswer(spelled, lapse.kind, {"": question.quotes}, lapse.shareable)

    def _other_function(self, question: GoldQuestion, dice: Random) -> Iterator[WrongCall]:
        """Yield valid calls of another function, filled from what is stated."""
        call = _call(question)
        for tool in self.tools:
            wanted = {
                name: _properties(tool).get(name, {})
                for name in tool.parameters.get("required", [])
            }
            filled = {
                name: _fill_argument(name, schema, call, question, dice)
                for name, schema in wanted.items()
            }
            if tool.name != call.name and None not in filled.values():
                yield WrongCall(ToolCall(tool.name, filled), "wrong function", shareable=False)

    def _wrong_value(self, question: GoldQuestion, dice: Random) -> Iterator[WrongCall]:
        """Yield calls with a value stated about something else, or another one of a list."""
        call, told = _call(question), _stated_text(question)
        for name, value in call.arguments.items():
            schema = _properties(self._tool(call)).get(name, {})
            fit = [
                v
                for v in _other_values(value, schema, told)
                if normalized(value_text(v)) != normalized(value_text(value))
            ]
            yield from (
                WrongCall(_with_argument(call, name, v), "wrong argument", shareable=False)
                for v in fit
            )

    def _ungrounded(self, question: GoldQuestion, dice: Random) -> Iterator[WrongCall]:
        """Yield calls with a value that neither the request nor the chunk states."""
        call, told = _call(question), _stated_text(question)
        for name, value in call.arguments.items():
            schema = _properties(self._tool(call)).get(name, {})
            if isinstance(value, bool) or "enum" in schema:
                continue
            others = [
                o.arguments[name]
                for o in self.others
                if o.name == call.name and name in o.arguments
            ]
            offered = _made_up_values(value, schema) or [
                v for v in others if type(v) is type(value) and v != value
            ]
            fit = [
                v
                for v in offered
                if normalized(value_text(v)) not in normalized(told)
                and not (_numeric(v) and float(value_text(v)) in number_values(told))
            ]
            yield from (
                WrongCall(_with_argument(call, name, v), "value not grounded", shareable=True)
                for v in fit
            )

    def _invented(self, question: GoldQuestion, dice: Random) -> Iterator[WrongCall]:
        """Yield calls with an argument that the schema lacks, or one that nobody asked for."""
        call, told = _call(question), _stated_text(question)
        known = _properties(self._tool(call))
        yield from (
            WrongCall(_with_argument(call, n, v), "strange argument", shareable=True)
            for n, v in STRANGE_ARGUMENTS[:1]
            if n not in known
        )
        for name in (n for n in known if n not in call.arguments):
            others = [
                o.arguments[name]
                for o in self.others
                if o.name == call.name and name in o.arguments
            ]
            listed = [True] if known[name].get("type") == "boolean" else known[name].get("enum", [])
            offered = [*listed, *others] or _made_up_values(3, known[name])
            fit = [v for v in offered if normalized(value_text(v)) not in normalized(told)]
            yield from (
                WrongCall(_with_argument(call, name, v), "invented argument", shareable=not listed)
                for v in fit[:1]
            )

    def _missing(self, question: GoldQuestion, dice: Random) -> Iterator[WrongCall]:
        call = _call(question)
        required = self._tool(call).parameters.get("required", [])
        for name in call.arguments:
            kind = "missing required" if name in required else "optional left out"
            rest = {k: v for k, v in call.arguments.items() if k != name}
            yield WrongCall(ToolCall(call.name, rest), kind, shareable=name in required)

    def _tool(self, call: ToolCall) -> FunctionSettings:
        return next(f for f in self.tools if f.name == call.name)


def _call(question: GoldQuestion) -> ToolCall:
    """Return a gold row's call; reading gold has already checked that it is one."""
    return parse_call(question.row.response) or ToolCall("", {})


def _with_argument(call: ToolCall, name: str, value: Json) -> ToolCall:
    return ToolCall(call.name, {**call.arguments, name: value})


def _properties(tool: FunctionSettings) -> Mapping[str, ArgumentSchema]:
    found: Mapping[str, ArgumentSchema] = tool.parameters.get("properties", {})
    return found


def _stated_text(question: GoldQuestion) -> str:
    return f"{question.row.instruction}\n{question.chunk.text}"


def _numeric(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _other_values(value: Json, schema: ArgumentSchema, told: str) -> list[Json]:
    """Return other values of the same form that are stated or that the schema lists."""
    if isinstance(value, bool):
        return [not value]
    if "enum" in schema:
        return list(schema["enum"])
    if _numeric(value):
        whole = [int(a) for a in sorted(number_values(told)) if a == int(a)]
        return [a for a in whole if schema.get("minimum", 0) <= a <= schema.get("maximum", a)]
    if isinstance(value, str) and schema.get("format") != "date":
        return list(
            dict.fromkeys(
                n
                for n in _names(told)
                if normalized(n) not in normalized(value) and normalized(value) not in normalized(n)
            )
        )
    return []


def _made_up_values(value: Json, schema: ArgumentSchema) -> list[Json]:
    """Return made-up values of the same form; none for a text."""
    if schema.get("format") == "date" and isinstance(value, str):
        return [(date.fromisoformat(value) + timedelta(days=n)).isoformat() for n in DATE_STEPS]
    if schema.get("type") in ("integer", "number") and isinstance(value, int | float):
        return [value + n for n in NUMBER_STEPS]
    return []


def _fill_argument(
    name: str, schema: ArgumentSchema, call: ToolCall, question: GoldQuestion, dice: Random
) -> Json:
    """Choose a value for an argument of the wrong function.

    It is this call's own value of that name or form, or else a value that is stated.
    """
    if name in call.arguments:
        return call.arguments[name]
    if "enum" in schema:
        return str(dice.choice(schema["enum"]))
    numeric = schema.get("type") in ("integer", "number")
    alike = [
        v
        for v in call.arguments.values()
        if _numeric(v) == numeric and isinstance(v, int | float | str) and not isinstance(v, bool)
    ]
    if schema.get("format") == "date":
        alike = [
            v
            for v in alike
            if isinstance(v, str) and len(v) == len("2026-01-31") and v[:4].isdigit()
        ]
    elif numeric:
        alike += [int(a) for a in sorted(number_values(_stated_text(question))) if a == int(a)]
    elif schema.get("type") == "boolean":
        return dice.random() < 0.5
    else:
        alike += _names(_stated_text(question))
    return dice.choice(alike) if alike else None


def _names(told: str) -> list[str]:
    return [m.group() for m in find_names(told)]


def _reworded(value: Json, schema: ArgumentSchema, dice: Random) -> Json:
    """Reword a value as another draw may: change the case of its first letter, or the order of a
    list.
    """
    if isinstance(value, list):
        return dice.sample(value, len(value))
    if not isinstance(value, str) or schema.keys() & {"enum", "format", "pattern"}:
        return value
    return dice.choice((value, value, value[:1].lower() + value[1:], value[:1].upper() + value[1:]))
