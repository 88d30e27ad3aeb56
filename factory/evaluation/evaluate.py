"""Compare the student's answers with another model's, question by question.

The result is a verdict with an interval, in RUN/evaluation.json.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from factory.core.errors import UserMistake
from factory.core.records import SPLIT_FILES
from factory.core.run_folder import Run
from factory.core.stats import needed_n
from factory.evaluation.answers import (
    Answers,
    HeldOutQuestion,
    ModelAnswer,
    must_be_complete,
    read_answers,
    read_lines,
    read_questions,
)
from factory.evaluation.forgetting import Forgetting, measure_forgetting
from factory.evaluation.learning_curve import LearningCurve, measure_learning_curve
from factory.evaluation.llm_marks import AnswerJudge, JudgeMarks, judge_answers
from factory.evaluation.metric_column import MetricColumn, ScoringTerms
from factory.evaluation.metrics import MACRO
from factory.evaluation.set_scores import (
    STUDENT,
    Scores,
    check_metrics,
    score_set,
    score_shifted_set,
)

SETS = ("gold", "test")  # the first that exists decides
# Scored as well, for the models that answered them.
EXTRA_SETS = {
    "shift": SPLIT_FILES["shift"],
    "unseen": SPLIT_FILES["unseen"],
}
BASE = "base"  # the student must be better than its base, and not worse than any other model
MIN_QUESTIONS = 6  # a sign test needs six wins of six for 95 %, two-sided: 2 / 2**6 = 0.03

StudentVerdict = Literal["better", "worse", "undecided"]


class MetricThreshold(BaseModel, frozen=True):
    """The minimum that the recipe demands on the first metric, and whether it was reached."""

    least: float
    reached: bool


class Evaluation(BaseModel, frozen=True):
    """evaluation.json."""

    sets: dict[str, Scores]
    verdict: StudentVerdict
    needed_n: int | None
    decided_by: str
    metric: str
    against: str
    note: str
    threshold: MetricThreshold | None = Field(None, exclude_if=lambda threshold: threshold is None)
    # Of the set that decides.
    judged: JudgeMarks | None = Field(None, exclude_if=lambda judged: judged is None)
    curve: LearningCurve | None = Field(None, exclude_if=lambda curve: curve is None)
    forgetting: Forgetting | None = Field(None, exclude_if=lambda found: found is None)

    @property
    def broken(self) -> str:
        """The broken promises as a sentence; empty if all were kept."""
        broken = []
        if self.against == BASE and self.verdict != "better":
            broken.append(f"the student is not shown to be better than {self.against}")
        elif self.verdict == "worse":
            broken.append(f"the student is worse than {self.against}")
        if self.threshold and not self.threshold.reached:
            mean = self.sets[self.decided_by].models[STUDENT][self.metric]
            broken.append(
                f"the student's {self.metric} of {mean:.3f} is below the threshold of "
                f"{self.threshold.least:g}"
            )
        if self.forgetting and self.forgetting.broken:
            broken.append(self.forgetting.broken)
        return ", and ".join(broken)


def evaluate(
    run: Run, terms: ScoringTerms, extra: Sequence[str] = (), judge: AnswerJudge | None = None
) -> Evaluation:
    """Score all answers files and write evaluation.json.

    `extra`: more answers files, each a path (named after its stem) or NAME=PATH. Raises UserMistake
    if there are no questions, an answer is missing, a line can't be read, a metric is unknown, or
    two files have the same name.
    """
    check_metrics(terms.metrics, terms.against)
    sets = {name: found for name in SETS if (found := read_questions(run.folder / f"{name}.jsonl"))}
    if not sets:
        raise UserMistake(
            f"{run.folder}: gold.jsonl and test.jsonl hold no questions; set [evaluate] gold in "
            "the recipe and run `docstill make` again"
        )
    answers = read_answers(run, extra, (STUDENT, terms.against))
    for name, questions in sets.items():
        must_be_complete(run, name, questions, answers)
    by_set = {name: score_set(questions, answers, terms) for name, questions in sets.items()}
    extra_sets = {
        name: questions
        for name, file in EXTRA_SETS.items()
        if (questions := read_questions(run.folder / file))
    }
    by_set |= _score_extra_sets(run, extra_sets, answers, terms)
    deciding = next(iter(sets.values()))
    evaluation = _judged(
        by_set, terms, [name for name in extra_sets if name not in by_set]
    ).model_copy(
        update={
            "judged": judge_answers(judge, deciding, answers, terms) if judge else None,
            "curve": measure_learning_curve(run, deciding, answers[STUDENT], terms),
        }
    )
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def with_forgetting(run: Run, evaluation: Evaluation, allowed: float, seed: int) -> Evaluation:
    """Add the measured forgetting and write evaluation.json again.

    `allowed`: the largest permitted rise, in bits per token.
    """
    found = measure_forgetting(run, allowed, seed)
    untold = (
        ""
        if found
        else " Forgetting was not measured; run `docstill answer` for both base and student."
    )
    evaluation = evaluation.model_copy(
        update={"forgetting": found, "note": evaluation.note + untold}
    )
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def score_each_question(
    run: Run, name: str, model: str, terms: ScoringTerms
) -> Iterator[tuple[HeldOutQuestion, float]]:
    """Yield each question of a set that the model has answered, with its score.

    The score is the first metric's; see `per_question_metric`.
    """
    given = {
        answer.id: answer
        for answer in read_lines(run.folder / "answers" / f"{model}.jsonl", ModelAnswer)
    }
    mine = [
        question
        for question in read_questions(run.folder / f"{name}.jsonl")
        if question.meta.id in given
    ]
    column = MetricColumn(per_question_metric(terms.metrics[0]), mine, terms)
    values = column.of([given[question.meta.id] for question in mine])
    for place, value in zip(column.places, values[:, 0].tolist(), strict=True):
        yield mine[place], value


def per_question_metric(metric: str) -> str:
    """Return a metric for single questions: accuracy in place of a mean over labels."""
    return "accuracy" if metric in MACRO else metric


def _score_extra_sets(
    run: Run, sets: dict[str, list[HeldOutQuestion]], answers: Answers, terms: ScoringTerms
) -> dict[str, Scores]:
    """Score the extra sets that both the student and its rival have answered.

    Raises UserMistake for a model that has answered only part of such a set.
    """
    found: dict[str, Scores] = {}
    for name, questions in sets.items():
        given = {
            model: mine
            for model, mine in answers.items()
            if any(question.meta.id in mine for question in questions)
        }
        if {STUDENT, terms.against} <= given.keys():
            must_be_complete(run, name, questions, given)
            found[name] = score_shifted_set(questions, given, terms)
    return found


def _judged(sets: dict[str, Scores], terms: ScoringTerms, left_out: Sequence[str]) -> Evaluation:
    decided_by, metric = next(iter(sets)), terms.metrics[0]
    scores = sets[decided_by]
    if metric not in scores.models[STUDENT]:
        raise UserMistake(
            f'[evaluate] metrics: "{metric}" applies to no question of {decided_by}; put a metric '
            "first that does"
        )
    seen = scores.paired[f"{STUDENT}-{terms.against}"][metric]
    least = terms.threshold
    verdict: StudentVerdict = (
        "better" if seen.low > 0 else "worse" if seen.high < 0 else "undecided"
    )
    return Evaluation(
        sets=sets,
        verdict=verdict,
        needed_n=needed_n(scores.n, seen),
        decided_by=decided_by,
        metric=metric,
        against=terms.against,
        note=_note(sets, scores.n)
        + (_not_shown(scores, terms.against) if verdict == "better" else "")
        + "".join(
            f" {name} was not scored: {STUDENT} or {terms.against} answered none of it."
            for name in left_out
        ),
        threshold=None
        if least is None
        else MetricThreshold(least=least, reached=scores.models[STUDENT][metric] >= least),
    )


def _note(sets: dict[str, Scores], n: int) -> str:
    if "gold" not in sets:
        note = "There are no gold questions, so test decides; the teacher wrote its rows."
    elif "test" in sets:
        note = (
            "Gold decides. The teacher wrote the test rows, so they don't count towards the "
            "verdict."
        )
    else:
        note = "Gold decides."
    few = f" {n} questions are few: below {MIN_QUESTIONS}, even a win on every one may be chance."
    return note + few if n < MIN_QUESTIONS else note


def _not_shown(scores: Scores, against: str) -> str:
    """Warn if the metric rose but correctness did not: shorter answers raise token F1."""
    found = scores.paired[f"{STUDENT}-{against}"].get("correct")
    if found is None or found.low > 0:
        return ""
    claim = (
        "fewer answers are correct" if found.high < 0 else "no more answers are shown to be correct"
    )
    means = " -> ".join(f"{scores.models[model]['correct']:.3f}" for model in (against, STUDENT))
    return (
        f" But {claim} ({means}, difference {found.mean:+.3f}, {found.low:+.3f} to "
        f"{found.high:+.3f})."
    )


def verdict_sentence(evaluation: Evaluation) -> str:
    """Return the verdict with its figures, and how many questions might settle an undecided one."""
    against, metric, where = evaluation.against, evaluation.metric, evaluation.decided_by
    scores = evaluation.sets[where]
    seen = scores.paired[f"{STUDENT}-{against}"][metric]
    claim = f"student is {evaluation.verdict} than {against} on {where}"
    if evaluation.verdict == "undecided":
        claim = f"student is not shown to be better or worse than {against} on {where}"
    more = (
        f"; about {evaluation.needed_n} questions might show it better"
        if evaluation.needed_n
        else ""
    )
    least = evaluation.threshold
    wanted = (
        ""
        if not least
        else f"; the threshold of {least.least:g} is {'reached' if least.reached else 'missed'}"
    )
    return (
        f"{claim}: {metric} {scores.models[against][metric]:.3f} -> "
        f"{scores.models[STUDENT][metric]:.3f}, "
        f"difference {seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, "
        f"n = {scores.n}, resampled by {scores.resampled_by}){more}{wanted}"
    )
