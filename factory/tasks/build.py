"""Build the recipe's tasks, and name the prompt files that each kind of task uses."""

from collections.abc import Callable
from typing import NamedTuple

from factory.core.recipe import Recipe
from factory.core.settings import TeacherSettings
from factory.core.task_settings import TaskSettings
from factory.tasks import Task, Tasks
from factory.tasks.classification import Classification
from factory.tasks.closed_book import HeldOutShares
from factory.tasks.conversation import conversation_task
from factory.tasks.custom import custom_task
from factory.tasks.extraction import Extraction
from factory.tasks.qa import QA
from factory.tasks.rewrite import rewrite_task
from factory.tasks.style_variation import manner_digest
from factory.tasks.summarization import summarization_task
from factory.tasks.synthetic_texts import synthetic_texts_task
from factory.tasks.tool_call import tool_call_task
from factory.tasks.unanswerable import unanswerable_task


class TaskBuildSettings(NamedTuple):
    """The teacher's preferred form of requests, and the recipe's settings outside the task."""

    one_fact: bool  # a small teacher is asked for one thing, without quotes
    examples_per_call: int | None
    support: float  # see `grounding`
    system: str | None  # the student's, where the recipe sets one
    shares: HeldOutShares  # of a closed-book task


class TaskKind(NamedTuple):
    """A builder for one kind of task. `prompts`: the files whose words affect what is asked or
    learned.
    """

    build: Callable[[TaskSettings, TaskBuildSettings], Task]
    prompts: tuple[str, ...]


QA_PROMPTS = (
    *(
        "qa_write",
        "qa_answer",
        "qa_repair",
        "qa_write_one",
        "qa_answer_short",
        "qa_repair_one",
        "qa_student",
    ),
    *(
        "qa_write_closed",
        "qa_write_one_again",
        "mend_qa_closed",
        "qa_student_several",
        "qa_student_closed",
    ),
    *("refusal", "shift_paraphrased", "shift_adversarial", "mend_qa", "mend_qa_one"),
)

KINDS: dict[str, TaskKind] = {
    "qa": TaskKind(
        lambda task, how: QA(
            task,
            how.one_fact,
            how.examples_per_call or task.per_chunk,
            how.system,
            how.support,
            how.shares,
        ),
        QA_PROMPTS,
    ),
    "classification": TaskKind(
        lambda task, how: _classification(Classification(task, not how.one_fact, how.system)),
        (
            "classification",
            "classification_repair",
            "classification_question",
            "classification_student",
            "mend_classification",
        ),
    ),
    "extraction": TaskKind(
        lambda task, how: Extraction(task, not how.one_fact, how.support, how.system),
        (
            "extraction",
            "extraction_repair",
            "extraction_question",
            "extraction_student",
            "mend_extraction",
        ),
    ),
    "unanswerable": TaskKind(
        lambda task, how: unanswerable_task(task, not how.one_fact, how.system),
        (
            "unanswerable_write",
            "unanswerable_answer",
            "qa_write_one",
            "qa_student",
            "rejected",
            "mend_unanswerable",
            "refusal",
        ),
    ),
    "conversation": TaskKind(
        lambda task, how: conversation_task(task, not how.one_fact, how.support, how.system),
        ("conversation_write", "conversation_answer", "qa_student", "rejected", "mend_composed"),
    ),
    "rewrite": TaskKind(
        lambda task, how: rewrite_task(task, not how.one_fact, how.system),
        (
            "rewrite_write",
            "rewrite_question",
            "rewrite_student",
            "rejected",
            "rejected_small",
            "mend_rewrite",
        ),
    ),
    "summarization": TaskKind(
        lambda task, how: summarization_task(task, not how.one_fact, how.support, how.system),
        (
            *(
                "summarization_write",
                "summarization_write_small",
                "summarization_question",
                "summarization_student",
            ),
            *("rejected", "rejected_small", "mend_summarization"),
        ),
    ),
    "tool_call": TaskKind(
        lambda task, how: tool_call_task(task, not how.one_fact, how.system),
        (
            *(
                "tool_call_write",
                "tool_call_write_small",
                "tool_call_answer",
                "tool_call_answer_small",
                "tool_call_student",
            ),
            *("rejected", "rejected_small", "mend_tool_call"),
        ),
    ),
    "own": TaskKind(
        lambda task, how: custom_task(task, not how.one_fact, how.support, how.system),
        ("own_write", "own_answer", "own_student", "rejected", "mend_composed"),
    ),
}
# Of a classification whose texts are written.
SYNTHETIC_TEXT_PROMPTS = (
    "classification_write",
    "mend_written",
    "rejected",
)


def prompt_files(task: TaskSettings) -> tuple[str, ...]:
    """Return the prompt files whose words affect the task with these settings."""
    more = SYNTHETIC_TEXT_PROMPTS if task.source == "written" else ()
    return (*KINDS[task.kind].prompts, *more, *(("manner",) if manner_digest(task) else ()))


def _classification(task: Classification) -> Task:
    return synthetic_texts_task(task) if task.settings.source == "written" else task


def build_task(task: TaskSettings, recipe: Recipe, teacher: TeacherSettings) -> Task:
    """Build the task as this teacher is asked it."""
    one_fact = teacher.provider == "local" if teacher.one_fact is None else teacher.one_fact
    shares = HeldOutShares(recipe.seed, recipe.split.test, recipe.split.val)
    support, system = recipe.filters.grounding.support, recipe.student.system
    return KINDS[task.kind].build(
        task, TaskBuildSettings(one_fact, teacher.examples_per_call, support, system, shares)
    )


def build_tasks(recipe: Recipe, teacher: TeacherSettings | None = None) -> Tasks:
    """Return the recipe's tasks by name, as this teacher is asked them; by default, each as its own
    teacher is.
    """
    return {
        task.name: build_task(task, recipe, teacher or recipe.teacher(task.teacher))
        for task in recipe.tasks
    }
