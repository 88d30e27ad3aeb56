"""Have a model mark each answer from 1 to 5: accuracy, relevance, expertise and tone."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from pydantic import BaseModel

from factory.core.errors import TeacherFailed
from factory.core.prompts import load_prompt
from factory.core.stats import Interval, Proportion, paired_interval, rounded
from factory.evaluation.answers import Answers, HeldOutQuestion
from factory.evaluation.metric_column import ScoringTerms
from factory.evaluation.metrics import exact_match
from factory.evaluation.set_scores import resampling_units
from factory.teachers import Request

MARK_TOKENS = 300  # of a reply: a reason and four marks
CONTROLS = 20  # known answers; 15 of 20 ranked rightly is more than chance (Wilson 0.53 at least)
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
class AnswerJudge:
    """The judging teacher's name, and the callable that sends it requests."""

    name: str
    ask: Callable[[Sequence[Request]], Sequence[BaseModel | TeacherFailed]]


class JudgeControl(BaseModel, frozen=True):
    """The judge's result on known answers: each reference against another question's reference.

    `apart`: pairs in which the right answer got the higher mark for accuracy.
    """

    apart: Proportion

    @property
    def words(self) -> str:
        result = (
            f"of {self.apart.whole} right answers it marked {self.apart.part} higher than an "
            "answer "
            "to another question"
        )
        if self.apart.low > CHANCE:
            return f"Checked against known answers: {result}."
        return (
            "This judge is not shown to tell right answers from wrong ones, so ignore its marks: "
            f"{result}."
        )


class JudgeMarks(BaseModel, frozen=True):
    """Mean marks per model. An answer without a mark counts as `unjudged`, never as 0.

    `paired`: over the questions judged for both models; empty if there are none.
    """

    judge: str
    prompt: str  # digest of the prompt
    models: dict[str, dict[str, float]]
    paired: dict[str, dict[str, Interval]]
    n: dict[str, int]  # answers that were judged, by model
    unjudged: dict[str, int]
    reasons: dict[str, int]  # why they were not judged
    control: JudgeControl


def judge_answers(
    judge: AnswerJudge, questions: Sequence[HeldOutQuestion], answers: Answers, terms: ScoringTerms
) -> JudgeMarks:
    """Mark every answer. The judge never sees whose it is; equal answers share one request."""
    by_model = {
        model: [
            marking_request(question, mine[question.meta.id].response) for question in questions
        ]
        for model, mine in answers.items()
    }
    controls = _controls(questions)
    requests = list(
        dict.fromkeys(request for mine in (*by_model.values(), *controls) for request in mine)
    )
    found = dict(zip(requests, judge.ask(requests), strict=True))
    marks = {model: [found[request] for request in mine] for model, mine in by_model.items()}
    _, units = resampling_units(questions)
    pairs = {
        f"{model}-{terms.against}": (marks[model], marks[terms.against])
        for model in marks
        if model != terms.against
    }
    return JudgeMarks(
        judge=judge.name,
        prompt=load_prompt("marks").digest,
        models={model: _means(mine) for model, mine in marks.items()},
        paired={
            pair: _paired(mine, other, units, terms.seed) for pair, (mine, other) in pairs.items()
        },
        n={model: sum(isinstance(one, Marks) for one in mine) for model, mine in marks.items()},
        unjudged={
            model: sum(not isinstance(one, Marks) for one in mine) for model, mine in marks.items()
        },
        reasons=dict(
            Counter(
                str(one)
                for mine in marks.values()
                for one in mine
                if isinstance(one, TeacherFailed)
            ).most_common()
        ),
        control=_control([(found[right], found[wrong]) for right, wrong in controls]),
    )


def _controls(questions: Sequence[HeldOutQuestion]) -> list[tuple[Request, Request]]:
    """Pair references with wrong answers, for questions spread evenly over the set.

    The wrong answer is the next different reference within the same task.
    """
    places = (
        [place * len(questions) // CONTROLS for place in range(CONTROLS)]
        if len(questions) > CONTROLS
        else range(len(questions))
    )
    found = []
    for place in places:
        one, others = questions[place], (*questions[place + 1 :], *questions[:place])
        wrong = next(
            (
                q.reference
                for q in others
                if q.meta.task == one.meta.task and exact_match(q.reference, one.reference) == 0
            ),
            None,
        )
        found += (
            [(marking_request(one, one.reference), marking_request(one, wrong))] if wrong else []
        )
    return found


def _control(pairs: "Sequence[tuple[MarkReply, MarkReply]]") -> JudgeControl:
    both = [
        (a.accuracy, b.accuracy) for a, b in pairs if isinstance(a, Marks) and isinstance(b, Marks)
    ]
    return JudgeControl(apart=Proportion(part=sum(a > b for a, b in both), whole=len(both)))


def marking_request(question: HeldOutQuestion, response: str) -> Request:
    """Return the request that shows the judge the conversation, the reference and the answer."""
    conversation = "\n\n".join(
        f"{message.role or 'user'}: {message.content}" for message in question.messages[:-1]
    )
    filled = load_prompt("marks").fill(
        told=conversation, reference=question.reference, answer=response.strip() or "(nothing)"
    )
    return Request(*filled, Marks, max_tokens=MARK_TOKENS)


MarkReply = BaseModel | TeacherFailed


def _means(mine: Sequence[MarkReply]) -> dict[str, float]:
    judged = [one for one in mine if isinstance(one, Marks)]
    return (
        {name: rounded(fmean(getattr(one, name) for one in judged)) for name in CRITERIA}
        if judged
        else {}
    )


def _paired(
    mine: Sequence[MarkReply], other: Sequence[MarkReply], units: Sequence[str], seed: int
) -> dict[str, Interval]:
    both = [
        (a, b, unit)
        for a, b, unit in zip(mine, other, units, strict=True)
        if isinstance(a, Marks) and isinstance(b, Marks)
    ]
    if not both:
        return {}
    return {
        name: paired_interval(
            [getattr(a, name) - getattr(b, name) for a, b, _ in both],
            [unit for _, _, unit in both],
            seed,
        )
        for name in CRITERIA
    }
