"""The kinds of task: who builds each, and the prompt files that are its own."""

from collections.abc import Callable
from typing import NamedTuple

from factory.core.recipe import Recipe
from factory.core.settings import TeacherSettings
from factory.core.task_settings import TaskSettings
from factory.tasks import Task, Tasks
from factory.tasks.classification import Classification
from factory.tasks.closed_book import Shares
from factory.tasks.conversation import conversation
from factory.tasks.custom import own
from factory.tasks.extraction import Extraction
from factory.tasks.qa import QA
from factory.tasks.rewrite import rewrite
from factory.tasks.style_variation import manner_digest
from factory.tasks.summarization import summarization
from factory.tasks.synthetic_texts import written_texts
from factory.tasks.tool_call import tool_call
from factory.tasks.unanswerable import unanswerable_task


class Asking(NamedTuple):
    """How a teacher likes to be asked, which is its own property, and what the recipe says beside the task."""

    one_fact: bool  # a small teacher is asked for one thing, without quotes
    examples_per_call: int | None
    support: float  # see `grounding`
    system: str | None  # the student's, where the recipe sets one
    shares: Shares  # of a closed-book task


class Kind(NamedTuple):
    """`prompts`: files whose words bear on what is asked or learned."""

    build: Callable[[TaskSettings, Asking], Task]
    prompts: tuple[str, ...]


QA_PROMPTS = (
    *("qa_write", "qa_answer", "qa_repair", "qa_write_one", "qa_answer_short", "qa_repair_one", "qa_student"),
    *("qa_write_closed", "qa_write_one_again", "mend_qa_closed", "qa_student_several", "qa_student_closed"),
    *("refusal", "shift_paraphrased", "shift_adversarial", "mend_qa", "mend_qa_one"),
)

KINDS: dict[str, Kind] = {
    "qa": Kind(
        lambda task, how: QA(task, how.one_fact, how.examples_per_call or task.per_chunk, how.system, how.support, how.shares),
        QA_PROMPTS,
    ),
    "classification": Kind(
        lambda task, how: _classification(Classification(task, not how.one_fact, how.system)),
        ("classification", "classification_repair", "classification_question", "classification_student", "mend_classification"),
    ),
    "extraction": Kind(
        lambda task, how: Extraction(task, not how.one_fact, how.support, how.system),
        ("extraction", "extraction_repair", "extraction_question", "extraction_student", "mend_extraction"),
    ),
    "unanswerable": Kind(
        lambda task, how: unanswerable_task(task, not how.one_fact, how.system),
        ("unanswerable_write", "unanswerable_answer", "qa_write_one", "qa_student", "rejected", "mend_unanswerable", "refusal"),
    ),
    "conversation": Kind(
        lambda task, how: conversation(task, not how.one_fact, how.support, how.system),
        ("conversation_write", "conversation_answer", "qa_student", "rejected", "mend_composed"),
    ),
    "rewrite": Kind(
        lambda task, how: rewrite(task, not how.one_fact, how.system),
        ("rewrite_write", "rewrite_question", "rewrite_student", "rejected", "rejected_small", "mend_rewrite"),
    ),
    "summarization": Kind(
        lambda task, how: summarization(task, not how.one_fact, how.support, how.system),
        (
            *("summarization_write", "summarization_write_small", "summarization_question", "summarization_student"),
            *("rejected", "rejected_small", "mend_summarization"),
        ),
    ),
    "tool_call": Kind(
        lambda task, how: tool_call(task, not how.one_fact, how.system),
        (
            *("tool_call_write", "tool_call_write_small", "tool_call_answer", "tool_call_answer_small", "tool_call_student"),
            *("rejected", "rejected_small", "mend_tool_call"),
        ),
    ),
    "own": Kind(
        lambda task, how: own(task, not how.one_fact, how.support, how.system),
        ("own_write", "own_answer", "own_student", "rejected", "mend_composed"),
    ),
}
WRITTEN = ("classification_write", "mend_written", "rejected")  # of a classification whose texts are written


def prompts_of(task: TaskSettings) -> tuple[str, ...]:
    """The files whose words bear on the task as it is set."""
    more = WRITTEN if task.source == "written" else ()
    return (*KINDS[task.kind].prompts, *more, *(("manner",) if manner_digest(task) else ()))


def _classification(task: Classification) -> Task:
    return written_texts(task) if task.settings.source == "written" else task


def built(task: TaskSettings, recipe: Recipe, teacher: TeacherSettings) -> Task:
    """The task as this teacher is asked it."""
    one_fact = teacher.provider == "local" if teacher.one_fact is None else teacher.one_fact
    shares = Shares(recipe.seed, recipe.split.test, recipe.split.val)
    support, system = recipe.filters.grounding.support, recipe.student.system
    return KINDS[task.kind].build(task, Asking(one_fact, teacher.examples_per_call, support, system, shares))


def tasks_of(recipe: Recipe, teacher: TeacherSettings | None = None) -> Tasks:
    """The recipe's tasks by name, as they are asked of this teacher; by default of the one that writes each."""
    return {task.name: built(task, recipe, teacher or recipe.teacher(task.teacher)) for task in recipe.tasks}
