"""What can go wrong, as a tree, and the exit code each branch ends with.

DocstillError
├── UserMistake      2   a recipe, file or argument; one sentence: what, where, what would be right
├── PromiseBroken    1   the work is done, but a promise was not kept
├── StoppedEarly     3   work kept, run the same command again to go on
└── TeacherFailed        caught by the pipeline, becomes an unfinished slot
    ├── TeacherDown      the call did not get through: connection, timeout, 429, 5xx
    └── Unusable         the request itself caused it: refusal, 400, a reply that stays invalid or truncated
"""


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
    """One call brought no answer."""

    exit_code = 3


class TeacherDown(TeacherFailed):
    """The call did not get through; says nothing about the request."""


class Unusable(TeacherFailed):
    """A reply came, or the request was refused, for a reason that lies in the request itself."""

    def __init__(self, message: str, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(message)
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
