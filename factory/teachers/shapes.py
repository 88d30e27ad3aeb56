"""Shapes: `instructor` forms the request for a reply of some shape and validates that reply; what it forms is made once a shape."""

import json
import logging
from collections.abc import Callable, Mapping
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

from factory.errors import Unusable
from factory.teachers import Request

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


def validated(shape: type[BaseModel], shaping: Shaping, completion: BaseModel, tokens: tuple[int, int]) -> BaseModel:
    """The reply's value by instructor. Raises Unusable with what was spent."""
    try:
        value = _parser(shaping)(response=completion, response_model=shape, stream=False)
    except IncompleteOutputException:
        raise Unusable("the reply was cut off at its token limit", *tokens, "truncated") from None
    except ValidationError as error:
        raise Unusable(f"the reply does not fit the shape asked for ({_short(error)})", *tokens) from None
    except (ResponseParsingError, json.JSONDecodeError) as error:
        raise Unusable(f"the reply holds no answer of the shape asked for ({type(error).__name__})", *tokens) from None
    return cast("BaseModel", value)


@cache
def _parser(shaping: Shaping) -> Callable[..., Any]:
    """Instructor's own parser; its `process_response` before it forms a log line of every reply."""
    provider = provider_from_mode(*shaping)
    mode = normalize_mode_for_provider(shaping[0], provider)
    return cast("Callable[..., Any]", mode_registry.get_handlers(provider, mode).response_parser)


def _short(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(p) for p in first['loc']) or 'JSON'}: {first['msg']}"
