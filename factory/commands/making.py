"""The commands of a run: init, estimate, make and pilot, report and why."""

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
from factory.commands.progress import Watch
from factory.core.errors import PromiseBroken, StoppedEarly, UserMistake
from factory.core.recipe import read_recipe
from factory.core.records import dollars, nanodollars
from factory.core.run_folder import Run
from factory.costs.estimate import ASSUMED, estimate
from factory.costs.forecast import Terms
from factory.pipeline import Order, make, rebought
from factory.planning.plan import check_context, plan
from factory.planning.student_check import Wish, check
from factory.reports.certificate import write_certificate
from factory.reports.html import write_html
from factory.reports.pilot import chosen, must_not_shrink, piloted
from factory.reports.pilot_tables import pilot_tables
from factory.reports.report import Report
from factory.reports.run_summary import account
from factory.reports.tables import report_tables
from factory.reports.trace import why
from factory.tasks.build import tasks_of


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
    trains: bool = False  # distill: the student is trained here, right behind the making


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
    for line in check(recipe, tasks, found.slots, online=False).lines:
        say(line)


def run_make(wanted: Wanted) -> None:
    order = _order(wanted)
    report = _made(order, wanted.yes)
    ended = f"kept {report.kept} + rejected {report.rejected} + unfinished {report.unfinished}"
    say(f"asked {report.asked} = {ended}; see {wanted.folder}/report.html")
    _say_spent(report, wanted.folder)
    if report.goal:
        say(report.goal.words)
    _must_be_finished(order.run, report)
    report.decontamination.must_hold()
    if not report.kept_by_split["train"]:
        raise PromiseBroken("nothing was kept for training; `docstill report` shows the reasons")


def run_pilot(wanted: Wanted) -> None:
    """The slots of 20 chunks, and what they say of the rest; all of it is part of the make that follows."""
    order = _order(wanted)
    recipe, tasks = order.recipe, tasks_of(order.recipe)
    slots = plan(recipe, order.home, tasks, scans=order.run.scans).slots
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
    student: Wish = "trained" if wanted.trains else "told" if wanted.yes else "needed"
    home = wanted.recipe.resolve().parent
    return Order(recipe, text, home, Run(wanted.folder), ledger, wanted.limit, wanted.wait, student=student)


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


def show_certificate(folder: Path) -> None:
    say(f"{write_certificate(Run(folder).must_exist())}: one page to print and file")


def show_why(folder: Path, id: str) -> None:
    out.print(why(Run(folder).must_exist(), id))
