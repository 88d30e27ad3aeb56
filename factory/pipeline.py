"""Run one recipe from documents to files: plan, ask, judge, mix, write. The same command again
resumes where it stopped.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from factory.calls.accounting import Accounting
from factory.calls.build import Clients, budget_of, clients_of
from factory.calls.ledger import Ledger, open_ledger
from factory.calls.prices import price_of, recipe_price
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Row, Slot, SlotResult
from factory.core.run_folder import Run
from factory.costs.estimate import estimate
from factory.dataset.decontaminate import LeakGuard, check_leaks
from factory.dataset.preference_pairs import preference_pairs
from factory.dataset.rows import Rows
from factory.dataset.run_files import write_dataset, write_inputs, write_preference_pairs
from factory.dataset.shifted_test import count_kinds
from factory.dataset.size_goal import goal_progress
from factory.dataset.training_set import mix_training_set, read_replay_sources
from factory.generation.engine import GenerationEngine, Outcome
from factory.generation.roles import roles_of
from factory.models.embeddings import load_embedder
from factory.models.tokenizers import fetch_teacher_model
from factory.planning.document_changes import (
    changes_file,
    changes_sentence,
    document_names,
    find_changes,
    read_changes,
    summarize_changes,
)
from factory.planning.frozen_test_sets import held_out_digests, require_same_slots
from factory.planning.plan import Plan, check_context, make_plan
from factory.planning.student_check import StudentCheckMode, check_student, require_suitable_student
from factory.reports.report import Report, RunCosts, build_report
from factory.review import expert_filter
from factory.review.effects import write_reviewed_gold
from factory.tasks.build import build_tasks
from factory.teachers.build import teacher_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class MakeJob:
    """The options of one `docstill make`."""

    recipe: Recipe
    text: str  # the recipe as TOML, changes applied
    home: Path  # the recipe's folder: its paths are relative to it
    run: Run
    ledger: Path
    limit: int | None = None
    wait: bool = False  # until every batch has come back
    choose: Callable[[Sequence[Slot]], Sequence[Slot]] | None = None  # which slots; default: all
    student: StudentCheckMode = "unchecked"  # what happens if it can't be trained on the rows


@dataclass(frozen=True)
class Events:
    """Callbacks for progress: `say` gets a sentence, `begin` the number of slots, `seen` each
    judged slot, `spend` a function that returns the cost so far.

    The cost is what this run has spent, in nanodollars; None if the price is unknown.
    """

    say: Say
    begin: Callable[[int], None]
    seen: Callable[[SlotResult], None]
    spend: Callable[[Callable[[], int | None]], None]
    trouble: Callable[[Callable[[], str]], None] = lambda _: None  # how to ask why no answer comes


def plan_job(job: MakeJob, say: Say) -> Plan:
    """Plan everything that is known before the first call. A local teacher's model is fetched
    first, since chunks are counted in its tokens. Raises UserMistake.
    """
    fetch_teacher_model(job.recipe, job.home, say)
    return make_plan(job.recipe, job.home, build_tasks(job.recipe), job.limit, job.run.scans)


def make(job: MakeJob, events: Events, plan: Plan | None = None) -> Report:
    """Write every file of the run, and return its report. Raises UserMistake. Unfinished slots are
    not an error; the report counts them.

    `plan`: the whole plan, if the command has made it already.
    """
    started = time.monotonic()
    recipe, run, tasks = job.recipe, job.run, build_tasks(job.recipe)
    plan = plan or plan_job(job, events.say)
    plan = replace(plan, slots=job.choose(plan.slots)) if job.choose else plan
    _check_before_paying(job, plan, events.say)
    sources = read_replay_sources(recipe.replay, job.home)
    guard = LeakGuard(job.home, Rows(recipe, tasks, plan))
    run.create()
    with run.locked(), open_ledger(job.ledger, run.folder) as ledger:
        require_same_slots(run, held_out_digests(plan.slots))
        clients = _connect(job, ledger, events)
        documents_before = document_names(run)
        write_inputs(run, recipe, job.text, tasks, plan)
        _say_plan(plan, recipe, events.say)
        with _frozen_garbage():
            outcome = asyncio.run(_generate(job, plan, guard, clients, events))
        training = mix_training_set(run, guard, outcome.kept, sources, events.say)
        shifted, unseen = guard.rows.shifted(outcome.kept), guard.rows.unseen(outcome.kept)
        held_out = guard.rows.held_out_files(outcome.kept, shifted, unseen)
        changes = _changes(run, plan, documents_before, events.say)
        write_dataset(run, plan, outcome, {**held_out, **changes}, training.rows)
        write_preference_pairs(run, preference_pairs(outcome.kept, tasks, guard.rows.show))
        write_reviewed_gold(run, recipe)
        tallies = {name: one.tally for name, one in clients.accounting.items()}
        costs = RunCosts(tallies, recipe_price(recipe), ledger.spent())
        found = {
            "estimate": estimate(plan.slots, tasks, recipe, recipe_price(recipe)),
            "shift": count_kinds(shifted),
            "unseen": len(unseen),
            "changes": summarize_changes(read_changes(run)),
            "decontamination": check_leaks(
                run, guard, outcome.kept, training.removed, (training.own, training.pool)
            ),
            "goal": goal_progress(recipe, tasks, plan, training.own),
        }
        report = build_report(recipe, plan, outcome, training.rows, costs).model_copy(update=found)
        report = report.timed("make", time.monotonic() - started)
        run.write("report.json", report.model_dump_json(indent=1) + "\n")
    return report


def _check_before_paying(job: MakeJob, plan: Plan, say: Say) -> None:
    """Raise UserMistake if the teacher can't be asked or the student can't be trained on the
    answers.
    """
    tasks = build_tasks(job.recipe)
    check_context(job.recipe, tasks, plan.slots)
    if job.student != "unchecked":
        found = check_student(job.recipe, tasks, plan.slots, online=True)
        require_suitable_student(found, job.student, say)


def _connect(job: MakeJob, ledger: Ledger, events: Events) -> Clients:
    """Build the clients of the recipe's teachers, within its budget, and let the display ask for
    the cost so far and the reason why no answer arrives.
    """
    recipe = job.recipe
    budget = budget_of(recipe, ledger)
    accounting = {
        t.name: Accounting(teacher_of(t, job.home, events.say), ledger, price_of(t))
        for t in recipe.asked
    }
    clients = clients_of(recipe, accounting, budget, events.say)
    priced = recipe_price(recipe) is not None
    events.spend(lambda: clients.tally.nanousd + clients.tally.uncertain if priced else None)
    events.trouble(lambda: clients.trouble)
    return clients


def _say_plan(plan: Plan, recipe: Recipe, say: Say) -> None:
    if plan.sides.division.why:
        say(plan.sides.division.why)
    documents, chunks, slots = map(len, (plan.documents, plan.chunks, plan.slots))
    say(f"{documents} documents, {chunks} chunks, {slots} slots to ask")
    parts = sum(one.unread for one in plan.aside)
    unread = f"; {parts} parts of files are not read (set_aside.jsonl)" if parts else ""
    say(
        f"chunks of at most {recipe.chunks.tokens} tokens, counted as {plan.tokens}; "
        f"{len(plan.aside) - parts} set aside{unread}"
    )


def _changes(run: Run, plan: Plan, before: frozenset[str], say: Say) -> Mapping[str, list[Row]]:
    """Return the file that lists what changed in the documents since the last make. A damaged file
    is rewritten, and its changes are not listed.
    """
    try:
        changes = find_changes(run, plan, before)
    except UserMistake as error:
        say(
            f"{str(error).partition('; ')[0]}; it is rewritten, "
            "and changes since the last make are not listed"
        )
        changes = []
    if changes:
        say(changes_sentence(changes))
    return changes_file(changes)


@contextmanager
def _frozen_garbage() -> Iterator[None]:
    """Exempt the plan and the libraries from garbage collection: going through them repeatedly
    takes a third of the time of asking.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _generate(
    job: MakeJob, plan: Plan, guard: LeakGuard, clients: Clients, events: Events
) -> Outcome:
    try:
        return await (
            _by_batch(job, plan, guard, clients, events)
            if clients.batch_clients
            else _one_pass(job, plan, guard, clients, events)
        )
    finally:
        await clients.close()


async def _one_pass(
    job: MakeJob, plan: Plan, guard: LeakGuard, clients: Clients, events: Events
) -> Outcome:
    """Write, filter, repair and judge all slots once. Known answers come from the ledger."""
    events.begin(len(plan.slots))
    review = expert_filter(job.run, guard.rows.tasks, plan.known)
    return await _engine(job, plan, guard, clients, events).make(
        plan.slots, job.recipe.repair, review
    )


def _engine(
    job: MakeJob, plan: Plan, guard: LeakGuard, clients: Clients, events: Events
) -> GenerationEngine:
    writer, filters = job.recipe.asked[0], job.recipe.filters
    first = (
        clients.batch_clients[0]
        if clients.batch_clients and writer.mode != "online"
        else clients.online
    )
    repairer = clients.online if writer.mode == "auto" else first
    embeddings = filters.duplicates.embeddings
    embed = load_embedder(embeddings, job.home, events.say) if embeddings else None
    return GenerationEngine(
        asker=first,
        tasks=guard.rows.tasks,
        filters=filters,
        teacher=writer.name,
        seen=events.seen,
        mender=repairer,
        folder=job.run.folder,
        embed=embed,
        roles=roles_of(job.recipe),
        known=plan.known,
        leaks=guard.judge,
        balance={task.name: task.balance for task in job.recipe.tasks if task.balance},
    )


async def _by_batch(
    job: MakeJob, plan: Plan, guard: LeakGuard, clients: Clients, events: Events
) -> Outcome:
    """Read what batches have returned, and submit what is still needed; repeat this if the job says
    to wait.
    """
    online = job.recipe.asked[0].mode == "online"  # whatever its batches brought is read on the way
    brought = [await client.collect() for client in clients.batch_clients]
    while True:
        if any(brought) and not online:
            for client in clients.batch_clients:
                client.begin(reading=True)
            await _one_pass(job, plan, guard, clients, events)
        for client in clients.batch_clients:
            client.begin()
        outcome = await _one_pass(job, plan, guard, clients, events)
        for client in clients.batch_clients:
            await client.submit()
        waiting = [client for client in clients.batch_clients if client.waiting]
        if not (job.wait and waiting):
            return outcome
        for client in waiting:
            await client.look()
        brought = [True]
