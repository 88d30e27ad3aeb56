"""Define the keys, with their types, that the lines of a run's files must hold."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from factory.core.records import DocumentRef, Span


class _Place(BaseModel):
    digest: str
    start: int
    end: int


class _Slot(BaseModel):
    id: str
    task: str
    split: str
    document: DocumentRef
    chunk: _Place


class _Example(_Slot):
    instruction: str
    response: str
    spans: list[Span]


class _Unfinished(_Slot):
    reason: str


class _Message(BaseModel):
    role: str = ""
    content: str


class _Meta(BaseModel):
    id: str


class _TrainingMeta(_Meta):
    source: str = "document"
    document: DocumentRef | None = None
    chunk: _Place | None = None


class _Question(BaseModel):
    messages: list[_Message] = Field(min_length=2)
    meta: _Meta


class _TrainingRow(_Question):
    meta: _TrainingMeta


class _Answer(BaseModel):
    id: str
    response: str


SHAPES: Mapping[str, type[BaseModel]] = {
    "kept.jsonl": _Example,
    "rejected.jsonl": _Example,
    "unfinished.jsonl": _Unfinished,
    "train.jsonl": _TrainingRow,
    "val.jsonl": _TrainingRow,
    "test.jsonl": _TrainingRow,
    "test_shift.jsonl": _TrainingRow,
    "unseen.jsonl": _TrainingRow,
    "gold.jsonl": _Question,
    "general.jsonl": _Question,
    "review/sampled.jsonl": _Slot,
}


def shape_of(name: str) -> type[BaseModel] | None:
    """Return the shape of a file's lines; None if its readers check it themselves."""
    return _Answer if name.startswith("answers/") else SHAPES.get(name)
