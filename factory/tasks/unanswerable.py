"""Task unanswerable: a question about the chunk's subject that the chunk does not answer, and the honest refusal."""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import Prompt, prompt, words, words_digest
from factory.core.records import Draw, Example, Slot, Verdict
from factory.core.task_settings import TaskSettings
from factory.tasks import Claim, Draft, quoted
from factory.tasks.cross_chunk_facts import asked_of, of_its_fact, unanswered
from factory.tasks.qa import TOKENS_SHORT, Quoted, Short
from factory.tasks.qa import Asked as OfFact
from factory.tasks.template import Asked, Composed, Judges
from filters.answers.unanswerable import about, draws_refuse, refused, unanswerable, unsettled
from filters.schema.grammar import wording
from filters.schema.relevance import relevance
from filters.schema.schema import schema


class Question(BaseModel):
    question: str


def unanswerable_task(task: TaskSettings, quotes: bool, system: str | None) -> Composed:
    """The student's prompt is that of qa: it can't tell beforehand what is answerable."""
    return _of_the_chunk(task, system) if quotes else _of_elsewhere(task, system)


def _of_the_chunk(task: TaskSettings, system: str | None) -> Composed:
    refusal = words("refusal")
    write, student, told = prompt("unanswerable_write"), prompt("qa_student"), words_digest("refusal")
    asked = Asked(write, _answer(), student, Question, Quoted, mend="mend_unanswerable", told=told)
    judges = Judges(unanswerable(refusal), lambda _: about, unsettled, draws_refuse)
    return Composed(task, asked, judges, partial(_draft, refusal), partial(_draw, refusal), system, claimed=_nothing)


def _of_elsewhere(task: TaskSettings, system: str | None) -> Composed:
    """Of a small teacher, which asks for what stands there when told not to, and as a reader never refuses (0 of 16 times): it is given a
    fact of another chunk, of which code knows that this one does not state it, and nobody votes."""
    refusal = words("refusal")
    write, student, told = prompt("qa_write_one"), prompt("qa_student"), words_digest("refusal")
    asked = Asked(write, _answer(), student, OfFact, Short, tokens=TOKENS_SHORT, told=told)
    judges = Judges(partial(_sound, refusal), lambda _: unanswered, unsettled, draws_refuse, OF_FACT)
    draft = partial(_draft, refusal)
    return Composed(task, asked, judges, draft, partial(_draw, refusal), system, claimed=_nothing, elsewhere=True)


OF_FACT = (of_its_fact(wording, "wording"), of_its_fact(relevance, "relevance"))  # of a teacher that is given a fact, as in qa


def _sound(refusal: str, example: Example) -> Verdict:
    """The question is sound beside its chunk, and beside its fact and the answer that stands there."""
    verdict = unanswerable(refusal)(example)
    return of_its_fact(schema, "schema")(example) if verdict.passed else verdict


def _answer() -> Prompt:
    file, refusal = prompt("unanswerable_answer"), words("refusal")
    return Prompt(file.name, file.system.replace("$refusal", refusal.replace("$", "$$")), file.user, file.digest)


def _nothing(_: Example) -> list[Claim]:
    """A refusal claims nothing that a judge could find borne out."""
    return []


def _draft(refusal: str, value: BaseModel, slot: Slot) -> Draft:
    question = cast("Question | OfFact", value).question.strip()
    return Draft(question, refusal, elsewhere=asked_of(question, slot.elsewhere))


def _draw(refusal: str, value: BaseModel, example: Example) -> Draw:
    spans = quoted(value.quotes, example.chunk) if isinstance(value, Quoted) else ()
    answer = refused(cast("Quoted | Short", value).answer.strip(), spans, refusal)
    return Draw(response=answer, spans=() if answer == refusal else spans)
