"""The interface of a teacher: send a request, get a validated reply or one typed failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from pydantic import BaseModel

from factory.core.errors import NO_HEADERS
from factory.core.records import digest
from factory.teachers.rate_limiter import RateLimiter

LEDGER_VERSION = 1  # raised when the meaning of a request changes, never for a new library


class Plain(BaseModel):
    """The shape of a reply that is to have none: the text as it comes, and whether it had not ended when its room was full."""  # noqa: E501 - sent to teachers, part of the ledger's key

    text: str
    cut: bool = False


@dataclass(frozen=True)
class Request:
    """A request to a teacher: two prompt parts, the reply's shape, and the number of the draw."""

    system: str
    user: str
    shape: type[BaseModel]
    draw: int = 1
    # Of the reply. A structured answer does not depend on it, so the ledger's key leaves it out.
    max_tokens: int = 1024
    # Characters at the start of `user` that other requests with the same system part share.
    prefix: int = 0
    # Which of several teachers it is for. The ledger's key holds the teacher's identity instead.
    teacher: str = ""
    before: tuple[str, ...] = ()  # plain requests: earlier turns, user first

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages of a plain request, system message included."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, *self.turns]

    @property
    def turns(self) -> list[dict[str, str]]:
        return [
            {"role": ("user", "assistant")[i % 2], "content": text}
            for i, text in enumerate((*self.before, self.user))
        ]


@dataclass(frozen=True)
class Reply:
    """A teacher's reply, valid by the request's shape, with the provider's token counts."""

    value: BaseModel
    tokens_in: int  # the whole prompt, tokens read from and written to the cache included
    tokens_out: int  # thinking included
    cache_read: int = 0
    cache_write: int = 0
    # False: the server sent no counts, these are the most that it can take.
    counted: bool = field(default=True, compare=False)
    # By lower-case name.
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS, compare=False)


class Teacher(Protocol):
    """Anything that answers requests;

    `identity` names whose answers they are, whatever the host.
    """

    @property
    def identity(self) -> str: ...

    @property
    def sampling(self) -> Mapping[str, object]:
        """Temperature and reasoning effort as set; part of the ledger's key."""
        ...

    @property
    def rate(self) -> RateLimiter:
        """The limiter of requests at once and per minute."""
        ...

    def size(self, request: Request) -> tuple[int, int]:
        """Return the most tokens in and out of one send."""
        ...

    def cached(self, request: Request) -> str:
        """Return the start of the prompt that the provider is asked to cache.

        It is empty if the start is too short to be cached.
        """
        ...

    async def send(self, request: Request, key: str) -> Reply:
        """Send a request once. Raises TeacherDown or Unusable."""
        ...

    async def close(self) -> None: ...


def request_key(request: Request, teacher: Teacher) -> str:
    """Return a request's key in the ledger; it ignores host, price, timeout and library version."""
    return digest(
        {
            "version": LEDGER_VERSION,
            "teacher": teacher.identity,
            "prompt": [request.system, *request.before, request.user],
            "shape": _schema(request.shape),
            "sampling": dict(teacher.sampling),
            "draw": request.draw,
            **(
                {"room": request.max_tokens} if request.shape is Plain else {}
            ),  # a text that was cut goes on where there is more
        }
    )


@cache
def _schema(shape: type[BaseModel]) -> dict[str, object]:
    """Return the JSON schema of a shape, cached since it takes half a millisecond."""
    return shape.model_json_schema()
