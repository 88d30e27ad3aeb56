"""Task unanswerable: a question about the chunk's subject that the chunk does not answer, and the honest refusal."""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.prompts import Prompt, prompt, words, words_digest
from factory.records import Draw, Example, Slot
from factory.tasks import Claim, Draft, quoted
from factory.tasks.composed import Asked, Composed, Judges
from factory.tasks.qa import Asked as Short
from factory.tasks.qa import Quoted
from factory.tasks.qa import Short as ShortAnswer
from factory.tasks.settings import TaskSettings
from filters.unanswered import about, draws_refuse, refused, unanswerable, unsettled


class Question(BaseModel):
    question: str


def unanswerable_task(task: TaskSettings, quotes: bool, system: str | None) -> Composed:
    """The student's prompt is that of qa: it can't tell beforehand what is answerable. No quotes of a small teacher."""
    refusal = words("refusal")
    answer = _refusing(prompt("unanswerable_answer"), refusal)
    asked = Asked(
        prompt("unanswerable_write"),
        answer,
        prompt("qa_student"),
        Question if quotes else Short,
        Quoted if quotes else ShortAnswer,
        mend="mend_unanswerable",
        told=words_digest("refusal"),
    )
    judges = Judges(unanswerable(refusal), lambda _: about, unsettled, draws_refuse)
    return Composed(task, asked, judges, partial(_draft, refusal), partial(_draw, refusal), system, claimed=_nothing)


def _refusing(file: Prompt, refusal: str) -> Prompt:
    return Prompt(file.name, file.system.replace("$refusal", refusal.replace("$", "$$")), file.user, file.digest)


def _nothing(_: Example) -> list[Claim]:
    """A refusal claims nothing that a judge could find borne out."""
    return []


def _draft(refusal: str, value: BaseModel, _: Slot) -> Draft:
    return Draft(cast("Question | Short", value).question.strip(), refusal)


def _draw(refusal: str, value: BaseModel, example: Example) -> Draw:
    spans = quoted(value.quotes, example.chunk) if isinstance(value, Quoted) else ()
    answer = refused(cast("Quoted | ShortAnswer", value).answer.strip(), spans, refusal)
    return Draw(response=answer, spans=() if answer == refusal else spans)
