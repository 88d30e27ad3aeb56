"""Shapes: `instructor` forms the request for a reply of some shape and validates that reply; what it forms is made once a shape."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from instructor import Mode
from instructor.core import IncompleteOutputException
from instructor.v2.core.errors import ResponseParsingError
from instructor.v2.core.providers import Provider, normalize_mode_for_provider, provider_from_mode
from instructor.v2.core.registry import mode_registry
from instructor.v2.core.response import handle_response_model
from pydantic import BaseModel, ValidationError

from factory.core.errors import Unusable
from factory.teachers import Request
from factory.teachers.lenient_json import read_lenient
from factory.teachers.token_usage import Usage

logging.getLogger("instructor").setLevel(logging.CRITICAL)  # failures are typed here and told once

SYSTEM, START, REST, ROOM = "@system@", "@start@", "@rest@", 987654321  # where the texts and the room stand in a form


Shaping = tuple[Mode, Provider]  # how the shape is asked for, and of whom


@dataclass(frozen=True)
class Form:
    """A request's JSON with holes, cut at them: filling it is joining strings."""

    pieces: tuple[str, ...]
    holes: tuple[str, ...]

    def fill(self, texts: Mapping[str, str]) -> str:
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (texts[hole], piece)
        return "".join(filled)


def form(fields: dict[str, Any]) -> Form:
    """`fields`: the request as it would be handed to an SDK, with the marks above in it."""
    marks = {SYSTEM: SYSTEM, START: START, REST: REST, str(ROOM): "room"}
    pieces, holes, rest = [], [], json.dumps(fields, separators=(",", ":"))
    while found := min(((rest.find(m), m) for m in marks if m in rest), default=None):
        pieces.append(rest[: found[0]])
        holes.append(marks[found[1]])
        rest = rest[found[0] + len(found[1]) :]
    return Form((*pieces, rest), tuple(holes))


def asked(shape: type[BaseModel], shaping: Shaping, fields: dict[str, Any]) -> dict[str, Any]:
    """What instructor makes of a request for this shape."""
    return handle_response_model(shape, *shaping, **fields)[1]


def texts(request: Request, room: int) -> dict[str, str]:
    """The texts of a request as they stand inside JSON strings."""
    start, rest = request.user[: request.prefix], request.user[request.prefix :]
    return {SYSTEM: json.dumps(request.system)[1:-1], START: json.dumps(start)[1:-1], REST: json.dumps(rest)[1:-1], "room": str(room)}


@dataclass(frozen=True)
class Said:
    """A reply as it came. `texts`: where its JSON may be, the likeliest first; `remedy`: what a user can set where there is none."""

    completion: BaseModel
    texts: Sequence[str]
    usage: Usage
    remedy: str = ""


def validated(shape: type[BaseModel], shaping: Shaping, said: Said) -> BaseModel:
    """The reply's value: by instructor, else as far as it can be read safely. Raises Unusable with what was spent."""
    try:
        value = _parser(shaping)(response=said.completion, response_model=shape, stream=False)
        if value.model_fields_set or not shape.model_fields:
            return cast("BaseModel", value)
        why = "it holds none of the fields"
    except IncompleteOutputException:
        raise Unusable("the reply was cut off at its token limit", *said.usage.both, "truncated") from None
    except ValidationError as error:
        why = _short(error)
    except (ResponseParsingError, AssertionError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        why = type(error).__name__
    if (read := read_lenient(said.texts, shape)) is not None:
        return read
    remedy = f"; {said.remedy}" if said.remedy else ""
    if not any(text.strip() for text in said.texts):
        raise Unusable(f"the reply is empty{remedy}", *said.usage.both)
    raise Unusable(f"the reply holds no JSON of the shape asked for ({why}){remedy}", *said.usage.both)


@cache
def _parser(shaping: Shaping) -> Callable[..., Any]:
    """Instructor's own parser; its `process_response` before it forms a log line of every reply."""
    provider = provider_from_mode(*shaping)
    mode = normalize_mode_for_provider(shaping[0], provider)
    return cast("Callable[..., Any]", mode_registry.get_handlers(provider, mode).response_parser)


def _short(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(p) for p in first['loc']) or 'JSON'}: {first['msg']}"
