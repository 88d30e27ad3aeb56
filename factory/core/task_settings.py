"""Define a task's settings: its kind, the client's wishes, and the keys of each kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, PrivateAttr, ValidationInfo, model_validator

from factory.core.jsonl import loads
from factory.core.schemas import FieldSettings, FunctionSettings, repeated


class LabelSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    name: str = Field(min_length=1)
    definition: str = ""
    boundary: str = ""
    """Cases close to another label, and which of the two applies."""


class RewriteSampleSettings(BaseModel, frozen=True, extra="forbid"):
    """A text of the client's before and after it was rewritten in the house style."""

    before: str = Field(min_length=1)
    after: str = Field(min_length=1)


class Need(NamedTuple):
    """A key that a kind needs: the least number of entries, and an example."""

    least: int
    such: str


class KindRule(NamedTuple):
    """The keys of a kind. A kind that reads the chunk itself has one slot per chunk."""

    needs: dict[str, Need] = {}
    may: tuple[str, ...] = ()  # its optional keys
    per_chunk: int = 1  # by default
    reads_once: bool = True
    # Checks its keys against each other; raises ValueError.
    check: Callable[["TaskSettings"], None] = lambda _: None

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.needs, *self.may)


def _names(what: str) -> Callable[["TaskSettings"], None]:
    """Return a check that the names in a key are not blank and not repeated."""

    def check(task: "TaskSettings") -> None:
        names = [one.name for one in getattr(task, what)]
        if not all(map(str.strip, names)):
            raise ValueError(f"one of the {what} has a blank name; give it one")
        if twice := repeated(names):
            raise ValueError(f'two {what} are called "{twice}"; give each its own name')

    return check


def _labels(task: "TaskSettings") -> None:
    """Check a classification: texts of the documents are read once, in no manner; written ones
    vary.
    """
    _names("labels")(task)
    if task.source == "written":
        return
    if task.per_chunk != 1:
        raise ValueError(
            f"per_chunk = {task.per_chunk}; set it to 1 or leave it out, since a classification of "
            "chunks reads each chunk once"
        )
    if named := next((name for name in MANNERS if getattr(task, name)), ""):
        raise ValueError(
            f"{named} is set; leave it out, since only a classification with "
            'source = "written" has it'
        )


def _listed(file: str, text: str) -> list[FunctionSettings]:
    """Read functions from a JSON list, in this form or that of OpenAI's tools.

    Raises ValueError.
    """
    try:
        found = loads(text)
    except ValueError as error:
        raise ValueError(
            f'file = "{file}": {error}; it must be a JSON list of functions'
        ) from error
    if not isinstance(found, list):
        raise ValueError(f'file = "{file}" holds no list; it must be a JSON list of functions')
    return [
        FunctionSettings.model_validate(one.get("function", one) if isinstance(one, dict) else one)
        for one in found
    ]


def _samples(task: "TaskSettings") -> None:
    for number, one in enumerate(task.samples):
        if one.before.split() == one.after.split():
            raise ValueError(
                f"samples.{number}: before and after are the same; show how the tone changes a text"
            )


def _bounds(task: "TaskSettings") -> None:
    if task.min_words > task.max_words:
        raise ValueError(
            f"min_words = {task.min_words}, must be at most max_words = {task.max_words}"
        )


SUFFIX = {"own": ".py", "tool_call": ".json"}  # of the file that the kind reads
# Lists that are spread evenly over the slots.
MANNERS = ("difficulty", "style", "persona", "tone")
Words = tuple[Annotated[str, Field(min_length=1)], ...]


# A new kind needs a rule here, its keys in TaskSettings, and a builder in factory/tasks/build.py.
RULES: dict[str, KindRule] = {
    "qa": KindRule(may=MANNERS, per_chunk=3, reads_once=False),
    "classification": KindRule(
        {"labels": Need(2, '{ name = "complaint", definition = "…" }')},
        (*MANNERS, "source", "balance"),
        3,
        False,
        _labels,
    ),
    "extraction": KindRule(
        {"fields": Need(1, '{ name = "effective_date", type = "date" }')}, check=_names("fields")
    ),
    "unanswerable": KindRule(may=MANNERS, reads_once=False),
    "conversation": KindRule(may=(*MANNERS, "turns"), reads_once=False),
    "rewrite": KindRule({"samples": Need(1, '{ before = "…", after = "…" }')}, check=_samples),
    "summarization": KindRule(may=("max_words", "min_words"), check=_bounds),
    "tool_call": KindRule(may=(*MANNERS, "functions", "file"), reads_once=False),
    "own": KindRule({"file": Need(1, '"my_task.py"')}, MANNERS, reads_once=False),
}


class TaskSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    kind: Literal[
        "qa",
        "classification",
        "extraction",
        "unanswerable",
        "conversation",
        "rewrite",
        "summarization",
        "tool_call",
        "own",
    ] = "qa"
    name: str = Field("qa", min_length=1)
    """Default: its kind."""
    teacher: str | None = None
    """The name of the writer; default: the first one."""
    instructions: str = ""
    """A sentence or two of the client's wishes, for the teacher."""
    per_chunk: int = Field(3, ge=1, le=20)
    """Default: 3 for qa, else 1; always 1 if the chunk itself is labelled or read."""
    open_book: bool = True
    """True: the chunk is in the student's prompt; false: only the question is, and facts are
    learnt.
    """
    distractors: int = Field(0, ge=0, le=20)
    """The nearest other chunks, added to the prompt as a search engine would return them."""
    labels: tuple[LabelSettings, ...] = ()
    """Of a classification."""
    fields: tuple[FieldSettings, ...] = ()
    """Of an extraction."""
    source: Literal["chunks", "written"] = "chunks"
    """Of a classification; written: the teacher writes texts for each label."""
    samples: tuple[RewriteSampleSettings, ...] = ()
    """Of a rewrite: they show the tone."""
    max_words: int = Field(60, ge=10, le=300)
    """Of a summary."""
    min_words: int = Field(10, ge=5, le=300)
    balance: float | None = Field(None, ge=1)
    """Of a classification: how many times the rarest label's training rows another may have."""
    turns: int = Field(3, ge=2, le=4)
    """Of a conversation: questions of the user."""
    functions: tuple[FunctionSettings, ...] = ()
    """Of a tool_call; or a file that lists them."""
    file: str = ""
    """Relative to the recipe: for kind "own" a Python file with `task = Own(…)`, which is run as
    code; for tool_call a JSON file.
    """
    difficulty: Words = ()
    """Such as ["easy", "hard"]; these four are spread evenly and are in each row's meta."""
    style: Words = ()
    persona: Words = ()
    """Such as ["new employee", "auditor"]."""
    tone: Words = ()
    _text: str = PrivateAttr("")  # of the file
    _tools: tuple[FunctionSettings, ...] = PrivateAttr(())

    @property
    def reads_once(self) -> bool:
        """True if the chunk itself is labelled or read."""
        return RULES[self.kind].reads_once or (
            self.kind == "classification" and self.source == "chunks"
        )

    @property
    def text(self) -> str:
        """The text of `file`, as it was when the recipe was read."""
        return self._text

    @property
    def tools(self) -> tuple[FunctionSettings, ...]:
        """The functions of a tool_call: the recipe's, then those of its file."""
        return self._tools

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, given: object) -> object:
        """Fill in the defaults that depend on the kind."""
        kind = given.get("kind", "qa") if isinstance(given, dict) else None
        if not isinstance(given, dict) or not isinstance(kind, str) or kind not in RULES:
            return given
        read = kind == "classification" and given.get("source", "chunks") == "chunks"
        name = Path(str(given.get("file", ""))).stem if kind == "own" else kind
        return {"name": name or kind, "per_chunk": 1 if read else RULES[kind].per_chunk, **given}

    @model_validator(mode="after")
    def _whole(self) -> "TaskSettings":
        rule = RULES[self.kind]
        if self.kind != "qa" and not self.open_book:
            raise ValueError(
                f'open_book = false; leave it out, since a task of kind "{self.kind}" needs '
                "its chunk in the prompt"
            )
        if self.distractors and (self.kind != "qa" or not self.open_book):
            raise ValueError(
                f"distractors = {self.distractors}; leave it out, since only an open-book task of "
                'kind "qa" has them'
            )
        if rule.reads_once and self.per_chunk != 1:
            raise ValueError(
                f"per_chunk = {self.per_chunk}; set it to 1 or leave it out, since a task of kind "
                f'"{self.kind}" reads each chunk once'
            )
        for key in dict.fromkeys(key for one in RULES.values() for key in one.keys):
            self._own(key, rule)
        if "/" in self.name or "\\" in self.name or self.name.startswith("."):
            raise ValueError(
                f'name = "{self.name}" looks like a path; use a plain name, since folders get it'
            )
        rule.check(self)
        return self

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> "TaskSettings":
        """Read `file`, relative to the recipe's folder, which is `home` in the context."""
        if not self.file:
            return self
        place = Path(self.file)
        ending = SUFFIX[self.kind]
        what, such = ("Python", "my_task.py") if ending == ".py" else ("JSON", "functions.json")
        if place.is_absolute() or ".." in place.parts or place.suffix != ending:
            raise ValueError(
                f'file = "{self.file}"; name a {what} file in the recipe\'s folder or below it, '
                f'such as "{such}"'
            )
        home = (info.context or {}).get("home", Path())
        try:
            self._text = (home / place).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ValueError(
                f'file = "{self.file}" can\'t be read ({reason}); name a {what} file relative '
                "to the recipe"
            ) from error
        return self

    @model_validator(mode="after")
    def _called(self) -> "TaskSettings":
        """Collect the functions of a tool_call; runs after `_read`."""
        if self.kind != "tool_call":
            return self
        listed = _listed(self.file, self._text) if self.file else ()
        self._tools = (*self.functions, *listed)
        if not self._tools:
            raise ValueError(
                'functions is empty; give at least one, such as { name = "book" }, or set file'
            )
        if twice := repeated([f.name for f in self._tools]):
            raise ValueError(f'two functions are called "{twice}"; give each its own name')
        return self

    def _own(self, key: str, rule: KindRule) -> None:
        """Check that a key is set if the kind needs it, and unset if it lacks it.

        Raises ValueError.
        """
        need, value = rule.needs.get(key), getattr(self, key)
        if need and len(value) < need.least:
            raise ValueError(
                f'{key} has {len(value)} entries, but a task of kind "{self.kind}" needs at least '
                f"{need.least}, such as {need.such}"
            )
        if key not in rule.keys and value != type(self).model_fields[key].default:
            kinds = " or ".join(f'"{kind}"' for kind, one in RULES.items() if key in one.keys)
            raise ValueError(
                f"{key} is set; leave it out, since only a task of kind {kinds} has it"
            )
