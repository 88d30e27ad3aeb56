"""What a recipe says of a task: its kind, the client's wishes, and the keys that only some kinds have."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field, PrivateAttr, ValidationInfo, model_validator

from factory.core.jsonl import loads
from factory.core.schemas import FieldSettings, FunctionSettings, repeated


class LabelSettings(BaseModel, frozen=True, extra="forbid"):
    name: str = Field(min_length=1)
    definition: str = ""
    boundary: str = ""  # cases that lie near another label, and which of the two they are


class SampleSettings(BaseModel, frozen=True, extra="forbid"):
    """A text of the client's before and after it was put into the house's tone."""

    before: str = Field(min_length=1)
    after: str = Field(min_length=1)


class Need(NamedTuple):
    """A key that a kind can't do without: how much it must hold at least, and such as what."""

    least: int
    such: str


class Rule(NamedTuple):
    """What a kind asks of its settings. A kind that reads the chunk itself has one slot a chunk."""

    needs: dict[str, Need] = {}
    may: tuple[str, ...] = ()  # keys of its own that may be left out
    per_chunk: int = 1  # by default
    reads_once: bool = True
    check: Callable[["TaskSettings"], None] = lambda _: None  # what its keys must say of each other; raises ValueError

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.needs, *self.may)


def _names(what: str) -> Callable[["TaskSettings"], None]:
    """The names in such a key are words, each once."""

    def check(task: "TaskSettings") -> None:
        names = [one.name for one in getattr(task, what)]
        if not all(map(str.strip, names)):
            raise ValueError(f"a name among the {what} is blank, must be a word")
        if twice := repeated(names):
            raise ValueError(f'"{twice}" stands twice among the {what}, names must differ')

    return check


def _labels(task: "TaskSettings") -> None:
    """Texts that stand in the documents are read once and asked for in no manner; only those that are written are."""
    _names("labels")(task)
    if task.source == "written":
        return
    if task.per_chunk != 1:
        raise ValueError(f"per_chunk = {task.per_chunk}, must be 1 or unset: a classification of chunks reads each once")
    if named := next((name for name in MANNERS if getattr(task, name)), ""):
        raise ValueError(f'{named} is set, must be left out: only a classification with source = "written" has {named}')


def _listed(file: str, text: str) -> list[FunctionSettings]:
    """The functions of a JSON file: a list of them, each as here or as OpenAI's tools have it. Raises ValueError."""
    try:
        found = loads(text)
    except ValueError as error:
        raise ValueError(f'file = "{file}": {error}, must be a JSON list of functions') from error
    if not isinstance(found, list):
        raise ValueError(f'file = "{file}": holds no list, must be a list of functions')
    return [FunctionSettings.model_validate(one.get("function", one) if isinstance(one, dict) else one) for one in found]


def _samples(task: "TaskSettings") -> None:
    for number, one in enumerate(task.samples):
        if one.before.split() == one.after.split():
            raise ValueError(f"samples.{number}: before and after are the same, must show what the tone changes")


def _bounds(task: "TaskSettings") -> None:
    if task.min_words > task.max_words:
        raise ValueError(f"min_words = {task.min_words}, must be at most max_words = {task.max_words}")


SUFFIX = {"own": ".py", "tool_call": ".json"}  # of the file that a kind reads
MANNERS = ("difficulty", "style", "persona", "tone")  # lists that are spread evenly over the slots, see manner.py
Words = tuple[Annotated[str, Field(min_length=1)], ...]


# A new kind adds its rule here, its keys to TaskSettings, and its builder to kinds.py.
RULES: dict[str, Rule] = {
    "qa": Rule(may=MANNERS, per_chunk=3, reads_once=False),
    "classification": Rule(
        {"labels": Need(2, '{ name = "complaint", definition = "…" }')}, (*MANNERS, "source", "balance"), 3, False, _labels
    ),
    "extraction": Rule({"fields": Need(1, '{ name = "effective_date", type = "date" }')}, check=_names("fields")),
    "unanswerable": Rule(may=MANNERS, reads_once=False),
    "conversation": Rule(may=(*MANNERS, "turns"), reads_once=False),
    "rewrite": Rule({"samples": Need(1, '{ before = "…", after = "…" }')}, check=_samples),
    "summarization": Rule(may=("max_words", "min_words"), check=_bounds),
    "tool_call": Rule(may=(*MANNERS, "functions", "file"), reads_once=False),
    "own": Rule({"file": Need(1, '"my_task.py"')}, MANNERS, reads_once=False),
}


class TaskSettings(BaseModel, frozen=True, extra="forbid"):
    kind: Literal["qa", "classification", "extraction", "unanswerable", "conversation", "rewrite", "summarization", "tool_call", "own"] = (
        "qa"
    )
    name: str = Field("qa", min_length=1)  # default: its kind
    teacher: str | None = None  # the name of the one that writes; default: the first
    instructions: str = ""  # a sentence or two of the client's wishes, handed to the teacher
    per_chunk: int = Field(3, ge=1, le=20)  # default: 3 of qa, else 1; always 1 where the chunk itself is what is labelled or read
    open_book: bool = True  # the chunk stands in the student's prompt; false: the question alone, and the facts are learnt
    distractors: int = Field(0, ge=0, le=20)  # nearest other chunks that stand beside it there, as a search engine would bring them
    labels: tuple[LabelSettings, ...] = ()  # of a classification
    fields: tuple[FieldSettings, ...] = ()  # of an extraction
    source: Literal["chunks", "written"] = "chunks"  # of a classification; written: the teacher writes texts for each label
    samples: tuple[SampleSettings, ...] = ()  # of a rewrite: they show the tone
    max_words: int = Field(60, ge=10, le=300)  # of a summary
    min_words: int = Field(10, ge=5, le=300)
    balance: float | None = Field(None, ge=1)  # of a classification: no label has more than so many times the rarest one's rows in train
    turns: int = Field(3, ge=2, le=4)  # of a conversation: questions of the user
    functions: tuple[FunctionSettings, ...] = ()  # of a tool_call; or a file that lists them
    # Relative to the recipe: of your own kind a Python file that says `task = Own(…)`, it is run as code; of a tool_call a JSON file.
    file: str = ""
    difficulty: Words = ()  # such as ["easy", "hard"]; these four are spread evenly and stand in each row's meta
    style: Words = ()
    persona: Words = ()  # such as ["new employee", "auditor"]
    tone: Words = ()
    _text: str = PrivateAttr("")  # of the file
    _tools: tuple[FunctionSettings, ...] = PrivateAttr(())

    @property
    def reads_once(self) -> bool:
        """Whether the chunk itself is what is labelled or read."""
        return RULES[self.kind].reads_once or (self.kind == "classification" and self.source == "chunks")

    @property
    def text(self) -> str:
        """Of the own kind's file, as it stood when the recipe was read."""
        return self._text

    @property
    def tools(self) -> tuple[FunctionSettings, ...]:
        """The functions of a tool_call, those of its file behind the recipe's own."""
        return self._tools

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, given: object) -> object:
        """Defaults that follow from the kind."""
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
            raise ValueError(f'open_book = false, must be true or unset: a task of kind "{self.kind}" is about the text beside it')
        if self.distractors and (self.kind != "qa" or not self.open_book):
            raise ValueError(f'distractors = {self.distractors}, must be 0 or unset: only an open-book task of kind "qa" has them')
        if rule.reads_once and self.per_chunk != 1:
            raise ValueError(f'per_chunk = {self.per_chunk}, must be 1 or unset: a task of kind "{self.kind}" reads each chunk once')
        for key in dict.fromkeys(key for one in RULES.values() for key in one.keys):
            self._own(key, rule)
        if "/" in self.name or "\\" in self.name or self.name.startswith("."):
            raise ValueError(f'name = "{self.name}", must be no path: folders are called so')
        rule.check(self)
        return self

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> "TaskSettings":
        """The file of a kind of the client's own. The context's `home` is the recipe's folder."""
        if not self.file:
            return self
        place = Path(self.file)
        ending = SUFFIX[self.kind]
        what, such = ("Python", "my_task.py") if ending == ".py" else ("JSON", "functions.json")
        if place.is_absolute() or ".." in place.parts or place.suffix != ending:
            raise ValueError(f'file = "{self.file}", must be a {what} file in the recipe\'s folder or below it, such as "{such}"')
        home = (info.context or {}).get("home", Path())
        try:
            self._text = (home / place).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ValueError(f'file = "{self.file}": can\'t be read ({reason}), must be a {what} file relative to the recipe') from error
        return self

    @model_validator(mode="after")
    def _called(self) -> "TaskSettings":
        """What a tool_call may call. Runs behind `_read`."""
        if self.kind != "tool_call":
            return self
        listed = _listed(self.file, self._text) if self.file else ()
        self._tools = (*self.functions, *listed)
        if not self._tools:
            raise ValueError('functions holds 0, must hold at least 1, such as { name = "book" }, or file must name them')
        if twice := repeated([f.name for f in self._tools]):
            raise ValueError(f'"{twice}" stands twice among the functions, names must differ')
        return self

    def _own(self, key: str, rule: Rule) -> None:
        """What one kind needs and others have not. Raises ValueError."""
        need, held = rule.needs.get(key), getattr(self, key)
        if need and len(held) < need.least:
            told = f'at least {need.least} for a task of kind "{self.kind}", such as {need.such}'
            raise ValueError(f"{key} holds {len(held)}, must hold {told}")
        if key not in rule.keys and held != type(self).model_fields[key].default:
            kinds = " or ".join(f'"{kind}"' for kind, one in RULES.items() if key in one.keys)
            raise ValueError(f"{key} is set, must be left out: only a task of kind {kinds} has {key}")
