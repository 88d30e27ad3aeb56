"""The commands `init`, `estimate`, `make`, `pilot`, `report` and `why`."""

import shlex
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import typer

from factory.calls.prices import Price, price_of, recipe_price
from factory.commands import out, say
from factory.commands.init_project import init
from factory.commands.progress import ProgressDisplay
from factory.core.errors import PromiseBroken, StoppedEarly, UserMistake
from factory.core.recipe import read_recipe
from factory.core.records import dollars, nanodollars
from factory.core.run_folder import Run
from factory.costs.estimate import ASSUMPTIONS, estimate
from factory.costs.forecast import EstimateTerms
from factory.costs.repeat_purchase import repeat_purchase
from factory.pipeline import MakeJob, make, plan_job
from factory.planning.plan import Plan, check_context, make_plan
from factory.planning.student_check import StudentCheckMode, check_student
from factory.reports.certificate import write_certificate
from factory.reports.html import write_html
from factory.reports.pilot import must_not_shrink, pilot_slots, summarise_pilot
from factory.reports.pilot_tables import pilot_tables
from factory.reports.report import Report
from factory.reports.run_summary import summarise_run
from factory.reports.tables import report_tables
from factory.reports.trace import trace_example
from factory.tasks.build import build_tasks


@dataclass(frozen=True)
class MakeOptions:
    """The arguments of make, pilot and distill."""

    recipe: Path
    folder: Path
    limit: int | None
    ledger: Path | None
    yes: bool
    wait: bool
    changes: tuple[str, ...]
    trains: bool = False  # distill: the student is trained here, right after make


def init_folder(folder: Path) -> None:
    init(folder)
    say(
        f"{folder}: copied documents/, gold/ and recipes/; begin with  docstill estimate "
        f"{folder}/recipes/demo.toml"
    )


def show_estimate(path: Path, limit: int | None, changes: list[str]) -> None:
    recipe, _ = read_recipe(path, tuple(changes))
    tasks = build_tasks(recipe)
    found = make_plan(recipe, path.resolve().parent, tasks, limit)
    check_context(recipe, tasks, found.slots)
    price = recipe_price(recipe)
    range_ = estimate(found.slots, tasks, recipe, price)
    say(
        f"{len(found.documents)} documents ({len(found.skipped)} skipped), {len(found.chunks)} "
        f"chunks, {range_.slots} slots"
    )
    say(f"calls       {range_.calls[0]:,} to {range_.calls[1]:,}")
    say(f"tokens in   {range_.tokens_in[0]:,} to {range_.tokens_in[1]:,}")
    say(f"tokens out  {range_.tokens_out[0]:,} to {range_.tokens_out[1]:,}")
    say(f"dollars     {range_.price_words}")
    if price:
        for teacher in recipe.asked:
            by_batch = "" if teacher.mode == "online" else f", {price.batch:g} of that by batch"
            of = f" ({teacher.name})" if len(recipe.asked) > 1 else ""
            say(f"price       {cast('Price', price_of(teacher)).words}{by_batch}{of}")
    say(ASSUMPTIONS)
    for line in check_student(recipe, tasks, found.slots, online=False).lines:
        say(line)


def run_make(options: MakeOptions) -> None:
    job = _make_job(options)
    report = _make_and_show(job, options.yes)
    ended = f"kept {report.kept} + rejected {report.rejected} + unfinished {report.unfinished}"
    say(f"asked {report.asked} = {ended}; see {options.folder}/report.html")
    _say_spent(report, options.folder)
    if report.goal:
        say(report.goal.words)
    _must_be_finished(job.run, report)
    report.decontamination.must_hold()
    if not report.kept_by_split["train"]:
        raise PromiseBroken("no example was kept for training; `docstill report` shows why")


def run_pilot(options: MakeOptions) -> None:
    """Ask the slots of 20 chunks and forecast the rest. A later make continues from there."""
    job = _make_job(options)
    recipe, tasks = job.recipe, build_tasks(job.recipe)
    plan = plan_job(job, say)
    job = replace(job, choose=partial(pilot_slots, seed=recipe.seed))
    must_not_shrink(job.run, len(pilot_slots(plan.slots, recipe.seed)))
    report = _make_and_show(job, options.yes, plan)
    summary = summarise_run(job.run)
    found = summarise_pilot(summary, plan.slots, EstimateTerms(tasks, recipe, recipe_price(recipe)))
    job.run.write("pilot.json", found.model_dump_json(indent=1) + "\n")
    for table in pilot_tables(found, summary):
        out.print(table)
    _say_spent(report, options.folder)
    say(f"figures: {options.folder}/pilot.json; as a page: {options.folder}/report.html")
    _must_be_finished(job.run, report)
    say(f"to continue without asking any of this again:  {_make_command(options)}")


def _make_command(options: MakeOptions) -> str:
    """Return the command that continues a pilot, without its budget."""
    changes = [
        word
        for change in options.changes
        if not change.startswith("budget.usd=")
        for word in ("--set", change)
    ]
    ledger = ["--ledger", str(options.ledger)] if options.ledger else []
    return shlex.join(
        ["docstill", "make", str(options.recipe), "--out", str(options.folder), *ledger, *changes]
    )


def _make_job(options: MakeOptions) -> MakeJob:
    recipe, text = read_recipe(options.recipe, options.changes)
    ledger = options.ledger or options.folder / "ledger.db"
    student: StudentCheckMode = "trained" if options.trains else "told" if options.yes else "needed"
    home = options.recipe.resolve().parent
    return MakeJob(
        recipe,
        text,
        home,
        Run(options.folder),
        ledger,
        options.limit,
        options.wait,
        student=student,
    )


def make_dataset(options: MakeOptions) -> Report:
    """Make the dataset with progress on the terminal, and return its report."""
    return _make_and_show(_make_job(options), options.yes)


def _make_and_show(job: MakeJob, yes: bool, plan: Plan | None = None) -> Report:
    plan = plan or plan_job(job, say)
    if not yes:
        _confirm(job, plan)
    with ProgressDisplay(out) as watch:
        report = make(job, watch.ears, plan)
    write_html(job.run)
    return report


def _say_spent(report: Report, folder: Path) -> None:
    if report.cost.usd is not None and report.cost.usd_total:
        now, ever = (dollars(nanodollars(usd)) for usd in (report.cost.usd, report.cost.usd_total))
        say(f"spent {now} now, {ever} in all runs of {folder}")


def _must_be_finished(run: Run, report: Report) -> None:
    if report.unfinished:
        reasons = Counter(str(line["reason"]) for line in run.lines("unfinished.jsonl"))
        why = (
            f"{report.unfinished} of {report.asked} slots are unfinished "
            f"({reasons.most_common(1)[0][0]})"
        )
        raise StoppedEarly(f"{why}; nothing is lost; run the same command again to continue")


def _confirm(job: MakeJob, plan: Plan) -> None:
    """Ask before a changed recipe or document makes the teacher write again.

    Raises UserMistake without a terminal, StoppedEarly if the answer is no.
    """
    slots = job.choose(plan.slots) if job.choose else plan.slots
    again = repeat_purchase(job.run, job.ledger, job.recipe, slots)
    if not again:
        return
    what = (
        f"the recipe or documents have changed, so {again.calls} writing calls of this run would "
        f"be made again ({again.estimate.words})"
    )
    if not out.is_terminal:
        raise UserMistake(f"{what}; add --yes to do that")
    if not typer.confirm(f"{what}. Go on?"):
        raise StoppedEarly("stopped; nothing was asked or changed")


def show_report(folder: Path) -> None:
    run = Run(folder).must_exist()
    for table in report_tables(run):
        out.print(table)
    say(f"as a page: {write_html(run)}")


def show_certificate(folder: Path) -> None:
    say(f"{write_certificate(Run(folder).must_exist())}: one page to print and file")


def show_why(folder: Path, id: str) -> None:
    out.print(trace_example(Run(folder).must_exist(), id))
