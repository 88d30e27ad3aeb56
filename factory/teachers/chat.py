"""OpenAI's chat completions: at OpenAI itself with a strict schema, and at every server that speaks the same protocol."""

import json
import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, cast

import openai
from instructor import Mode
from instructor.v2.core.providers import Provider
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from factory.errors import Unusable, UserMistake
from factory.rate import Rate
from factory.teachers import Plain, Reply, Request
from factory.teachers.families import Effort, thinking_room
from factory.teachers.remote import Remote
from factory.teachers.shapes import REST, ROOM, START, SYSTEM, Form, Shaping, asked, form, texts, validated

OPENAI = "https://api.openai.com/v1"
OWN_KEY = "COMPATIBLE_API_KEY"  # environment variable; most servers of one's own need none
THOUGHT = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.S)  # what some servers leave in front of the answer
NOT_STRICT = ("maxLength", "minLength", "default", "title")  # keywords that OpenAI's strict mode refuses or has no use for

Structured = Literal["strict", "schema", "tools", "text"]
SHAPING: dict[Structured, Shaping] = {
    "strict": (Mode.JSON_SCHEMA, Provider.OPENAI),
    "schema": (Mode.JSON_SCHEMA, Provider.OPENAI),
    "tools": (Mode.TOOLS, Provider.OPENAI),
    "text": (Mode.MD_JSON, Provider.OPENAI),
}


class Chat:
    """`structured`: how the shape is asked for: "strict" of OpenAI; default "schema", and "text" where a server refuses that."""

    def __init__(self, model: str, base_url: str | None, sampling: Mapping[str, object], structured: Structured | None = None) -> None:
        self.strict = structured == "strict"
        self._needs_key = base_url is None
        self.url = f"{(base_url or OPENAI).rstrip('/')}/chat/completions"
        self._model = model
        self._sampling = {{"reasoning": "reasoning_effort"}.get(k, k): v for k, v in sampling.items() if v is not None}
        effort = cast("Effort | None", sampling.get("reasoning"))
        self._thinking = thinking_room(model, effort) if self.strict or effort else 0
        self._structured: Structured = structured or "schema"
        self._may_change = structured is None
        self._forms: dict[type[BaseModel], Form] = {}

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Raises UserMistake where the key that the provider wants is not set."""
        key = os.environ.get("OPENAI_API_KEY" if self.strict else OWN_KEY, "").strip()
        if self._needs_key and not key:
            where = f'the teacher "openai/{self._model}"'
            raise UserMistake(f"{where}: the environment variable OPENAI_API_KEY is not set, must hold your key")
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: Request) -> str:
        if request.shape is Plain:
            return json.dumps({"model": self._model, "messages": request.said, self._room: self.room(request), **self._sampling})[:-1]
        found = self._forms.get(request.shape) or self._forms.setdefault(request.shape, self._form(request.shape))
        return found.fill(texts(request, self.room(request)))[:-1]

    def room(self, request: Request) -> int:
        return request.max_tokens + self._thinking

    def cached(self, request: Request) -> str:
        return ""  # OpenAI keeps beginnings by itself; it is enough that they come first

    @property
    def _room(self) -> str:
        return "max_completion_tokens" if self.strict else "max_tokens"

    def _form(self, shape: type[BaseModel]) -> Form:
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": START + REST}]
        fields = asked(shape, SHAPING[self._structured], {"model": self._model, "messages": messages, self._room: ROOM, **self._sampling})
        if self.strict:
            fields["response_format"]["json_schema"] |= {"strict": True, "schema": strict_schema(shape)}
        return form(fields)

    def reply(self, body: Any, request: Request) -> Reply:  # noqa: ANN401 - JSON as it came; the SDK's type makes sense of it
        completion = _completion(body)
        usage, choice = completion.usage, completion.choices[0]
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        if request.shape is Plain and choice.finish_reason != "content_filter":
            text = THOUGHT.sub("", choice.message.content or "", count=1).strip()
            return Reply(Plain(text=text, cut=choice.finish_reason == "length"), *tokens)
        if choice.finish_reason == "length":
            raise Unusable("the reply was cut off at its token limit", *tokens, "truncated")
        if choice.finish_reason == "content_filter":
            raise Unusable("the provider's content filter held the reply back", *tokens, "content filter")
        if choice.message.refusal:
            raise Unusable(f"the teacher refused: {choice.message.refusal[:200]}", *tokens, "refused")
        value = validated(request.shape, SHAPING[self._structured], completion, tokens)
        details = usage.prompt_tokens_details if usage else None
        return Reply(value, *tokens, cache_read=(details.cached_tokens or 0) if details else 0)

    def learn(self, status: int, words: str) -> bool:
        """A server without JSON schemas says so once; the schema stands in the prompt from then on."""
        complaint = any(word in words for word in ("response_format", "json_schema", "guided", "grammar"))
        if not (self._may_change and status in (400, 422) and complaint and self._structured == "schema"):
            return False
        self._structured, self._forms = "text", {}
        return True


def _completion(body: Any) -> ChatCompletion:  # noqa: ANN401
    """As the SDK reads it, which accepts anything and takes 0.2 ms; most servers keep to the protocol, and that is seen in a twentieth."""
    try:
        return ChatCompletion.model_validate(body)
    except ValidationError:
        return ChatCompletion.construct(**body)


def strict_schema(shape: type[BaseModel]) -> object:
    """As OpenAI's strict mode wants it: every field required, no others, and only the keywords that it knows."""
    return _known(openai.pydantic_function_tool(shape)["function"].get("parameters", {}))


def _known(schema: object, names: bool = False) -> object:
    """`names`: the keys of this object are names of fields, not keywords."""
    if isinstance(schema, dict):
        return {k: _known(v, k in ("properties", "$defs") and not names) for k, v in schema.items() if names or k not in NOT_STRICT}
    return [_known(part) for part in schema] if isinstance(schema, list) else schema


class Compatible(Remote):
    """Any server that speaks chat completions: vLLM, llama.cpp, Ollama, LiteLLM."""

    def __init__(
        self, model: str, base_url: str, identity: str | None = None, temperature: float | None = None, rate: Rate | None = None
    ) -> None:
        sampling = {"temperature": temperature}
        super().__init__(Chat(model, base_url, sampling), identity or model, sampling, rate)
