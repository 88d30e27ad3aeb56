"""The tool_call task: a request that the chunk's facts motivate, and the resulting call of one of
the client's functions.
"""

import json
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema, create_model

from factory.core.prompts import Prompt, load_prompt
from factory.core.records import Draw, Example, Slot
from factory.core.schemas import Functions
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.grammar_shapes import any_call_schema, sentence_schema
from factory.tasks.style_variation import value_index
from factory.tasks.template import (
    AGAIN,
    AGAIN_SMALL,
    Placeholders,
    TaskFilters,
    TaskPrompts,
    TemplateTask,
)
from filters.answers.extraction import value_text
from filters.answers.tool_call import (
    argument_leaves,
    call_fault,
    canonical_call,
    parse_call,
    same_call,
    tool_call_consistency,
    tool_call_grounding_filter,
    tool_call_schema_filter,
)

TOKENS = 600  # of a request, a call and its quotes
REQUEST = (25, 240)  # characters of a small teacher's request
# The characters of arguments whose schema has no grammar. Without a limit they may never end.
SMALL = 400


def tool_call_task(task: TaskSettings, quotes: bool, system: str | None) -> TemplateTask:
    """Build the task. Arguments are requested as text, as in OpenAI's own calls, so that any schema
    of the client works in strict mode.

    A small teacher, whose output follows a grammar, can only write calls that fit the schema.
    """
    tools = task.tools
    how = "" if quotes else "_small"
    write, answer, student = (
        _with(load_prompt(f"tool_call_{name}"), tools)
        for name in (f"write{how}", f"answer{how}", "student")
    )
    if system:  # the recipe's comes before the functions, which the student needs
        student = Prompt(
            student.name,
            f"{system.replace('$', '$$')}\n\n{student.system}",
            student.user,
            student.digest,
        )
    again = AGAIN if quotes else AGAIN_SMALL
    asked = TaskPrompts(
        write,
        answer,
        student,
        *_shapes(tools, quotes),
        mend="mend_tool_call",
        tokens=TOKENS,
        told=_lines(tools),
        again=again,
    )
    judges = TaskFilters(
        tool_call_schema_filter(tools),
        lambda _: tool_call_grounding_filter(tools),
        same_call,
        tool_call_consistency,
    )
    return TemplateTask(
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
    """Return the reply shapes of an example and of an answer. An unknown function name is a fault
    to repair, not a failed call.
    """
    if not quotes and (schema := any_call_schema(tools)):
        request: Any = Annotated[str, Field(json_schema_extra=sentence_schema(*REQUEST))]
        held: dict[str, Any] = {"call": (Annotated[dict[str, Any], WithJsonSchema(schema)], ...)}
        return create_model("Requested", request=(request, ...), **held), create_model(
            "Called", **held
        )
    text: Any = str if quotes else Annotated[str, Field(json_schema_extra={"maxLength": SMALL})]
    name = Annotated[str, Field(json_schema_extra={"enum": [f.name for f in tools]})]
    call: dict[str, Any] = {"name": (name, ...), "arguments": (text, ...)}
    before: dict[str, Any] = {"quotes": (list[str], ...)} if quotes else {}
    return create_model("Requested", **before, request=(text, ...), **call), create_model(
        "Called", **call
    )


def _lines(tools: Functions) -> str:
    return "\n".join(f.line for f in tools)


def _with(file: Prompt, tools: Functions) -> Prompt:
    """Return the prompt with the functions inserted, which may contain dollar signs."""
    return Prompt(
        file.name,
        file.system.replace("$functions", _lines(tools).replace("$", "$$")),
        file.user,
        file.digest,
    )


def _names(task: TaskSettings, slot: Slot) -> Placeholders:
    """Choose the preferred function; all functions are chosen equally often."""
    return {"function": task.tools[value_index(slot, "function", len(task.tools))].name}


def _draft(tools: Functions, value: BaseModel, slot: Slot) -> Draft:
    told = value.model_dump()
    call = _called(told, tools)
    return Draft(
        " ".join(told["request"].split()), call, quote_spans(told.get("quotes", ()), slot.chunk)
    )


def _draw(tools: Functions, value: BaseModel, example: Example) -> Draw:
    return Draw(response=_called(value.model_dump(), tools), spans=example.spans)


def _called(told: dict[str, Any], tools: Functions) -> str:
    """Return the call in canonical form; its arguments came as text or as an object."""
    held = told.get("call", told)
    arguments = held["arguments"]
    return canonical_call(
        held["name"], arguments if isinstance(arguments, str) else json.dumps(arguments), tools
    )


def _claims(example: Example) -> list[JudgeClaim]:
    """Claim each argument, with the request and the chunk as evidence."""
    call, source = parse_call(example.response), f"{example.instruction}\n{example.chunk.text}"
    told = argument_leaves(call.arguments, {}) if call else ()
    return [
        JudgeClaim(example.instruction, f"{leaf.path} is {value_text(leaf.value)}", source)
        for leaf in told
    ]


def _given(task: TaskSettings, instruction: str, response: str) -> tuple[str, str]:
    """Return a gold row's request and call. Raises ValueError if the call does not fit one of the
    functions.
    """
    if not instruction.strip():
        raise ValueError("its instruction is missing, must be a request")
    call = parse_call(response)
    spelled = (
        canonical_call(call.name, json.dumps(call.arguments), task.tools) if call else response
    )
    if fault := call_fault(spelled, task.tools):
        raise ValueError(f'its response is no call for the task "{task.name}": {fault}')
    return " ".join(instruction.split()), spelled
