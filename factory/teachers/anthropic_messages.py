"""Anthropic's Messages: structured by output format or by a forced tool, as the model's family takes it; stable beginnings are cached."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import anthropic
from anthropic.types import Message
from instructor import Mode
from instructor.v2.core.providers import Provider
from pydantic import BaseModel

from factory.core.base_url import endpoint
from factory.core.errors import Unusable, UserMistake
from factory.models.tokenizers import token_count
from factory.teachers import Plain, Reply, Request
from factory.teachers.credentials import api_key
from factory.teachers.lenient_json import without_thoughts
from factory.teachers.model_families import THINKING_ROOM, Effort, claude
from factory.teachers.structured_output import REST, ROOM, START, SYSTEM, Form, Said, Shaping, asked, form, texts, validated
from factory.teachers.token_usage import anthropic_usage

ANTHROPIC = "https://api.anthropic.com"
KEY = "ANTHROPIC_API_KEY"
VERSION = "2023-06-01"
TOOLS: Shaping = (Mode.TOOLS, Provider.ANTHROPIC)
SCHEMA: Shaping = (Mode.JSON_SCHEMA, Provider.ANTHROPIC)
TEXT: Shaping = (Mode.JSON, Provider.ANTHROPIC)


class Messages:
    """`base_url`: another server of the same protocol, such as llama.cpp's; it needs no key.

    `text`: such a server's model does not call tools, so the schema stands in the prompt.
    """

    def __init__(self, model: str, base_url: str | None, sampling: Mapping[str, object], text: bool = False) -> None:
        base, mark, query = (base_url or ANTHROPIC).partition("?")
        self.url = endpoint(f"{base.rstrip('/').removesuffix('/v1')}{mark}{query}", "/v1/messages")
        self._model = model
        self._needs_key = base_url is None
        self._family = claude(model)
        self._effort = cast("Effort | None", sampling.get("reasoning"))
        self._temperature = sampling.get("temperature")
        if self._effort and not self._family.thinking:
            raise UserMistake(f'the teacher "anthropic/{model}": reasoning is set, must be left out: this model does not think aloud')
        others = TEXT if text else TOOLS  # tools are what other servers of the protocol speak
        self._shaping = SCHEMA if self._family.structured and base_url is None else others
        self._thinking = THINKING_ROOM[self._effort] if self._effort else 0
        self._forms: dict[tuple[type[BaseModel], bool], Form] = {}

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Raises UserMistake where the key is not set, or no header can hold it."""
        key = api_key(KEY, f'the teacher "anthropic/{self._model}"' if self._needs_key else "")
        return {"x-api-key": key, "anthropic-version": VERSION} if key else {"anthropic-version": VERSION}

    def body(self, request: Request) -> str:
        if request.shape is Plain:
            return json.dumps(self._plain(request))[:-1]
        which = (request.shape, bool(self.cached(request)))
        found = self._forms.get(which) or self._forms.setdefault(which, self._form(*which))
        return found.fill(texts(request, self.room(request)))[:-1]

    def room(self, request: Request) -> int:
        return request.max_tokens + self._thinking

    def cached(self, request: Request) -> str:
        """The beginning that other requests share, where it is long enough to be cached at all."""
        start = request.system + request.user[: request.prefix]
        return start if request.prefix and token_count(start) >= self._family.cached else ""

    def _plain(self, request: Request) -> dict[str, Any]:
        system = {"system": request.system} if request.system else {}
        sampling = {} if self._temperature is None else {"temperature": self._temperature}
        told = {"model": self._model, **system, "messages": request.turns, "max_tokens": self.room(request)}
        return {**told, **sampling, **self._thoughts()}

    def _form(self, shape: type[BaseModel], cached: bool) -> Form:
        user: object = START + REST
        if cached:
            user = [{"type": "text", "text": START, "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": REST}]
        messages = [{"role": "user", "content": user}]
        fields: dict[str, Any] = {"model": self._model, "system": SYSTEM, "messages": messages, "max_tokens": ROOM, **self._thoughts()}
        if self._temperature is not None:
            fields["temperature"] = self._temperature
        if self._shaping is TOOLS:
            choice = {"tool_choice": {"type": "auto"}} if self._effort else {}  # a forced tool and thinking exclude each other
            return form(asked(shape, TOOLS, {**fields, **choice}))
        if self._shaping is TEXT:
            return form(asked(shape, TEXT, fields))
        # By hand: instructor 1.17 knows this format under its beta name alone, which the SDK has dropped.
        schema = {"type": "json_schema", "schema": anthropic.transform_schema(shape)}
        return form({**fields, "output_config": {**fields.get("output_config", {}), "format": schema}})

    def _thoughts(self) -> dict[str, Any]:
        if not self._effort:
            return {}
        if self._family.thinking == "effort":
            effort = "low" if self._effort == "minimal" else self._effort
            return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
        return {"thinking": {"type": "enabled", "budget_tokens": THINKING_ROOM[self._effort]}}

    def reply(self, body: Any, request: Request) -> Reply:  # noqa: ANN401 - JSON as it came; the SDK's type makes sense of it
        usage = anthropic_usage(body)
        ending, content = body.get("stop_reason"), body["content"]
        content = content if isinstance(content, list) else [{"type": "text", "text": content}]
        blocks = [block for block in content if isinstance(block, dict)]
        if ending == "refusal":
            raise Unusable("the teacher refused", *usage.both, "refused")
        if request.shape is Plain:
            text = without_thoughts(_text(blocks)).encode("utf-8", "replace").decode()
            return Reply(Plain(text=text, cut=ending == "max_tokens"), *usage.both, usage.cache_read, usage.cache_write)
        if ending == "max_tokens":
            raise Unusable("the reply was cut off at its token limit", *usage.both, "truncated")
        calls = [json.dumps(block.get("input")) for block in blocks if block.get("type") == "tool_use"]
        said = Said(Message.construct(**body), [_text(blocks), *calls], usage, self._remedy)
        value = validated(request.shape, self._shaping, said)
        return Reply(value, *usage.both, usage.cache_read, usage.cache_write)

    @property
    def _remedy(self) -> str:
        """What else can be tried where a reply holds no JSON of the shape."""
        if self._needs_key:
            return ""
        other = "tools" if self._shaping is TEXT else "text"
        return f'set structured = "{other}" for this teacher, or take a model that keeps to JSON'

    def learn(self, status: int, words: str) -> bool:
        return False


def _text(blocks: list[dict[str, Any]]) -> str:
    return "".join(block["text"] for block in blocks if block.get("type") == "text" and isinstance(block.get("text"), str))
