"""Answers: the questions of a run and the files of what models answered, line by line."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, Field

from factory.core.errors import UserMistake
from factory.core.jsonl import read_jsonl
from factory.core.records import DocumentRef
from factory.core.run_folder import Run


class Message(BaseModel, frozen=True):
    role: str = ""
    content: str


class Meta(BaseModel, frozen=True):
    id: str
    document: DocumentRef
    task: str = ""
    shift: str = ""  # its kind, of a row of test_shift.jsonl


class Question(BaseModel, frozen=True):
    """One line of gold.jsonl, test.jsonl, test_shift.jsonl or unseen.jsonl; the last message is the reference."""

    shape: ClassVar[str] = 'a question: {"messages": [...], "meta": {"id", "document": {"digest", "name"}}}'
    messages: tuple[Message, ...] = Field(min_length=2)
    meta: Meta

    @property
    def reference(self) -> str:
        return self.messages[-1].content


class Answer(BaseModel, frozen=True):
    """One line of an answers file; a foreign one may not know its tokens and seconds.

    `prompt`: digest of the messages that it answers; `usd`: what it took, of a model with a price; `cut`: it had not ended when it was
    as long as answers may be; `failed`: why there is none, which is then empty.
    """

    shape: ClassVar[str] = 'an answer: {"id", "response", "tokens", "seconds"}'
    id: str
    response: str
    tokens: int | None = None
    seconds: float | None = None
    prompt: str = Field("", exclude_if=lambda prompt: not prompt)
    usd: float | None = Field(None, exclude_if=lambda usd: usd is None)
    cut: bool = Field(False, exclude_if=lambda cut: not cut)
    failed: str = Field("", exclude_if=lambda failed: not failed)


Line = TypeVar("Line", Question, Answer)


def read_lines(path: Path, kind: type[Line]) -> list[Line]:
    """Raises UserMistake with file and line."""
    return list(read_jsonl(path, kind, f"each line must be {kind.shape}"))


def read_questions(path: Path) -> list[Question]:
    """None where the file is not there. Raises UserMistake for an id that stands twice."""
    found = read_lines(path, Question) if path.is_file() else []
    twice, count = next(iter(Counter(question.meta.id for question in found).most_common(1)), ("", 0))
    if count > 1:
        raise UserMistake(f"{path}: id {twice} stands for {count} questions, ids must be unique")
    return found


Answers = dict[str, dict[str, Answer]]  # by model, then by question


def read_answers(run: Run, extra: Sequence[str], first: Sequence[str]) -> Answers:
    """Every model's answers, in the order of `first`, then the others; of two to one question the later one.

    `extra`: paths of more files, each called by its stem, or NAME=PATH. Raises UserMistake.
    """
    paths: dict[str, Path] = {path.stem: path for path in sorted((run.folder / "answers").glob("*.jsonl"))}
    for text in extra:
        name, path = _named(text)
        if paths.setdefault(name, path).resolve() != path.resolve():
            raise UserMistake(f"{path}: {paths[name]} already stands for {name}, must have another name, such as {name}-2={path}")
    for name in first:
        if name not in paths:
            raise UserMistake(f"{run.folder}: no answers of {name}; run `{command(run, name)}` first")
    order = (*first, *(name for name in paths if name not in first))
    return {name: {answer.id: answer for answer in read_lines(paths[name], Answer)} for name in order}


def _named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if equals and name and not Path(text).exists() and "/" not in name:
        return name, Path(path)
    return Path(text).stem, Path(text)


def must_be_complete(run: Run, name: str, questions: Sequence[Question], answers: Answers) -> None:
    """Raises UserMistake for a model that has not answered all questions of a set."""
    for model, given in answers.items():
        if missing := sum(question.meta.id not in given for question in questions):
            of = f"{missing} of {len(questions)} answers to {name}"
            raise UserMistake(f"{model} lacks {of}; run `{command(run, model)}` first")


def command(run: Run, model: str) -> str:
    """What gives the answers of a model."""
    return f"docstill answer {run.folder} --model {model}"
