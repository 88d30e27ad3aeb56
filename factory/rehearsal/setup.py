"""Settings of a rehearsal, and its recipe, plan, questions and answerer for each task."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import tomlkit
from pydantic import ValidationError

from factory.core.errors import UserMistake
from factory.core.prompts import Prompt
from factory.core.recipe import Recipe, explain, read_recipe
from factory.models.tokenizers import token_counter_for
from factory.planning.gold import GoldRow, gold_for_task, read_gold
from factory.planning.plan import Plan, make_plan
from factory.rehearsal.answerers import Answerer
from factory.rehearsal.extraction_answerer import ExtractionAnswerer
from factory.rehearsal.gold_questions import (
    GoldQuestion,
    group_by_chunk,
    locate_gold_rows,
    write_chunks,
)
from factory.rehearsal.label_answerer import LabelAnswerer
from factory.rehearsal.qa_answerer import QAAnswerer
from factory.rehearsal.retelling_faults import summary_faults
from factory.rehearsal.rewrite_answerer import RewriteAnswerer, SummaryAnswerer
from factory.rehearsal.text_answerers import (
    ConversationAnswerer,
    RefusalAnswerer,
    SyntheticTextAnswerer,
)
from factory.rehearsal.tool_call_answerer import ToolCallAnswerer
from factory.tasks import Task
from factory.tasks.build import build_tasks
from factory.tasks.classification import Classification
from factory.tasks.custom import load_custom_task
from factory.tasks.extraction import Extraction
from factory.tasks.qa import QA
from factory.tasks.template import TemplateTask
from filters.answers.tool_call import parse_call

MOST_PER_CHUNK = 20  # the most examples of a chunk that a recipe may ask for
TEACHER_CONTEXT = 2**20  # tokens; this teacher takes a chunk of any size
# Written to the runs' recipes without the port, which differs in every rehearsal.
TEACHER_URL = "http://127.0.0.1/v1"


@dataclass(frozen=True)
class RehearsalSettings:
    """The settings of a rehearsal.

    `slots` asks for several passes if there are fewer gold rows; by default each row is asked once.
    `correlated` defaults to a value for the kind of task.
    """

    recipe: Path
    changes: tuple[str, ...]
    gold: Path
    out: Path
    wrong: float = 0.35
    correlated: float | None = None
    seed: int = 0
    slots: int | None = None
    without: tuple[str, ...] = ()
    ablate: bool = False

    @property
    def home(self) -> Path:
        return self.recipe.resolve().parent


@dataclass(frozen=True)
class RehearsalTask:
    """One task of the recipe with its gold rows."""

    recipe: Recipe
    text: str  # the recipe as TOML
    task: Task
    plan: Plan
    questions: tuple[GoldQuestion, ...]
    answerer: Answerer
    prompts: tuple[Prompt, ...]


def rehearsal_tasks(script: RehearsalSettings, folder: Path) -> list[RehearsalTask]:
    """Return each task that has gold rows.

    Chunks that rows bring are written to the folder as documents. Raises UserMistake.
    """
    if not script.gold.is_file():
        raise UserMistake(
            f"--gold {script.gold}: can't be read; expected a JSONL file of gold rows"
        )
    rows = read_gold(script.gold)
    if not rows:
        raise UserMistake(f"{script.gold}: has no rows; add questions with known answers")
    own = [row for row in rows if row.chunk]
    if own and len(own) < len(rows):
        raise UserMistake(
            f'{script.gold}: some rows have a "chunk" and some only a "document"; '
            "give all rows the same one"
        )
    rows = write_chunks(rows, folder) if own else rows
    recipe, text = _with_rehearsal_teacher(script, str(folder) if own else None)
    tasks = build_tasks(recipe)
    asked = [gold_for_task(row, tasks) for row in rows]
    names = dict.fromkeys(row.task for row in asked)
    return [_part(script, text, name, [row for row in asked if row.task == name]) for name in names]


def _with_rehearsal_teacher(script: RehearsalSettings, documents: str | None) -> tuple[Recipe, str]:
    """Return the recipe with this rehearsal's teacher and documents.

    Gold is removed, so that gold's documents are asked about like the others. The judge is removed,
    because this teacher knows the answers.
    """
    document = tomlkit.parse(read_recipe(script.recipe, script.changes)[1])
    document["teachers"] = [
        {
            "name": "rehearsal",
            "model": "compatible/rehearsal",
            "base_url": TEACHER_URL,
            "context": TEACHER_CONTEXT,
            "one_fact": False,
        }
    ]
    document.pop("budget", None)
    for table, key in (("grounding", "judge"), ("consistency", "teachers")):
        document.get("filters", {}).get(table, {}).pop(key, None)
    for task in document.get("tasks", []):
        task.pop("teacher", None)
    if evaluate := document.get("evaluate"):
        evaluate.pop("gold", None)
    if documents:
        document["documents"] = {"paths": [documents]}
    return _read(document, script.home)


def _read(document: tomlkit.TOMLDocument, home: Path) -> tuple[Recipe, str]:
    try:
        return Recipe.model_validate(document.unwrap(), context={"home": home}), tomlkit.dumps(
            document
        )
    except ValidationError as error:
        raise UserMistake(f"the recipe can't be rehearsed: {explain(error)}") from error


def _part(script: RehearsalSettings, text: str, name: str, rows: list[GoldRow]) -> RehearsalTask:
    """Reduce the recipe to this task, with as many examples per chunk as it has gold rows."""
    document = tomlkit.parse(text)
    named = [task.name for task in _read(document, script.home)[0].tasks]
    document["tasks"] = [
        task for task, own in zip(document.get("tasks", [{}]), named, strict=True) if own == name
    ]
    recipe, _ = _read(document, script.home)
    tasks = build_tasks(recipe)
    found = make_plan(recipe, script.home, tasks)
    asked = [
        q
        for q in locate_gold_rows(
            rows, found, recipe.chunks, token_counter_for(recipe, script.home)
        )
        if tasks[name].slots(q.chunk, "train")
    ]
    if not asked:
        raise UserMistake(
            f"{script.gold}: the chunks of its rows are too short to ask about; use whole sentences"
        )
    if not recipe.tasks[0].reads_once:
        cast("tomlkit.items.Table", document["tasks"][0])["per_chunk"] = min(
            MOST_PER_CHUNK, max(map(len, group_by_chunk(asked).values()))
        )
    recipe, text = _read(document, script.home)
    task = build_tasks(recipe)[name]
    return RehearsalTask(
        recipe, text, task, found, tuple(asked), *_answerer_and_prompts(task, asked)
    )


def without_filters(part: RehearsalTask, filters: tuple[str, ...], home: Path) -> RehearsalTask:
    """Return the same task, judged without these filters."""
    document = tomlkit.parse(part.text)
    document.setdefault("filters", tomlkit.table())["without"] = list(filters)
    recipe, text = _read(document, home)
    return replace(part, recipe=recipe, text=text)


def _answerer_and_prompts(
    task: Task, asked: Sequence[GoldQuestion]
) -> tuple[Answerer, tuple[Prompt, ...]]:
    match task:
        case Classification():
            return LabelAnswerer(task.labels), task.prompts
        case Extraction():
            return ExtractionAnswerer(
                task.fields, tuple(dict.fromkeys(q.row.response for q in asked))
            ), task.prompts
        case QA():
            return QAAnswerer(group_by_chunk(asked)), task.prompts
        case TemplateTask():
            return _template_answerer(task, asked), task.prompts
    raise UserMistake(f'task "{task.name}": this kind of task can\'t be rehearsed')


def _template_answerer(task: TemplateTask, asked: Sequence[GoldQuestion]) -> Answerer:
    """Raise UserMistake for a custom answer shape, whose faults are unknown."""
    if task.settings.kind == "conversation":
        return ConversationAnswerer(QAAnswerer(group_by_chunk(asked)))
    if task.settings.kind == "unanswerable":
        return RefusalAnswerer(tuple(q.row.response for q in asked))
    if task.settings.kind == "classification":
        return SyntheticTextAnswerer(task)
    if task.settings.kind == "summarization":
        return SummaryAnswerer(summary_faults(task.settings.max_words))
    if task.settings.kind == "rewrite":
        return RewriteAnswerer()
    if task.settings.kind == "tool_call":
        return ToolCallAnswerer(
            task.settings.tools, [call for q in asked if (call := parse_call(q.row.response))]
        )
    if load_custom_task(task.settings.file, task.settings.text).shape:
        raise UserMistake(
            f'task "{task.name}": has a custom answer shape; only custom tasks with text answers '
            "can be rehearsed"
        )
    return QAAnswerer(group_by_chunk(asked))
