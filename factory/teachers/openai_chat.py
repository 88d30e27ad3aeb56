"""Speak OpenAI's chat completions, to OpenAI with a strict schema and to compatible servers."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, cast

import openai
from instructor import Mode
from instructor.v2.core.providers import Provider
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ValidationError

from factory.core.base_url import endpoint
from factory.core.chat_template import fold_system
from factory.core.errors import Unusable
from factory.teachers import Plain, Reply, Request
from factory.teachers.control_token_escaping import escape_request, restore_reply
from factory.teachers.credentials import api_key
from factory.teachers.lenient_json import without_thoughts
from factory.teachers.model_families import Effort, thinking_room
from factory.teachers.rate_limiter import RateLimiter
from factory.teachers.remote import RemoteTeacher
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
from factory.teachers.token_usage import Usage, openai_usage

OPENAI = "https://api.openai.com/v1"
OWN_KEY = "COMPATIBLE_API_KEY"  # environment variable; most self-hosted servers need none
# Fields of a message in which servers put what the model thought first.
THOUGHT_FIELDS = ("reasoning_content", "reasoning")
# How Gemma's and Mistral's templates refuse a system message.
NO_SYSTEM = re.compile(
    r"(?i)system (?:role|message|prompt)s? (?:is |are )?not supported|roles must alternate"
)
MIN_BLANKS = 100  # at the end of a reply; no model writes that many on purpose
# In a server's words.
FORM_REFUSED = ("response_format", "json_schema", "json_validate", "guided", "grammar")
# Keywords that OpenAI's strict mode refuses or has no use for.
NOT_STRICT = ("maxLength", "minLength", "default", "title")

Structured = Literal["strict", "schema", "tools", "text"]
SHAPING: dict[Structured, Shaping] = {
    "strict": (Mode.JSON_SCHEMA, Provider.OPENAI),
    "schema": (Mode.JSON_SCHEMA, Provider.OPENAI),
    "tools": (Mode.TOOLS, Provider.OPENAI),
    "text": (Mode.MD_JSON, Provider.OPENAI),
}


class OpenAIDialect:
    """OpenAI's chat protocol.

    `structured` is how JSON is asked for: "strict" at OpenAI; by default "schema", then "text" if
    the server refuses that.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None,
        sampling: Mapping[str, object],
        structured: Structured | None = None,
    ) -> None:
        self.strict = structured == "strict"
        self._needs_key = base_url is None
        self.url = endpoint(base_url or OPENAI, "/chat/completions")
        self._model = model
        self._sampling = {
            {"reasoning": "reasoning_effort"}.get(k, k): v
            for k, v in sampling.items()
            if v is not None
        }
        effort = cast("Effort | None", sampling.get("reasoning"))
        self._thinking = thinking_room(model, effort) if self.strict or effort else 0
        self._structured: Structured = structured or "schema"
        self._may_change = structured is None
        self._room = "max_completion_tokens" if self.strict else "max_tokens"
        self._folds = False  # prepend the system message to the user's text
        self._forms: dict[type[BaseModel], RequestTemplate] = {}

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The key. Raises UserMistake if a needed key is not set or no header can hold it."""
        who = f'the teacher "openai/{self._model}"' if self._needs_key else ""
        key = api_key("OPENAI_API_KEY" if self.strict else OWN_KEY, who)
        return {"authorization": f"Bearer {key}"} if key else {}

    def body(self, request: Request) -> str:
        if request.shape is Plain:
            messages = fold_system(request.messages) if self._folds else request.messages
            return json.dumps(
                {
                    "model": self._model,
                    "messages": messages,
                    self._room: self.room(request),
                    **self._sampling,
                }
            )[:-1]
        found = self._forms.get(request.shape) or self._forms.setdefault(
            request.shape, self._form(request.shape)
        )
        return found.fill(template_values(request, self.room(request)))[:-1]

    def room(self, request: Request) -> int:
        return request.max_tokens + self._thinking

    def cached(self, request: Request) -> str:
        return ""  # OpenAI caches shared beginnings by itself

    def _form(self, shape: type[BaseModel]) -> RequestTemplate:
        messages = [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": START + REST},
        ]
        fields = instructor_request(
            shape,
            SHAPING[self._structured],
            {"model": self._model, "messages": messages, self._room: ROOM, **self._sampling},
        )
        if self._folds:
            fields["messages"] = fold_system(fields["messages"])
        if self.strict:
            fields["response_format"]["json_schema"] |= {
                "strict": True,
                "schema": strict_schema(shape),
            }
        return request_template(fields)

    def reply(self, body: Any, request: Request) -> Reply:  # noqa: ANN401 - JSON as it came; the SDK's type makes sense of it
        usage = openai_usage(body)
        if body["choices"] == []:
            raise Unusable(
                "the server sent a reply without an answer (its choices are empty)", *usage.both
            )
        choice = body["choices"][0]
        # The latter of the older completions.
        message = choice.get("message") or {"content": choice.get("text")}
        ending = choice.get("finish_reason")
        if ending == "content_filter":
            raise Unusable(
                "the provider's content filter held the reply back", *usage.both, "content filter"
            )
        if request.shape is Plain:
            text = _plain(message, ending, usage)
            return Reply(Plain(text=text, cut=ending == "length"), *usage.both)
        if ending == "length":
            return Reply(
                self._cut(message, request.shape, usage), *usage.both, cache_read=usage.cache_read
            )
        if message.get("refusal"):
            raise Unusable(
                f"the teacher refused: {str(message['refusal'])[:200]}", *usage.both, "refused"
            )
        raw = RawReply(_completion(body), list(_texts(message)), usage, self._remedy)
        value = reply_value(request.shape, SHAPING[self._structured], raw)
        return Reply(value, *usage.both, cache_read=usage.cache_read)

    def _cut(self, message: dict[str, Any], shape: type[BaseModel], usage: Usage) -> BaseModel:
        """Return the value of a reply at its token limit if only blanks follow complete JSON.

        Raises Unusable otherwise.
        """
        text = "".join(_parts(message.get("content")))
        if len(text) - len(text.rstrip()) < MIN_BLANKS:
            only_thoughts = not text and any(message.get(name) for name in THOUGHT_FIELDS)
            spent = (
                "; it was spent on thinking, turn the model's thinking off" if only_thoughts else ""
            )
            raise Unusable(
                f"the reply was cut off at its token limit{spent}", *usage.both, "truncated"
            )
        try:
            return shape.model_validate_json(text)
        except ValueError:
            why = (
                "the reply reached its token limit in blanks, "
                "which a server's JSON grammar lets a model write without end"
            )
            remedy = f"; {self._remedy}" if self._remedy else ""
            raise Unusable(f"{why}{remedy}", *usage.both, "truncated") from None

    @property
    def _remedy(self) -> str:
        """The advice if a reply holds no JSON of the shape."""
        if self.strict:
            return ""
        other = '"schema" or "tools"' if self._structured == "text" else '"text"'
        return f"set structured = {other} for this teacher, or take a model that keeps to JSON"

    def learn(self, status: int, words: str) -> bool:
        """Switch to another form of request if the refusal asks for one; return whether it did.

        Servers refuse JSON schemas so, or a system turn that their chat template lacks.
        """
        if "max_completion_tokens" in words and self._room == "max_tokens":
            self._room, self._forms = "max_completion_tokens", {}
            return True
        if NO_SYSTEM.search(words) and not self._folds and not self.strict:
            self._folds, self._forms = True, {}
            return True
        complaint = any(word in words for word in FORM_REFUSED)
        if not (
            self._may_change
            and status in (400, 422, 500, 501)
            and complaint
            and self._structured == "schema"
        ):
            return False
        self._structured, self._forms = "text", {}
        return True


def _plain(message: dict[str, Any], ending: object, usage: Usage) -> str:
    """Return a plain reply's text without thoughts. Raises Unusable if there are only thoughts."""
    text = without_thoughts("".join(_parts(message.get("content"))))
    if not text and ending != "length" and any(message.get(name) for name in THOUGHT_FIELDS):
        remedy = "turn off the server's parser of thoughts, or the model's thinking"
        raise Unusable(f"the reply holds thoughts but no content; {remedy}", *usage.both)
    # A server that cut a character leaves half a surrogate pair.
    return text.encode("utf-8", "replace").decode()


def _texts(message: dict[str, Any]) -> Iterator[str]:
    """Yield the texts that may hold a reply's JSON, the likeliest first."""
    yield "".join(_parts(message.get("content")))
    calls = [one for one in message.get("tool_calls") or () if isinstance(one, dict)]
    for one in (*(call.get("function") for call in calls), message.get("function_call")):
        if isinstance(one, dict) and (arguments := one.get("arguments")):
            yield arguments if isinstance(arguments, str) else json.dumps(arguments)
    if message.get("parsed"):
        yield json.dumps(message["parsed"])
    for name in THOUGHT_FIELDS:
        if isinstance(message.get(name), str):
            yield message[name]
    # OpenRouter's.
    if details := [one for one in message.get("reasoning_details") or () if isinstance(one, dict)]:
        yield "".join(one["text"] for one in details if isinstance(one.get("text"), str))


def _parts(content: object) -> Iterator[str]:
    """Yield the texts of a content, which may be a list of parts, without those of thinking."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict) and "type" not in content:
        yield json.dumps(content)  # already parsed
    for part in (
        content if isinstance(content, list) else [content] if isinstance(content, dict) else ()
    ):
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and part.get("type", "text") in ("text", "output_text"):
            text = part.get("text")
            yield text if isinstance(text, str) else ""


def _completion(body: Any) -> ChatCompletion:  # noqa: ANN401
    """Validate a completion, which takes a twentieth of the SDK's 0.2 ms, else construct it.

    The SDK's constructor accepts anything, also from servers that deviate from the protocol.
    """
    try:
        return ChatCompletion.model_validate(body)
    except ValidationError:
        return ChatCompletion.construct(**body)


def strict_schema(shape: type[BaseModel]) -> object:
    """Return the schema as OpenAI's strict mode wants it.

    Every field is required, there are no others, and only keywords that it knows are used.
    """
    return _known(openai.pydantic_function_tool(shape)["function"].get("parameters", {}))


def _known(schema: object, names: bool = False) -> object:
    """Drop unknown keywords; with `names` the keys of this object are field names, not keywords."""
    if isinstance(schema, dict):
        return {
            k: _known(v, k in ("properties", "$defs") and not names)
            for k, v in schema.items()
            if names or k not in NOT_STRICT
        }
    return [_known(part) for part in schema] if isinstance(schema, list) else schema


class CompatibleTeacher(RemoteTeacher):
    """A server that speaks chat completions: vLLM, llama.cpp, Ollama, LiteLLM.

    It tokenizes the whole chat as one text, so a control token in a document would end the user's
    turn.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        identity: str | None = None,
        temperature: float | None = None,
        rate: RateLimiter | None = None,
    ) -> None:
        sampling = {"temperature": temperature}
        super().__init__(
            OpenAIDialect(model, base_url, sampling), identity or model, sampling, rate
        )

    async def send(self, request: Request, key: str) -> Reply:
        return restore_reply(await super().send(escape_request(request), key), request)
