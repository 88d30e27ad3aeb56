"""The rewrite task: put the passage into the tone of the client's before and after samples, and
keep every fact.

There is no vote, because two good rewrites need not share a word. Each rewrite is compared with the
passage itself in both directions, which shows more than a second rewrite would.
"""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, load_prompt
from factory.core.records import Chunk, Draw, Example, Slot
from factory.core.task_settings import TaskSettings
from factory.tasks import Draft, JudgeClaim
from factory.tasks.template import (
    AGAIN,
    AGAIN_SMALL,
    Placeholders,
    TaskFilters,
    TaskPrompts,
    TemplateTask,
)
from factory.tasks.whole_chunk import fixed_question
from filters.answers.rewrite import ToneSample, rewrite_grounding_filter, rewrite_schema_filter
from filters.consistency.vote import agree, consistency
from filters.text.segment import sentences

TOKENS, TOKENS_A_LETTER = 150, 0.6  # twice the passage, at four characters a token
USUAL = "a sentence of the passage"


class Rewritten(BaseModel):
    text: str


def rewrite_task(task: TaskSettings, quotes: bool, system: str | None) -> TemplateTask:
    """Build the task. The heading is left out because a rewrite would repeat it. A small teacher,
    which can't quote, is not shown its rejected text.
    """
    samples = [ToneSample(s.before, s.after) for s in task.samples]
    write = _with(load_prompt("rewrite_write"), samples)
    asked = TaskPrompts(
        write,
        None,
        load_prompt("rewrite_student"),
        Rewritten,
        Rewritten,
        mend="mend_rewrite",
        tokens=TOKENS,
        per_letter=TOKENS_A_LETTER,
        told=_instruction(task) + write.system,
        again=AGAIN if quotes else AGAIN_SMALL,
    )
    schema = rewrite_schema_filter(samples, (load_prompt("rewrite_write").system,))
    judges = TaskFilters(schema, lambda _: rewrite_grounding_filter(samples), agree, consistency)
    return TemplateTask(
        task,
        asked,
        judges,
        partial(_draft, _instruction(task)),
        _draw,
        system,
        shown=_shown,
        claimed=_claims,
        usual=_usual,
        given=lambda _, response: (_instruction(task), response),
        of_chunk=True,
    )


def _with(file: Prompt, samples: list[ToneSample]) -> Prompt:
    """Return the prompt with the samples inserted, which may contain dollar signs."""
    told = "\n\n".join(f"Before: {s.before.strip()}\nAfter: {s.after.strip()}" for s in samples)
    return Prompt(
        file.name, file.system.replace("$samples", told.replace("$", "$$")), file.user, file.digest
    )


def _instruction(task: TaskSettings) -> str:
    """Return the instruction, which is the same for all passages."""
    return fixed_question("rewrite_question", wishes=task.instructions.strip())


def _shown(instruction: str, chunk: Chunk) -> Placeholders:
    return {"question": instruction, "text": chunk.text}


def _draft(instruction: str, value: BaseModel, _: Slot) -> Draft:
    return Draft(instruction, cast("Rewritten", value).text.strip())


def _draw(value: BaseModel, _: Example) -> Draw:
    return Draw(response=cast("Rewritten", value).text.strip())


def _claims(example: Example) -> list[JudgeClaim]:
    """Claim that each sentence of the rewrite follows from the passage, and each sentence of the
    passage from the rewrite.
    """
    here, there = example.chunk.text, example.response
    return [
        JudgeClaim(example.instruction, s.text, other)
        for one, other in ((there, here), (here, there))
        for s in sentences(one)
    ]


def _usual(example: Example) -> list[JudgeClaim]:
    return [JudgeClaim(example.instruction, USUAL, example.chunk.text)] * (
        2 * len(sentences(example.chunk.text))
    )
