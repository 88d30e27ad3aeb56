"""Ask a model on a server: write requests in its protocol, validate replies, type every failure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import nan
from typing import Protocol

from pydantic import BaseModel, ValidationError

from factory.core.base_url import without_query
from factory.core.errors import TeacherDown, TeacherFailed, Unusable
from factory.core.redaction import scrub, scrub_error
from factory.teachers import Reply, Request
from factory.teachers.error_replies import embedded_error, error_of_reply
from factory.teachers.event_stream import assemble_stream, is_stream
from factory.teachers.http import HTTPClient, HTTPReply
from factory.teachers.rate_limiter import RateLimiter
from factory.teachers.token_usage import is_plausible

BYTES_PER_TOKEN = 64  # of a reply: four times a long word in JSON escapes
OVERHEAD = 2**20  # bytes of a reply beyond its tokens, such as uncounted thoughts or metadata
NO_TOKENS = -1  # a count that no reply with an answer can have
MIN_PROMPT_WORDS = 200  # little can be cut from a shorter prompt
MIN_TOKENS_PER_WORD = 0.75  # tokenizers make one or more tokens of each word

Say = Callable[[str], None]


class Dialect(Protocol):
    """Writes and reads the protocol of one provider."""

    url: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers with the key. Raises UserMistake if a needed key is not set."""
        ...

    def body(self, request: Request) -> str:
        """Return the request's JSON without its closing brace."""
        ...

    def room(self, request: Request) -> int:
        """Return the most tokens of a reply, thinking included."""
        ...

    def cached(self, request: Request) -> str: ...

    def reply(self, body: object, request: Request) -> Reply:
        """Read a reply with the server's token counts, zeros if they can't be right.

        Raises Unusable; and KeyError, TypeError, AttributeError, IndexError or ValueError if it is
        not a reply of this protocol.
        """
        ...

    def learn(self, status: int, words: str) -> bool:
        """Switch to another form of request after a refusal; return whether it did."""
        ...


class RemoteTeacher:
    """A teacher on a server, whose protocol `dialect` speaks."""

    def __init__(
        self,
        dialect: Dialect,
        identity: str,
        sampling: Mapping[str, object],
        rate: RateLimiter | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self.dialect = dialect
        self.identity = identity
        self.sampling = sampling
        self.rate = rate or RateLimiter()
        self._say = say
        self._told = False  # the warning about wrong token counts was given
        self._wire: HTTPClient | None = None

    async def send(self, request: Request, key: str) -> Reply:
        """Send a request once. Raises TeacherDown or Unusable."""
        wire = self._wire = self._wire or HTTPClient(
            self.dialect.url, self.dialect.headers, lambda: self.rate.patience
        )
        body = (self.dialect.body(request) + self.extra(key) + "}").encode()
        answered = await wire.post(
            body, key, OVERHEAD + BYTES_PER_TOKEN * self.dialect.room(request)
        )
        try:
            return self.read(answered, request)
        except (Unusable, TeacherDown) as error:  # llama.cpp answers 500 where a template refuses
            status = 400 if error.kind == "refused request" else answered.status
            if error.kind not in ("refused request", "server error") or not self.dialect.learn(
                status, str(error)
            ):
                raise
        raise TeacherDown(
            f"{without_query(self.dialect.url)} does not take this form of request; "
            "the next one is sent in another",
            "another form",
        )

    def body(self, request: Request) -> str:
        """Return the request's JSON as it is sent."""
        return self.dialect.body(request) + "}"

    def read(self, answered: HTTPReply, request: Request) -> Reply:
        """Interpret the server's reply. Raises TeacherDown or Unusable, whose texts hold no key."""
        try:
            return self._read(answered, request)
        except TeacherFailed as error:
            error.args = (scrub_error(str(error)),)
            error.headers = answered.headers
            raise

    def _read(self, answered: HTTPReply, request: Request) -> Reply:
        if answered.status != 200:
            raise error_of_reply(answered, without_query(self.dialect.url))
        body = self._parsed(answered.body)
        if refused := embedded_error(answered, body):
            raise error_of_reply(refused, without_query(self.dialect.url))
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
            reply = replace(
                reply,
                tokens_in=most[0],
                tokens_out=most[1],
                cache_read=0,
                cache_write=0,
                counted=False,
            )
        elif _cut(reply.tokens_in, request):
            raise Unusable(
                _cut_words(reply.tokens_in), reply.tokens_in, reply.tokens_out, "prompt cut"
            )
        return replace(reply, value=_kept(reply), headers=answered.headers)

    def _parsed(self, raw: bytes) -> dict[str, object]:
        """Parse a reply; integers of 19 digits or more become NaN, since no token count is so
        large.
        """
        try:
            sent = assemble_stream(raw) if is_stream(raw) else raw
            body = json.loads(sent.decode("utf-8-sig"), parse_int=_number)
        except (ValueError, RecursionError, AttributeError, TypeError):
            # The last two: events of another shape.
            raise self._strange(raw) from None
        if not isinstance(body, dict):
            raise self._strange(raw)
        return {str(name): value for name, value in body.items()}

    def _strange(self, raw: bytes) -> TeacherDown:
        if raw.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
            remedy = "set base_url to the address of the server's API, which mostly ends in /v1"
            return TeacherDown(
                f"{without_query(self.dialect.url)} sent a web page instead of a reply; {remedy}",
                "not found",
            )
        begins = " ".join(raw[:60].decode(errors="replace").split())
        return TeacherDown(
            f"{without_query(self.dialect.url)} sent a reply that is not of its protocol, "
            f"beginning with {begins!r}",
            "not JSON",
        )

    def _counted(self, tokens_in: int, tokens_out: int, request: Request) -> bool:
        """Return whether the server's token counts can be right.

        If not, the reply is booked at its worst case.
        """
        if is_plausible(tokens_in, tokens_out, self.size(request)):
            return True
        if not self._told:
            self._told = True
            self._say(
                f"{without_query(self.dialect.url)}: token counts are missing or impossible; "
                "such replies are booked at their worst case"
            )
        return False

    def extra(self, key: str) -> str:
        """Return extra fields for the server, as JSON that continues a list of fields."""
        return ""

    def size(self, request: Request) -> tuple[int, int]:
        """Return the most tokens in and out of one send."""
        return tokens_at_most(self.dialect.body(request)), self.dialect.room(request)

    def cached(self, request: Request) -> str:
        return self.dialect.cached(request)

    async def close(self) -> None:
        if self._wire:
            await self._wire.close()
            self._wire = None


_WORDS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "


def tokens_at_most(text: str) -> int:
    """Return an upper bound of the tokens in a text.

    Two letters or spaces count as one token, any other byte as one and a half: more than usual
    tokenizers make.
    """
    every = text.encode()
    others = len(every.translate(None, _WORDS))
    return 1 + (3 * others + len(every) - others) // 2


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else nan


def _cut(tokens_in: int, request: Request) -> bool:
    """Return whether the server counted fewer tokens than the prompt must have."""
    words = sum(len(text.split()) for text in (request.system, *request.before, request.user))
    return words >= MIN_PROMPT_WORDS and tokens_in < MIN_TOKENS_PER_WORD * words


def _cut_words(tokens_in: int) -> str:
    remedy = (
        "give the server a larger context (OLLAMA_CONTEXT_LENGTH, --ctx-size, --max-model-len) "
        "or set chunks.tokens to less"
    )
    return f"the server read only {tokens_in:,} tokens of the prompt and cut off the rest; {remedy}"


def _kept(reply: Reply) -> BaseModel:
    """Return the value as the ledger will give it back, without a key that it may repeat.

    Raises Unusable if it can't be stored: half a surrogate pair, or a number that JSON lacks.
    """
    try:
        text = reply.value.model_dump_json(by_alias=True)
        clean = scrub(text)
        again = type(reply.value).model_validate_json(clean)
    except (ValidationError, ValueError):
        raise Unusable(
            "the reply holds text or numbers that can't be stored",
            reply.tokens_in,
            reply.tokens_out,
        ) from None
    return reply.value if clean == text else again
