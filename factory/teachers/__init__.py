"""A teacher behind one call: a request goes out, a validated reply comes back, or one typed failure."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel

from factory.records import digest

LEDGER_VERSION = 1  # raised when the meaning of a request changes, never for a new library


@dataclass(frozen=True)
class Request:
    """What a teacher is asked: two prompt parts, the shape of the reply, and which draw it is."""

    system: str
    user: str
    shape: type[BaseModel]
    draw: int = 1
    max_tokens: int = 1024


@dataclass(frozen=True)
class Reply:
    """What it answered, valid by the request's shape."""

    value: BaseModel
    tokens_in: int
    tokens_out: int


class Teacher(Protocol):
    """Anything that answers requests. `identity` says whose answers these are, whatever host they came from."""

    @property
    def identity(self) -> str: ...

    @property
    def temperature(self) -> float | None: ...

    @property
    def in_flight(self) -> int:
        """How many requests it is given at once."""
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
            "prompt": [request.system, request.user],
            "shape": request.shape.model_json_schema(),
            "sampling": {"temperature": teacher.temperature},
            "draw": request.draw,
        }
    )
