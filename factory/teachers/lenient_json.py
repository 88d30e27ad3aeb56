"""Read JSON out of replies that hold more than JSON, or nearly JSON.

Models put thoughts, prose and code fences around it, wrap it in a list, an object or a string,
write field names in another case, or forget a comma. Whatever is read must fit the shape like any
reply.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import json_repair
from pydantic import BaseModel, ValidationError

from factory.core.jsonl import MAX_DEPTH, BadJson, loads

MAX_CHARACTERS = 200_000  # characters searched; the largest reply asked for has about 40,000
MAX_REPAIR = 40_000  # characters; the repairing parser is slow, worst of all without any JSON
WORK = 20_000_000  # characters that trying each bracket may read: well under a second
MAX_ITEMS = 100  # objects in a row; at most 20 examples are asked for
WRAPS = 3  # levels of objects, lists or strings around the value
# Of a schema or tool call written as text.
WRAPPER_KEYS = ("properties", "arguments", "parameters", "input")
_NAMES = r"(?:think|thinking|thought|thoughts|reasoning|analysis|scratchpad|seed:think)"
_OPEN = rf"(?:<{_NAMES}>|\[THINK\]|◁think▷|<\|channel\|>\s*analysis\s*<\|message\|>)"
_CLOSE = rf"(?:</{_NAMES}>|\[/THINK\]|◁/think▷|<\|channel\|>\s*final\s*<\|message\|>)"
_THOUGHT = re.compile(rf"\s*{_OPEN}.*?(?:{_CLOSE}|\Z)", re.S | re.IGNORECASE)
_CLOSED = re.compile(_CLOSE, re.IGNORECASE)
_OPENED = re.compile(rf"\s*{_OPEN}", re.IGNORECASE)
_FENCE = re.compile(r"(?:```|~~~)[\w-]*[ \t]*\n(.*?)(?:\n[ \t]*(?:```|~~~)|\Z)", re.S)
_BRACKET = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder(strict=False)  # allows line breaks and tabs in strings


def without_thoughts(text: str) -> str:
    """Return the text without the model's leading thoughts; empty if there is nothing else."""
    if _OPENED.match(text):
        return _THOUGHT.sub("", text, count=1).strip()
    first = _CLOSED.search(text)  # some servers drop the opening tag
    return text[first.end() :].strip() if first else text.strip()


def read_lenient(texts: Sequence[str], shape: type[BaseModel]) -> BaseModel | None:
    """Return the value of the first text that holds one of this shape, else None.

    Of several values in one text the last counts: the earlier ones are drafts.
    """
    seen: list[list[object]] = []
    for found in (
        found for text in texts for found in _readings(text[:MAX_CHARACTERS].removeprefix("\ufeff"))
    ):
        seen.append(found)
        value = None
        for one in found:
            value = _shaped(one, shape, WRAPS) or value
        if value is not None:
            return value
    return next((value for found in seen if (value := _items(found, shape))), None)


def _items(found: list[object], shape: type[BaseModel]) -> BaseModel | None:
    """Collect objects in a row into the list that the shape's only field asks for.

    Repeated items are left out.
    """
    objects = [one for one in found if isinstance(one, dict)]
    if len(shape.model_fields) != 1 or not 0 < len(objects) <= MAX_ITEMS:
        return None
    name, info = next(iter(shape.model_fields.items()))
    return _valid(
        {info.alias or name: [one for n, one in enumerate(objects) if one not in objects[:n]]},
        shape,
    )


def _readings(text: str) -> Iterator[list[object]]:
    """Yield the candidate values of a text, the most certain first."""
    answer = without_thoughts(text)
    if not answer:  # unclosed thoughts may end in the answer
        answer = _OPENED.sub("", text, count=1)
    yield list(_parsed(answer, _DECODER.decode))
    blocks = [block.strip() for block in _FENCE.findall(answer)]
    yield [one for block in blocks for one in _parsed(block, _DECODER.decode)]
    yield list(_embedded(answer))
    for block in (*blocks, _from_first_bracket(answer)):
        if len(block) <= MAX_REPAIR and block[-1:] in ("}", "]") and not _too_deep(block):
            yield list(_parsed(block, lambda one: json_repair.loads(one, skip_json_loads=True)))


def _parsed(text: str, parse: Callable[[str], Any]) -> Iterator[object]:
    try:
        yield parse(text.strip())
    except (ValueError, RecursionError):
        return


def _embedded(text: str) -> Iterator[object]:
    """Yield every complete JSON object or list in a text."""
    at, work = 0, WORK
    while (begins := _BRACKET.search(text, at)) and work > 0:
        try:
            found, at = _DECODER.raw_decode(text, begins.start())
            yield found
        except (
            ValueError,
            RecursionError,
        ) as error:  # an error counts the lines before it, an open string reads all behind it
            near = isinstance(error, json.JSONDecodeError) and not error.msg.startswith(
                "Unterminated"
            )
            work -= begins.end() if near else len(text)
            at = begins.end()


def _from_first_bracket(text: str) -> str:
    begins = re.search(r"\{\s*[\"'\w]|\[\s*\{", text)
    ends = max(text.rfind("}"), text.rfind("]"))
    return text[begins.start() : ends + 1] if begins else ""


def _too_deep(text: str) -> bool:
    """Return whether brackets nest too deeply, those in strings counted too."""
    depth = deepest = 0
    for bracket in re.findall(r"[{}\[\]]", text):
        depth += 1 if bracket in "{[" else -1
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _shaped(value: object, shape: type[BaseModel], wraps: int) -> BaseModel | None:
    """Return the value as the shape, unwrapped if there is one way to, else None."""
    if isinstance(value, dict) and _names(shape) & {_plain(name) for name in value}:
        return _valid(value, shape)
    if wraps == 0:
        return None
    for inner in _within(value, shape):
        if (found := _shaped(inner, shape, wraps - 1)) is not None:
            return found
    return None


def _within(value: object, shape: type[BaseModel]) -> Iterator[object]:
    if isinstance(value, str):
        yield from _parsed(value, _DECODER.decode)
    elif isinstance(value, list):
        if len(value) == 1:
            yield value[0]
        if (
            len(fields := shape.model_fields) == 1
            and value
            and all(isinstance(one, dict) for one in value)
        ):
            name, info = next(iter(fields.items()))
            yield {info.alias or name: value}  # the list that the only field asks for
    elif isinstance(value, dict):
        yield from (value[name] for name in WRAPPER_KEYS if name in value)
        inner = [
            one
            for one in value.values()
            if isinstance(one, dict | list) or (isinstance(one, str) and one[:1] in "{[")
        ]
        if len(inner) == 1:
            yield inner[0]


def _valid(value: dict[str, object], shape: type[BaseModel]) -> BaseModel | None:
    for candidate in (value, _renamed(value, _spelled(shape))):
        try:
            text = json.dumps(candidate)
            loads(text)
            return shape.model_validate_json(text)
        except (ValidationError, BadJson, ValueError, RecursionError):
            continue
    return None


def _names(shape: type[BaseModel]) -> set[str]:
    return {_plain(info.alias or name) for name, info in shape.model_fields.items()}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _spelled(shape: type[BaseModel]) -> dict[str, str]:
    """Map field names reduced to letters to the real ones; ambiguous ones are left out."""
    found: dict[str, set[str]] = {}
    schema = shape.model_json_schema()
    for one in (schema, *schema.get("$defs", {}).values()):
        for name in one.get("properties", {}):
            found.setdefault(_plain(name), set()).add(name)
    return {plain: names.pop() for plain, names in found.items() if len(names) == 1}


def _renamed(value: object, spelled: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {
            spelled.get(_plain(name), name): _renamed(one, spelled) for name, one in value.items()
        }
    return [_renamed(one, spelled) for one in value] if isinstance(value, list) else value
