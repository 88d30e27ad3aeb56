"""A server's model as a teacher: requests in the provider's own form, replies validated, everything that goes wrong typed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from factory.errors import Fault, TeacherDown, TeacherFailed, Unusable
from factory.rate import Rate
from factory.teachers import Reply, Request
from factory.teachers.wire import Answered, Wire

SECRET = re.compile(r"\bsk-[\w*.-]+")  # a key that a server echoes, in part or whole
WORDS = 200  # characters of a server's own words in a message


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
        """Raises Unusable; KeyError, TypeError, AttributeError or IndexError where it is no reply of this protocol."""
        ...

    def learn(self, status: int, words: str) -> bool:
        """Whether a refused request is worth sending in another form from now on."""
        ...


class Remote:
    """`dialect` is made at the first request, so that a run answered by its ledger needs no key."""

    def __init__(self, dialect: Dialect, identity: str, sampling: Mapping[str, object], rate: Rate | None = None) -> None:
        self.dialect = dialect
        self.identity = identity
        self.sampling = sampling
        self.rate = rate or Rate()
        self._wire: Wire | None = None

    async def send(self, request: Request, key: str) -> Reply:
        """One request, sent once. Raises TeacherDown or Unusable."""
        wire = self._wire = self._wire or Wire(self.dialect.url, self.dialect.headers, lambda: self.rate.patience)
        answered = await wire.post((self.dialect.body(request) + self.extra(key) + "}").encode(), key)
        try:
            return self.read(answered, request, secrets(self.dialect.headers))
        except Unusable as error:
            if answered.status == 200 or not self.dialect.learn(answered.status, str(error)):
                raise
        raise TeacherDown(f"{self.dialect.url} does not take this form of request; the next one is sent in another", "another form")

    def body(self, request: Request) -> str:
        """The request's JSON as it is sent."""
        return self.dialect.body(request) + "}"

    def read(self, answered: Answered, request: Request, hidden: Sequence[str] = ()) -> Reply:
        """What the server's reply means; `hidden`: words that no error may show. Raises TeacherDown or Unusable."""
        if answered.status != 200:
            raise by_status(answered, self.dialect.url, hidden)
        try:
            reply = self.dialect.reply(json.loads(answered.body), request)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            problem = f"{self.dialect.url} sent a reply that is not of its protocol ({type(error).__name__})"
            raise TeacherDown(problem, "not JSON", answered.headers) from None
        except Unusable as error:
            error.headers = answered.headers
            if not error.tokens_in:
                error.tokens_in, error.tokens_out = self.size(request)
            raise
        if not reply.tokens_in:  # a server that counts no tokens may charge them all the same
            reply = replace(reply, tokens_in=self.size(request)[0], tokens_out=self.size(request)[1])
        return replace(reply, headers=answered.headers)

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


def secrets(headers: Mapping[str, str]) -> list[str]:
    named = (value for name, value in headers.items() if name in ("authorization", "x-api-key"))
    return [value.removeprefix("Bearer ") for value in named]


def by_status(answered: Answered, url: str, hidden: Sequence[str]) -> TeacherFailed:
    """What a refused call means: the request's fault, the user's, or the server's."""
    status, said = answered.status, _words(answered.body, hidden)
    if status in (400, 413, 422) or "model produced output" in said:  # the latter is llama.cpp's 500
        kind: Fault = "content filter" if "content_filter" in said or "content management" in said else "refused request"
        return Unusable(f"the server refused the request ({status}: {said})", kind=kind)
    told = f"{url} answered {status}: {said}"
    if status in (401, 403):
        return TeacherDown(f"{told}; the key in the environment must be one that this server accepts", "key refused")
    if status in (404, 405):
        return TeacherDown(f"{told}; the teacher's model and base_url must name a model that the server has", "not found")
    if status == 402 or (status == 429 and "insufficient_quota" in said):
        return TeacherDown(f"{told}; the account has no credit left", "no quota")
    return TeacherDown(told, "rate limited" if status == 429 else "server error", answered.headers)


def _words(body: bytes, hidden: Sequence[str]) -> str:
    """The server's own words, with its code, and without any key."""
    text = body.decode(errors="replace")
    try:
        error = json.loads(text)["error"]
        text = f"{error['message']} [{error.get('code') or error.get('type') or ''}]" if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, TypeError):
        pass
    for secret in filter(None, hidden):
        text = text.replace(secret, "[key]")
    return SECRET.sub("[key]", " ".join(text.split()))[:WORDS]
