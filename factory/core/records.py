"""Define the frozen records that flow from a document to a training row."""

import hashlib
import json
from bisect import bisect_right
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer

Row = dict[str, object]

# Judge what passed the other filters, after repair.
FINAL_PASS = ("expert", "duplicates", "taught", "decontamination", "balance")
NEVER_ANSWERED = "teacher"  # the filter name of slots the teacher never answered: nothing to repair

# unseen: questions of a closed-book task about held-out documents.
Split = Literal["test", "shift", "unseen", "val", "train"]
# In the order of asking.
SPLITS: tuple[Split, ...] = ("test", "shift", "unseen", "val", "train")
SPLIT_FILES: dict[Split, str] = {  # of a run
    "test": "test.jsonl",
    "shift": "test_shift.jsonl",
    "unseen": "unseen.jsonl",
    "val": "val.jsonl",
    "train": "train.jsonl",
}


def digest(*parts: object) -> str:
    """Return the first 16 hex digits of the sha256 of the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Span(BaseModel, frozen=True, extra="forbid"):
    """A stretch of a text: `text == source[start:end]`, in Unicode code points."""

    start: int
    end: int
    text: str
    # The field whose value it supports (extraction), or the turn (conversation).
    field: str = Field("", exclude_if=lambda field: not field)


class DocumentRef(BaseModel, frozen=True, extra="forbid"):
    """A document, identified by the digest of its text and its name in the documents folder."""

    digest: str
    name: str


class Passage(BaseModel, frozen=True, extra="forbid"):
    """A part of a document that its file marks as a chunk of its own."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


class Document(BaseModel, frozen=True, extra="forbid"):
    """A document's text: NFC, `\\n` line ends, UTF-8. Its passages, if any, are its chunks."""

    ref: DocumentRef
    text: str
    passages: tuple[Passage, ...] = ()
    pages: tuple[int, ...] = ()  # offsets at which its pages begin
    unread: tuple[str, ...] = ()  # parts of its file that are not in its text

    def page(self, start: int) -> int | None:
        """Return the page of an offset, counted from 1; None if there are no pages."""
        return bisect_right(self.pages, start) or None


class Chunk(BaseModel, frozen=True, extra="forbid"):
    """A part of one document.

    The digest covers its text, heading path and header, so that equal chunks share it.
    """

    digest: str
    document: DocumentRef
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    # On which it begins, from 1.
    page: int | None = Field(None, exclude_if=lambda page: page is None)
    # Another version of its document contradicts it.
    conflict: bool = Field(False, exclude_if=lambda conflict: not conflict)
    # If it continues a table: the rows that name its columns.
    header: str = Field("", exclude_if=lambda header: not header)

    @property
    def shown(self) -> str:
        """The text that a model sees."""
        return f"{self.header}\n{self.text}" if self.header else self.text


class OtherChunkFact(BaseModel, frozen=True, extra="forbid"):
    """A fact of another chunk, to be asked about with a chunk that does not state it."""

    sentence: str
    target: Span  # the words to be asked for, in the sentence


class Slot(BaseModel, frozen=True, extra="forbid"):
    """One example to be asked for, the unit of every count.

    `fact` is set for a teacher that gets one fact at a time.
    """

    id: str
    chunk: Chunk
    task: str
    ordinal: int
    split: Split
    fact: Span | None = None  # in the chunk's text
    # The words of the fact to be asked for, in the chunk's text.
    target: Span | None = None
    # Facts to ask for that the chunk does not state, one per attempt.
    elsewhere: tuple[OtherChunkFact, ...] = ()


class Verdict(BaseModel, frozen=True, extra="forbid"):
    """The judgement of one filter on one response.

    `reason` is a sentence that a person or the teacher can act on.
    """

    filter: str
    passed: bool
    reason: str = ""
    score: float | None = None
    evidence: tuple[Span, ...] = ()
    judged: str = ""  # digest of the judged response


NANO = 10**9  # money is in whole nanodollars, so that sums are exact; files hold dollars


def nanodollars(usd: float) -> int:
    return round(usd * NANO)


def dollars(nanousd: int) -> str:
    """Format money: cents from one dollar on, below that hundredths of a cent."""
    usd = nanousd / NANO
    return f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.4f}"


def _read(money: object) -> object:
    return nanodollars(money) if isinstance(money, float) else money


# Dollars in files.
Nanodollars = Annotated[
    int, BeforeValidator(_read), PlainSerializer(lambda n: n / NANO, return_type=float)
]


class Cost(
    BaseModel,
    frozen=True,
    extra="forbid",
    validate_by_name=True,
    validate_by_alias=True,
    serialize_by_alias=True,
):
    """The cost of the answers behind an example, whoever first paid; files hold `usd`."""

    calls: int = 0
    tokens_in: int = 0  # cached ones included
    tokens_out: int = 0  # thinking included
    nanousd: Nanodollars = Field(0, alias="usd")

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            nanousd=self.nanousd + other.nanousd,
        )


class Draw(BaseModel, frozen=True, extra="forbid"):
    """One of several answers to the same question, with its own evidence."""

    response: str
    spans: tuple[Span, ...] = ()
    teacher: str = Field("", exclude_if=lambda name: not name)  # if it is not the example's


class Attempt(BaseModel, frozen=True, extra="forbid"):
    """An earlier attempt at a slot, with its verdicts."""

    instruction: str
    response: str
    spans: tuple[Span, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    cost: Cost = Cost()
    prompt: str = ""


class Example(BaseModel, frozen=True, extra="forbid"):
    """An instruction-response pair in the pipeline.

    Its spans point into the chunk's text until it is written out. `cost` is that of this attempt;
    `total_cost` includes the earlier ones.
    """

    id: str
    task: str
    instruction: str
    response: str
    chunk: Chunk
    spans: tuple[Span, ...] = ()
    split: Split = "train"
    teacher: str = ""
    prompt: str = ""
    draws: tuple[Draw, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    cost: Cost = Cost()
    # Requested difficulty, persona and so on.
    manner: dict[str, str] = Field({}, exclude_if=lambda manner: not manner)
    # The fact that it asks for and its chunk does not state.
    elsewhere: OtherChunkFact | None = Field(None, exclude_if=lambda one: one is None)

    @property
    def response_digest(self) -> str:
        return digest(self.response)

    @property
    def total_cost(self) -> Cost:
        return sum((a.cost for a in self.attempts), self.cost)

    @property
    def rejection(self) -> Verdict | None:
        """The verdict that rejects it, if one does; each filter's latest verdict counts."""
        return next((v for v in self.verdicts if not v.passed), None)

    def judged(self, verdict: Verdict) -> "Example":
        """Return the example with a verdict on its current response, replacing that filter's last
        one.
        """
        verdict = verdict.model_copy(update={"judged": self.response_digest})
        others = tuple(v for v in self.verdicts if v.filter != verdict.filter)
        return self.model_copy(update={"verdicts": (*others, verdict)})


class Unfinished(BaseModel, frozen=True, extra="forbid"):
    """A slot whose calls did not get through; the next run continues with it."""

    slot: Slot
    reason: str
    attempts: tuple[Attempt, ...] = ()


SlotResult = Example | Unfinished
