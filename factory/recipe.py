"""The recipe: one TOML file read into frozen settings that refuse unknown keys. Every default stands here, beside its reason."""

from pathlib import Path
from typing import Annotated, Literal

import tomlkit
from pydantic import BaseModel, Field, ValidationError, model_validator
from tomlkit.exceptions import ParseError, TOMLKitError

from factory.errors import UserMistake
from factory.tasks.settings import TaskSettings as TaskSettings
from filters.typed import repeated
from trainer.settings import StudentSettings, TrainSettings

Share = Annotated[float, Field(ge=0, le=0.5)]


class DocumentSettings(BaseModel, frozen=True, extra="forbid"):
    paths: tuple[str, ...] = Field(min_length=1)  # folders or files, relative to the recipe
    include: tuple[str, ...] = ("**/*.md", "**/*.txt")
    exclude: tuple[str, ...] = ()


class ChunkSettings(BaseModel, frozen=True, extra="forbid"):
    tokens: int = Field(512, ge=40)  # a section of a manual; small teachers and students need 160


class SplitSettings(BaseModel, frozen=True, extra="forbid"):
    val: Share = 0.1  # shares of the documents' characters
    test: Share = 0.1


class PriceSettings(BaseModel, frozen=True, extra="forbid"):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float | None = Field(None, ge=0)  # default: the input's price
    cache_write: float | None = Field(None, ge=0)  # the same
    batch: float | None = Field(None, ge=0, le=1)  # what a batch interface asks of these; default: 0.5 of OpenAI and Anthropic, else 1


PROVIDERS = ("anthropic", "openai", "compatible", "local")
BATCHES = ("anthropic", "openai")  # providers with a batch interface


class TeacherSettings(BaseModel, frozen=True, extra="forbid"):
    name: str = Field(min_length=1)
    model: str  # "anthropic/<model>", "openai/<model>", "compatible/<model>" or "local/<name, GGUF path or hub repository>"
    base_url: str | None = None  # of a compatible server; for openai and anthropic another address of their protocol, such as a gateway's
    identity: str | None = None  # what answers count as the same teacher's; default: the model
    temperature: float | None = Field(None, ge=0, le=2)  # sent only if set: some models refuse it
    reasoning: Literal["minimal", "low", "medium", "high"] | None = None  # how much it thinks first; sent only if set
    structured: Literal["schema", "tools", "text"] | None = None  # how a server of your own is asked for JSON; default: schema, else text
    context: int = Field(8192, ge=512)  # tokens of prompt and reply together
    one_fact: bool | None = None  # default: true for local (a small teacher fails at several), false otherwise
    examples_per_call: int | None = Field(None, ge=1, le=20)  # default: as many as the chunk's slots
    mode: Literal["online", "batch", "auto"] = "online"  # batch: half the price, an answer within a day; auto: all but repairs by batch
    price: PriceSettings | None = None  # default: by the price list of genai-prices, where the model stands in it

    @property
    def provider(self) -> str:
        return self.model.partition("/")[0]

    @property
    def source(self) -> str:
        """Whose answers these are."""
        return self.identity or self.model

    @model_validator(mode="after")
    def _reachable(self) -> "TeacherSettings":
        provider, _, model = self.model.partition("/")
        if provider not in PROVIDERS or not model:
            begins = ", ".join(f'"{p}/"' for p in PROVIDERS)
            raise ValueError(f'model = "{self.model}", must begin with one of {begins} and name a model')
        if provider == "compatible" and not self.base_url:
            raise ValueError('base_url is missing, a "compatible/" model needs one such as "http://127.0.0.1:8000/v1"')
        if self.base_url and "@" in self.base_url:
            raise ValueError("base_url holds a user or password, must be without; keys come from the environment")
        if self.structured and provider != "compatible" and not (provider == "anthropic" and self.base_url):
            raise ValueError("structured is set, must be left out: only a server of your own, by base_url, has a choice")
        if self.structured == "schema" and provider == "anthropic":
            raise ValueError('structured = "schema", must be "tools" or "text": other servers of Anthropic\'s protocol know no schemas')
        if self.mode != "online" and provider not in BATCHES:
            raise ValueError(f'mode = "{self.mode}", must be "online": only {" and ".join(BATCHES)} have batches')
        return self


class BudgetSettings(BaseModel, frozen=True, extra="forbid"):
    usd: float | None = Field(None, gt=0)  # no call is made that could go beyond it; unset: no cap


class GroundingSettings(BaseModel, frozen=True, extra="forbid"):
    support: float = Field(0.6, ge=0, le=1)  # least share of the answer's content words that its evidence holds
    judge: str | None = None  # a teacher that judges each claim against its evidence, after the code; it had better not be the writer


class ConsistencySettings(BaseModel, frozen=True, extra="forbid"):
    draws: Literal[1, 3] = 3  # 3: two of three must agree; 1: no vote
    teachers: tuple[str, ...] = Field((), max_length=2)  # who makes draws 2 and 3; default: the writer


class DuplicateSettings(BaseModel, frozen=True, extra="forbid"):
    jaccard: float = Field(0.6, gt=0, le=1)  # over word bigrams: finds 97 % of what character 5-grams at 0.7 do, at 0.975 precision
    embeddings: str | None = None  # for paraphrases: "bundled" (the extra "paraphrases"), a model2vec folder or one of the hub


class FilterSettings(BaseModel, frozen=True, extra="forbid"):
    grounding: GroundingSettings = GroundingSettings()
    consistency: ConsistencySettings = ConsistencySettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    without: tuple[Literal["schema", "grounding", "consistency", "duplicates"], ...] = ()  # left out, to measure what they do

    @property
    def draws(self) -> int:
        return 1 if "consistency" in self.without else self.consistency.draws


class RepairSettings(BaseModel, frozen=True, extra="forbid"):
    rounds: int = Field(1, ge=0, le=5)  # of a slot, at most; a second repair rarely recovers what the first could not
    stop_when_dearer_than_fresh: bool = True  # after a round of 20 tries or more in which a recovered example took more than a fresh one


class ReplaySettings(BaseModel, frozen=True, extra="forbid"):
    share: float = Field(0.15, ge=0, le=0.5)  # of the rows of train.jsonl; 10-20 % is the field's habit against forgetting
    sources: tuple[str, ...] = ("bundled",)  # "bundled", a JSONL path, or "hf:<dataset>"


class EvaluateSettings(BaseModel, frozen=True, extra="forbid"):
    gold: str | None = None  # the client's own labelled rows, relative to the recipe; they decide where they are given
    metrics: tuple[Literal["token_f1", "exact_match", "rouge_l", "accuracy", "field_f1"], ...] = Field(
        ("token_f1", "exact_match", "rouge_l"), min_length=1
    )
    limit: int | None = Field(None, ge=1)  # so many gold rows, evenly over the file; the documents of all of them stay held out


class Recipe(BaseModel, frozen=True, extra="forbid"):
    seed: int = 0
    documents: DocumentSettings
    chunks: ChunkSettings = ChunkSettings()
    split: SplitSettings = SplitSettings()
    budget: BudgetSettings = BudgetSettings()
    teachers: tuple[TeacherSettings, ...] = Field(min_length=1)
    tasks: tuple[TaskSettings, ...] = Field((TaskSettings(),), min_length=1)
    filters: FilterSettings = FilterSettings()
    repair: RepairSettings = RepairSettings()
    replay: ReplaySettings = ReplaySettings()
    student: StudentSettings
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()

    @model_validator(mode="after")
    def _named_apart(self) -> "Recipe":
        if twice := repeated([t.name for t in self.tasks]):
            raise ValueError(f'two tasks are called "{twice}", must have names of their own')
        return self

    def teacher(self, name: str | None = None) -> TeacherSettings:
        """By its name; the first one by default."""
        return next(t for t in self.teachers if name in (None, t.name))

    @property
    def asked(self) -> list[TeacherSettings]:
        """The teachers that have a part in the run, the first task's writer first."""
        vote = self.filters.consistency.teachers if self.filters.draws > 1 else ()
        judge = (self.filters.grounding.judge,) if self.filters.grounding.judge else ()
        names = dict.fromkeys(self.teacher(name).name for name in (*(t.teacher for t in self.tasks), *vote, *judge))
        return [self.teacher(name) for name in names]

    @model_validator(mode="after")
    def _roles(self) -> "Recipe":
        names = [t.name for t in self.teachers]
        if twice := repeated(names):
            raise ValueError(f'two teachers are called "{twice}", must have names of their own')
        roles = [(f"tasks.{i}.teacher", t.teacher) for i, t in enumerate(self.tasks)]
        roles += [("filters.grounding.judge", self.filters.grounding.judge)]
        roles += [(f"filters.consistency.teachers.{i}", name) for i, name in enumerate(self.filters.consistency.teachers)]
        for where, name in roles:
            if name is not None and name not in names:
                raise ValueError(f'{where} = "{name}" is no teacher of this recipe, must be one of: {", ".join(names)}')
        batch = next((i for i, t in enumerate(self.teachers) if t.mode != "online"), None)
        if len(self.asked) > 1 and batch is not None:
            raise ValueError(f'teachers.{batch}.mode = "{self.teachers[batch].mode}", must be "online" where several teachers are asked')
        return self

    @model_validator(mode="after")
    def _voters(self) -> "Recipe":
        """A teacher at temperature 0 says the same again: it may make one of the three draws, and no more."""
        for task in self.tasks if self.filters.draws == 3 else ():
            writer = self.teacher(task.teacher)
            voters = [self.teacher(name) for name in self.filters.consistency.teachers] or [writer]
            sources = [t.source for t in (writer, *(voters * 2)[:2]) if t.temperature == 0]
            fixed = next((i for i, t in enumerate(self.teachers) if t.temperature == 0 and sources.count(t.source) > 1), None)
            if fixed is not None:
                raise ValueError(f"teachers.{fixed}.temperature = 0: such a teacher can't be its own voter, must be above 0 or unset")
        return self


def read_recipe(path: Path, changes: tuple[str, ...] = ()) -> tuple[Recipe, str]:
    """The settings and their TOML text with the `--set` changes applied. Raises UserMistake."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserMistake(f"{path}: can't be read ({reason}), must be a recipe in TOML") from error
    except ParseError as error:
        raise UserMistake(f"{path}: {error}, must be TOML") from error
    for change in changes:
        _apply(document, change)
    try:
        return Recipe.model_validate(document.unwrap()), tomlkit.dumps(document)
    except ValidationError as error:
        raise UserMistake(f"{path}: {explain(error)}") from error


def _apply(document: tomlkit.TOMLDocument, change: str) -> None:
    path, equals, text = change.partition("=")
    if not equals or not path.strip():
        raise UserMistake(f"--set {change}: must be key=value, such as train.epochs=2")
    keys = path.strip().split(".")
    place: object = document
    for key in keys[:-1]:
        place = _step(place, key, change)
    _put(place, keys[-1], _value(text), change)


def _step(place: object, key: str, change: str) -> object:
    if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        return place[int(key)]
    if isinstance(place, dict):
        return place.setdefault(key, tomlkit.table())
    raise UserMistake(f"--set {change}: there is no {key} in the recipe")


def _put(place: object, key: str, value: object, change: str) -> None:
    if isinstance(place, dict):
        place[key] = value
    elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
        place[int(key)] = value
    else:
        raise UserMistake(f"--set {change}: there is no {key} in the recipe")


def _value(text: str) -> object:
    try:
        return tomlkit.value(text.strip())
    except (TOMLKitError, ValueError):
        return text.strip()


def explain(error: ValidationError) -> str:
    """The first complaint of pydantic as one sentence: where, what is there, what must be."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "recipe"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return f"{where} is not a key of a recipe, must be removed or spelled right"
    if first["type"] == "missing":
        return f"{where} is missing, must be set"
    given = first["input"]
    shown = f" = {given!r}" if isinstance(given, str | int | float | bool) else ""
    return f"{where}{shown}: {message[0].lower() + message[1:]}"
