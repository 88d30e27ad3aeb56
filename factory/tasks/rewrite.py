"""Task rewrite: the passage in the tone of the client's before and after samples; every fact of it survives.

Nobody votes: two rewrites need not share a word. Each is held against the passage itself, both ways, which tells more than another
rewrite could.
"""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, prompt
from factory.core.records import Chunk, Draw, Example, Slot
from factory.core.task_settings import TaskSettings
from factory.tasks import Claim, Draft
from factory.tasks.template import AGAIN, AGAIN_SMALL, Asked, Composed, Judges, Names
from factory.tasks.whole_chunk import question
from filters.answers.rewrite import Sample, preserved, rewritten
from filters.consistency.vote import agree, consistency
from filters.text.segment import sentences

TOKENS, TOKENS_A_LETTER = 150, 0.6  # twice the passage, at four characters a token
USUAL = "a sentence of the passage"


class Rewritten(BaseModel):
    text: str


def rewrite(task: TaskSettings, quotes: bool, system: str | None) -> Composed:
    """Without the heading, which a rewrite would repeat. A small teacher, which can't quote, is not shown what it wrote before."""
    samples = [Sample(s.before, s.after) for s in task.samples]
    write = _with(prompt("rewrite_write"), samples)
    asked = Asked(
        write,
        None,
        prompt("rewrite_student"),
        Rewritten,
        Rewritten,
        mend="mend_rewrite",
        tokens=TOKENS,
        per_letter=TOKENS_A_LETTER,
        told=_instruction(task) + write.system,
        again=AGAIN if quotes else AGAIN_SMALL,
    )
    schema = rewritten(samples, (prompt("rewrite_write").system,))
    judges = Judges(schema, lambda _: preserved(samples), agree, consistency)
    return Composed(
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


def _with(file: Prompt, samples: list[Sample]) -> Prompt:
    """The prompt with the samples in it, which may hold dollar signs."""
    told = "\n\n".join(f"Before: {s.before.strip()}\nAfter: {s.after.strip()}" for s in samples)
    return Prompt(file.name, file.system.replace("$samples", told.replace("$", "$$")), file.user, file.digest)


def _instruction(task: TaskSettings) -> str:
    """The same for all passages."""
    return question("rewrite_question", wishes=task.instructions.strip())


def _shown(instruction: str, chunk: Chunk) -> Names:
    return {"question": instruction, "text": chunk.text}


def _draft(instruction: str, value: BaseModel, _: Slot) -> Draft:
    return Draft(instruction, cast("Rewritten", value).text.strip())


def _draw(value: BaseModel, _: Example) -> Draw:
    return Draw(response=cast("Rewritten", value).text.strip())


def _claims(example: Example) -> list[Claim]:
    """Each sentence of the rewrite must follow from the passage, and each of the passage from the rewrite."""
    here, there = example.chunk.text, example.response
    return [Claim(example.instruction, s.text, other) for one, other in ((there, here), (here, there)) for s in sentences(one)]


def _usual(example: Example) -> list[Claim]:
    return [Claim(example.instruction, USUAL, example.chunk.text)] * (2 * len(sentences(example.chunk.text)))
