"""What a recipe's tables say: frozen settings that refuse unknown keys. Every default stands here, beside its reason."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from factory.core.base_url import fault_of

ENDINGS = (".md", ".markdown", ".txt", ".pdf", ".docx", ".html", ".htm", ".pptx", ".xlsx", ".csv", ".tsv", ".jsonl")  # that are read
PersonalRule = Literal["keep", "mask", "drop"]
PERSONAL = ("email", "phone", "card", "iban")  # kinds that are found without the extra


def _for_each_kind(given: object) -> object:
    return dict.fromkeys(PERSONAL, given) if isinstance(given, str) else given


def _named(path: str) -> str:
    if not path.strip():
        raise ValueError("is blank, must name a file or a folder")
    return path


PathName = Annotated[str, AfterValidator(_named)]  # a blank one would be the recipe's own folder, with every run in it
ShiftKind = Literal["paraphrased", "adversarial", "noisy", "unanswerable"]
Share = Annotated[float, Field(ge=0, le=0.5)]
Goal = Literal["tone", "task", "knowledge"]


class DocumentSettings(BaseModel, frozen=True, extra="forbid"):
    paths: tuple[PathName, ...] = Field(min_length=1)  # folders or files, relative to the recipe
    include: tuple[str, ...] = tuple(f"**/*{ending}" for ending in ENDINGS)
    exclude: tuple[str, ...] = ()
    # A command that turns a scan, a picture or a PDF without text, into text, such as "ocrmypdf --sidecar {output} {input} -" or
    # "tesseract {input} stdout" (pictures only); it is run without a shell. Unset: such files are skipped, with the reason.
    ocr: str | None = None
    # What becomes of personal data in the texts: one word for e-mail addresses, phone numbers, payment cards and IBANs, or one for each
    # kind, such as { email = "mask", person = "drop" }; other kinds need the extra "personal". A mask such as [EMAIL_1] stands for the
    # same value in all documents; "drop" leaves out the paragraph, list element or table row. Names of files stay as they are.
    personal_data: Annotated[dict[str, PersonalRule], BeforeValidator(_for_each_kind)] = {}
    personal_regions: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ("US", "GB")  # phone numbers known without +
    personal_model: str | None = None  # a spaCy model, for the names of persons and places


class ChunkSettings(BaseModel, frozen=True, extra="forbid"):
    tokens: int = Field(512, ge=40)  # a section of a manual; small teachers and students need 160
    overlap: int = Field(0, ge=0)  # tokens, at most, of whole sentences that two neighbours share; 0: each sentence is asked once
    tokenizer: str | None = None  # a tokenizer.json, its folder or a hub repository; default: the teacher's, where it is at hand

    @model_validator(mode="after")
    def _moves_on(self) -> "ChunkSettings":
        if self.overlap > self.tokens // 2:
            raise ValueError(f"overlap = {self.overlap}, must be at most half of tokens = {self.tokens}")
        return self


class SplitSettings(BaseModel, frozen=True, extra="forbid"):
    val: Share = 0.1  # shares of the documents' characters
    test: Share = 0.1
    shift: Share = 0.05  # of a family of documents unlike the rest, for the shifted test set; where there are folders enough, or clusters
    shift_kinds: tuple[ShiftKind, ...] = ("paraphrased", "adversarial", "noisy", "unanswerable")  # made of test's questions, without a call
    shift_each: int = Field(100, ge=1)  # of a kind, at most: a share of 100 is known to 10 points, and every model answers them all
    form: tuple[PathName, ...] = ()  # text files of what documents share as their form, not their content: no overlap of chunks
    protect: tuple[PathName, ...] = ()  # JSONL files, relative to the recipe, whose questions, answers and texts must not be trained on


class PriceSettings(BaseModel, frozen=True, extra="forbid"):
    """US dollars per million tokens."""

    input: float = Field(ge=0, le=1e6)
    output: float = Field(ge=0, le=1e6)
    cache_read: float | None = Field(None, ge=0, le=1e6)  # default: the input's price
    cache_write: float | None = Field(None, ge=0, le=1e6)  # the same
    batch: float | None = Field(None, ge=0, le=1)  # what a batch interface asks of these; default: 0.5 of OpenAI and Anthropic, else 1


MOST_USD = 1e9  # of a budget: the ledger counts nanodollars in whole numbers of 64 bits
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
        if self.base_url is not None and (fault := fault_of(self.base_url)):
            raise ValueError(f"base_url {fault}")
        if self.structured and provider != "compatible" and not (provider == "anthropic" and self.base_url):
            raise ValueError("structured is set, must be left out: only a server of your own, by base_url, has a choice")
        if self.structured == "schema" and provider == "anthropic":
            raise ValueError('structured = "schema", must be "tools" or "text": other servers of Anthropic\'s protocol know no schemas')
        if self.mode != "online" and provider not in BATCHES:
            raise ValueError(f'mode = "{self.mode}", must be "online": only {" and ".join(BATCHES)} have batches')
        return self


class BudgetSettings(BaseModel, frozen=True, extra="forbid"):
    usd: float | None = Field(None, gt=0, le=MOST_USD)  # no call is made that could go beyond it; unset: no cap
    # Minutes without any answer of a teacher, whatever the reason, after which a run stops with exit code 3; nothing is lost. Servers
    # that restart or load a model are back within minutes; who is asked to wait for hours had better run the command again later.
    wait_minutes: float = Field(10, gt=0, le=10_080)


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
    # "bundled", a JSONL path, "hf:<dataset>"; "self": what the student's base answers to the bundled prompts before it is trained, or
    # "self:FILE" to prompts of your own. Its own words keep it nearer to what it was, and can teach it nothing (Huang et al. 2024)
    sources: tuple[PathName, ...] = ("bundled",)
    # What an older student has learnt, and its successor is to keep: a student of the registry (models/NAME), a run or a train.jsonl,
    # relative to the recipe. Rows of documents that this recipe names too stay out: they are asked anew.
    earlier: str | None = None
    earlier_share: float = Field(0.1, ge=0, le=0.5)  # of the client's rows, at most; where little changes 5 % will do (Ibrahim et al. 2024)

    @model_validator(mode="after")
    def _prompts_apart(self) -> "ReplaySettings":
        if {"bundled", "self"} <= set(self.sources):
            raise ValueError('sources: "self" answers the prompts of "bundled", must stand without it, or name others as "self:FILE"')
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
    """A number, or false for none: TOML has no null."""
    if value is False or value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("must be bits a token, such as 0.1, or false")
    return float(value)


class EvaluateSettings(BaseModel, frozen=True, extra="forbid"):
    gold: PathName | None = None  # the client's own labelled rows, relative to the recipe; they decide where they are given
    # The first one decides. `correct`: the same as the reference, by the comparison of the vote; `schema`: of the task's shape; macro_…:
    # means over a classification's labels, each alike.
    metrics: tuple[Metric, ...] = Field(("token_f1", "exact_match", "rouge_l", "correct"), min_length=1)
    # The least of the first metric that the student must reach on the set that decides; below it exit code 1.
    threshold: float | None = Field(None, ge=0, le=1, exclude_if=lambda value: value is None)
    # A teacher that marks the answers of the set that decides, 1 to 5; it has no part in the verdict. It had better be no writer.
    judge: str | None = Field(None, exclude_if=lambda value: value is None)
    limit: int | None = Field(None, ge=1)  # so many gold rows, evenly over the file; the documents of all of them stay held out
    # Bits a token that the answers to general questions may cost the student more than its base, else exit code 1; the lower bound of
    # the interval counts. A tenth is 7 % of perplexity. false: not measured
    forgetting: Annotated[float | None, BeforeValidator(_bits)] = 0.1
    general: int = Field(330, ge=1)  # so many of the general questions: all of them; fewer are quicker, with wider intervals


class ExportSettings(BaseModel, frozen=True, extra="forbid"):
    # What distill ends with. The adapter costs nothing; merged and gguf take minutes, several times the base's size, and are held against
    # the adapter's answers; ollama brings gguf along, and vllm the adapter, or merged where vLLM can't load the base.
    to: tuple[Literal["adapter", "merged", "gguf", "ollama", "vllm"], ...] = ("adapter",)
