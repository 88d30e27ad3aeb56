"""A rehearsal: the whole factory against a teacher that knows the answers and errs at known rates, before any key exists."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel

from factory.core.errors import PromiseBroken, StoppedEarly
from factory.core.outcomes import lines_of
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.pipeline import Ears, Order, make
from factory.rehearsal.gold_questions import Question, slots
from factory.rehearsal.outcomes import Fate, fates
from factory.rehearsal.score import Score, score
from factory.rehearsal.server import serving
from factory.rehearsal.setup import Part, Script, leaving_out, parts
from factory.rehearsal.teacher import Erring, Rates

ATTEMPTS = "attempts.jsonl"  # of each pass
FILTERS = ("schema", "grounding", "consistency", "duplicates")  # what can be left out
SHARED = 0.5  # of the errors: a teacher that misreads a passage misreads it again


class Rehearsal(BaseModel, frozen=True):
    """One rehearsal of one task: its conditions and what came of it."""

    task: str
    kind: str
    rows: int
    passes: int
    seed: int
    wrong: float
    correlated: float
    without: tuple[str, ...]
    folder: str
    score: Score


@dataclass(frozen=True)
class Terms:
    """Under which conditions a task is rehearsed, and where."""

    folder: Path
    rates: Rates
    without: tuple[str, ...] = ()


@dataclass
class Heard:
    """All passes of one rehearsal so far."""

    fates: list[Fate] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    slots: int = 0


@dataclass(frozen=True)
class Play:
    """One rehearsal under way."""

    script: Script
    part: Part
    terms: Terms
    ears: Ears


def rehearse(script: Script, ears: Ears) -> list[Rehearsal]:
    """Every pass is a run of its own below `script.out`, asked anew each time. Raises UserMistake, StoppedEarly and PromiseBroken."""
    with TemporaryDirectory(prefix="docstill-rehearsal-") as folder:
        documents = Path(folder, "documents")
        documents.mkdir()
        return [_rehearsed(Play(script, part, terms, ears)) for part in parts(script, documents) for terms in _terms(script, part)]


def _terms(script: Script, part: Part) -> Iterator[Terms]:
    """As asked; for labels, where it was not asked, once more with correlated errors; and without each filter in turn."""
    labels = part.recipe.tasks[0].kind == "classification"
    alone = labels or not part.task.votes  # where nobody answers again, no two answers can err alike
    correlated = script.correlated if script.correlated is not None else 0.0 if alone else SHARED
    folder, rates = script.out / part.task.name, Rates(script.wrong, correlated)
    yield Terms(folder, rates, script.without)
    if labels and script.correlated is None:
        yield Terms(folder.with_name(f"{folder.name}-correlated"), Rates(script.wrong, SHARED), script.without)
    for name in FILTERS if script.ablate else ():
        if name not in script.without:
            yield Terms(folder.with_name(f"{folder.name}-without-{name}"), rates, (*script.without, name))


def _rehearsed(play: Play) -> Rehearsal:
    script, part, terms = play.script, play.part, play.terms
    if terms.without:
        play = replace(play, part=leaving_out(part, terms.without, script.home))
    heard, number = Heard(), 0
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
        score=score(heard.fates, heard.calls, heard.slots, script.seed),
    )


def _passes(asked: Sequence[Question], count: int | None) -> Iterator[list[Question]]:
    """All questions over and over, and at last as many as are still to be asked, evenly over them."""
    left = count or len(asked)
    while left > 0:
        some = min(left, len(asked))
        yield [asked[i * len(asked) // some] for i in range(some)]
        left -= some


def _pass(play: Play, number: int, asked: list[Question], heard: Heard) -> None:
    """Raises StoppedEarly where slots are left unfinished, PromiseBroken where the teacher did not know what was asked."""
    part, seed = play.part, play.script.seed + number - 1
    left_out = f", without {', '.join(play.terms.without)}" if play.terms.without else ""
    play.ears.say(f"{part.task.name}, pass {number}: {len(asked)} questions, seed {seed}{left_out}")
    teacher = Erring(asked, part.voice, part.prompts, play.terms.rates, seed)
    run = Run(play.terms.folder / f"seed-{seed}")
    with TemporaryDirectory(prefix="docstill-rehearsal-") as ledger, serving(teacher.answer) as url:
        order = Order(
            recipe=_at(part.recipe, url),
            text=part.text,
            home=play.script.home,
            run=run,
            ledger=Path(ledger) / "ledger.db",
            choose=lambda _: slots(asked, part.task, part.plan),
        )
        report = make(order, play.ears)
    if teacher.strange:
        what = f"{run.folder}: {teacher.strange} requests were in words that the rehearsal does not know"
        raise PromiseBroken(f"{what}; that is docstill's fault, please report it")
    if report.unfinished:
        raise StoppedEarly(f"{run.folder}: {report.unfinished} slots are unfinished, `docstill report` shows why; run the rehearsal again")
    found = fates(lines_of(run), asked, teacher.said)
    by_id = {question.row.id: question for question in asked}
    run.write_lines(ATTEMPTS, (_line(fate, by_id[fate.question]) for fate in found))
    heard.fates += found
    heard.calls += teacher.calls
    heard.slots += report.asked


def _at(recipe: Recipe, url: str) -> Recipe:
    (teacher,) = recipe.teachers
    return recipe.model_copy(update={"teachers": (teacher.model_copy(update={"base_url": url}),)})


def _line(fate: Fate, question: Question) -> dict[str, object]:
    """What a person reads of one attempt: beside the right answer what was written, what became of it and why."""
    known = {"question": fate.question, "attempt": fate.attempt, "instruction": question.row.instruction, "right": question.row.response}
    wrote = {"wrote": fate.wrote.response, "fault": fate.wrote.fault, "correlated": fate.wrote.correlated, "evidence": question.quotes}
    ended = {"caught": fate.caught, "reason": fate.reason, "kept": fate.kept, "response": fate.response, "response_fault": fate.fault}
    return {**known, **wrote, **ended}
