"""Define the errors of docstill as a tree, with the exit code of each branch.

DocstillError
├── UserMistake      2   a wrong recipe, file or argument; one sentence: what, where, how to fix it
├── PromiseBroken    1   the work is done, but a promise was not kept
├── StoppedEarly     3   the work is kept, run the same command again to go on
└── TeacherFailed        caught by the pipeline, becomes an unfinished slot
    ├── TeacherDown      the call did not get through: connection, timeout, 429, 5xx
    ├── Unusable         the request caused it: a refusal, 400, an invalid or truncated reply
    └── NotAsked         the call was not made: no budget left, or its batch is still running
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

# How a send without an answer ended, as the report counts it.
DownKind = Literal[
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
UnusableKind = Literal[
    "wrong shape",
    "truncated",
    "refused",
    "content filter",
    "refused request",
    "prompt cut",
    "given up",
]


class DocstillError(Exception):
    """The root of all errors that docstill raises on purpose; its text is one sentence for the
    user.
    """

    exit_code = 2


class UserMistake(DocstillError):
    """The user can fix it: the sentence says what is wrong, where, and what to do."""


class PromiseBroken(DocstillError):
    """Everything ran, but the result is not what docstill promises."""

    exit_code = 1


class StoppedEarly(DocstillError):
    """The run stopped early; nothing is lost."""

    exit_code = 3


class TeacherFailed(DocstillError):
    """One call brought no answer.

    The report counts by `kind`; `headers` are the reply's, for the rate limits in them.
    """

    exit_code = 3

    def __init__(self, message: str, kind: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(message)
        self.kind = kind
        self.headers = headers


class TeacherDown(TeacherFailed):
    """The call did not get through, whatever the request.

    `billed`: the provider may have done the work nevertheless. `hopeless`: asking again can't help,
    as with a wrong key.
    """

    def __init__(
        self, message: str, kind: DownKind = "unreachable", headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        super().__init__(message, kind, headers)
        self.billed = kind in ("hung", "broken off", "not JSON", "too large")
        self.hopeless = kind in ("key refused", "not found", "no quota")


class Unusable(TeacherFailed):
    """The request was refused, or its reply can't be used, for a reason in the request itself."""

    def __init__(
        self,
        message: str,
        tokens_in: int = 0,
        tokens_out: int = 0,
        kind: UnusableKind = "wrong shape",
    ) -> None:
        super().__init__(message, kind)
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
        # False: the server sent no counts, and these are the most that the request can take.
        self.counted = True


class NotAsked(TeacherFailed):
    """The call was not made: no money is left, or a batch brings its answer later."""
