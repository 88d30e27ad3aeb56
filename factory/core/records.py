"""The frozen records that flow from a document to a training row."""

import hashlib
import json
from bisect import bisect_right
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer

Row = dict[str, object]

FINAL_PASS = ("expert", "duplicates", "taught", "decontamination", "balance")  # judge what survived the other filters, after repair
NEVER_ANSWERED = "teacher"  # the verdict of a slot that the teacher never answered: there is nothing to mend

Split = Literal["test", "shift", "unseen", "val", "train"]  # unseen: what a closed-book task is asked of held-out documents
SPLITS: tuple[Split, ...] = ("test", "shift", "unseen", "val", "train")  # the order in which slots are asked: held-out sets first
FILES: dict[Split, str] = {  # of a run
    "test": "test.jsonl",
    "shift": "test_shift.jsonl",
    "unseen": "unseen.jsonl",
    "val": "val.jsonl",
    "train": "train.jsonl",
}


def digest(*parts: object) -> str:
    """First 16 hex digits of the sha256 of the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Span(BaseModel, frozen=True, extra="forbid"):
    """A stretch of a text: `text == source[start:end]`, in Unicode code points."""

    start: int
    end: int
    text: str
    field: str = Field(
        "", exclude_if=lambda field: not field
    )  # of an extraction: whose value it bears out; of a conversation: which turn's


class DocumentRef(BaseModel, frozen=True, extra="forbid"):
    """A document by the digest of its text and its name below the documents folder."""

    digest: str
    name: str


class Passage(BaseModel, frozen=True, extra="forbid"):
    """A stretch of a document's text that its file gives as a chunk of its own."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


class Document(BaseModel, frozen=True, extra="forbid"):
    """One document's text: NFC, `\\n` line ends, UTF-8. Where it has passages, these are its chunks."""

    ref: DocumentRef
    text: str
    passages: tuple[Passage, ...] = ()
    pages: tuple[int, ...] = ()  # where its pages begin
    unread: tuple[str, ...] = ()  # parts of its file that hold something its text does not

    def page(self, start: int) -> int | None:
        """The number, from 1 on, of the page that a place is on; None where there are no pages."""
        return bisect_right(self.pages, start) or None


class Chunk(BaseModel, frozen=True, extra="forbid"):
    """A stretch of one document; the digest is of its text and heading path (and header), so equal chunks share it."""

    digest: str
    document: DocumentRef
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    page: int | None = Field(None, exclude_if=lambda page: page is None)  # that it begins on, from 1 on
    conflict: bool = Field(False, exclude_if=lambda conflict: not conflict)  # another version of its document contradicts it
    header: str = Field("", exclude_if=lambda header: not header)  # of the table that it goes on with: the rows that name its columns

    @property
    def shown(self) -> str:
        """What a model is shown of it."""
        return f"{self.header}\n{self.text}" if self.header else self.text


class Elsewhere(BaseModel, frozen=True, extra="forbid"):
    """A fact of another chunk, and the words of it to be asked for beside a chunk that does not state it."""

    sentence: str
    target: Span  # into the sentence


class Slot(BaseModel, frozen=True, extra="forbid"):
    """The unit of every count: one example to be asked for. `fact` is set for a teacher that is given one fact at a time."""

    id: str
    chunk: Chunk
    task: str
    ordinal: int
    split: Split
    fact: Span | None = None  # into the chunk's text
    target: Span | None = None  # the words of the fact to be asked for, into the chunk's text as well
    elsewhere: tuple[Elsewhere, ...] = ()  # what to ask for that the chunk does not state, one for each time it is written


class Verdict(BaseModel, frozen=True, extra="forbid"):
    """What one filter says of one response; `reason` is a sentence that a person or the teacher can act on."""

    filter: str
    passed: bool
    reason: str = ""
    score: float | None = None
    evidence: tuple[Span, ...] = ()
    judged: str = ""  # digest of the response it judged


NANO = 10**9  # money is counted in whole nanodollars, so that shares add up exactly; files hold dollars


def nanodollars(usd: float) -> int:
    return round(usd * NANO)


def dollars(nanousd: int) -> str:
    """For display: cents from a dollar on, below it hundredths of a cent."""
    usd = nanousd / NANO
    return f"${usd:,.2f}" if usd >= 1 or not usd else f"${usd:.4f}"


def _read(money: object) -> object:
    return nanodollars(money) if isinstance(money, float) else money


Nanodollars = Annotated[int, BeforeValidator(_read), PlainSerializer(lambda n: n / NANO, return_type=float)]  # in files dollars


class Cost(BaseModel, frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True):
    """What the answers behind an example took, whoever paid for them first. Files hold `usd`, in dollars."""

    calls: int = 0
    tokens_in: int = 0  # cached ones too
    tokens_out: int = 0  # those of thinking too
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
    teacher: str = Field("", exclude_if=lambda name: not name)  # where it is another than the example's


class Attempt(BaseModel, frozen=True, extra="forbid"):
    """An earlier try at a slot, kept beside what came of it."""

    instruction: str
    response: str
    spans: tuple[Span, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    cost: Cost = Cost()
    prompt: str = ""


class Example(BaseModel, frozen=True, extra="forbid"):
    """One instruction-response pair on its way; spans point into the chunk's text until it is written out.

    `cost` is of this attempt alone; `total_cost` includes the earlier ones.
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
    manner: dict[str, str] = Field({}, exclude_if=lambda manner: not manner)  # how it was asked to be: difficulty, persona and so on
    elsewhere: Elsewhere | None = Field(None, exclude_if=lambda one: one is None)  # what it asks for that its chunk does not state

    @property
    def response_digest(self) -> str:
        return digest(self.response)

    @property
    def total_cost(self) -> Cost:
        return sum((a.cost for a in self.attempts), self.cost)

    @property
    def rejection(self) -> Verdict | None:
        """The verdict that rejects it, if one does; the last word of each filter counts."""
        return next((v for v in self.verdicts if not v.passed), None)

    def judged(self, verdict: Verdict) -> "Example":
        """The same example with one more verdict, on its response as it is now; it replaces an earlier one of that filter."""
        verdict = verdict.model_copy(update={"judged": self.response_digest})
        others = tuple(v for v in self.verdicts if v.filter != verdict.filter)
        return self.model_copy(update={"verdicts": (*others, verdict)})


class Unfinished(BaseModel, frozen=True, extra="forbid"):
    """A slot whose calls did not get through; running again goes on with it."""

    slot: Slot
    reason: str
    attempts: tuple[Attempt, ...] = ()


Judged = Example | Unfinished
