"""What each command does, in the order it happens; the trainer is imported only where it is needed."""

import json
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import typer
from rich.console import Console

from factory.account import account
from factory.audit.audit import audit
from factory.audit.found import NAME as AUDIT
from factory.dedup import dedup
from factory.embeddings import embedder
from factory.errors import DocstillError, PromiseBroken, StoppedEarly, UserMistake
from factory.estimate import ASSUMED, estimate
from factory.evaluate import Evaluation, evaluate
from factory.forecast import Terms
from factory.html import write_html
from factory.init import init
from factory.judge import judge
from factory.make import Order, make, rebought
from factory.models import gguf, known
from factory.pilot import chosen, must_not_shrink, piloted
from factory.plan import check_context, plan
from factory.prices import Price, price_of, recipe_price
from factory.progress import Watch
from factory.recipe import Recipe, read_recipe
from factory.records import SPLITS, dollars, nanodollars
from factory.report import Report
from factory.review import sample as drawn_sample
from factory.review.csv import export_csv, import_csv
from factory.roles import tasks_of
from factory.run import Run
from factory.tables import audit_tables, pilot_tables, report_tables, score_tables
from factory.why import why

out = Console()


@dataclass(frozen=True)
class Wanted:
    """The arguments of make, pilot and distill."""

    recipe: Path
    folder: Path
    limit: int | None
    ledger: Path | None
    yes: bool
    wait: bool
    changes: tuple[str, ...]


def say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def init_folder(folder: Path) -> None:
    init(folder)
    say(f"{folder}: documents/, gold/ and recipes/ are there; begin with  docstill estimate {folder}/recipes/demo.toml")


def show_estimate(path: Path, limit: int | None, changes: list[str]) -> None:
    recipe, _ = read_recipe(path, tuple(changes))
    tasks = tasks_of(recipe)
    found = plan(recipe, path.resolve().parent, tasks, limit)
    check_context(recipe, tasks, found.slots)
    price = recipe_price(recipe)
    range_ = estimate(found.slots, tasks, recipe, price)
    say(f"{len(found.documents)} documents ({len(found.skipped)} skipped), {len(found.chunks)} chunks, {range_.slots} slots")
    say(f"calls       {range_.calls[0]:,} to {range_.calls[1]:,}")
    say(f"tokens in   {range_.tokens_in[0]:,} to {range_.tokens_in[1]:,}")
    say(f"tokens out  {range_.tokens_out[0]:,} to {range_.tokens_out[1]:,}")
    say(f"dollars     {range_.price_words}")
    if price:
        for teacher in recipe.asked:
            by_batch = "" if teacher.mode == "online" else f", {price.batch:g} of that by batch"
            of = f" ({teacher.name})" if len(recipe.asked) > 1 else ""
            say(f"price       {cast('Price', price_of(teacher)).words}{by_batch}{of}")
    say(ASSUMED)


def run_make(wanted: Wanted) -> None:
    order = _order(wanted)
    report = _made(order, wanted.yes)
    ended = f"kept {report.kept} + rejected {report.rejected} + unfinished {report.unfinished}"
    say(f"asked {report.asked} = {ended}; see {wanted.folder}/report.html")
    _say_spent(report, wanted.folder)
    _must_be_finished(order.run, report)
    if not report.kept_by_split["train"]:
        raise PromiseBroken("nothing was kept for training; `docstill report` shows the reasons")


def run_pilot(wanted: Wanted) -> None:
    """The slots of 20 chunks, and what they say of the rest; all of it is part of the make that follows."""
    order = _order(wanted)
    recipe, tasks = order.recipe, tasks_of(order.recipe)
    slots = plan(recipe, order.home, tasks).slots
    order = replace(order, choose=partial(chosen, seed=recipe.seed))
    must_not_shrink(order.run, len(chosen(slots, recipe.seed)))
    report = _made(order, wanted.yes)
    told = account(order.run)
    found = piloted(told, slots, Terms(tasks, recipe, recipe_price(recipe)))
    order.run.write("pilot.json", found.model_dump_json(indent=1) + "\n")
    for table in pilot_tables(found, told):
        out.print(table)
    _say_spent(report, wanted.folder)
    say(f"figures: {wanted.folder}/pilot.json; as a page: {wanted.folder}/report.html")
    _must_be_finished(order.run, report)
    say(f"go on, without asking any of this again:  {_make_command(wanted)}")


def _make_command(wanted: Wanted) -> str:
    """The make of a pilot's recipe and run. A budget is of the pilot: the whole takes another."""
    changes = [word for change in wanted.changes if not change.startswith("budget.usd=") for word in ("--set", change)]
    ledger = ["--ledger", str(wanted.ledger)] if wanted.ledger else []
    return shlex.join(["docstill", "make", str(wanted.recipe), "--out", str(wanted.folder), *ledger, *changes])


def _order(wanted: Wanted) -> Order:
    recipe, text = read_recipe(wanted.recipe, wanted.changes)
    ledger = wanted.ledger or wanted.folder / "ledger.db"
    return Order(recipe, text, wanted.recipe.resolve().parent, Run(wanted.folder), ledger, wanted.limit, wanted.wait)


def _made(order: Order, yes: bool) -> Report:
    _confirm(order, yes)
    with Watch(out) as watch:
        report = make(order, watch.ears)
    write_html(order.run)
    return report


def _say_spent(report: Report, folder: Path) -> None:
    if report.cost.usd is not None and report.cost.usd_total:
        now, ever = (dollars(nanodollars(usd)) for usd in (report.cost.usd, report.cost.usd_total))
        say(f"spent {now} now, {ever} in all runs of {folder}")


def _must_be_finished(run: Run, report: Report) -> None:
    if report.unfinished:
        reasons = Counter(str(line["reason"]) for line in run.lines("unfinished.jsonl"))
        why = f"{report.unfinished} of {report.asked} slots are unfinished ({reasons.most_common(1)[0][0]})"
        raise StoppedEarly(f"{why}; nothing is lost, run the same command again to go on")


def _confirm(order: Order, yes: bool) -> None:
    """A changed recipe or document says what it would buy again, and its price, before it does."""
    again = None if yes else rebought(order)
    if not again:
        return
    what = f"recipe or documents have changed: {again.calls} writing calls of this run would be asked again ({again.estimate.words})"
    if not out.is_terminal:
        raise UserMistake(f"{what}; add --yes to do that")
    if not typer.confirm(f"{what}. Go on?"):
        raise StoppedEarly("nothing was asked, nothing was changed")


def show_report(folder: Path) -> None:
    run = Run(folder).must_exist()
    for table in report_tables(run):
        out.print(table)
    say(f"as a page: {write_html(run)}")


def run_audit(folder: Path) -> None:
    run, recipe = _opened(folder)
    with timed(run, "audit"):
        found = audit(run, recipe)
    for table in audit_tables(found):
        out.print(table)
    page = f"; as a page: {write_html(run)}" if run.has("report.json") else ""
    say(f"every planted fault that was missed: {run.folder / AUDIT}{page}")


def show_why(folder: Path, id: str) -> None:
    out.print(why(Run(folder).must_exist(), id))


def run_train(folder: Path) -> None:
    run, recipe = _opened(folder)
    with _trainer(run, "train"):
        from trainer.train import train

        report = train(run.folder, _base(recipe), recipe.student, recipe.train, recipe.seed)
    small = ", fewer than usual: the recipe allows it" if report.allowed_small else ""
    loss = f"loss {report.first_loss:.2f} -> {report.last_loss:.2f}"
    say(f"trained {report.steps} steps on {report.rows} rows{small}; {loss}; {folder}/adapter")


def run_answer(folder: Path, model: str) -> None:
    run, recipe = _opened(folder)
    questions = [run.folder / name for name in ("gold.jsonl", "test.jsonl") if run.has(name) and run.lines(name)]
    if not questions:
        raise UserMistake(f"{folder}: there are no held-out questions; set evaluate.gold, or let documents be held out by split.test")
    with _trainer(run, f"answer {Path(model).name}"):
        from trainer.answer import answer

        path = answer(run.folder, questions, _base(recipe), model, recipe.student.system)
    say(f"answered: {path}")


def run_evaluate(folder: Path, answers: list[Path], against: str) -> None:
    found = _evaluated(folder, answers, against)
    for table in score_tables(found):
        out.print(table)
    _must_be_better(found)


def _evaluated(folder: Path, answers: list[Path], against: str) -> Evaluation:
    run, recipe = _opened(folder)
    with timed(run, "evaluate"):
        found = evaluate(run, recipe.evaluate.metrics, recipe.seed, answers, against)
    write_html(run)
    return found


def _must_be_better(found: Evaluation) -> None:
    if found.verdict != "better":
        reason = f"the student is not shown to be better than {found.against}"
        raise PromiseBroken(f"{reason}; evaluation.json and report.html have the figures")


def _conclude(folder: Path) -> None:
    """Evaluation and report as one: every score is shown once."""
    found = _evaluated(folder, [], "base")
    show_report(folder)
    _must_be_better(found)


def run_dedup(path: Path, out: Path, embeddings: str | None) -> None:
    found = dedup(path, out, embedder(embeddings, Path(), say) if embeddings else None)
    say(f"{out}: {found.rows:,} rows, {found.repeated:,} of them repeat an earlier one")
    if not embeddings:
        say("paraphrases were not looked for; --embeddings bundled does")


def run_judge(path: Path, filters: str, out_path: Path) -> None:
    found = judge(path, [name.strip() for name in filters.split(",") if name.strip()], out_path)
    by_filter = "".join(f"; {name} rejects {count:,}" for name, count in found.rejected.items())
    say(f"{out_path}: {found.rows:,} rows, {found.passed:,} pass{by_filter}")


def export_review(folder: Path, to: str, sample: int | None, split: str | None) -> None:
    run, recipe = _opened(folder)
    if to != "csv":
        raise UserMistake(f"--to {to}: must be csv")
    if split is not None and split not in SPLITS:
        raise UserMistake(f"--split {split}: must be train, val or test")
    lines = [line for line in run.lines("kept.jsonl") if split in (None, line["split"])]
    path = export_csv(run, drawn_sample(lines, sample, recipe.seed))
    say(f"{path}: write accept, reject or fix into the column verdict, then  docstill review import {folder} {path}")


def import_review(folder: Path, files: list[Path]) -> None:
    run = Run(folder).must_exist()
    for file in files:
        say(f"{file}: {import_csv(run, file)} verdicts; they take effect at the next docstill make")


def distill(wanted: Wanted) -> None:
    """Stops at exit code 2 or 3, goes on after 1; raises the worst that was seen."""
    steps: tuple[Callable[[], None], ...] = (
        lambda: run_make(wanted),
        lambda: run_train(wanted.folder),
        lambda: run_answer(wanted.folder, "base"),
        lambda: run_answer(wanted.folder, "student"),
        lambda: _conclude(wanted.folder),
    )
    broken: DocstillError | None = None
    for step in steps:
        try:
            step()
        except PromiseBroken as error:
            say(str(error))
            broken = broken or error
    if broken:
        raise broken


def _opened(folder: Path) -> tuple[Run, Recipe]:
    run = Run(folder).must_exist()
    return run, read_recipe(run.folder / "recipe.toml")[0]


def _base(recipe: Recipe) -> str:
    """The student's base: a known name or a GGUF becomes a path, anything else is a folder or a hub name."""
    base = recipe.student.base
    return str(gguf(base, Path(), say)) if known(base) or base.endswith(".gguf") else base


@contextmanager
def _trainer(run: Run, stage: str) -> Iterator[None]:
    """One sentence where the extra is not installed; progress and seconds of the stage."""
    try:
        from trainer.progress import heard_by
    except ImportError as error:
        raise UserMistake(
            f'training and answering need packages that are not installed ({error.name}): pip install "docstill[train]"'
        ) from error
    with timed(run, stage), heard_by(say):
        yield


@contextmanager
def timed(run: Run, stage: str) -> Iterator[None]:
    """Adds the stage's seconds to report.json."""
    started = time.monotonic()
    yield
    if run.has("report.json"):
        report = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
        report["seconds"][stage] = round(time.monotonic() - started, 1)
        run.write("report.json", json.dumps(report, indent=1, ensure_ascii=False) + "\n")
