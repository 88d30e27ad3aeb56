"""JSON schemas for a teacher whose output follows a grammar, so that it ends and has the form asked
for.
"""

import json
from typing import Any

from factory.core.schemas import Functions

LONGEST = 80  # characters of a text among arguments that the client sets no bound to
LONG_LIST = 5
SAFE = r'[^"\\\n|<>_{}\[\]#]'  # in a sentence of plain words: no markup, no function's name


def sentence_schema(least: int, most: int) -> dict[str, Any]:
    """Return the JSON schema of a sentence of `least` to `most` characters with a final punctuation
    mark.
    """
    return {"pattern": rf"^{SAFE}{{{least},{most}}}[.?!。？！]$"}


def any_call_schema(functions: Functions) -> dict[str, Any] | None:
    """Return the JSON schema of a call of any of the functions, or None if one refers to itself,
    because such a schema can't be nested in another one.
    """
    if any('"$ref"' in json.dumps(f.parameters) for f in functions):
        return None
    return {"anyOf": [_called(f.name, f.parameters) for f in functions]}


def _called(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    told = {"name": {"const": name}, "arguments": _bounded(parameters)}
    return {
        "type": "object",
        "properties": told,
        "required": list(told),
        "additionalProperties": False,
    }


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with a limit on each text and list, and without additional arguments."""
    found = {key: _bounded_part(value) for key, value in schema.items()}
    match schema.get("type"):
        case "string" if not schema.keys() & {"enum", "const", "format", "pattern", "maxLength"}:
            return {**found, "maxLength": LONGEST}
        case "array":
            return {"maxItems": LONG_LIST, **found}
        case "object":
            return {"additionalProperties": False, **found}
    return found


def _bounded_part(value: object) -> object:
    if isinstance(value, dict):
        named = {k: _bounded(v) if isinstance(v, dict) else v for k, v in value.items()}
        return _bounded(value) if "type" in value and isinstance(value["type"], str) else named
    return [_bounded_part(v) for v in value] if isinstance(value, list) else value
