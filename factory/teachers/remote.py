"""A server's model as a teacher: requests in the provider's own form, replies validated, everything that goes wrong typed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import nan
from typing import Protocol

from pydantic import BaseModel, ValidationError

from factory.core.base_url import shown
from factory.core.errors import TeacherDown, TeacherFailed, Unusable
from factory.core.redaction import scrub, scrub_error
from factory.teachers import Reply, Request
from factory.teachers.error_replies import by_status, error_within
from factory.teachers.event_stream import is_stream, whole
from factory.teachers.http import Answered, Wire
from factory.teachers.rate_limiter import Rate
from factory.teachers.token_usage import possible

BYTES = 64  # of a reply for each token: four times a long word in JSON's escapes
OVERHEAD = 2**20  # bytes of a reply beside its tokens, such as thoughts that are not counted, or words about the call
NO_TOKENS = -1  # a count that no reply with an answer in it can have
LEAST_WORDS = 200  # of a prompt: in a shorter one little can be cut
LEAST_SHARE = 0.75  # tokens of a word: tokenizers make one or more of each

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Nobody is told."""


class Dialect(Protocol):
    """How one provider's protocol is written and read."""

    url: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Those that say who asks. Raises UserMistake where the provider's key is not set."""
        ...

    def body(self, request: Request) -> str:
        """The request's JSON, whole but for its end."""
        ...

    def room(self, request: Request) -> int:
        """The most tokens of a reply, those of thinking included."""
        ...

    def cached(self, request: Request) -> str: ...

    def reply(self, body: object, request: Request) -> Reply:
        """A reply whose counts the server told; zeros where it told none that can be right.

        Raises Unusable; KeyError, TypeError, AttributeError, IndexError or ValueError where it is no reply of this protocol.
        """
        ...

    def learn(self, status: int, words: str) -> bool:
        """Whether a refused request is worth sending in another form from now on."""
        ...


class Remote:
    """`dialect` is made at the first request, so that a run answered by its ledger needs no key."""

    def __init__(
        self, dialect: Dialect, identity: str, sampling: Mapping[str, object], rate: Rate | None = None, say: Say = silent
    ) -> None:
        self.dialect = dialect
        self.identity = identity
        self.sampling = sampling
        self.rate = rate or Rate()
        self._say = say
        self._told = False  # that the server's counts are not to be used
        self._wire: Wire | None = None

    async def send(self, request: Request, key: str) -> Reply:
        """One request, sent once. Raises TeacherDown or Unusable."""
        wire = self._wire = self._wire or Wire(self.dialect.url, self.dialect.headers, lambda: self.rate.patience)
        body = (self.dialect.body(request) + self.extra(key) + "}").encode()
        answered = await wire.post(body, key, OVERHEAD + BYTES * self.dialect.room(request))
        try:
            return self.read(answered, request)
        except (Unusable, TeacherDown) as error:  # llama.cpp answers 500 where a template refuses
            status = 400 if error.kind == "refused request" else answered.status
            if error.kind not in ("refused request", "server error") or not self.dialect.learn(status, str(error)):
                raise
        raise TeacherDown(f"{shown(self.dialect.url)} does not take this form of request; the next one is sent in another", "another form")

    def body(self, request: Request) -> str:
        """The request's JSON as it is sent."""
        return self.dialect.body(request) + "}"

    def read(self, answered: Answered, request: Request) -> Reply:
        """What the server's reply means. Raises TeacherDown or Unusable, without any key in their words."""
        try:
            return self._read(answered, request)
        except TeacherFailed as error:
            error.args = (scrub_error(str(error)),)
            error.headers = answered.headers
            raise

    def _read(self, answered: Answered, request: Request) -> Reply:
        if answered.status != 200:
            raise by_status(answered, shown(self.dialect.url))
        body = self._parsed(answered.body)
        if refused := error_within(answered, body):
            raise by_status(refused, shown(self.dialect.url))
        try:
            reply = self.dialect.reply(body, request)
        except Unusable as error:
            if not self._counted(error.tokens_in, error.tokens_out, request):
                error.tokens_in, error.tokens_out = self.size(request)
                error.counted = False
            raise
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise self._strange(answered.body) from None
        if not self._counted(reply.tokens_in, reply.tokens_out or NO_TOKENS, request):
            most = self.size(request)
            reply = replace(reply, tokens_in=most[0], tokens_out=most[1], cache_read=0, cache_write=0, counted=False)
        elif _cut(reply.tokens_in, request):
            raise Unusable(_cut_words(reply.tokens_in), reply.tokens_in, reply.tokens_out, "prompt cut")
        return replace(reply, value=_kept(reply), headers=answered.headers)

    def _parsed(self, raw: bytes) -> dict[str, object]:
        """Numbers that no count reaches are read as NaN: they may stand where nobody looks."""
        try:
            sent = whole(raw) if is_stream(raw) else raw
            body = json.loads(sent.decode("utf-8-sig"), parse_int=_number)
        except (ValueError, RecursionError, AttributeError, TypeError):  # the last two: events of another shape
            raise self._strange(raw) from None
        if not isinstance(body, dict):
            raise self._strange(raw)
        return {str(name): value for name, value in body.items()}

    def _strange(self, raw: bytes) -> TeacherDown:
        if raw.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
            remedy = "set base_url to the address of the server's API, which mostly ends in /v1"
            return TeacherDown(f"{shown(self.dialect.url)} sent a web page instead of a reply; {remedy}", "not found")
        begins = " ".join(raw[:60].decode(errors="replace").split())
        return TeacherDown(f"{shown(self.dialect.url)} sent a reply that is not of its protocol, beginning with {begins!r}", "not JSON")

    def _counted(self, tokens_in: int, tokens_out: int, request: Request) -> bool:
        """Whether the server told counts that can be right. Where it did not, each such reply is booked at its worst case."""
        if possible(tokens_in, tokens_out, self.size(request)):
            return True
        if not self._told:
            self._told = True
            self._say(f"{shown(self.dialect.url)}: token counts are missing or impossible; such replies are booked at their worst case")
        return False

    def extra(self, key: str) -> str:
        """Fields beyond the protocol's own that the server is sent, as JSON that goes on a list of fields."""
        return ""

    def size(self, request: Request) -> tuple[int, int]:
        """At most so many tokens in and out, in one send."""
        return tokens_at_most(self.dialect.body(request)), self.dialect.room(request)

    def cached(self, request: Request) -> str:
        return self.dialect.cached(request)

    async def close(self) -> None:
        if self._wire:
            await self._wire.close()
            self._wire = None


_WORDS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "


def tokens_at_most(text: str) -> int:
    """More tokens than usual tokenizers make of a text: two letters or spaces each, and one and a half for every other byte."""
    every = text.encode()
    others = len(every.translate(None, _WORDS))
    return 1 + (3 * others + len(every) - others) // 2


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else nan


def _cut(tokens_in: int, request: Request) -> bool:
    """Whether the server counts fewer tokens than the prompt has at least."""
    words = sum(len(text.split()) for text in (request.system, *request.before, request.user))
    return words >= LEAST_WORDS and tokens_in < LEAST_SHARE * words


def _cut_words(tokens_in: int) -> str:
    remedy = "give the server a larger context (OLLAMA_CONTEXT_LENGTH, --ctx-size, --max-model-len) or set chunks.tokens to less"
    return f"the server read only {tokens_in:,} tokens of the prompt and cut off the rest; {remedy}"


def _kept(reply: Reply) -> BaseModel:
    """The value as the ledger will give it back, without a key that the server may have shown its model.

    Raises Unusable where it can't be written: with half a surrogate pair, or a number that JSON does not know.
    """
    try:
        text = reply.value.model_dump_json(by_alias=True)
        clean = scrub(text)
        again = type(reply.value).model_validate_json(clean)
    except (ValidationError, ValueError):
        raise Unusable("the reply holds text or numbers that can't be stored", reply.tokens_in, reply.tokens_out) from None
    return reply.value if clean == text else again
