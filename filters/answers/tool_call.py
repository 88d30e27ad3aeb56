"""Check a tool call: its function is known, its arguments fit the schema, and none is invented."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from factory.core.records import Example, Verdict
from factory.core.schemas import Functions, FunctionSettings, Json
from filters.answers.extraction import parse_json_object, value_text
from filters.chain import Filter
from filters.consistency.fields import same_fields
from filters.consistency.vote import consistency
from filters.grounding.evidence_search import best_evidence
from filters.grounding.typed_values import TypedValue, supports_value
from filters.schema.answer import find_placeholder, find_text_mention
from filters.text.language_id import language_mismatch
from filters.text.segment import content_stems, words

MIN_REQUEST_WORDS, MAX_REQUEST_WORDS = 4, 120  # words of a request
REQUEST_MIN_SHARED = 2  # content words that a request must share with its source


class ToolCall(NamedTuple):
    name: str
    arguments: dict[str, Json]


def canonical_call(name: str, arguments: str, functions: Functions) -> str:
    """Write the call as the student writes it, with the arguments in the order of their schema.

    Arguments that are not an object are kept, so that `tool_call_schema_filter` can name them.
    """
    found = parse_json_object(arguments)
    known: dict[str, Json] = next(
        (f.parameters.get("properties", {}) for f in functions if f.name == name), {}
    )
    order = {key: place for place, key in enumerate(known)}
    written = (
        arguments
        if found is None
        else {k: found[k] for k in sorted(found, key=lambda k: order.get(k, len(order)))}
    )
    return json.dumps({"name": name.strip(), "arguments": written}, ensure_ascii=False)


def parse_call(response: str) -> ToolCall | None:
    """Return the call that is the whole answer, or None if there is anything around it."""
    found = parse_json_object(response) or {}
    name, arguments = found.get("name"), found.get("arguments")
    if (
        found.keys() == {"name", "arguments"}
        and isinstance(name, str)
        and isinstance(arguments, dict)
    ):
        return ToolCall(name, arguments)
    return None


def tool_call_schema_filter(functions: Functions) -> Filter:
    """Return a schema filter: the request must be in plain words, and the call must fit."""
    return partial(_judge_schema, functions=tuple(functions))


def _judge_schema(example: Example, functions: tuple[FunctionSettings, ...]) -> Verdict:
    reason = call_fault(example.response, functions) or next(
        (f for f in _request_faults(example, functions) if f), ""
    )
    return Verdict(filter="schema", passed=not reason, reason=reason)


def call_fault(response: str, functions: Functions) -> str:
    """Return why the call does not fit the functions' schemas, or "" if it does."""
    call = parse_call(response)
    if not call:
        return "The call's arguments are no JSON object."
    function = next((f for f in functions if f.name == call.name), None)
    if not function:
        known = ", ".join(f.name for f in functions)
        return f'"{call.name[:60]}" is none of the functions; call one of: {known}.'
    schema = function.parameters
    strange = next(
        (
            k
            for k in call.arguments
            if k not in schema.get("properties", {}) and not schema.get("additionalProperties")
        ),
        "",
    )
    if strange and "patternProperties" not in schema:
        return f'The function "{call.name}" has no argument "{strange}".'
    judge = Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER, registry=Registry()
    )
    error = best_match(judge.iter_errors(call.arguments))
    if not error:
        return ""
    path = ".".join(map(str, error.absolute_path))
    where = f" at {path}" if path else ""
    return f'The call of "{call.name}" does not fit its schema{where}: {error.message[:160]}.'


def _request_faults(example: Example, functions: Functions) -> Iterator[str]:
    request = example.instruction
    count = len(words(request))
    yield (
        f"The request has {count} words, must have {MIN_REQUEST_WORDS} to {MAX_REQUEST_WORDS}."
        if not MIN_REQUEST_WORDS <= count <= MAX_REQUEST_WORDS
        else ""
    )
    yield (
        f'The request holds a placeholder ("{found}").'
        if (found := find_placeholder(request))
        else ""
    )
    yield (
        f'The request speaks of the text ("{found}").'
        if (found := find_text_mention(request))
        else ""
    )
    named = next((f.name for f in functions if _named(f.name, request)), "")
    yield f'The request names the function "{named}".' if named else ""
    other = language_mismatch(request, example.chunk.text)
    yield f'The request is in another language than its source ("{other}").' if other else ""


def _named(function: str, request: str) -> bool:
    """Return whether the request names the function; a name of one plain word does not count."""
    return not function.isalpha() and function.casefold() in request.casefold()


def tool_call_grounding_filter(functions: Functions) -> Filter:
    """Return a grounding filter for arguments and subject.

    The request or the chunk must have each argument, and both must have the same subject.
    """
    return partial(_judge_grounding, functions=tuple(functions))


def _judge_grounding(example: Example, functions: tuple[FunctionSettings, ...]) -> Verdict:
    call = parse_call(example.response) or ToolCall("", {})
    schema = next((f.parameters for f in functions if f.name == call.name), {})
    leaves = list(argument_leaves(call.arguments, schema))
    spans = example.spans or best_evidence(
        example.chunk.text,
        example.instruction,
        ", ".join(value_text(leaf.value) for leaf in leaves),
    )
    source = " . ".join((*example.chunk.headings, example.chunk.shown))
    wrong = next(
        (s for s in spans if not s.text or example.chunk.text[s.start : s.end] != s.text), None
    )
    reason = (
        f'The quote "{wrong.text[:60]}" does not stand in the chunk.'
        if wrong
        else _unrelated(example.instruction, source)
    )
    invented = next(
        (leaf for leaf in leaves if not _is_supported(leaf, f"{example.instruction}\n\n{source}")),
        None,
    )
    if invented and not reason:
        value = value_text(invented.value)[:60]
        reason = (
            f'The argument "{invented.path}" is "{value}", '
            "which neither the request nor the chunk says."
        )
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=spans)


def _unrelated(request: str, source: str) -> str:
    asked = frozenset(content_stems(request))
    near = len(asked & frozenset(content_stems(source))) >= min(REQUEST_MIN_SHARED, len(asked))
    return (
        ""
        if near
        else "The request is about something else than its source; use the words of the source."
    )


class ArgumentLeaf(NamedTuple):
    """One argument's value, with its path and its part of the schema."""

    path: str
    value: Json
    schema: dict[str, Any]


def argument_leaves(value: Json, schema: dict[str, Any], path: str = "") -> Iterator[ArgumentLeaf]:
    """Yield every value of the arguments that is not null."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from argument_leaves(
                inner,
                schema.get("properties", {}).get(name, {}),
                f"{path}.{name}" if path else name,
            )
    elif isinstance(value, list):
        for inner in value:
            yield from argument_leaves(
                inner, held if isinstance(held := schema.get("items", {}), dict) else {}, path
            )
    elif value is not None:
        yield ArgumentLeaf(path, value, schema)


def _is_supported(leaf: ArgumentLeaf, text: str) -> bool:
    """Return whether the text supports the value.

    Booleans, defaults and constants come from the schema and need no support.
    """
    value, schema = leaf.value, leaf.schema
    if (
        isinstance(value, bool)
        or value == schema.get("default", object())
        or value == schema.get("const", object())
    ):
        return True
    if isinstance(value, int | float):
        return supports_value(text, TypedValue("number", value))
    if "enum" in schema:
        return supports_value(
            text, TypedValue("enum", value, tuple(str(v) for v in schema["enum"] if v != value))
        )
    kind = "date" if schema.get("format") == "date" else "string"
    return supports_value(text, TypedValue(kind, value), text)


def same_call(one: str, other: str, question: str = "") -> bool:
    """Return whether two calls have the same function and the same arguments by value."""
    these, those = parse_call(one), parse_call(other)
    if these is None or those is None or these.name != those.name:
        return False
    return same_fields(json.dumps(these.arguments), json.dumps(those.arguments))


def tool_call_consistency(example: Example) -> Verdict:
    """Check that the draws agree on a call; the reason shows the different calls."""
    verdict = consistency(example, same_call)
    if verdict.passed:
        return verdict
    calls = "; ".join(d.response[:120] for d in example.draws)
    return verdict.model_copy(
        update={"reason": f"Readers of the request made different calls: {calls}."}
    )
