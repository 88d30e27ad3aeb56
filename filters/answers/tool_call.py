"""Calls: one of the client's functions, with arguments that are valid by its JSON schema, and none that nobody named."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry

from factory.core.records import Example, Verdict
from factory.core.schemas import Functions, FunctionSettings, Json
from filters.answers.extraction import plain, read
from filters.chain import Filter
from filters.consistency.fields import same_fields
from filters.consistency.vote import consistency
from filters.grounding.evidence_search import best_evidence
from filters.grounding.typed_values import Claim, carries
from filters.schema.answer import about_the_text, placeholder
from filters.text.language_id import other_language
from filters.text.segment import content, words

LEAST, MOST = 4, 120  # words of a request
SHARED = 2  # telling words that a request shares with its source at least, to be about it








class Call(NamedTuple):
    name: str
    arguments: dict[str, Json]


def canonical(name: str, arguments: str, functions: Functions) -> str:
    """The call as the student writes it: arguments in the order of their schema; what is no object stays, for `callable_` to name it."""
    found = read(arguments)
    known: dict[str, Json] = next((f.parameters.get("properties", {}) for f in functions if f.name == name), {})
    order = {key: place for place, key in enumerate(known)}
    told = arguments if found is None else {k: found[k] for k in sorted(found, key=lambda k: order.get(k, len(order)))}
    return json.dumps({"name": name.strip(), "arguments": told}, ensure_ascii=False)


def call_of(response: str) -> Call | None:
    """The call that an answer is; an answer with anything around it is none."""
    found = read(response) or {}
    name, arguments = found.get("name"), found.get("arguments")
    if found.keys() == {"name", "arguments"} and isinstance(name, str) and isinstance(arguments, dict):
        return Call(name, arguments)
    return None


def callable_(functions: Functions) -> Filter:
    """A schema filter: a request in plain words, and a call that its function takes."""
    return partial(_callable, functions=tuple(functions))


def _callable(example: Example, functions: tuple[FunctionSettings, ...]) -> Verdict:
    reason = call_fault(example.response, functions) or next((f for f in _request_faults(example, functions) if f), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def call_fault(response: str, functions: Functions) -> str:
    """What is wrong with a call by the functions' own words; "" where nothing is."""
    call = call_of(response)
    if not call:
        return "The call's arguments are no JSON object."
    function = next((f for f in functions if f.name == call.name), None)
    if not function:
        return f'"{call.name[:60]}" is none of the functions; call one of: {", ".join(f.name for f in functions)}.'
    schema = function.parameters
    strange = next((k for k in call.arguments if k not in schema.get("properties", {}) and not schema.get("additionalProperties")), "")
    if strange and "patternProperties" not in schema:
        return f'The function "{call.name}" has no argument "{strange}".'
    judge = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER, registry=Registry())
    error = best_match(judge.iter_errors(call.arguments))
    where = ".".join(map(str, error.absolute_path)) if error else ""
    return f'The call of "{call.name}" does not fit its schema{f" at {where}" if where else ""}: {error.message[:160]}.' if error else ""


def _request_faults(example: Example, functions: Functions) -> Iterator[str]:
    request = example.instruction
    count = len(words(request))
    yield f"The request has {count} words, must have {LEAST} to {MOST}." if not LEAST <= count <= MOST else ""
    yield f'The request holds a placeholder ("{found}").' if (found := placeholder(request)) else ""
    yield f'The request speaks of the text ("{found}").' if (found := about_the_text(request)) else ""
    named = next((f.name for f in functions if _named(f.name, request)), "")
    yield f'The request names the function "{named}".' if named else ""
    other = other_language(request, example.chunk.text)
    yield f'The request is in another language than its source ("{other}").' if other else ""


def _named(function: str, request: str) -> bool:
    """A name that is one plain word may be said."""
    return not function.isalpha() and function.casefold() in request.casefold()


def argued(functions: Functions) -> Filter:
    """A grounding filter: each argument stands in the request or the chunk, and the request is about what the chunk is about."""
    return partial(_argued, functions=tuple(functions))


def _argued(example: Example, functions: tuple[FunctionSettings, ...]) -> Verdict:
    call = call_of(example.response) or Call("", {})
    schema = next((f.parameters for f in functions if f.name == call.name), {})
    told = list(leaves(call.arguments, schema))
    spans = example.spans or best_evidence(example.chunk.text, example.instruction, ", ".join(plain(leaf.value) for leaf in told))
    source = " . ".join((*example.chunk.headings, example.chunk.shown))
    wrong = next((s for s in spans if not s.text or example.chunk.text[s.start : s.end] != s.text), None)
    reason = f'The quote "{wrong.text[:60]}" does not stand in the chunk.' if wrong else _unrelated(example.instruction, source)
    invented = next((leaf for leaf in told if not _stands(leaf, f"{example.instruction}\n\n{source}")), None)
    if invented and not reason:
        reason = f'The argument "{invented.path}" is "{plain(invented.value)[:60]}", which neither the request nor the chunk says.'
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=spans)


def _unrelated(request: str, source: str) -> str:
    asked = frozenset(content(request))
    near = len(asked & frozenset(content(source))) >= min(SHARED, len(asked))
    return "" if near else "The request is about something else than its source; use the words of the source."


class Leaf(NamedTuple):
    """One argument's value: the path to it and what the schema says of it."""

    path: str
    value: Json
    schema: dict[str, Any]


def leaves(value: Json, schema: dict[str, Any], path: str = "") -> Iterator[Leaf]:
    """Every value of the arguments that is not null."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, schema.get("properties", {}).get(name, {}), f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, held if isinstance(held := schema.get("items", {}), dict) else {}, path)
    elif value is not None:
        yield Leaf(path, value, schema)


def _stands(leaf: Leaf, told: str) -> bool:
    """A yes or no, a default and the only value that there is are the schema's own; anything else must be said."""
    value, schema = leaf.value, leaf.schema
    if isinstance(value, bool) or value == schema.get("default", object()) or value == schema.get("const", object()):
        return True
    if isinstance(value, int | float):
        return carries(told, Claim("number", value))
    if "enum" in schema:
        return carries(told, Claim("enum", value, tuple(str(v) for v in schema["enum"] if v != value)))
    kind = "date" if schema.get("format") == "date" else "string"
    return carries(told, Claim(kind, value), told)


def same_call(one: str, other: str, question: str = "") -> bool:
    """Whether two calls are of one function, with the same arguments by value."""
    these, those = call_of(one), call_of(other)
    if these is None or those is None or these.name != those.name:
        return False
    return same_fields(json.dumps(these.arguments), json.dumps(those.arguments))


def calls_agree(example: Example) -> Verdict:
    """Consistency of calls; the reason shows what was called."""
    verdict = consistency(example, same_call)
    if verdict.passed:
        return verdict
    told = "; ".join(d.response[:120] for d in example.draws)
    return verdict.model_copy(update={"reason": f"Readers of the request made different calls: {told}."})
