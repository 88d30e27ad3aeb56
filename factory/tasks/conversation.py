"""Task conversation: several turns over one chunk, each answer from its own evidence; later questions refer back."""

from functools import cache, partial
from typing import Annotated, cast

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, prompt
from factory.core.records import Draw, Example, Slot, Span
from factory.core.task_settings import TaskSettings
from factory.tasks import Claim, Draft, quoted
from factory.tasks.qa import TOKENS_EACH, Quoted, Short
from factory.tasks.template import Asked, Composed, Judges
from filters.answers.conversation import field, flat, grounded, said, sound, told, turns
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
def turns_of(count: int, quotes: bool) -> type[Turns] | type[TurnsShort]:
    """A shape that asks for so many turns, and accepts fewer."""
    bounds = Field(json_schema_extra={"minItems": count, "maxItems": count})
    if quotes:
        return create_model("Turns", __base__=Turns, turns=(Annotated[list[Told], bounds], ...))
    return create_model("TurnsShort", __base__=TurnsShort, turns=(Annotated[list[ToldShort], bounds], ...))


def conversation(task: TaskSettings, quotes: bool, support: float, system: str | None) -> Composed:
    """The last answer is voted on, as two readers of what was said before it answer; the earlier ones are held against their evidence."""
    write = _of_turns(prompt("conversation_write"), task.turns)
    asked = Asked(
        write,
        prompt("conversation_answer"),
        prompt("qa_student"),
        turns_of(task.turns, quotes),
        Quoted if quotes else Short,
        tokens=TOKENS_EACH * task.turns,
    )
    judges = Judges(
        sound((write.system, prompt("conversation_answer").system)), partial(grounded, support), _same, partial(consistency, compare=_same)
    )
    return Composed(task, asked, judges, partial(_draft, task.turns), _draw, system, said=said, claimed=_claims, given=_given)


def _of_turns(file: Prompt, count: int) -> Prompt:
    return Prompt(file.name, file.system.replace("$turns", str(count)), file.user, file.digest)


def _draft(most: int, value: BaseModel, slot: Slot) -> Draft:
    found = cast("Turns | TurnsShort", value).turns[:most]
    lines = [flat(line) for turn in found for line in (turn.question, turn.answer)] or ["", ""]
    spans = tuple(s for n, turn in enumerate(found, 1) for s in quoted(getattr(turn, "quotes", ()), slot.chunk, field(n)))
    return Draft(told(lines[:-1]), lines[-1], spans)


def _draw(value: BaseModel, example: Example) -> Draw:
    """Its evidence beside that of the turns before, which stand."""
    last = field(len(turns(example)))
    before: tuple[Span, ...] = tuple(s for s in example.spans if s.field != last)
    spans = quoted(value.quotes, example.chunk, last) if isinstance(value, Quoted) else ()
    return Draw(response=flat(cast("Quoted | Short", value).answer), spans=(*before, *spans))


def _same(one: str, other: str, question: str) -> bool:
    """By the last question."""
    return agree(one, other, said(question)[-1])


def _claims(example: Example) -> list[Claim]:
    """Each sentence of each answer; what a question refers to is told with it."""
    return [
        Claim(f"{turn.before} {turn.question}".strip(), s.text, "\n".join(span.text for span in turn.spans))
        for turn in turns(example)
        for s in sentences(turn.answer)
    ]


def _given(instruction: str, response: str) -> tuple[str, str]:
    return told(said(instruction)), response
