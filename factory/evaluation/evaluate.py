"""Evaluation: answers files against references, pair by pair, to a verdict with an interval: RUN/evaluation.json."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from factory.core.errors import UserMistake
from factory.core.records import FILES
from factory.core.run_folder import Run
from factory.core.stats import needed_n
from factory.evaluation.answers import Answer, Answers, Question, must_be_complete, read_answers, read_lines, read_questions
from factory.evaluation.forgetting import Forgetting, forgetting
from factory.evaluation.learning_curve import Curve, curve_of
from factory.evaluation.llm_marks import Judge, Judged, judged_by
from factory.evaluation.metric_column import Column, Terms
from factory.evaluation.metrics import MACRO
from factory.evaluation.set_scores import STUDENT, Scores, check, scored, with_kinds

SETS = ("gold", "test")  # the first one that is there decides
BESIDE = {"shift": FILES["shift"], "unseen": FILES["unseen"]}  # told beside them, of the models that have answered them
BASE = "base"  # the student is to be better than it; than any other model it is to be not worse
FEWEST = 6  # a sign test needs six wins of six for 95 %, two-sided: 2 / 2**6 = 0.03

Verdict = Literal["better", "worse", "undecided"]


class Threshold(BaseModel, frozen=True):
    """The least that the recipe wants of the student on the first metric, and whether it was reached."""

    least: float
    reached: bool


class Evaluation(BaseModel, frozen=True):
    """evaluation.json."""

    sets: dict[str, Scores]
    verdict: Verdict
    needed_n: int | None
    decided_by: str
    metric: str
    against: str
    note: str
    threshold: Threshold | None = Field(None, exclude_if=lambda threshold: threshold is None)
    judged: Judged | None = Field(None, exclude_if=lambda judged: judged is None)  # of the set that decides
    curve: Curve | None = Field(None, exclude_if=lambda curve: curve is None)
    forgetting: Forgetting | None = Field(None, exclude_if=lambda found: found is None)

    @property
    def broken(self) -> str:
        """The promise that was not kept, in words; empty where all were."""
        told = []
        if self.against == BASE and self.verdict != "better":
            told.append(f"the student is not shown to be better than {self.against}")
        elif self.verdict == "worse":
            told.append(f"the student is worse than {self.against}")
        if self.threshold and not self.threshold.reached:
            mean = self.sets[self.decided_by].models[STUDENT][self.metric]
            told.append(f"the student's {self.metric} of {mean:.3f} is below the threshold of {self.threshold.least:g}")
        if self.forgetting and self.forgetting.broken:
            told.append(self.forgetting.broken)
        return ", and ".join(told)


def evaluate(run: Run, terms: Terms, extra: Sequence[str] = (), judge: Judge | None = None) -> Evaluation:
    """Scores every answers file of the run and the extra ones (each called by its stem, or NAME=PATH) and writes evaluation.json.

    Raises UserMistake for no questions, missing answers, unreadable lines, unknown metrics, two files of one name.
    """
    check(terms.metrics, terms.against)
    sets = {name: found for name in SETS if (found := read_questions(run.folder / f"{name}.jsonl"))}
    if not sets:
        raise UserMistake(f"{run.folder}: no questions in gold.jsonl or test.jsonl; name [evaluate] gold, make again")
    answers = read_answers(run, extra, (STUDENT, terms.against))
    for name, questions in sets.items():
        must_be_complete(run, name, questions, answers)
    told = {name: scored(questions, answers, terms) for name, questions in sets.items()}
    beside = {name: questions for name, file in BESIDE.items() if (questions := read_questions(run.folder / file))}
    told |= _beside(run, beside, answers, terms)
    deciding = next(iter(sets.values()))
    evaluation = _judged(told, terms, [name for name in beside if name not in told]).model_copy(
        update={
            "judged": judged_by(judge, deciding, answers, terms) if judge else None,
            "curve": curve_of(run, deciding, answers[STUDENT], terms),
        }
    )
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def with_forgetting(run: Run, evaluation: Evaluation, allowed: float, seed: int) -> Evaluation:
    """The evaluation with what the student has forgotten, as evaluation.json says it then. `allowed`: bits a token."""
    found = forgetting(run, allowed, seed)
    untold = "" if found else " Forgetting was not measured: `docstill answer` does it, of base and student."
    evaluation = evaluation.model_copy(update={"forgetting": found, "note": evaluation.note + untold})
    run.write("evaluation.json", evaluation.model_dump_json(indent=1) + "\n")
    return evaluation


def answered(run: Run, name: str, model: str, terms: Terms) -> Iterator[tuple[Question, float]]:
    """Every question of a set that the model has answered in this run, with the value of the metric that decides by question."""
    given = {answer.id: answer for answer in read_lines(run.folder / "answers" / f"{model}.jsonl", Answer)}
    mine = [question for question in read_questions(run.folder / f"{name}.jsonl") if question.meta.id in given]
    column = Column(by_question(terms.metrics[0]), mine, terms)
    values = column.of([given[question.meta.id] for question in mine])
    for place, value in zip(column.places, values[:, 0].tolist(), strict=True):
        yield mine[place], value


def by_question(metric: str) -> str:
    """A mean over labels has no value for a single question: there it is the share of right labels."""
    return "accuracy" if metric in MACRO else metric


def _beside(run: Run, sets: dict[str, list[Question]], answers: Answers, terms: Terms) -> dict[str, Scores]:
    """The sets that student and rival have begun to answer, with the models that have; whoever has begun must have ended."""
    found: dict[str, Scores] = {}
    for name, questions in sets.items():
        given = {model: mine for model, mine in answers.items() if any(question.meta.id in mine for question in questions)}
        if {STUDENT, terms.against} <= given.keys():
            must_be_complete(run, name, questions, given)
            found[name] = with_kinds(questions, given, terms)
    return found


def _judged(sets: dict[str, Scores], terms: Terms, left_out: Sequence[str]) -> Evaluation:
    decided_by, metric = next(iter(sets)), terms.metrics[0]
    scores = sets[decided_by]
    if metric not in scores.models[STUDENT]:
        raise UserMistake(f'[evaluate] metrics: "{metric}" says nothing of any question of {decided_by}, the first must be of some')
    seen = scores.paired[f"{STUDENT}-{terms.against}"][metric]
    least = terms.threshold
    verdict: Verdict = "better" if seen.low > 0 else "worse" if seen.high < 0 else "undecided"
    return Evaluation(
        sets=sets,
        verdict=verdict,
        needed_n=needed_n(scores.n, seen),
        decided_by=decided_by,
        metric=metric,
        against=terms.against,
        note=_note(sets, scores.n)
        + (_not_shown(scores, terms.against) if verdict == "better" else "")
        + "".join(f" Nothing is told of {name}: {STUDENT} or {terms.against} answered none." for name in left_out),
        threshold=None if least is None else Threshold(least=least, reached=scores.models[STUDENT][metric] >= least),
    )


def _note(sets: dict[str, Scores], n: int) -> str:
    if "gold" not in sets:
        note = "There is no gold, so test decides; the teacher wrote these rows."
    elif "test" in sets:
        note = "Gold decides; the teacher wrote the rows of test, which have no part in the verdict."
    else:
        note = "Gold decides."
    few = f" {n} questions are few: with fewer than {FEWEST} even a win on every one may be chance."
    return note + few if n < FEWEST else note


def _not_shown(scores: Scores, against: str) -> str:
    """What a better metric must not hide: token F1 rises with brevity as well, where no more answers are right than before."""
    found = scores.paired[f"{STUDENT}-{against}"].get("correct")
    if found is None or found.low > 0:
        return ""
    claim = "fewer answers are correct" if found.high < 0 else "no more answers are shown to be correct"
    means = " -> ".join(f"{scores.models[model]['correct']:.3f}" for model in (against, STUDENT))
    return f" But {claim} ({means}, difference {found.mean:+.3f}, {found.low:+.3f} to {found.high:+.3f})."


def verdict_sentence(evaluation: Evaluation) -> str:
    """The verdict with its figures; where it is open, how many questions might settle it."""
    against, metric, where = evaluation.against, evaluation.metric, evaluation.decided_by
    scores = evaluation.sets[where]
    seen = scores.paired[f"{STUDENT}-{against}"][metric]
    claim = f"student is {evaluation.verdict} than {against} on {where}"
    if evaluation.verdict == "undecided":
        claim = f"student is not shown to be better or worse than {against} on {where}"
    more = f"; about {evaluation.needed_n} questions might show it better" if evaluation.needed_n else ""
    least = evaluation.threshold
    wanted = "" if not least else f"; the threshold of {least.least:g} is {'reached' if least.reached else 'missed'}"
    return (
        f"{claim}: {metric} {scores.models[against][metric]:.3f} -> {scores.models[STUDENT][metric]:.3f}, "
        f"difference {seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, "
        f"n = {scores.n}, resampled by {scores.resampled_by}){more}{wanted}"
    )
