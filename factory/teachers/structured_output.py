"""Ask for replies of a shape and validate them by `instructor`; one request template per shape."""

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

# Failures are typed here and reported once.
logging.getLogger("instructor").setLevel(logging.CRITICAL)

# Placeholders in a template.
SYSTEM, START, REST, ROOM = ("@system@", "@start@", "@rest@", 987654321)


Shaping = tuple[Mode, Provider]  # how the shape is asked for, and by which provider's rules


@dataclass(frozen=True)
class RequestTemplate:
    """A request's JSON, cut at its placeholders: filling it is joining strings."""

    pieces: tuple[str, ...]
    holes: tuple[str, ...]

    def fill(self, texts: Mapping[str, str]) -> str:
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (texts[hole], piece)
        return "".join(filled)


def request_template(fields: dict[str, Any]) -> RequestTemplate:
    """Make a template of a request as an SDK would take it, with the placeholders above in it."""
    marks = {SYSTEM: SYSTEM, START: START, REST: REST, str(ROOM): "room"}
    pieces, holes, rest = [], [], json.dumps(fields, separators=(",", ":"))
    while found := min(((rest.find(m), m) for m in marks if m in rest), default=None):
        pieces.append(rest[: found[0]])
        holes.append(marks[found[1]])
        rest = rest[found[0] + len(found[1]) :]
    return RequestTemplate((*pieces, rest), tuple(holes))


def instructor_request(
    shape: type[BaseModel], shaping: Shaping, fields: dict[str, Any]
) -> dict[str, Any]:
    """Return the request that instructor makes for this shape."""
    return handle_response_model(shape, *shaping, **fields)[1]


def template_values(request: Request, room: int) -> dict[str, str]:
    """Return the values of a template's placeholders, escaped for JSON strings."""
    start, rest = request.user[: request.prefix], request.user[request.prefix :]
    return {
        SYSTEM: json.dumps(request.system)[1:-1],
        START: json.dumps(start)[1:-1],
        REST: json.dumps(rest)[1:-1],
        "room": str(room),
    }


@dataclass(frozen=True)
class RawReply:
    """A reply as it came.

    `texts` may hold its JSON, the likeliest first; `remedy` is what a user can do if none does.
    """

    completion: BaseModel
    texts: Sequence[str]
    usage: Usage
    remedy: str = ""


def reply_value(shape: type[BaseModel], shaping: Shaping, raw: RawReply) -> BaseModel:
    """Return the reply's value, parsed by instructor or else leniently.

    Raises Unusable with the tokens spent.
    """
    try:
        value = _parser(shaping)(response=raw.completion, response_model=shape, stream=False)
        if value.model_fields_set or not shape.model_fields:
            return cast("BaseModel", value)
        why = "it holds none of the fields"
    except IncompleteOutputException:
        raise Unusable(
            "the reply was cut off at its token limit", *raw.usage.both, "truncated"
        ) from None
    except ValidationError as error:
        why = _short(error)
    except (
        ResponseParsingError,
        AssertionError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:
        why = type(error).__name__
    if (read := read_lenient(raw.texts, shape)) is not None:
        return read
    remedy = f"; {raw.remedy}" if raw.remedy else ""
    if not any(text.strip() for text in raw.texts):
        raise Unusable(f"the reply is empty{remedy}", *raw.usage.both)
    raise Unusable(
        f"the reply holds no JSON of the shape asked for ({why}){remedy}", *raw.usage.both
    )


@cache
def _parser(shaping: Shaping) -> Callable[..., Any]:
    """Return instructor's parser, without its `process_response` that logs every reply."""
    provider = provider_from_mode(*shaping)
    mode = normalize_mode_for_provider(shaping[0], provider)
    return cast("Callable[..., Any]", mode_registry.get_handlers(provider, mode).response_parser)


def _short(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(p) for p in first['loc']) or 'JSON'}: {first['msg']}"
