"""Define the settings of a recipe's tables; every default is here, with its reason."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from factory.core.base_url import url_fault

# Of files that are read.
ENDINGS = (
    ".md",
    ".markdown",
    ".txt",
    ".pdf",
    ".docx",
    ".html",
    ".htm",
    ".pptx",
    ".xlsx",
    ".csv",
    ".tsv",
    ".jsonl",
)
PersonalRule = Literal["keep", "mask", "drop"]
PERSONAL = ("email", "phone", "card", "iban")  # kinds that are found without the extra "personal"


def _for_each_kind(given: object) -> object:
    return dict.fromkeys(PERSONAL, given) if isinstance(given, str) else given


def _named(path: str) -> str:
    if not path.strip():
        raise ValueError("is blank; name a file or a folder")
    return path


# A blank one would be the recipe's own folder, with every run in it.
PathName = Annotated[str, AfterValidator(_named)]
ShiftKind = Literal["paraphrased", "adversarial", "noisy", "unanswerable"]
HeldOutShare = Annotated[float, Field(ge=0, le=0.5)]
Goal = Literal["tone", "task", "knowledge"]


class DocumentSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    paths: tuple[PathName, ...] = Field(min_length=1)
    """Folders or files, relative to the recipe."""
    include: tuple[str, ...] = tuple(f"**/*{ending}" for ending in ENDINGS)
    exclude: tuple[str, ...] = ()
    ocr: str | None = None
    """A command that turns scans, that is pictures and PDFs without text, into text, such as
    "ocrmypdf --sidecar {output} {input} -" or "tesseract {input} stdout" (pictures only); it is
    run without a shell. Unset: such files are skipped, with the reason.
    """
    personal_data: Annotated[dict[str, PersonalRule], BeforeValidator(_for_each_kind)] = {}
    """What happens to personal data in the texts: one word for e-mail addresses, phone numbers,
    payment cards and IBANs, or one for each kind, such as { email = "mask", person = "drop" };
    other kinds need the extra "personal". A mask such as [EMAIL_1] means the same value in all
    documents; "drop" leaves out the paragraph, list element or table row. Names of files are not
    changed.
    """
    personal_regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ("US", "GB")
    """Whose phone numbers are recognised without a +."""
    personal_model: str | None = None
    """A spaCy model, for the names of persons and places."""


class ChunkSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    tokens: int = Field(512, ge=40)
    """A section of a manual; small models need 160."""
    overlap: int = Field(0, ge=0)
    """Tokens, at most, of whole sentences that neighbours share; 0: each sentence is asked about
    once.
    """
    tokenizer: str | None = None
    """A tokenizer.json, its folder or a hub repository; default: the teacher's, if it is available.
    """

    @model_validator(mode="after")
    def _moves_on(self) -> "ChunkSettings":
        if self.overlap > self.tokens // 2:
            raise ValueError(
                f"overlap = {self.overlap}, must be at most half of tokens = {self.tokens}"
            )
        return self


class SplitSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    val: HeldOutShare = 0.1
    """Shares of the documents' characters."""
    test: HeldOutShare = 0.1
    shift: HeldOutShare = 0.05
    """A family unlike the rest; needs enough folders or clusters."""
    shift_kinds: tuple[ShiftKind, ...] = ("paraphrased", "adversarial", "noisy", "unanswerable")
    """Made from the test questions, without a call."""
    shift_each: int = Field(100, ge=1)
    """Per kind, at most: 100 give a share to within 10 points, and every model answers all of them.
    """
    form: tuple[PathName, ...] = ()
    """Text files of boilerplate that documents share: it does not count as an overlap of chunks."""
    protect: tuple[PathName, ...] = ()
    """JSONL files, relative to the recipe, whose questions, answers and texts must not be trained
    on.
    """


class PriceSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """US dollars per million tokens."""

    input: float = Field(ge=0, le=1e6)
    output: float = Field(ge=0, le=1e6)
    cache_read: float | None = Field(None, ge=0, le=1e6)
    """Default: the input's price."""
    cache_write: float | None = Field(None, ge=0, le=1e6)
    """Default: the input's price."""
    batch: float | None = Field(None, ge=0, le=1)
    """The share of these prices in batches; default: 0.5 for OpenAI and Anthropic, else 1."""


MOST_USD = 1e9  # of a budget: the ledger counts nanodollars in whole numbers of 64 bits
PROVIDERS = ("anthropic", "openai", "compatible", "local")
BATCHES = ("anthropic", "openai")  # providers with a batch interface


class TeacherSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    name: str = Field(min_length=1)
    model: str
    """"anthropic/<model>", "openai/<model>", "compatible/<model>" or "local/<name, GGUF path or hub
    repository>".
    """
    base_url: str | None = None
    """The address of a compatible server; for openai and anthropic that of a gateway, for example.
    """
    identity: str | None = None
    """Teachers with the same identity share answers; default: the model."""
    temperature: float | None = Field(None, ge=0, le=2)
    """Sent only if set: some models refuse it."""
    reasoning: Literal["minimal", "low", "medium", "high"] | None = None
    """How much it thinks first; sent only if set."""
    structured: Literal["schema", "tools", "text"] | None = None
    """How your own server is asked for JSON; default: schema, then text if it refuses."""
    context: int = Field(8192, ge=512)
    """Tokens of prompt and reply together."""
    one_fact: bool | None = None
    """One fact per request; default: true for local (small teachers fail at several), else false.
    """
    examples_per_call: int | None = Field(None, ge=1, le=20)
    """Default: all slots of the chunk."""
    mode: Literal["online", "batch", "auto"] = "online"
    """Batch: half the price, answers within a day; auto: everything but repairs by batch."""
    price: PriceSettings | None = None
    """Default: by genai-prices, if it lists the model."""

    @property
    def provider(self) -> str:
        return self.model.partition("/")[0]

    @property
    def source(self) -> str:
        """The name under which its answers are kept."""
        return self.identity or self.model

    @model_validator(mode="after")
    def _reachable(self) -> "TeacherSettings":
        provider, _, model = self.model.partition("/")
        if provider not in PROVIDERS or not model:
            begins = ", ".join(f'"{p}/"' for p in PROVIDERS)
            raise ValueError(
                f'model = "{self.model}"; it must begin with one of {begins} and name a model'
            )
        if provider == "compatible" and not self.base_url:
            raise ValueError(
                'base_url is missing; a "compatible/" model needs one, such as '
                '"http://127.0.0.1:8000/v1"'
            )
        if self.base_url is not None and (fault := url_fault(self.base_url)):
            raise ValueError(f"base_url {fault}")
        if (
            self.structured
            and provider != "compatible"
            and not (provider == "anthropic" and self.base_url)
        ):
            raise ValueError(
                "structured is set; leave it out, since only your own server (base_url) needs it"
            )
        if self.structured == "schema" and provider == "anthropic":
            raise ValueError(
                'structured = "schema"; set it to "tools" or "text", since other servers of '
                "Anthropic's protocol do not take schemas"
            )
        if self.mode != "online" and provider not in BATCHES:
            raise ValueError(
                f'mode = "{self.mode}"; set it to "online", since only {" and ".join(BATCHES)} '
                "have a batch interface"
            )
        return self


class BudgetSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    usd: float | None = Field(None, gt=0, le=MOST_USD)
    """No call is made that could exceed it; unset: no cap."""
    wait_minutes: float = Field(10, gt=0, le=10_080)
    """Minutes without any answer from a teacher, whatever the reason, after which a run stops with
    exit code 3; nothing is lost. Servers that restart or load a model are back within minutes;
    if one asks to wait for hours, it is better to run the command again later.
    """


class GroundingSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    support: float = Field(0.6, ge=0, le=1)
    """The least share of the answer's content words that must be in its evidence."""
    judge: str | None = None
    """A teacher that judges each claim against its evidence, after the code; best not the writer.
    """


class ConsistencySettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    draws: Literal[1, 3] = 3
    """3: two of three must agree; 1: no vote."""
    teachers: tuple[str, ...] = Field((), max_length=2)
    """For draws 2 and 3; default: the writer."""


class DuplicateSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    jaccard: float = Field(0.6, gt=0, le=1)
    """Over word bigrams: finds 97 % of what character 5-grams at 0.7 do, at 0.975 precision."""
    embeddings: str | None = None
    """For paraphrases: "bundled" (the extra "paraphrases"), a model2vec folder or hub repository.
    """


class FilterSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    grounding: GroundingSettings = GroundingSettings()
    consistency: ConsistencySettings = ConsistencySettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    without: tuple[Literal["schema", "grounding", "consistency", "duplicates"], ...] = ()
    """Filters to leave out, to measure what they do."""

    @property
    def draws(self) -> int:
        return 1 if "consistency" in self.without else self.consistency.draws


class RepairSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    rounds: int = Field(1, ge=0, le=5)
    """Per slot, at most; a second repair rarely recovers what the first could not."""
    stop_when_dearer_than_fresh: bool = True
    """Stop after a round of 20 attempts or more in which a recovered example cost more than a new
    one.
    """


class ReplaySettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    share: float = Field(0.15, ge=0, le=0.5)
    """Of the rows of train.jsonl; 10-20 % is usual against forgetting."""
    sources: tuple[PathName, ...] = ("bundled",)
    """"bundled", a JSONL path, "hf:<dataset>"; "self": the untrained student's own answers to the
    bundled prompts, or "self:FILE" to your own prompts. Its own words keep it closer to what it
    was, and can teach it nothing (Huang et al. 2024).
    """
    earlier: str | None = None
    """What an older student has learnt and this one is to keep: a student of the registry
    (models/NAME), a run or a train.jsonl, relative to the recipe. Rows of documents that this
    recipe names too are left out, since they are asked again.
    """
    earlier_share: float = Field(0.1, ge=0, le=0.5)
    """Of the client's rows, at most; 5 % is enough if little changes (Ibrahim et al. 2024)."""

    @model_validator(mode="after")
    def _prompts_apart(self) -> "ReplaySettings":
        if {"bundled", "self"} <= set(self.sources):
            raise ValueError(
                'sources: "self" answers the prompts of "bundled"; name only one of them, or give '
                'your own prompts as "self:FILE"'
            )
        return self


Metric = Literal[
    "token_f1",
    "exact_match",
    "rouge_l",
    "accuracy",
    "field_f1",
    "refusal",
    "correct",
    "schema",
    "macro_precision",
    "macro_recall",
    "macro_f1",
]


def _bits(value: object) -> float | None:
    """Return a number, None for false: TOML has no null."""
    if value is False or value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("must be bits per token, such as 0.1, or false")
    return float(value)


class EvaluateSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    gold: PathName | None = None
    """The client's own labelled rows, relative to the recipe; if given, they are the deciding set.
    """
    metrics: tuple[Metric, ...] = Field(
        ("token_f1", "exact_match", "rouge_l", "correct"), min_length=1
    )
    """The first one decides. `correct`: same as the reference, compared as in the vote; `schema`:
    of the task's shape; macro_…: means over a classification's labels with equal weight.
    """
    threshold: float | None = Field(None, ge=0, le=1, exclude_if=lambda value: value is None)
    """What the student must reach in the first metric on the deciding set, else exit code 1."""
    judge: str | None = Field(None, exclude_if=lambda value: value is None)
    """A teacher that marks the answers of the deciding set from 1 to 5, without a say in the
    verdict; best not a writer.
    """
    limit: int | None = Field(None, ge=1)
    """Use only this many gold rows, evenly over the file; the documents of all rows stay held out.
    """
    forgetting: Annotated[float | None, BeforeValidator(_bits)] = 0.1
    """Bits per token by which answers to general questions may become less likely than for the
    base, else exit code 1; the lower bound of the interval counts. A tenth is 7 % of perplexity.
    false: not measured.
    """
    general: int = Field(330, ge=1)
    """How many general questions to ask, 330 being all; fewer are faster, with wider intervals."""


class ExportSettings(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    to: tuple[Literal["adapter", "merged", "gguf", "ollama", "vllm"], ...] = ("adapter",)
    """What distill exports. The adapter costs nothing; merged and gguf take minutes and several
    times the base's size, and are checked against the adapter's answers; ollama includes gguf,
    and vllm the adapter, or merged if vLLM can't load the base.
    """
