"""Speak Anthropic's Messages protocol.

Replies are structured by an output format or a forced tool, as the model's family takes it, and
prompt beginnings that requests share are cached.
"""

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
from factory.teachers.model_families import THINKING_ROOM, Effort, claude_family
from factory.teachers.structured_output import (
    REST,
    ROOM,
    START,
    SYSTEM,
    RawReply,
    RequestTemplate,
    Shaping,
    instructor_request,
    reply_value,
    request_template,
    template_values,
)
from factory.teachers.token_usage import anthropic_usage

ANTHROPIC = "https://api.anthropic.com"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
VERSION = "2023-06-01"
TOOLS: Shaping = (Mode.TOOLS, Provider.ANTHROPIC)
SCHEMA: Shaping = (Mode.JSON_SCHEMA, Provider.ANTHROPIC)
TEXT: Shaping = (Mode.JSON, Provider.ANTHROPIC)


class AnthropicDialect:
    """Anthropic's protocol, spoken to Anthropic or to the server at `base_url`.

    Such a server, llama.cpp's for instance, needs no key. With `text` the schema is written into
    the prompt, for models that can't call tools.
    """

    def __init__(
        self, model: str, base_url: str | None, sampling: Mapping[str, object], text: bool = False
    ) -> None:
        base, mark, query = (base_url or ANTHROPIC).partition("?")
        self.url = endpoint(f"{base.rstrip('/').removesuffix('/v1')}{mark}{query}", "/v1/messages")
        self._model = model
        self._needs_key = base_url is None
        self._family = claude_family(model)
        self._effort = cast("Effort | None", sampling.get("reasoning"))
        self._temperature = sampling.get("temperature")
        if self._effort and not self._family.thinking:
            raise UserMistake(
                f'the teacher "anthropic/{model}": reasoning is set; leave it out, since this '
                "model has no extended thinking"
            )
        others = TEXT if text else TOOLS  # other servers of the protocol know tools only
        self._shaping = SCHEMA if self._family.structured and base_url is None else others
        self._thinking = THINKING_ROOM[self._effort] if self._effort else 0
        self._forms: dict[tuple[type[BaseModel], bool], RequestTemplate] = {}

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The key and the version.

        Raises UserMistake if the key is not set or no header can hold it.
        """
        key = api_key(
            KEY_VARIABLE, f'the teacher "anthropic/{self._model}"' if self._needs_key else ""
        )
        return (
            {"x-api-key": key, "anthropic-version": VERSION}
            if key
            else {"anthropic-version": VERSION}
        )

    def body(self, request: Request) -> str:
        if request.shape is Plain:
            return json.dumps(self._plain(request))[:-1]
        which = (request.shape, bool(self.cached(request)))
        found = self._forms.get(which) or self._forms.setdefault(which, self._form(*which))
        return found.fill(template_values(request, self.room(request)))[:-1]

    def room(self, request: Request) -> int:
        return request.max_tokens + self._thinking

    def cached(self, request: Request) -> str:
        """Return the beginning that other requests share, empty if it is too short to be cached."""
        start = request.system + request.user[: request.prefix]
        return start if request.prefix and token_count(start) >= self._family.cached else ""

    def _plain(self, request: Request) -> dict[str, Any]:
        system = {"system": request.system} if request.system else {}
        sampling = {} if self._temperature is None else {"temperature": self._temperature}
        request_fields = {
            "model": self._model,
            **system,
            "messages": request.turns,
            "max_tokens": self.room(request),
        }
        return {**request_fields, **sampling, **self._thoughts()}

    def _form(self, shape: type[BaseModel], cached: bool) -> RequestTemplate:
        user: object = START + REST
        if cached:
            user = [
                {"type": "text", "text": START, "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": REST},
            ]
        messages = [{"role": "user", "content": user}]
        fields: dict[str, Any] = {
            "model": self._model,
            "system": SYSTEM,
            "messages": messages,
            "max_tokens": ROOM,
            **self._thoughts(),
        }
        if self._temperature is not None:
            fields["temperature"] = self._temperature
        if self._shaping is TOOLS:
            # Thinking excludes a forced tool.
            choice = {"tool_choice": {"type": "auto"}} if self._effort else {}
            return request_template(instructor_request(shape, TOOLS, {**fields, **choice}))
        if self._shaping is TEXT:
            return request_template(instructor_request(shape, TEXT, fields))
        # By hand: instructor 1.17 knows this format only by its beta name, which the SDK has
        # dropped.
        schema = {"type": "json_schema", "schema": anthropic.transform_schema(shape)}
        return request_template(
            {**fields, "output_config": {**fields.get("output_config", {}), "format": schema}}
        )

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
            return Reply(
                Plain(text=text, cut=ending == "max_tokens"),
                *usage.both,
                usage.cache_read,
                usage.cache_write,
            )
        if ending == "max_tokens":
            raise Unusable("the reply was cut off at its token limit", *usage.both, "truncated")
        calls = [
            json.dumps(block.get("input")) for block in blocks if block.get("type") == "tool_use"
        ]
        raw = RawReply(Message.construct(**body), [_text(blocks), *calls], usage, self._remedy)
        value = reply_value(request.shape, self._shaping, raw)
        return Reply(value, *usage.both, usage.cache_read, usage.cache_write)

    @property
    def _remedy(self) -> str:
        """The advice if a reply holds no JSON of the shape."""
        if self._needs_key:
            return ""
        other = "tools" if self._shaping is TEXT else "text"
        return f'set structured = "{other}" for this teacher, or take a model that keeps to JSON'

    def learn(self, status: int, words: str) -> bool:
        return False


def _text(blocks: list[dict[str, Any]]) -> str:
    return "".join(
        block["text"]
        for block in blocks
        if block.get("type") == "text" and isinstance(block.get("text"), str)
    )
