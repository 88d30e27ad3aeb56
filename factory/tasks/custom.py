"""Custom tasks: one Python file next to the recipe that says `task = Own(write=…)`; everything else
has a default.

The file is run as code whenever a recipe that names it is read: it is yours, from your recipe's
folder, and a run keeps a copy. Do not use a stranger's recipe with a file that you have not read.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from types import ModuleType
from typing import Any, cast

from pydantic import BaseModel, ValidationError, create_model

from factory.core.errors import UserMistake
from factory.core.prompts import Prompt, load_prompt
from factory.core.records import Chunk, Draw, Example, Slot, Verdict, digest
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, quote_spans
from factory.tasks.qa import chunk_heading
from factory.tasks.template import Placeholders, TaskFilters, TaskPrompts, TemplateTask
from filters.chain import Filter
from filters.consistency.vote import Compare, agree, consistency
from filters.grounding.grounding import grounding
from filters.schema.schema import schema
from filters.text.corpus_names import IsKnownName


@dataclass(frozen=True)
class Own:
    """A custom task. `write`: a description of the task for teacher and student. `question`: one
    question for every excerpt; if empty, the teacher writes questions.

    `shape`: a pydantic model of the answer, which is then JSON; otherwise the answer is text.
    `compare(one, other, question)`: whether two answers mean the same; by default, texts are
    compared like answers of a qa task, and JSON field by field. `filters`: additional filters,
    applied after grounding.
    """

    write: str
    question: str = ""
    shape: type[BaseModel] | None = None
    compare: Compare | None = None
    filters: tuple[Filter, ...] = ()


def custom_task(
    task: TaskSettings, quotes: bool, support: float, system: str | None
) -> TemplateTask:
    """Build the task from its file. Raises UserMistake if the file is broken."""
    mine = load_custom_task(task.file, task.text)
    write, answer, student = (
        _told(load_prompt(f"own_{name}"), mine) for name in ("write", "answer", "student")
    )
    asked = TaskPrompts(write, answer, student, *_shapes(mine, quotes), told=digest(task.text))
    judges = TaskFilters(
        partial(_schema, mine=mine, prompts=(write.system, answer.system)),
        partial(_grounding, mine, support),
        mine.compare or (partial(_same, mine) if mine.shape else agree),
        partial(
            consistency, compare=mine.compare or (partial(_same, mine) if mine.shape else agree)
        ),
        mine.filters,
    )
    return TemplateTask(
        task,
        asked,
        judges,
        partial(_draft, mine),
        partial(_draw, mine),
        system,
        names=lambda _: _asking(mine),
        shown=partial(_shown, mine),
        about=partial(_about, mine),
    )


@cache
def load_custom_task(file: str, text: str) -> Own:
    """Run the file and return what it calls `task`. Raises UserMistake."""
    module = ModuleType(f"docstill_own_{digest(file, text)}")
    # Pydantic looks up the names in a shape's annotations there.
    sys.modules[module.__name__] = module
    try:
        return _own_of(file, text, module)
    except UserMistake:
        del sys.modules[
            module.__name__
        ]  # whoever goes through the modules is not to run what is broken
        raise


def _own_of(file: str, text: str, module: ModuleType) -> Own:
    """Run the file in the module. Raises UserMistake."""
    try:
        exec(compile(text, file, "exec"), module.__dict__)  # noqa: S102 - the client's own file
    except SyntaxError as error:
        raise UserMistake(f"{file}:{error.lineno}: {error.msg}, must be Python") from error
    except BaseException as error:  # noqa: BLE001 - the client's own code may raise anything, and end the program
        raise UserMistake(
            f"{file}: can't be run ({_said(error)}), must say task = Own(…)"
        ) from error
    # The file's own `__getattr__` would run whenever somebody looks through the modules.
    vars(module).pop("__getattr__", None)
    found = vars(module).get("task")
    if not isinstance(found, Own):
        raise UserMistake(
            f"{file}: defines no task, must say task = Own(…), with: from docstill import Own"
        )
    if not isinstance(found.write, str) or not found.write.strip():
        raise UserMistake(f"{file}: write is empty, must say in words what the task is")
    _must_fit(found, file)
    compare = partial(_compared, found.compare, file) if found.compare else None
    return replace(
        found, compare=compare, filters=tuple(partial(_judged, one, file) for one in found.filters)
    )


def _said(error: BaseException) -> str:
    """Return the type and message of an error in the client's code, on one line."""
    try:
        words = str(error)
    except BaseException:  # noqa: BLE001 - the error's own __str__ may fail, too
        words = ""
    return " ".join(f"{type(error).__name__}: {words}".split())[:200].removesuffix(":")


def _must_fit(found: Own, file: str) -> None:
    """Raise UserMistake for a part of the task that has the wrong type."""
    shape = found.shape
    faults = {
        "question must be a text": not isinstance(found.question, str),
        "shape must be a pydantic model class": shape is not None
        and not (isinstance(shape, type) and issubclass(shape, BaseModel)),
        "compare must be a function of two answers and the question": not (
            found.compare is None or callable(found.compare)
        ),
        "filters must be a tuple of functions": not isinstance(found.filters, tuple | list)
        or not all(map(callable, found.filters)),
    }
    if fault := next((told for told, wrong in faults.items() if wrong), ""):
        raise UserMistake(f"{file}: {fault}")


def _compared(compare: Compare, file: str, one: str, other: str, question: str) -> bool:
    """Call the client's comparison. Raises UserMistake if it fails or does not return True or
    False.
    """
    try:
        same = compare(one, other, question)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the client's own code may raise anything
        raise UserMistake(
            f"{file}: compare failed on {one[:60]!r} and {other[:60]!r} ({_said(error)})"
        ) from error
    if not isinstance(same, bool):
        raise UserMistake(
            f"{file}: compare answered with {same!r:.60}, must answer with True or False"
        )
    return same


def _judged(judge: Filter, file: str, example: Example) -> Verdict:
    """Call the client's filter. Raises UserMistake if it fails or does not return a verdict."""
    name = getattr(judge, "__name__", "a filter")
    try:
        verdict = judge(example)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the client's own code may raise anything
        raise UserMistake(
            f"{file}: {name} failed on example {example.id} ({_said(error)})"
        ) from error
    if not isinstance(verdict, Verdict):
        raise UserMistake(
            f"{file}: {name} answered with {verdict!r:.60}, must answer with a Verdict"
        )
    return verdict


def _told(file: Prompt, mine: Own) -> Prompt:
    """Return the prompt with the task's description inserted, which may contain dollar signs."""
    return Prompt(
        file.name,
        file.system.replace("$task", mine.write.strip().replace("$", "$$")),
        file.user,
        file.digest,
    )


def _shapes(mine: Own, quotes: bool) -> tuple[type[BaseModel], type[BaseModel]]:
    """Return the reply shapes of an example and of an answer. A small teacher is not asked for
    quotes.
    """
    answer: dict[str, Any] = {
        "answer": (mine.shape or str, ...),
        **({"quotes": (list[str], ...)} if quotes else {}),
    }
    question: dict[str, Any] = {} if mine.question else {"question": (str, ...)}
    return create_model("Written", **question, **answer), create_model("Answered", **answer)


def _asking(mine: Own) -> Placeholders:
    return {"question": mine.question or "-"}


def _shown(mine: Own, instruction: str, chunk: Chunk) -> Placeholders:
    return {"heading": chunk_heading(chunk), "chunk": chunk.text, "question": instruction}


def _draft(mine: Own, value: BaseModel, slot: Slot) -> Draft:
    question = mine.question or str(getattr(value, "question", "")).strip()
    return Draft(question, _answer(value), quote_spans(getattr(value, "quotes", ()), slot.chunk))


def _draw(mine: Own, value: BaseModel, example: Example) -> Draw:
    return Draw(
        response=_answer(value), spans=quote_spans(getattr(value, "quotes", ()), example.chunk)
    )


def _answer(value: BaseModel) -> str:
    """Return the text, or the shape's JSON with its fields in order."""
    answer = cast("str | BaseModel", value.answer)  # type: ignore[attr-defined]
    return answer.strip() if isinstance(answer, str) else answer.model_dump_json()


def _about(mine: Own, example: Example) -> str:
    """Return the text to compare for duplicates: the answer if all examples share one question."""
    return example.response if mine.question else example.instruction


def _schema(example: Example, mine: Own, prompts: tuple[str, ...]) -> Verdict:
    if mine.shape:
        fault = _misshapen(example.response, mine.shape)
        return Verdict(filter="schema", passed=not fault, reason=fault)
    return schema(example, asked=not mine.question, prompts=prompts)


def shape_fits(task: TaskSettings, response: str) -> bool | None:
    """Return whether an answer fits the task's shape, or None if the task has no shape."""
    shape = load_custom_task(task.file, task.text).shape
    return None if shape is None else not _misshapen(response, shape)


def _misshapen(response: str, shape: type[BaseModel]) -> str:
    try:
        shape.model_validate_json(response)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        return f"The answer is no {shape.__name__}: {where}: {first['msg']}."
    return ""


def _grounding(mine: Own, support: float, known: IsKnownName) -> Filter:
    """Return the grounding filter. A JSON answer is checked by its values, each as a sentence."""

    def judge(example: Example) -> Verdict:
        told = ". ".join(_leaves(json.loads(example.response))) if mine.shape else example.response
        return grounding(
            example.model_copy(update={"response": told}),
            support=support,
            of_chunk=not mine.question,
            known=known,
        )

    return judge


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _same(mine: Own, one: str, other: str, question: str) -> bool:
    """Compare two JSON answers: texts must mean the same, and all other values must be equal."""
    return _alike(json.loads(one), json.loads(other), question)


def _alike(one: object, other: object, question: str) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            _alike(one[key], other[key], question) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _alike(a, b, question) for a, b in zip(one, other, strict=True)
        )
    return (
        agree(one, other, question)
        if isinstance(one, str) and isinstance(other, str)
        else one == other
    )
