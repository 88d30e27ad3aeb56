"""The unanswerable task: a question about the chunk's subject that the chunk does not answer, and
the honest refusal.
"""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, load_prompt, prompt_text, prompt_text_digest
from factory.core.records import Draw, Example, Slot, Verdict
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.cross_chunk_facts import (
    best_matching_fact,
    chunk_does_not_answer,
    judge_by_source_fact,
)
from factory.tasks.qa import TOKENS_SHORT, Quoted, Short
from factory.tasks.qa import Asked as OfFact
from factory.tasks.template import TaskFilters, TaskPrompts, TemplateTask
from filters.answers.unanswerable import (
    never_agree,
    normalize_refusal,
    unanswerable_consistency,
    unanswerable_grounding,
    unanswerable_schema_filter,
)
from filters.schema.grammar import wording
from filters.schema.relevance import relevance
from filters.schema.schema import schema


class Question(BaseModel):
    question: str


def unanswerable_task(task: TaskSettings, quotes: bool, system: str | None) -> TemplateTask:
    """Build the task. The student's prompt is that of qa, because a student can't know beforehand
    what is answerable.
    """
    return _of_the_chunk(task, system) if quotes else _of_elsewhere(task, system)


def _of_the_chunk(task: TaskSettings, system: str | None) -> TemplateTask:
    refusal = prompt_text("refusal")
    write, student, told = (
        load_prompt("unanswerable_write"),
        load_prompt("qa_student"),
        prompt_text_digest("refusal"),
    )
    asked = TaskPrompts(
        write, _answer(), student, Question, Quoted, mend="mend_unanswerable", told=told
    )
    judges = TaskFilters(
        unanswerable_schema_filter(refusal),
        lambda _: unanswerable_grounding,
        never_agree,
        unanswerable_consistency,
    )
    return TemplateTask(
        task,
        asked,
        judges,
        partial(_draft, refusal),
        partial(_draw, refusal),
        system,
        claimed=_nothing,
    )


def _of_elsewhere(task: TaskSettings, system: str | None) -> TemplateTask:
    """Build the task for a small teacher.

    It asks about what the chunk states even when the prompt forbids it, and as a reader it never
    refuses (0 of 16 times). So it is given a fact of another chunk that code knows this chunk does
    not state, and there is no vote.
    """
    refusal = prompt_text("refusal")
    write, student, told = (
        load_prompt("qa_write_one"),
        load_prompt("qa_student"),
        prompt_text_digest("refusal"),
    )
    asked = TaskPrompts(write, _answer(), student, OfFact, Short, tokens=TOKENS_SHORT, told=told)
    judges = TaskFilters(
        partial(_sound, refusal),
        lambda _: chunk_does_not_answer,
        never_agree,
        unanswerable_consistency,
        SOURCE_FACT_FILTERS,
    )
    draft = partial(_draft, refusal)
    return TemplateTask(
        task,
        asked,
        judges,
        draft,
        partial(_draw, refusal),
        system,
        claimed=_nothing,
        elsewhere=True,
    )


# Of a teacher that is given a fact, as in qa.
SOURCE_FACT_FILTERS = (
    judge_by_source_fact(wording, "wording"),
    judge_by_source_fact(relevance, "relevance"),
)


def _sound(refusal: str, example: Example) -> Verdict:
    """Check the question with its chunk, and with its source fact and that fact's answer."""
    verdict = unanswerable_schema_filter(refusal)(example)
    return judge_by_source_fact(schema, "schema")(example) if verdict.passed else verdict


def _answer() -> Prompt:
    file, refusal = load_prompt("unanswerable_answer"), prompt_text("refusal")
    return Prompt(
        file.name,
        file.system.replace("$refusal", refusal.replace("$", "$$")),
        file.user,
        file.digest,
    )


def _nothing(_: Example) -> list[JudgeClaim]:
    """Return no claims: a judge can't support a refusal with evidence."""
    return []


def _draft(refusal: str, value: BaseModel, slot: Slot) -> Draft:
    question = cast("Question | OfFact", value).question.strip()
    return Draft(question, refusal, elsewhere=best_matching_fact(question, slot.elsewhere))


def _draw(refusal: str, value: BaseModel, example: Example) -> Draw:
    spans = quote_spans(value.quotes, example.chunk) if isinstance(value, Quoted) else ()
    answer = normalize_refusal(cast("Quoted | Short", value).answer.strip(), spans, refusal)
    return Draw(response=answer, spans=() if answer == refusal else spans)
