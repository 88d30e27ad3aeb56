"""Rehearsal: run the whole factory, before there is any key, against a teacher that knows the
answers and errs at known rates.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel

from factory.core.errors import PromiseBroken, StoppedEarly
from factory.core.outcomes import outcome_lines
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.pipeline import Events, MakeJob, make
from factory.rehearsal.gold_questions import GoldQuestion, slots_for
from factory.rehearsal.outcomes import AttemptOutcome, attempt_outcomes
from factory.rehearsal.score import RehearsalScore, score_rehearsal
from factory.rehearsal.server import serve_locally
from factory.rehearsal.setup import (
    RehearsalSettings,
    RehearsalTask,
    rehearsal_tasks,
    without_filters,
)
from factory.rehearsal.teacher import ErringTeacher, ErrorRates

ATTEMPTS_FILE = "attempts.jsonl"  # written for each pass
# Filters that can be left out.
ABLATED_FILTERS = ("schema", "grounding", "consistency", "duplicates")
# Half of the errors: a teacher that misreads a passage misreads it again.
DEFAULT_CORRELATED = 0.5


class Rehearsal(BaseModel, frozen=True):
    """One rehearsal of one task: its conditions and its score."""

    task: str
    kind: str
    rows: int
    passes: int
    seed: int
    wrong: float
    correlated: float
    without: tuple[str, ...]
    folder: str
    score: RehearsalScore


@dataclass(frozen=True)
class Conditions:
    """The conditions under which a task is rehearsed, and the folder of its runs."""

    folder: Path
    rates: ErrorRates
    without: tuple[str, ...] = ()


@dataclass
class PassTotals:
    """Totals over all passes of one rehearsal so far."""

    fates: list[AttemptOutcome] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    slots: int = 0


@dataclass(frozen=True)
class RunningRehearsal:
    """One rehearsal in progress."""

    script: RehearsalSettings
    part: RehearsalTask
    terms: Conditions
    ears: Events


def rehearse(script: RehearsalSettings, ears: Events) -> list[Rehearsal]:
    """Rehearse every task under every condition.

    Every pass is a run of its own below `script.out` and asks everything anew. Raises UserMistake,
    StoppedEarly and PromiseBroken.
    """
    with TemporaryDirectory(prefix="docstill-rehearsal-") as folder:
        documents = Path(folder, "documents")
        documents.mkdir()
        return [
            _rehearsed(RunningRehearsal(script, part, terms, ears))
            for part in rehearsal_tasks(script, documents)
            for terms in _terms(script, part)
        ]


def _terms(script: RehearsalSettings, part: RehearsalTask) -> Iterator[Conditions]:
    """Yield the requested conditions, the extra one with correlated errors for labels, and one
    without each filter.

    Labels get the extra condition unless the user has set a correlation.
    """
    labels = part.recipe.tasks[0].kind == "classification"
    # Without votes there is only one answer, so errors can't be correlated.
    alone = labels or not part.task.votes
    correlated = (
        script.correlated if script.correlated is not None else 0.0 if alone else DEFAULT_CORRELATED
    )
    folder, rates = script.out / part.task.name, ErrorRates(script.wrong, correlated)
    yield Conditions(folder, rates, script.without)
    if labels and script.correlated is None:
        yield Conditions(
            folder.with_name(f"{folder.name}-correlated"),
            ErrorRates(script.wrong, DEFAULT_CORRELATED),
            script.without,
        )
    for name in ABLATED_FILTERS if script.ablate else ():
        if name not in script.without:
            yield Conditions(
                folder.with_name(f"{folder.name}-without-{name}"), rates, (*script.without, name)
            )


def _rehearsed(play: RunningRehearsal) -> Rehearsal:
    script, part, terms = play.script, play.part, play.terms
    if terms.without:
        play = replace(play, part=without_filters(part, terms.without, script.home))
    heard, number = PassTotals(), 0
    for number, asked in enumerate(_passes(part.questions, script.slots), 1):
        _pass(play, number, asked, heard)
    return Rehearsal(
        task=part.task.name,
        kind=part.recipe.tasks[0].kind,
        rows=len(part.questions),
        passes=number,
        seed=script.seed,
        wrong=terms.rates.wrong,
        correlated=terms.rates.correlated,
        without=terms.without,
        folder=terms.folder.as_posix(),
        score=score_rehearsal(heard.fates, heard.calls, heard.slots, script.seed),
    )


def _passes(asked: Sequence[GoldQuestion], count: int | None) -> Iterator[list[GoldQuestion]]:
    """Yield all questions repeatedly; the last pass takes as many as are left, spread evenly."""
    left = count or len(asked)
    while left > 0:
        some = min(left, len(asked))
        yield [asked[i * len(asked) // some] for i in range(some)]
        left -= some


def _pass(
    play: RunningRehearsal, number: int, asked: list[GoldQuestion], heard: PassTotals
) -> None:
    """Run one pass.

    Raises StoppedEarly if slots are left unfinished, and PromiseBroken if the teacher did not
    recognize a request.
    """
    part, seed = play.part, play.script.seed + number - 1
    left_out = f", without {', '.join(play.terms.without)}" if play.terms.without else ""
    play.ears.say(f"{part.task.name}, pass {number}: {len(asked)} questions, seed {seed}{left_out}")
    teacher = ErringTeacher(asked, part.answerer, part.prompts, play.terms.rates, seed)
    run = Run(play.terms.folder / f"seed-{seed}")
    with (
        TemporaryDirectory(prefix="docstill-rehearsal-") as ledger,
        serve_locally(teacher.answer) as url,
    ):
        order = MakeJob(
            recipe=_with_base_url(part.recipe, url),
            text=part.text,
            home=play.script.home,
            run=run,
            ledger=Path(ledger) / "ledger.db",
            choose=lambda _: slots_for(asked, part.task, part.plan),
        )
        report = make(order, play.ears)
    if teacher.unanswered:
        raise PromiseBroken(
            f"{run.folder}: the rehearsal did not recognize {teacher.unanswered} requests; "
            "this is a bug in docstill, please report it"
        )
    if report.unfinished:
        raise StoppedEarly(
            f"{run.folder}: {report.unfinished} slots are unfinished; `docstill report` shows why; "
            "run the rehearsal again"
        )
    found = attempt_outcomes(outcome_lines(run), asked, teacher.given)
    by_id = {question.row.id: question for question in asked}
    run.write_lines(ATTEMPTS_FILE, (_line(fate, by_id[fate.question]) for fate in found))
    heard.fates += found
    heard.calls += teacher.calls
    heard.slots += report.asked


def _with_base_url(recipe: Recipe, url: str) -> Recipe:
    (teacher,) = recipe.teachers
    return recipe.model_copy(update={"teachers": (teacher.model_copy(update={"base_url": url}),)})


def _line(fate: AttemptOutcome, question: GoldQuestion) -> dict[str, object]:
    """Return one attempt for a human reader: the right answer, what was written, its outcome and
    the reason.
    """
    known = {
        "question": fate.question,
        "attempt": fate.attempt,
        "instruction": question.row.instruction,
        "right": question.row.response,
    }
    wrote = {
        "wrote": fate.wrote.response,
        "fault": fate.wrote.fault,
        "correlated": fate.wrote.correlated,
        "evidence": question.quotes,
    }
    ended = {
        "caught": fate.caught,
        "reason": fate.reason,
        "kept": fate.kept,
        "response": fate.response,
        "response_fault": fate.fault,
    }
    return {**known, **wrote, **ended}
