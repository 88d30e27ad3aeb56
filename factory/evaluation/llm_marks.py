"""Marks: what a judge, a model, says of each answer of the set that decides: accuracy, relevance, expertise and tone, from 1 to 5."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from pydantic import BaseModel

from factory.core.errors import TeacherFailed
from factory.core.prompts import prompt
from factory.core.stats import Interval, Share, paired_interval, rounded
from factory.evaluation.answers import Answers, Question
from factory.evaluation.metric_column import Terms
from factory.evaluation.metrics import exact_match
from factory.evaluation.set_scores import units_of
from factory.teachers import Request

TOKENS = 300  # of a reason and four marks
CONTROLS = 20  # known answers: 15 of 20 told apart are more than chance (Wilson 0.53 at least)
CHANCE = 0.5
CRITERIA = ("accuracy", "relevance", "expertise", "tone")

Mark = Literal[1, 2, 3, 4, 5]


# What a judge says of one answer; its reason comes first, so that the marks follow from it.
class Marks(BaseModel):
    why: str
    accuracy: Mark
    relevance: Mark
    expertise: Mark
    tone: Mark


@dataclass(frozen=True)
class Judge:
    """A teacher by its name, and what puts requests to it."""

    name: str
    ask: Callable[[Sequence[Request]], Sequence[BaseModel | TeacherFailed]]


class Control(BaseModel, frozen=True):
    """The judge on known answers: references, each beside that of another question. `apart`: those marked higher in accuracy."""

    apart: Share

    @property
    def words(self) -> str:
        told = f"of {self.apart.whole} right answers it marked {self.apart.part} above an answer to another question"
        if self.apart.low > CHANCE:
            return f"Held against known answers: {told}."
        return f"This judge is not shown to tell right from wrong, so its marks say nothing: {told}."


class Judged(BaseModel, frozen=True):
    """Means over the answers that were judged. One that the judge did not judge is no 0: it is counted as `unjudged`.

    `paired`: over the questions that were judged of both models; none where no question was.
    """

    judge: str
    prompt: str  # digest of the words that it was asked with
    models: dict[str, dict[str, float]]
    paired: dict[str, dict[str, Interval]]
    n: dict[str, int]  # answers that were judged, by model
    unjudged: dict[str, int]
    reasons: dict[str, int]  # why they were not judged
    control: Control


def judged_by(judge: Judge, questions: Sequence[Question], answers: Answers, terms: Terms) -> Judged:
    """The judge does not know whose answer it is; equal answers to a question are one request."""
    said = {model: [asked_of(question, mine[question.meta.id].response) for question in questions] for model, mine in answers.items()}
    controls = _controls(questions)
    requests = list(dict.fromkeys(request for mine in (*said.values(), *controls) for request in mine))
    found = dict(zip(requests, judge.ask(requests), strict=True))
    marks = {model: [found[request] for request in mine] for model, mine in said.items()}
    _, units = units_of(questions)
    pairs = {f"{model}-{terms.against}": (marks[model], marks[terms.against]) for model in marks if model != terms.against}
    return Judged(
        judge=judge.name,
        prompt=prompt("marks").digest,
        models={model: _means(mine) for model, mine in marks.items()},
        paired={pair: _paired(mine, other, units, terms.seed) for pair, (mine, other) in pairs.items()},
        n={model: sum(isinstance(one, Marks) for one in mine) for model, mine in marks.items()},
        unjudged={model: sum(not isinstance(one, Marks) for one in mine) for model, mine in marks.items()},
        reasons=dict(Counter(str(one) for mine in marks.values() for one in mine if isinstance(one, TeacherFailed)).most_common()),
        control=_control([(found[right], found[wrong]) for right, wrong in controls]),
    )


def _controls(questions: Sequence[Question]) -> list[tuple[Request, Request]]:
    """Evenly over the questions, each with its reference and with that of the next question of its task that has another one."""
    places = [place * len(questions) // CONTROLS for place in range(CONTROLS)] if len(questions) > CONTROLS else range(len(questions))
    found = []
    for place in places:
        one, others = questions[place], (*questions[place + 1 :], *questions[:place])
        wrong = next((q.reference for q in others if q.meta.task == one.meta.task and exact_match(q.reference, one.reference) == 0), None)
        found += [(asked_of(one, one.reference), asked_of(one, wrong))] if wrong else []
    return found


def _control(pairs: "Sequence[tuple[Said, Said]]") -> Control:
    both = [(a.accuracy, b.accuracy) for a, b in pairs if isinstance(a, Marks) and isinstance(b, Marks)]
    return Control(apart=Share(part=sum(a > b for a, b in both), whole=len(both)))


def asked_of(question: Question, response: str) -> Request:
    """All that the model was told, the reference, and its answer."""
    told = "\n\n".join(f"{message.role or 'user'}: {message.content}" for message in question.messages[:-1])
    filled = prompt("marks").fill(told=told, reference=question.reference, answer=response.strip() or "(nothing)")
    return Request(*filled, Marks, max_tokens=TOKENS)


Said = BaseModel | TeacherFailed


def _means(mine: Sequence[Said]) -> dict[str, float]:
    judged = [one for one in mine if isinstance(one, Marks)]
    return {name: rounded(fmean(getattr(one, name) for one in judged)) for name in CRITERIA} if judged else {}


def _paired(mine: Sequence[Said], other: Sequence[Said], units: Sequence[str], seed: int) -> dict[str, Interval]:
    both = [(a, b, unit) for a, b, unit in zip(mine, other, units, strict=True) if isinstance(a, Marks) and isinstance(b, Marks)]
    if not both:
        return {}
    return {
        name: paired_interval([getattr(a, name) - getattr(b, name) for a, b, _ in both], [unit for _, _, unit in both], seed)
        for name in CRITERIA
    }
