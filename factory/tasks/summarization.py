"""Task summarization: the passage in few words, each sentence with the passages that state it.

Nobody votes: two good summaries may tell different things, and that they do says nothing against either. Each sentence is held against
its own evidence instead.
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from factory.core.prompts import Prompt, prompt
from factory.core.records import Chunk, Draw, Example, Span
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import LEAST_WORDS
from factory.tasks import Claim, Draft, quoted
from factory.tasks.grammar_shapes import sentence
from factory.tasks.template import AGAIN, AGAIN_SMALL, Asked, Composed, Judges, Names
from factory.tasks.whole_chunk import question
from filters.answers.summary import Bounds, borne_out, concise, field
from filters.consistency.vote import agree, consistency
from filters.text.segment import sentences

TOKENS, TOKENS_A_WORD = 150, 6  # of a word and of what is quoted for it
A_SENTENCE, A_WORD = 16, 6.5  # words of a small teacher's sentence, and characters of a word: it can't count, so the shape does
LEAST_LETTERS = 25  # of a sentence: a heading is none


# The quotes come first, so that the sentence follows from them.
class Point(BaseModel):
    quotes: list[str]
    sentence: str


class Summary(BaseModel):
    sentences: list[Point]


def _short(bounds: Bounds) -> type[BaseModel]:
    """A few sentences that together have no more words than asked for."""
    count = max(1, bounds.most // A_SENTENCE)
    shape = Field(json_schema_extra=sentence(LEAST_LETTERS, max(LEAST_LETTERS + 1, round(A_WORD * bounds.most / count))))
    listed: Any = Annotated[list[Annotated[str, shape]], Field(json_schema_extra={"minItems": 1, "maxItems": count})]
    return create_model("SummaryShort", sentences=(listed, ...))


def summarization(task: TaskSettings, quotes: bool, support: float, system: str | None) -> Composed:
    """A small teacher is asked for the sentences alone; their evidence is found by code."""
    bounds = Bounds(task.min_words, task.max_words)
    instruction = question("summarization_question", wishes=task.instructions.strip(), **_told(bounds))
    shape = Summary if quotes else _short(bounds)
    asked = Asked(
        _within(prompt("summarization_write" if quotes else "summarization_write_small"), bounds),
        None,
        prompt("summarization_student"),
        shape,
        shape,
        mend="mend_summarization",
        tokens=TOKENS + TOKENS_A_WORD * bounds.most,
        told=instruction,
        again=AGAIN if quotes else AGAIN_SMALL,
    )
    return Composed(
        task,
        asked,
        Judges(concise(bounds), lambda _: borne_out(support), agree, consistency),
        lambda value, slot: Draft(instruction, *_read(value, slot.chunk)),
        _draw,
        system,
        shown=_shown,
        claimed=_claims,
        given=lambda _, response: (instruction, response),
        of_chunk=True,
        least=max(LEAST_WORDS, bounds.least_words, bounds.most),  # a passage that is no longer than its summary may be needs none
    )


def _told(bounds: Bounds) -> dict[str, str]:
    return {"least": str(bounds.least), "most": str(bounds.most)}


def _within(file: Prompt, bounds: Bounds) -> Prompt:
    system = file.system.replace("$least", str(bounds.least)).replace("$most", str(bounds.most))
    return Prompt(file.name, system, file.user, file.digest)


def _shown(instruction: str, chunk: Chunk) -> Names:
    return {"question": instruction, "text": chunk.text}


def _read(value: BaseModel, chunk: Chunk) -> tuple[str, tuple[Span, ...]]:
    """The summary, and under each of its sentences what was quoted for it."""
    if not isinstance(value, Summary):
        told: list[str] = value.model_dump()["sentences"]
        return " ".join(" ".join(told).split()), ()
    points = [p for p in value.sentences if p.sentence.strip()]
    response = " ".join(" ".join(p.sentence.split()) for p in points)
    owners = [p for p in points for _ in sentences(" ".join(p.sentence.split()))]
    found = sentences(response)
    if len(owners) != len(found):  # two that were written as one: all that is quoted is the evidence of each
        owners = [Point(quotes=[q for p in points for q in p.quotes], sentence="")] * len(found)
    return response, tuple(span for n, p in enumerate(owners, 1) for span in quoted(p.quotes, chunk, field(n)))


def _draw(value: BaseModel, example: Example) -> Draw:
    response, spans = _read(value, example.chunk)
    return Draw(response=response, spans=spans)


def _claims(example: Example) -> list[Claim]:
    """Each sentence, against its own evidence."""
    told = enumerate(sentences(example.response), 1)
    return [Claim(example.instruction, s.text, "\n".join(e.text for e in example.spans if e.field == field(n))) for n, s in told]
