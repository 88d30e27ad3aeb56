"""The conversation task: several turns about one chunk, each answered from its own evidence; later
questions refer back to earlier turns.
"""

from functools import cache, partial
from typing import Annotated, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, load_prompt
from factory.core.records import Draw, Example, Slot, Span
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, JudgeClaim, quote_spans
from factory.tasks.qa import TOKENS_EACH, Quoted, Short
from factory.tasks.template import TaskFilters, TaskPrompts, TemplateTask
from filters.answers.conversation import (
    collapse_whitespace,
    conversation_grounding_filter,
    conversation_schema_filter,
    join_turns,
    read_turns,
    split_turns,
    turn_field,
)
from filters.consistency.vote import agree, consistency
from filters.text.segment import sentences


class Told(BaseModel):
    question: str
    answer: str
    quotes: list[str]


class ToldShort(BaseModel):
    question: Annotated[str, Field(max_length=220)]
    answer: Annotated[str, Field(max_length=160)]


class Turns(BaseModel):
    turns: list[Told]


class TurnsShort(BaseModel):
    turns: list[ToldShort]


@cache
def turns_shape(count: int, quotes: bool) -> type[Turns] | type[TurnsShort]:
    """Return a reply shape that asks for `count` turns and accepts fewer."""
    bounds = Field(json_schema_extra={"minItems": count, "maxItems": count})
    if quotes:
        return create_model("Turns", __base__=Turns, turns=(Annotated[list[Told], bounds], ...))
    return create_model(
        "TurnsShort", __base__=TurnsShort, turns=(Annotated[list[ToldShort], bounds], ...)
    )


def conversation_task(
    task: TaskSettings, quotes: bool, support: float, system: str | None
) -> TemplateTask:
    """Build the task. Readers of the earlier turns vote on the last answer; the earlier answers are
    checked against their evidence.
    """
    write = _of_turns(load_prompt("conversation_write"), task.turns)
    asked = TaskPrompts(
        write,
        load_prompt("conversation_answer"),
        load_prompt("qa_student"),
        turns_shape(task.turns, quotes),
        Quoted if quotes else Short,
        tokens=TOKENS_EACH * task.turns,
    )
    judges = TaskFilters(
        conversation_schema_filter((write.system, load_prompt("conversation_answer").system)),
        partial(conversation_grounding_filter, support),
        _same,
        partial(consistency, compare=_same),
    )
    return TemplateTask(
        task,
        asked,
        judges,
        partial(_draft, task.turns),
        _draw,
        system,
        said=split_turns,
        claimed=_claims,
        given=_given,
    )


def _of_turns(file: Prompt, count: int) -> Prompt:
    return Prompt(file.name, file.system.replace("$turns", str(count)), file.user, file.digest)


def _draft(most: int, value: BaseModel, slot: Slot) -> Draft:
    found = cast("Turns | TurnsShort", value).turns[:most]
    lines = [
        collapse_whitespace(line) for turn in found for line in (turn.question, turn.answer)
    ] or ["", ""]
    spans = tuple(
        s
        for n, turn in enumerate(found, 1)
        for s in quote_spans(getattr(turn, "quotes", ()), slot.chunk, turn_field(n))
    )
    return Draft(join_turns(lines[:-1]), lines[-1], spans)


def _draw(value: BaseModel, example: Example) -> Draw:
    """Read a new answer to the last question. Its evidence is added to that of the earlier turns,
    which are unchanged.
    """
    last = turn_field(len(read_turns(example)))
    before: tuple[Span, ...] = tuple(s for s in example.spans if s.field != last)
    spans = quote_spans(value.quotes, example.chunk, last) if isinstance(value, Quoted) else ()
    return Draw(
        response=collapse_whitespace(cast("Quoted | Short", value).answer), spans=(*before, *spans)
    )


def _same(one: str, other: str, question: str) -> bool:
    """Compare two answers to the last question."""
    return agree(one, other, split_turns(question)[-1])


def _claims(example: Example) -> list[JudgeClaim]:
    """Return each sentence of each answer as a claim. The claim's question includes the turns that
    it refers to.
    """
    return [
        JudgeClaim(
            f"{turn.before} {turn.question}".strip(),
            s.text,
            "\n".join(span.text for span in turn.spans),
        )
        for turn in read_turns(example)
        for s in sentences(turn.answer)
    ]


def _given(instruction: str, response: str) -> tuple[str, str]:
    return join_turns(split_turns(instruction)), response
