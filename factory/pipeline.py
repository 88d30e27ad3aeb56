"""Run one recipe from documents to files: plan, ask, judge, mix, write. The same command again
resumes where it stopped.
"""

import asyncio
import gc
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from pydantic import RootModel

from factory.calls.accounting import Accounting
from factory.calls.build import Clients, budget_of, clients_of
from factory.calls.ledger import open_ledger
from factory.calls.prices import Price, price_of, recipe_price
from factory.core.errors import UserMistake
from factory.core.lazy import select_view
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, Row, Slot, SlotResult, digest
from factory.core.run_folder import Run, example_line, unfinished_line
from factory.core.settings import ReplaySettings
from factory.costs.estimate import Estimate, estimate
from factory.dataset.decontaminate import (
    CONTAMINATION_FILE,
    FORM_FILE,
    MOST_REMOVED,
    Decontamination,
    LeakGuard,
    contamination_row,
    remaining_overlaps,
    summarize_decontamination,
)
from factory.dataset.mix import (
    ReplayExample,
    mix,
    replay_pool,
    replay_rows_wanted,
    self_replay_prompts,
)
from factory.dataset.preference_pairs import PREFERENCE_FILE as PREFERENCE
from factory.dataset.preference_pairs import preference_pairs
from factory.dataset.prior_replay import add_prior_rows, prior_rows, without_known_documents
from factory.dataset.rows import Rows
from factory.dataset.self_replay import write_prompts
from factory.dataset.shifted_test import count_kinds
from factory.dataset.size_goal import goal_progress
from factory.generation.engine import GenerationEngine, Outcome
from factory.generation.roles import roles_of
from factory.models.embeddings import load_embedder
from factory.models.tokenizers import fetch_teacher_model
from factory.planning.call_keys import WRITE_KEYS_FILE, write_calls, write_keys_json
from factory.planning.document_changes import (
    DocumentChange,
    changes_file,
    changes_sentence,
    document_names,
    find_changes,
    read_changes,
    summarize_changes,
)
from factory.planning.frozen_test_sets import (
    HELD_OUT_DIGESTS_FILE,
    require_same_rows,
    require_same_slots,
)
from factory.planning.frozen_test_sets import held_out_digests as held
from factory.planning.plan import Plan, check_context, make_plan
from factory.planning.student_check import StudentCheckMode, check_student, require_suitable_student
from factory.reports.report import Report, RunCosts, build_report
from factory.review import expert_filter
from factory.review.effects import write_reviewed_gold
from factory.tasks import Tasks
from factory.tasks.build import build_tasks
from factory.teachers.build import teacher_of
from filters.duplicates.decontamination import HeldOutOverlap

Say = Callable[[str], None]
DUPLICATE_LOCATIONS_FILE = "places.jsonl"  # other locations of the same content


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
    choose: Callable[[Sequence[Slot]], Sequence[Slot]] | None = (
        None  # of the slots those to ask; default: all
    )
    student: StudentCheckMode = "unchecked"  # what becomes of one that can't be trained on the rows


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


@dataclass(frozen=True)
class RepeatPurchase:
    """Writing calls that would be bought again, and their estimated cost with draws and repairs."""

    calls: int
    estimate: Estimate


def plan_job(job: MakeJob, tasks: Tasks) -> Plan:
    """Return the plan, with the slots that the job selects. Raises UserMistake."""
    found = make_plan(job.recipe, job.home, tasks, job.limit, job.run.scans)
    return replace(found, slots=job.choose(found.slots)) if job.choose else found


def make(job: MakeJob, events: Events) -> Report:
    """Write every file of the run. Raises UserMistake. Unfinished slots are not an error; the
    report counts them.
    """
    started = time.monotonic()
    recipe, tasks = job.recipe, build_tasks(job.recipe)
    fetch_teacher_model(recipe, job.home, events.say)
    found = plan_job(job, tasks)
    _must_be_possible(job, tasks, found, events.say)
    pool, older, rows = (
        replay_pool(recipe.replay, job.home),
        prior_rows(recipe.replay, job.home),
        Rows(recipe, tasks, found),
    )
    guard = LeakGuard(job.home, rows)
    job.run.create()
    price = recipe_price(recipe)
    with job.run.locked(), open_ledger(job.ledger, job.run.folder) as ledger:
        require_same_slots(job.run, held(found.slots))
        budget = budget_of(recipe, ledger)
        before = document_names(job.run)
        _begin(job, found)
        _tell(found, recipe, events.say)
        books = {
            t.name: Accounting(teacher_of(t, job.home, events.say), ledger, price_of(t))
            for t in recipe.asked
        }
        ways = clients_of(recipe, books, budget, events.say)
        _follow(ways, price, events)
        with _settled():
            outcome = asyncio.run(_generate(job, found, guard, ways, events))
        own, shifted, unseen = (
            rows.of(outcome.kept, "train"),
            rows.shifted(outcome.kept),
            rows.unseen(outcome.kept),
        )
        pool, leaked = guard.clean(pool, outcome.kept)
        older, known = guard.clean_rows(
            without_known_documents(older, {d.ref.name for d in found.documents}), outcome.kept
        )
        all_own = add_prior_rows(own, older, recipe.replay, recipe.seed)
        prompts = _prompts(job, guard, outcome)
        mixed = mix(all_own, pool, recipe.replay, recipe.seed, len(prompts))
        _tell_of_rows(
            len(mixed) - len(all_own), len(all_own), recipe.replay, (len(prompts), events.say)
        )
        changes = _changes(job.run, found, before, events.say)
        files = {
            **rows.files(outcome.kept, shifted, unseen),
            **changes_file(changes),
            SPLIT_FILES["train"]: mixed,
        }
        _write(job, found, outcome, files, preference_pairs(outcome.kept, tasks, rows.show))
        write_reviewed_gold(job.run, recipe)
        clean = _decontaminated(job, guard, outcome, (leaked, known), (len(own), len(pool)))
        report = build_report(
            recipe,
            found,
            outcome,
            mixed,
            RunCosts({name: one.tally for name, one in books.items()}, price, ledger.spent()),
        )
        foreseen = estimate(found.slots, tasks, recipe, price)
        told = {
            "estimate": foreseen,
            "shift": count_kinds(shifted),
            "unseen": len(unseen),
            "changes": summarize_changes(read_changes(job.run)),
        }
        told |= {"decontamination": clean, "goal": goal_progress(recipe, tasks, found, len(own))}
        report = report.model_copy(update=told).timed("make", time.monotonic() - started)
        job.run.write("report.json", report.model_dump_json(indent=1) + "\n")
    return report


def _changes(run: Run, found: Plan, before: frozenset[str], say: Say) -> list[DocumentChange]:
    """Return what changed in the documents since the last make. A damaged file is rewritten, and
    its changes are not listed.
    """
    try:
        changes = find_changes(run, found, before)
    except UserMistake as error:
        say(
            f"{str(error).partition('; ')[0]}; it is rewritten, "
            "and changes since the last make are not listed"
        )
        return []
    if changes:
        say(changes_sentence(changes))
    return changes


def _follow(ways: Clients, price: Price | None, events: Events) -> None:
    """Register functions that return the cost so far and the reason why no answer arrives."""
    events.spend(lambda: ways.tally.nanousd + ways.tally.uncertain if price else None)
    events.trouble(lambda: ways.trouble)


def _must_be_possible(job: MakeJob, tasks: Tasks, found: Plan, say: Say) -> None:
    """Raise UserMistake, before anything is paid, if the teacher can't be asked or the student
    can't be trained on the answers.
    """
    check_context(job.recipe, tasks, found.slots)
    if job.student != "unchecked":
        require_suitable_student(
            check_student(job.recipe, tasks, found.slots, online=True), job.student, say
        )


def _tell(found: Plan, recipe: Recipe, say: Say) -> None:
    """Print what is about to be asked."""
    if found.sides.division.why:
        say(found.sides.division.why)
    say(
        f"{len(found.documents)} documents, {len(found.chunks)} chunks, "
        f"{len(found.slots)} slots to ask"
    )
    say(
        f"chunks of at most {recipe.chunks.tokens} tokens, counted as {found.tokens}; "
        f"{_aside_words(found)}"
    )


def _prompts(job: MakeJob, guard: LeakGuard, outcome: Outcome) -> list[ReplayExample]:
    """Write the prompts that the student's base answers before it is trained; held-out ones are
    dropped.
    """
    recipe, run = job.recipe, job.run
    prompts, _ = guard.clean(self_replay_prompts(recipe.replay, job.home), outcome.kept)
    write_prompts(run, prompts, guard.fixed, recipe.seed)
    return prompts


def _tell_of_rows(
    replayed: int, own: int, settings: ReplaySettings, asked: tuple[int, Say]
) -> None:
    """Report replay sources that are too small, and prompts for the student's base. `asked`: how
    many prompts there are.
    """
    prompts, say = asked
    short = replay_rows_wanted(settings.share, own) - replayed
    if prompts and short > 0:
        say(
            "replay: the student's base answers general prompts before it is trained, "
            f"for {min(short, prompts)} of the rows"
        )
    if short > prompts:
        say(
            f"replay: the sources hold {short - prompts} examples too few "
            f"for a share of {settings.share}; none is repeated"
        )


@contextmanager
def _settled() -> Iterator[None]:
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
    job: MakeJob, found: Plan, guard: LeakGuard, ways: Clients, events: Events
) -> Outcome:
    try:
        return await (
            _in_passes(job, found, guard, ways, events)
            if ways.batch_clients
            else _passed(job, found, guard, ways, events)
        )
    finally:
        await ways.close()


async def _passed(
    job: MakeJob, found: Plan, guard: LeakGuard, ways: Clients, events: Events
) -> Outcome:
    """Go once through all slots."""
    events.begin(len(found.slots))
    review = expert_filter(job.run, guard.rows.tasks, found.known)
    return await _factory(job, found, guard, ways, events).make(
        found.slots, job.recipe.repair, review
    )


def _factory(
    job: MakeJob, found: Plan, guard: LeakGuard, ways: Clients, events: Events
) -> GenerationEngine:
    writer, filters = job.recipe.asked[0], job.recipe.filters
    first = ways.batch_clients[0] if ways.batch_clients and writer.mode != "online" else ways.online
    mender = ways.online if writer.mode == "auto" else first
    embeddings = filters.duplicates.embeddings
    embed = load_embedder(embeddings, job.home, events.say) if embeddings else None
    return GenerationEngine(
        asker=first,
        tasks=guard.rows.tasks,
        filters=filters,
        teacher=writer.name,
        seen=events.seen,
        mender=mender,
        folder=job.run.folder,
        embed=embed,
        roles=roles_of(job.recipe),
        known=found.known,
        leaks=guard.judge,
        balance={task.name: task.balance for task in job.recipe.tasks if task.balance},
    )


async def _in_passes(
    job: MakeJob, found: Plan, guard: LeakGuard, ways: Clients, events: Events
) -> Outcome:
    """Read what batches have returned, and submit what is still needed; repeat this if the job says
    to wait.
    """
    online = job.recipe.asked[0].mode == "online"  # whatever its batches brought is read on the way
    brought = [await post.collect() for post in ways.batch_clients]
    while True:
        if any(brought) and not online:
            for post in ways.batch_clients:
                post.begin(reading=True)
            await _passed(job, found, guard, ways, events)
        for post in ways.batch_clients:
            post.begin()
        outcome = await _passed(job, found, guard, ways, events)
        for post in ways.batch_clients:
            await post.submit()
        waiting = [post for post in ways.batch_clients if post.waiting]
        if not (job.wait and waiting):
            return outcome
        for post in waiting:
            await post.look()
        brought = [True]


def _decontaminated(
    job: MakeJob,
    guard: LeakGuard,
    outcome: Outcome,
    of_replay: Sequence[list[HeldOutOverlap]],
    rest: tuple[int, int],
) -> Decontamination:
    """List what was removed, and check the written files once more.

    `of_replay`: overlaps of general replay, and of an earlier student's rows. That student was
    trained on another split, so its share of removed rows says nothing about this one. `rest`: the
    numbers of training rows and general rows left.
    """
    left = remaining_overlaps(job.run, guard, guard.shifted(outcome.kept))
    job.run.write_lines(
        CONTAMINATION_FILE, map(contamination_row, [*guard.removed, *chain(*of_replay), *left])
    )
    told = summarize_decontamination(guard.removed, rest[0], of_replay[0], rest[1], len(left))
    if told.share <= MOST_REMOVED:
        return told
    found = guard.likely_form([e for e in outcome.kept if e.split != "train"])
    if found.inside:
        job.run.write(FORM_FILE, found.text)
    return told.model_copy(update={"in_form": found.inside})


def _aside_words(found: Plan) -> str:
    parts = sum(one.unread for one in found.aside)
    chunks = f"{len(found.aside) - parts} set aside"
    return f"{chunks}; {parts} parts of files are not read (set_aside.jsonl)" if parts else chunks


def _begin(job: MakeJob, found: Plan) -> None:
    """Write the recipe, the documents and what was skipped. An older recipe is kept next to the new
    one.
    """
    run = job.run
    if (
        run.has("recipe.toml")
        and (old := (run.folder / "recipe.toml").read_bytes()) != job.text.encode()
    ):
        shutil.copy(
            run.folder / "recipe.toml",
            run.folder / f"recipe.{digest(old.decode('utf-8', 'backslashreplace'))}.toml",
        )
    run.write("recipe.toml", job.text)
    for task in job.recipe.tasks:
        if task.file:  # the run is read without the recipe's folder
            run.write(task.file, task.text)
    run.write(WRITE_KEYS_FILE, write_keys_json(found, build_tasks(job.recipe), job.recipe))
    run.write_documents(found.documents)
    run.write_lines("skipped.jsonl", (s.model_dump() for s in found.skipped))
    run.write_lines("set_aside.jsonl", (a.model_dump() for a in found.aside))
    if found.further or run.has(DUPLICATE_LOCATIONS_FILE):
        run.write_lines(DUPLICATE_LOCATIONS_FILE, (place.model_dump() for place in found.further))


def _write(
    job: MakeJob,
    found: Plan,
    outcome: Outcome,
    files: Mapping[str, Iterable[Row]],
    preferred: Iterator[Row],
) -> None:
    """Write held-out files first, so that nothing changes if one of them may not. The training file
    is the last one.
    """
    run = job.run
    for name, rows in files.items():
        require_same_rows(run, name, rows)
    for name, rows in files.items():
        if name != SPLIT_FILES["train"]:
            run.write_lines(name, rows)
    run.write(HELD_OUT_DIGESTS_FILE, json.dumps(held(found.slots)) + "\n")
    run.write_lines("kept.jsonl", (example_line(e) for e in outcome.kept))
    run.write_lines("rejected.jsonl", (example_line(e) for e in outcome.rejected))
    run.write_lines("unfinished.jsonl", (unfinished_line(u) for u in outcome.unfinished))
    run.write_lines(SPLIT_FILES["train"], files[SPLIT_FILES["train"]])
    if (first := next(preferred, None)) or run.has(PREFERENCE):
        run.write_lines(PREFERENCE, chain([first] if first else [], preferred))


def repeat_purchase(job: MakeJob) -> RepeatPurchase | None:
    """Return what an earlier recipe or document had bought in this run and this one would buy
    again; None if nothing.
    """
    run = job.run
    if not run.has(WRITE_KEYS_FILE) or not job.ledger.is_file():
        return None
    recipe, tasks = job.recipe, build_tasks(job.recipe)
    try:
        before = run.read(WRITE_KEYS_FILE, RootModel[dict[str, list[str]]]).root
    except (
        UserMistake
    ):  # damaged: this make writes it anew; what the ledger holds is not bought again all the same
        return None
    slots = plan_job(job, tasks).slots
    asked: dict[
        str, dict[str, range]
    ] = {}  # by document, since an edited text or another size of chunks gives other slots
    for key, (name, places) in {
        key: (name, places) for key, name, places in write_calls(slots, tasks, recipe)
    }.items():
        asked.setdefault(name, {})[key] = places
    with open_ledger(job.ledger, run.folder) as ledger:
        again: list[range] = []
        for name, had in before.items():
            now = asked.get(name, {})
            lost = sum(ledger.has(key) for key in had if key not in now)
            again += [
                places for key, places in now.items() if key not in had and not ledger.has(key)
            ][:lost]
    wanted = select_view(slots, (place for places in again for place in places))
    return (
        RepeatPurchase(len(again), estimate(wanted, tasks, recipe, recipe_price(recipe)))
        if again
        else None
    )
