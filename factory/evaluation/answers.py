"""Read a run's held-out questions and the answers that models gave to them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, Field

from factory.core.errors import UserMistake
from factory.core.jsonl import read_jsonl
from factory.core.records import DocumentRef
from factory.core.run_folder import Run


class QuestionMessage(BaseModel, frozen=True):
    role: str = ""
    content: str


class QuestionMeta(BaseModel, frozen=True):
    id: str
    document: DocumentRef
    task: str = ""
    shift: str = ""  # the kind of shift; only in test_shift.jsonl


class HeldOutQuestion(BaseModel, frozen=True):
    """One line of gold.jsonl, test.jsonl, test_shift.jsonl or unseen.jsonl.

    The last message is the reference answer.
    """

    shape: ClassVar[str] = (
        'a question: {"messages": [...], "meta": {"id", "document": {"digest", "name"}}}'
    )
    messages: tuple[QuestionMessage, ...] = Field(min_length=2)
    meta: QuestionMeta

    @property
    def reference(self) -> str:
        return self.messages[-1].content


class ModelAnswer(BaseModel, frozen=True):
    """One line of an answers file. Files from other tools may lack `tokens` and `seconds`.

    `prompt`: digest of the messages that it answers. `usd`: its cost, if the model has a price.
    `cut`: it reached the length limit before it ended. `failed`: why there is no answer;
    `response` is then empty.
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


QuestionOrAnswer = TypeVar("QuestionOrAnswer", HeldOutQuestion, ModelAnswer)


def read_lines(path: Path, kind: type[QuestionOrAnswer]) -> list[QuestionOrAnswer]:
    """Read every line as `kind`. Raises UserMistake with file and line."""
    return list(read_jsonl(path, kind, f"each line must be {kind.shape}"))


def read_questions(path: Path) -> list[HeldOutQuestion]:
    """Return a file's questions, none if it is missing. Raises UserMistake for a repeated id."""
    found = read_lines(path, HeldOutQuestion) if path.is_file() else []
    twice, count = next(
        iter(Counter(question.meta.id for question in found).most_common(1)), ("", 0)
    )
    if count > 1:
        raise UserMistake(f"{path}: {count} questions have the id {twice}; ids must be unique")
    return found


Answers = dict[str, dict[str, ModelAnswer]]  # by model, then by question


def read_answers(run: Run, extra: Sequence[str], first: Sequence[str]) -> Answers:
    """Return every model's answers, the models in `first` before the others.

    If a question was answered twice, the later answer counts. `extra`: more files, each a path
    (named after its stem) or NAME=PATH. Raises UserMistake.
    """
    paths: dict[str, Path] = {
        path.stem: path for path in sorted((run.folder / "answers").glob("*.jsonl"))
    }
    for text in extra:
        name, path = _named(text)
        if paths.setdefault(name, path).resolve() != path.resolve():
            raise UserMistake(
                f"{path}: {paths[name]} is already named {name}; give this one another name, such "
                f"as {name}-2={path}"
            )
    for name in first:
        if name not in paths:
            raise UserMistake(
                f"{run.folder}: {name} has not answered; run `{answer_command_line(run, name)}` "
                "first"
            )
    order = (*first, *(name for name in paths if name not in first))
    return {
        name: {answer.id: answer for answer in read_lines(paths[name], ModelAnswer)}
        for name in order
    }


def _named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if equals and name and not Path(text).exists() and "/" not in name:
        return name, Path(path)
    return Path(text).stem, Path(text)


def must_be_complete(
    run: Run, name: str, questions: Sequence[HeldOutQuestion], answers: Answers
) -> None:
    """Raise UserMistake if a model has not answered all questions of a set."""
    for model, given in answers.items():
        if missing := sum(question.meta.id not in given for question in questions):
            count = f"{missing} of {len(questions)} answers to {name}"
            raise UserMistake(
                f"{model} lacks {count}; run `{answer_command_line(run, model)}` first"
            )


def answer_command_line(run: Run, model: str) -> str:
    """Return the shell command that makes a model answer."""
    return f"docstill answer {run.folder} --model {model}"
