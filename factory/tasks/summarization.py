"""The summarization task: the passage in few words, each sentence with the passages that state it.

There is no vote, because two good summaries may select different points. Each sentence is checked
against its own evidence instead.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, load_prompt
from factory.core.records import Chunk, Draw, Example, Span
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import MIN_CHUNK_WORDS
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.grammar_shapes import sentence_schema
from factory.tasks.template import (
    AGAIN,
    AGAIN_SMALL,
    Placeholders,
    TaskFilters,
    TaskPrompts,
    TemplateTask,
)
from factory.tasks.whole_chunk import fixed_question
from filters.answers.summary import (
    SummaryBounds,
    sentence_field,
    summary_grounding_filter,
    summary_schema_filter,
)
from filters.consistency.vote import agree, consistency
from filters.text.segment import sentences

TOKENS, TOKENS_A_WORD = 150, 6  # of a word and of what is quoted for it
# Words of a small teacher's sentence, and characters of a word: it can't count, so the shape does.
A_SENTENCE, A_WORD = 16, 6.5
LEAST_LETTERS = 25  # of a sentence: a heading is none


# The quotes come first, so that the sentence follows from them.
class Point(BaseModel):
    quotes: list[str]
    sentence: str


class Summary(BaseModel):
    sentences: list[Point]


def _short(bounds: SummaryBounds) -> type[BaseModel]:
    """Return a shape of a few sentences that together have no more words than asked for."""
    count = max(1, bounds.most // A_SENTENCE)
    shape = Field(
        json_schema_extra=sentence_schema(
            LEAST_LETTERS, max(LEAST_LETTERS + 1, round(A_WORD * bounds.most / count))
        )
    )
    listed: Any = Annotated[
        list[Annotated[str, shape]], Field(json_schema_extra={"minItems": 1, "maxItems": count})
    ]
    return create_model("SummaryShort", sentences=(listed, ...))


def summarization_task(
    task: TaskSettings, quotes: bool, support: float, system: str | None
) -> TemplateTask:
    """Build the task. A small teacher is asked for sentences alone; code finds their evidence."""
    bounds = SummaryBounds(task.min_words, task.max_words)
    instruction = fixed_question(
        "summarization_question", wishes=task.instructions.strip(), **_told(bounds)
    )
    shape = Summary if quotes else _short(bounds)
    asked = TaskPrompts(
        _within(
            load_prompt("summarization_write" if quotes else "summarization_write_small"), bounds
        ),
        None,
        load_prompt("summarization_student"),
        shape,
        shape,
        mend="mend_summarization",
        tokens=TOKENS + TOKENS_A_WORD * bounds.most,
        told=instruction,
        again=AGAIN if quotes else AGAIN_SMALL,
    )
    return TemplateTask(
        task,
        asked,
        TaskFilters(
            summary_schema_filter(bounds),
            lambda _: summary_grounding_filter(support),
            agree,
            consistency,
        ),
        lambda value, slot: Draft(instruction, *_read(value, slot.chunk)),
        _draw,
        system,
        shown=_shown,
        claimed=_claims,
        given=lambda _, response: (instruction, response),
        of_chunk=True,
        least=max(
            MIN_CHUNK_WORDS, bounds.least_words, bounds.most
        ),  # a passage that is no longer than its summary may be needs none
    )


def _told(bounds: SummaryBounds) -> dict[str, str]:
    return {"least": str(bounds.least), "most": str(bounds.most)}


def _within(file: Prompt, bounds: SummaryBounds) -> Prompt:
    system = file.system.replace("$least", str(bounds.least)).replace("$most", str(bounds.most))
    return Prompt(file.name, system, file.user, file.digest)


def _shown(instruction: str, chunk: Chunk) -> Placeholders:
    return {"question": instruction, "text": chunk.text}


def _read(value: BaseModel, chunk: Chunk) -> tuple[str, tuple[Span, ...]]:
    """Return the summary, and the quotes of each of its sentences as spans."""
    if not isinstance(value, Summary):
        told: list[str] = value.model_dump()["sentences"]
        return " ".join(" ".join(told).split()), ()
    points = [p for p in value.sentences if p.sentence.strip()]
    response = " ".join(" ".join(p.sentence.split()) for p in points)
    owners = [p for p in points for _ in sentences(" ".join(p.sentence.split()))]
    found = sentences(response)
    if len(owners) != len(
        found
    ):  # two that were written as one: all that is quoted is the evidence of each
        owners = [Point(quotes=[q for p in points for q in p.quotes], sentence="")] * len(found)
    return response, tuple(
        span
        for n, p in enumerate(owners, 1)
        for span in quote_spans(p.quotes, chunk, sentence_field(n))
    )


def _draw(value: BaseModel, example: Example) -> Draw:
    response, spans = _read(value, example.chunk)
    return Draw(response=response, spans=spans)


def _claims(example: Example) -> list[JudgeClaim]:
    """Claim each sentence, with its own evidence."""
    told = enumerate(sentences(example.response), 1)
    return [
        JudgeClaim(
            example.instruction,
            s.text,
            "\n".join(e.text for e in example.spans if e.field == sentence_field(n)),
        )
        for n, s in told
    ]
