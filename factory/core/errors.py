"""What can go wrong, as a tree, and the exit code each branch ends with.

DocstillError
├── UserMistake      2   a recipe, file or argument; one sentence: what, where, what would be right
├── PromiseBroken    1   the work is done, but a promise was not kept
├── StoppedEarly     3   work kept, run the same command again to go on
└── TeacherFailed        caught by the pipeline, becomes an unfinished slot
    ├── TeacherDown      the call did not get through: connection, timeout, 429, 5xx
    ├── Unusable         the request itself caused it: refusal, 400, a reply that stays invalid or truncated
    └── NotAsked         the call was not made: the budget is spent, or its batch is still out
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

NONE: Mapping[str, str] = MappingProxyType({})

# What became of a send that brought no answer, as the report counts it.
Down = Literal[
    "unreachable",
    "hung",
    "broken off",
    "not JSON",
    "too large",
    "rate limited",
    "server error",
    "another form",
    "key refused",
    "not found",
    "no quota",
    "gone",
    "expired",
    "cancelled",
]
Fault = Literal["wrong shape", "truncated", "refused", "content filter", "refused request", "prompt cut", "given up"]


class DocstillError(Exception):
    """Root of everything that docstill raises on purpose; its text is one sentence for the user."""

    exit_code = 2


class UserMistake(DocstillError):
    """The user can put it right: the sentence says what, where and what would be right."""


class PromiseBroken(DocstillError):
    """Everything ran, but the outcome is not what docstill promises."""

    exit_code = 1


class StoppedEarly(DocstillError):
    """The run stopped before its end; nothing is lost."""

    exit_code = 3


class TeacherFailed(DocstillError):
    """One call brought no answer. `kind` is told apart in the report; `headers` are the reply's, for what they say of limits."""

    exit_code = 3

    def __init__(self, message: str, kind: str, headers: Mapping[str, str] = NONE) -> None:
        super().__init__(message)
        self.kind = kind
        self.headers = headers


class TeacherDown(TeacherFailed):
    """The call did not get through; says nothing about the request.

    `billed`: whether the provider may have done the work all the same. `hopeless`: asking again can't help, such as with a wrong key.
    """

    def __init__(self, message: str, kind: Down = "unreachable", headers: Mapping[str, str] = NONE) -> None:
        super().__init__(message, kind, headers)
        self.billed = kind in ("hung", "broken off", "not JSON", "too large")
        self.hopeless = kind in ("key refused", "not found", "no quota")


class Unusable(TeacherFailed):
    """A reply came, or the request was refused, for a reason that lies in the request itself."""

    def __init__(self, message: str, tokens_in: int = 0, tokens_out: int = 0, kind: Fault = "wrong shape") -> None:
        super().__init__(message, kind)
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
        self.counted = True  # False: the server told no counts, these are the most that the request can take


class NotAsked(TeacherFailed):
    """The call was not made: no money is left, or a batch brings its answer later. Nothing is wrong with request or teacher."""
