"""What a rehearsal is told, and what it needs of each task: recipe, plan, questions and the teacher's voice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import tomlkit
from pydantic import ValidationError

from factory.core.errors import UserMistake
from factory.core.prompts import Prompt
from factory.core.recipe import Recipe, explain, read_recipe
from factory.models.tokenizers import tokens_of
from factory.planning.gold import GoldRow, as_asked, read_gold
from factory.planning.plan import Plan, plan
from factory.rehearsal.answerers import Voice
from factory.rehearsal.extraction_answerer import Fields
from factory.rehearsal.gold_questions import Question, by_chunk, questions, written_out
from factory.rehearsal.label_answerer import Labels
from factory.rehearsal.qa_answerer import Prose
from factory.rehearsal.retelling_faults import summary_lapses
from factory.rehearsal.rewrite_answerer import Rewrites, Summaries
from factory.rehearsal.text_answerers import Refusals, Talk, Texts
from factory.rehearsal.tool_call_answerer import Calls
from factory.tasks import Task
from factory.tasks.build import tasks_of
from factory.tasks.classification import Classification
from factory.tasks.custom import own_of
from factory.tasks.extraction import Extraction
from factory.tasks.qa import QA
from factory.tasks.template import Composed
from filters.answers.tool_call import call_of

MOST = 20  # examples of a chunk: the most that a recipe may ask for
CONTEXT = 2**20  # tokens: this teacher takes a chunk of any size
URL = "http://127.0.0.1/v1"  # as the runs' recipes name the teacher; the port is another in every rehearsal


@dataclass(frozen=True)
class Script:
    """`slots`: over several passes where the gold has fewer rows; default each row once. `correlated`: default by the task's kind."""

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
class Part:
    """One task of the recipe, with its gold rows."""

    recipe: Recipe
    text: str  # the recipe as TOML
    task: Task
    plan: Plan
    questions: tuple[Question, ...]
    voice: Voice
    prompts: tuple[Prompt, ...]


def parts(script: Script, folder: Path) -> list[Part]:
    """Each task that gold has rows of. Rows that carry their chunks are written to the folder as documents. Raises UserMistake."""
    if not script.gold.is_file():
        raise UserMistake(f"--gold {script.gold}: can't be read, must be a JSONL file of gold rows")
    rows = read_gold(script.gold)
    if not rows:
        raise UserMistake(f"{script.gold}: holds no rows, must hold some whose answers are known")
    own = [row for row in rows if row.chunk]
    if own and len(own) < len(rows):
        raise UserMistake(f'{script.gold}: some rows have a "chunk" and some only a "document", must be of one kind')
    rows = written_out(rows, folder) if own else rows
    recipe, text = _recast(script, str(folder) if own else None)
    tasks = tasks_of(recipe)
    asked = [as_asked(row, tasks) for row in rows]
    names = dict.fromkeys(row.task for row in asked)
    return [_part(script, text, name, [row for row in asked if row.task == name]) for name in names]


def _recast(script: Script, documents: str | None) -> tuple[Recipe, str]:
    """The recipe with this rehearsal's teacher and documents.

    Without gold: gold's documents are asked about like the others. Without a judge: this teacher knows the answers.
    """
    document = tomlkit.parse(read_recipe(script.recipe, script.changes)[1])
    document["teachers"] = [{"name": "rehearsal", "model": "compatible/rehearsal", "base_url": URL, "context": CONTEXT, "one_fact": False}]
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
        return Recipe.model_validate(document.unwrap(), context={"home": home}), tomlkit.dumps(document)
    except ValidationError as error:
        raise UserMistake(f"the recipe can't be rehearsed: {explain(error)}") from error


def _part(script: Script, text: str, name: str, rows: list[GoldRow]) -> Part:
    """The recipe with this task alone; of a chunk as many examples as it has gold rows."""
    document = tomlkit.parse(text)
    named = [task.name for task in _read(document, script.home)[0].tasks]
    document["tasks"] = [task for task, own in zip(document.get("tasks", [{}]), named, strict=True) if own == name]
    recipe, _ = _read(document, script.home)
    tasks = tasks_of(recipe)
    found = plan(recipe, script.home, tasks)
    asked = [q for q in questions(rows, found, recipe.chunks, tokens_of(recipe, script.home)) if tasks[name].slots(q.chunk, "train")]
    if not asked:
        raise UserMistake(f"{script.gold}: the chunks of its rows are too short to ask about, must be whole sentences")
    if not recipe.tasks[0].reads_once:
        cast("tomlkit.items.Table", document["tasks"][0])["per_chunk"] = min(MOST, max(map(len, by_chunk(asked).values())))
    recipe, text = _read(document, script.home)
    task = tasks_of(recipe)[name]
    return Part(recipe, text, task, found, tuple(asked), *_spoken(task, asked))


def leaving_out(part: Part, filters: tuple[str, ...], home: Path) -> Part:
    """The same task, judged without these filters."""
    document = tomlkit.parse(part.text)
    document.setdefault("filters", tomlkit.table())["without"] = list(filters)
    recipe, text = _read(document, home)
    return replace(part, recipe=recipe, text=text)


def _spoken(task: Task, asked: Sequence[Question]) -> tuple[Voice, tuple[Prompt, ...]]:
    match task:
        case Classification():
            return Labels(task.labels), task.prompts
        case Extraction():
            return Fields(task.fields, tuple(dict.fromkeys(q.row.response for q in asked))), task.prompts
        case QA():
            return Prose(by_chunk(asked)), task.prompts
        case Composed():
            return _composed(task, asked), task.prompts
    raise UserMistake(f'task "{task.name}": its kind can\'t be rehearsed')


def _composed(task: Composed, asked: Sequence[Question]) -> Voice:
    """Raises UserMistake of a shape of the client's own, whose faults are not known."""
    if task.settings.kind == "conversation":
        return Talk(Prose(by_chunk(asked)))
    if task.settings.kind == "unanswerable":
        return Refusals(tuple(q.row.response for q in asked))
    if task.settings.kind == "classification":
        return Texts(task)
    if task.settings.kind == "summarization":
        return Summaries(summary_lapses(task.settings.max_words))
    if task.settings.kind == "rewrite":
        return Rewrites()
    if task.settings.kind == "tool_call":
        return Calls(task.settings.tools, [call for q in asked if (call := call_of(q.row.response))])
    if own_of(task.settings.file, task.settings.text).shape:
        raise UserMistake(f'task "{task.name}": its answers have a shape of their own, only a task of text can be rehearsed')
    return Prose(by_chunk(asked))
