"""Task tool_call: a request that the chunk's facts motivate, and the call of one of the client's functions that it leads to."""

import json
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from factory.core.prompts import Prompt, prompt
from factory.core.records import Draw, Example, Slot
from factory.core.schemas import Functions
from factory.core.task_settings import TaskSettings
from factory.tasks import Claim, Draft, quoted
from factory.tasks.grammar_shapes import one_of, sentence
from factory.tasks.style_variation import turn_of
from factory.tasks.template import AGAIN, AGAIN_SMALL, Asked, Composed, Judges, Names
from filters.answers.extraction import plain
from filters.answers.tool_call import argued, call_fault, call_of, callable_, calls_agree, canonical, leaves, same_call

TOKENS = 600  # of a request, a call and its quotes
REQUEST = (25, 240)  # characters of a small teacher's request
SMALL = 400  # characters of arguments whose schema no grammar can be made of: without a limit it may never end


def tool_call(task: TaskSettings, quotes: bool, system: str | None) -> Composed:
    """Arguments are asked for as text, as in OpenAI's own calls, so that any schema of the client's goes with strict mode.

    A small teacher, whose words follow a grammar, can write nothing but a call by its schema.
    """
    tools = task.tools
    how = "" if quotes else "_small"
    write, answer, student = (_with(prompt(f"tool_call_{name}"), tools) for name in (f"write{how}", f"answer{how}", "student"))
    if system:  # the recipe's stands before the functions, which the student can't do without
        student = Prompt(student.name, f"{system.replace('$', '$$')}\n\n{student.system}", student.user, student.digest)
    again = AGAIN if quotes else AGAIN_SMALL
    asked = Asked(write, answer, student, *_shapes(tools, quotes), mend="mend_tool_call", tokens=TOKENS, told=_lines(tools), again=again)
    judges = Judges(callable_(tools), lambda _: argued(tools), same_call, calls_agree)
    return Composed(
        task,
        asked,
        judges,
        partial(_draft, tools),
        partial(_draw, tools),
        names=partial(_names, task),
        claimed=_claims,
        given=partial(_given, task),
    )


def _shapes(tools: Functions, quotes: bool) -> tuple[type[BaseModel], type[BaseModel]]:
    """Of an example and of an answer. A name that is none is a fault to be mended, not a failed call."""
    if not quotes and (schema := one_of(tools)):
        request: Any = Annotated[str, Field(json_schema_extra=sentence(*REQUEST))]
        held: dict[str, Any] = {"call": (Annotated[dict[str, Any], WithJsonSchema(schema)], ...)}
        return create_model("Requested", request=(request, ...), **held), create_model("Called", **held)
    text: Any = str if quotes else Annotated[str, Field(json_schema_extra={"maxLength": SMALL})]
    name = Annotated[str, Field(json_schema_extra={"enum": [f.name for f in tools]})]
    call: dict[str, Any] = {"name": (name, ...), "arguments": (text, ...)}
    before: dict[str, Any] = {"quotes": (list[str], ...)} if quotes else {}
    return create_model("Requested", **before, request=(text, ...), **call), create_model("Called", **call)


def _lines(tools: Functions) -> str:
    return "\n".join(f.line for f in tools)


def _with(file: Prompt, tools: Functions) -> Prompt:
    """The prompt with the functions in it, which may hold dollar signs."""
    return Prompt(file.name, file.system.replace("$functions", _lines(tools).replace("$", "$$")), file.user, file.digest)


def _names(task: TaskSettings, slot: Slot) -> Names:
    """Each function is preferred alike often."""
    return {"function": task.tools[turn_of(slot, "function", len(task.tools))].name}


def _draft(tools: Functions, value: BaseModel, slot: Slot) -> Draft:
    told = value.model_dump()
    call = _called(told, tools)
    return Draft(" ".join(told["request"].split()), call, quoted(told.get("quotes", ()), slot.chunk))


def _draw(tools: Functions, value: BaseModel, example: Example) -> Draw:
    return Draw(response=_called(value.model_dump(), tools), spans=example.spans)


def _called(told: dict[str, Any], tools: Functions) -> str:
    """The call, whose arguments came as text or as what they are."""
    held = told.get("call", told)
    arguments = held["arguments"]
    return canonical(held["name"], arguments if isinstance(arguments, str) else json.dumps(arguments), tools)


def _claims(example: Example) -> list[Claim]:
    """Each argument, against request and chunk."""
    call, source = call_of(example.response), f"{example.instruction}\n{example.chunk.text}"
    told = leaves(call.arguments, {}) if call else ()
    return [Claim(example.instruction, f"{leaf.path} is {plain(leaf.value)}", source) for leaf in told]


def _given(task: TaskSettings, instruction: str, response: str) -> tuple[str, str]:
    """A gold row's request and call. Raises ValueError where the call is none of the functions'."""
    if not instruction.strip():
        raise ValueError("its instruction is missing, must be a request")
    call = call_of(response)
    spelled = canonical(call.name, json.dumps(call.arguments), task.tools) if call else response
    if fault := call_fault(spelled, task.tools):
        raise ValueError(f'its response is no call for the task "{task.name}": {fault}')
    return " ".join(instruction.split()), spelled
