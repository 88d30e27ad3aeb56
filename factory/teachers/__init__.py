"""A teacher behind one call: a request goes out, a validated reply comes back, or one typed failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from pydantic import BaseModel

from factory.core.errors import NONE
from factory.core.records import digest
from factory.teachers.rate_limiter import Rate

LEDGER_VERSION = 1  # raised when the meaning of a request changes, never for a new library


class Plain(BaseModel):
    """The shape of a reply that is to have none: the text as it comes, and whether it had not ended when its room was full."""

    text: str
    cut: bool = False


@dataclass(frozen=True)
class Request:
    """What a teacher is asked: two prompt parts, the shape of the reply, and which draw it is."""

    system: str
    user: str
    shape: type[BaseModel]
    draw: int = 1
    max_tokens: int = 1024  # of the reply; more room buys no other answer of a shape, so the ledger's key leaves it out
    prefix: int = 0  # so many characters at the start of `user` stand in other requests too, behind the same system part
    teacher: str = ""  # of several, whom it is for; no part of the ledger's key, which knows the teacher's identity
    before: tuple[str, ...] = ()  # of a plain one: what was said before `user`, by user and assistant in turn

    @property
    def said(self) -> list[dict[str, str]]:
        """The chat of a plain request."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self.turns]

    @property
    def turns(self) -> list[dict[str, str]]:
        return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate((*self.before, self.user))]


@dataclass(frozen=True)
class Reply:
    """What it answered, valid by the request's shape, and what the provider counted."""

    value: BaseModel
    tokens_in: int  # of the whole prompt: those read from the provider's cache and those written to it are among them
    tokens_out: int  # those of thinking are among them
    cache_read: int = 0
    cache_write: int = 0
    counted: bool = field(default=True, compare=False)  # False: the server told no counts, these are the most that it can take
    headers: Mapping[str, str] = field(default_factory=lambda: NONE, compare=False)  # lower-case names


class Teacher(Protocol):
    """Anything that answers requests. `identity` says whose answers these are, whatever host they came from."""

    @property
    def identity(self) -> str: ...

    @property
    def sampling(self) -> Mapping[str, object]:
        """What is set of temperature and reasoning: part of the ledger's key."""
        ...

    @property
    def rate(self) -> Rate:
        """How many requests it is given at once and a minute."""
        ...

    def size(self, request: Request) -> tuple[int, int]:
        """At most so many tokens in and out, in one send."""
        ...

    def cached(self, request: Request) -> str:
        """The beginning of the prompt that the provider is told to keep for the requests to come; empty where it is too short."""
        ...

    async def send(self, request: Request, key: str) -> Reply:
        """One request, sent once. Raises TeacherDown or Unusable."""
        ...

    async def close(self) -> None: ...


def request_key(request: Request, teacher: Teacher) -> str:
    """The ledger's digest of a request: never of host, price, timeout or library version."""
    return digest(
        {
            "version": LEDGER_VERSION,
            "teacher": teacher.identity,
            "prompt": [request.system, *request.before, request.user],
            "shape": _schema(request.shape),
            "sampling": dict(teacher.sampling),
            "draw": request.draw,
            **({"room": request.max_tokens} if request.shape is Plain else {}),  # a text that was cut goes on where there is more
        }
    )


@cache
def _schema(shape: type[BaseModel]) -> dict[str, object]:
    """Half a millisecond of work, once a shape."""
    return shape.model_json_schema()
