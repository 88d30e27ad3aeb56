"""One run from recipe to files: plan, ask, judge, mix, write; the same command again goes on where it stopped."""

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

from factory.calls.accounting import Books
from factory.calls.build import Ways, budget_of, ways_of
from factory.calls.ledger import open_ledger
from factory.calls.prices import Price, price_of, recipe_price
from factory.core.errors import UserMistake
from factory.core.lazy import picked
from factory.core.recipe import Recipe
from factory.core.records import FILES, Judged, Row, Slot, digest
from factory.core.run_folder import Run, example_line, unfinished_line
from factory.core.settings import ReplaySettings
from factory.costs.estimate import Estimate, estimate
from factory.dataset.decontaminate import FORM, LISTED, MOST_REMOVED, Decontamination, Guard, left_in, listed, told_of
from factory.dataset.mix import Replay, mix, own_prompts, replay_pool, replay_wanted
from factory.dataset.preference_pairs import NAME as PREFERENCE
from factory.dataset.preference_pairs import pairs
from factory.dataset.prior_replay import beside, earlier, still_told
from factory.dataset.rows import Rows
from factory.dataset.self_replay import write_prompts
from factory.dataset.shifted_test import kinds_of
from factory.dataset.size_goal import standing_of
from factory.generation.engine import Factory, Outcome
from factory.generation.roles import roles_of
from factory.models.embeddings import embedder
from factory.models.tokenizers import fetched
from factory.planning.call_keys import WRITES, keyed, keys_of
from factory.planning.document_changes import Change, changed, changes_file, names, sentence, summary, written
from factory.planning.frozen_test_sets import HELD, must_stay_planned, must_stay_written
from factory.planning.frozen_test_sets import planned as held
from factory.planning.plan import Plan, check_context, plan
from factory.planning.student_check import Wish, check, must_suit
from factory.reports.report import Money, Report, report_of
from factory.review import reviewed
from factory.review.effects import write_reviewed_gold
from factory.tasks import Tasks
from factory.tasks.build import tasks_of
from factory.teachers.build import teacher_of
from filters.duplicates.decontamination import Overlap

Say = Callable[[str], None]
PLACES = "places.jsonl"  # of the run: where else its chunks stand, in other words that tell the same


@dataclass(frozen=True)
class Order:
    """What one `docstill make` was told."""

    recipe: Recipe
    text: str  # the recipe as TOML, changes applied
    home: Path  # the recipe's folder: its paths are relative to it
    run: Run
    ledger: Path
    limit: int | None = None
    wait: bool = False  # until every batch has come back
    choose: Callable[[Sequence[Slot]], Sequence[Slot]] | None = None  # of the slots those to ask; default: all
    student: Wish = "unchecked"  # what becomes of one that can't be trained on the rows


@dataclass(frozen=True)
class Ears:
    """Who hears what happens: `say` a sentence, `begin` the number of slots, `seen` each judged one, `spend` how to ask for the money.

    Money is what this run has spent so far, in nanodollars; None where the price is unknown.
    """

    say: Say
    begin: Callable[[int], None]
    seen: Callable[[Judged], None]
    spend: Callable[[Callable[[], int | None]], None]
    trouble: Callable[[Callable[[], str]], None] = lambda _: None  # how to ask why no answer comes


@dataclass(frozen=True)
class Rebuy:
    """Writing calls that would be bought again, and what that comes to with their draws and repairs."""

    calls: int
    estimate: Estimate


def planned(order: Order, tasks: Tasks) -> Plan:
    """The plan, with the slots that the order asks for. Raises UserMistake."""
    found = plan(order.recipe, order.home, tasks, order.limit, order.run.scans)
    return replace(found, slots=order.choose(found.slots)) if order.choose else found


def make(order: Order, ears: Ears) -> Report:
    """Writes every file of the run. Raises UserMistake; slots left unfinished are no error here, the report counts them."""
    started = time.monotonic()
    recipe, tasks = order.recipe, tasks_of(order.recipe)
    fetched(recipe, order.home, ears.say)
    found = planned(order, tasks)
    _must_be_possible(order, tasks, found, ears.say)
    pool, older, rows = replay_pool(recipe.replay, order.home), earlier(recipe.replay, order.home), Rows(recipe, tasks, found)
    guard = Guard(order.home, rows)
    order.run.create()
    price = recipe_price(recipe)
    with order.run.locked(), open_ledger(order.ledger, order.run.folder) as ledger:
        must_stay_planned(order.run, held(found.slots))
        purse = budget_of(recipe, ledger)
        before = names(order.run)
        _begin(order, found)
        _tell(found, recipe, ears.say)
        books = {t.name: Books(teacher_of(t, order.home, ears.say), ledger, price_of(t)) for t in recipe.asked}
        ways = ways_of(recipe, books, purse, ears.say)
        _follow(ways, price, ears)
        with _settled():
            outcome = asyncio.run(_generate(order, found, guard, ways, ears))
        own, shifted, unseen = rows.of(outcome.kept, "train"), rows.shifted(outcome.kept), rows.unseen(outcome.kept)
        pool, leaked = guard.clean(pool, outcome.kept)
        older, known = guard.clean_rows(still_told(older, {d.ref.name for d in found.documents}), outcome.kept)
        all_own = beside(own, older, recipe.replay, recipe.seed)
        prompts = _prompts(order, guard, outcome)
        mixed = mix(all_own, pool, recipe.replay, recipe.seed, len(prompts))
        _tell_of_rows(len(mixed) - len(all_own), len(all_own), recipe.replay, (len(prompts), ears.say))
        changes = _changes(order.run, found, before, ears.say)
        files = {**rows.files(outcome.kept, shifted, unseen), **changes_file(changes), FILES["train"]: mixed}
        _write(order, found, outcome, files, pairs(outcome.kept, tasks, rows.show))
        write_reviewed_gold(order.run, recipe)
        clean = _decontaminated(order, guard, outcome, (leaked, known), (len(own), len(pool)))
        report = report_of(recipe, found, outcome, mixed, Money({name: one.tally for name, one in books.items()}, price, ledger.spent()))
        foreseen = estimate(found.slots, tasks, recipe, price)
        told = {"estimate": foreseen, "shift": kinds_of(shifted), "unseen": len(unseen), "changes": summary(written(order.run))}
        told |= {"decontamination": clean, "goal": standing_of(recipe, tasks, found, len(own))}
        report = report.model_copy(update=told).timed("make", time.monotonic() - started)
        order.run.write("report.json", report.model_dump_json(indent=1) + "\n")
    return report


def _changes(run: Run, found: Plan, before: frozenset[str], say: Say) -> list[Change]:
    """What has changed in the documents since the last make. A damaged file of it is written anew, and can't tell."""
    try:
        changes = changed(run, found, before)
    except UserMistake as error:
        say(f"{str(error).partition('; ')[0]}; it is written anew, and what has changed since the last make is not listed")
        return []
    if changes:
        say(sentence(changes))
    return changes


def _follow(ways: Ways, price: Price | None, ears: Ears) -> None:
    """How to ask for what goes on: the money that is spent, and why no answer comes."""
    ears.spend(lambda: ways.tally.nanousd + ways.tally.uncertain if price else None)
    ears.trouble(lambda: ways.trouble)


def _must_be_possible(order: Order, tasks: Tasks, found: Plan, say: Say) -> None:
    """Raises UserMistake, before anything is paid, where the teacher can't be asked or the student can't be trained on the answers."""
    check_context(order.recipe, tasks, found.slots)
    if order.student != "unchecked":
        must_suit(check(order.recipe, tasks, found.slots, online=True), order.student, say)


def _tell(found: Plan, recipe: Recipe, say: Say) -> None:
    """What is about to be asked."""
    if found.sides.division.why:
        say(found.sides.division.why)
    say(f"{len(found.documents)} documents, {len(found.chunks)} chunks, {len(found.slots)} slots to ask")
    say(f"chunks of at most {recipe.chunks.tokens} tokens, counted as {found.tokens}; {_aside_words(found)}")


def _prompts(order: Order, guard: Guard, outcome: Outcome) -> list[Replay]:
    """Those that the student's base answers before it is trained, in the run; what is held out is not among them."""
    recipe, run = order.recipe, order.run
    prompts, _ = guard.clean(own_prompts(recipe.replay, order.home), outcome.kept)
    write_prompts(run, prompts, guard.fixed, recipe.seed)
    return prompts


def _tell_of_rows(replayed: int, own: int, settings: ReplaySettings, asked: tuple[int, Say]) -> None:
    """Where the sources of replay are too small, or the student's base is to answer prompts; `asked`: how many there are."""
    prompts, say = asked
    short = replay_wanted(settings.share, own) - replayed
    if prompts and short > 0:
        say(f"replay: the student's base answers general prompts before it is trained, for {min(short, prompts)} of the rows")
    if short > prompts:
        say(f"replay: the sources hold {short - prompts} examples too few for a share of {settings.share}; none is repeated")


@contextmanager
def _settled() -> Iterator[None]:
    """The plan and the libraries stay to the end: the collector need not go through them over and over, a third of the time of asking."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _generate(order: Order, found: Plan, guard: Guard, ways: Ways, ears: Ears) -> Outcome:
    try:
        return await (_in_passes(order, found, guard, ways, ears) if ways.posts else _passed(order, found, guard, ways, ears))
    finally:
        await ways.close()


async def _passed(order: Order, found: Plan, guard: Guard, ways: Ways, ears: Ears) -> Outcome:
    """Once through all slots."""
    ears.begin(len(found.slots))
    review = reviewed(order.run, guard.rows.tasks, found.known)
    return await _factory(order, found, guard, ways, ears).make(found.slots, order.recipe.repair, review)


def _factory(order: Order, found: Plan, guard: Guard, ways: Ways, ears: Ears) -> Factory:
    writer, filters = order.recipe.asked[0], order.recipe.filters
    first = ways.posts[0] if ways.posts and writer.mode != "online" else ways.online
    mender = ways.online if writer.mode == "auto" else first
    embeddings = filters.duplicates.embeddings
    embed = embedder(embeddings, order.home, ears.say) if embeddings else None
    return Factory(
        asker=first,
        tasks=guard.rows.tasks,
        filters=filters,
        teacher=writer.name,
        seen=ears.seen,
        mender=mender,
        folder=order.run.folder,
        embed=embed,
        roles=roles_of(order.recipe),
        known=found.known,
        leaks=guard.judge,
        balance={task.name: task.balance for task in order.recipe.tasks if task.balance},
    )


async def _in_passes(order: Order, found: Plan, guard: Guard, ways: Ways, ears: Ears) -> Outcome:
    """What batches have brought is read, what is still needed goes off; over and over where the order says to wait."""
    online = order.recipe.asked[0].mode == "online"  # whatever its batches brought is read on the way
    brought = [await post.collect() for post in ways.posts]
    while True:
        if any(brought) and not online:
            for post in ways.posts:
                post.begin(reading=True)
            await _passed(order, found, guard, ways, ears)
        for post in ways.posts:
            post.begin()
        outcome = await _passed(order, found, guard, ways, ears)
        for post in ways.posts:
            await post.submit()
        waiting = [post for post in ways.posts if post.waiting]
        if not (order.wait and waiting):
            return outcome
        for post in waiting:
            await post.look()
        brought = [True]


def _decontaminated(
    order: Order, guard: Guard, outcome: Outcome, of_replay: Sequence[list[Overlap]], rest: tuple[int, int]
) -> Decontamination:
    """What was removed is listed, and the files are looked through once more, as they are. `of_replay`: general, and of an earlier student,
    which has learnt from another split: its share removed says nothing of this one. `rest`: training rows and general ones left."""
    left = left_in(order.run, guard, guard.shifted(outcome.kept))
    order.run.write_lines(LISTED, map(listed, [*guard.removed, *chain(*of_replay), *left]))
    told = told_of(guard.removed, rest[0], of_replay[0], rest[1], len(left))
    if told.share <= MOST_REMOVED:
        return told
    found = guard.likely_form([e for e in outcome.kept if e.split != "train"])
    if found.inside:
        order.run.write(FORM, found.text)
    return told.model_copy(update={"in_form": found.inside})


def _aside_words(found: Plan) -> str:
    parts = sum(one.unread for one in found.aside)
    chunks = f"{len(found.aside) - parts} set aside"
    return f"{chunks}; {parts} parts of files are not read (set_aside.jsonl)" if parts else chunks


def _begin(order: Order, found: Plan) -> None:
    """Recipe, documents and what was skipped; an older recipe is kept beside the new one."""
    run = order.run
    if run.has("recipe.toml") and (old := (run.folder / "recipe.toml").read_bytes()) != order.text.encode():
        shutil.copy(run.folder / "recipe.toml", run.folder / f"recipe.{digest(old.decode('utf-8', 'backslashreplace'))}.toml")
    run.write("recipe.toml", order.text)
    for task in order.recipe.tasks:
        if task.file:  # the run is read without the recipe's folder
            run.write(task.file, task.text)
    run.write(WRITES, keys_of(found, tasks_of(order.recipe), order.recipe))
    run.write_documents(found.documents)
    run.write_lines("skipped.jsonl", (s.model_dump() for s in found.skipped))
    run.write_lines("set_aside.jsonl", (a.model_dump() for a in found.aside))
    if found.further or run.has(PLACES):
        run.write_lines(PLACES, (place.model_dump() for place in found.further))


def _write(order: Order, found: Plan, outcome: Outcome, files: Mapping[str, Iterable[Row]], preferred: Iterator[Row]) -> None:
    """Held-out files first: where one may not change, nothing does. The last of them is what is trained on."""
    run = order.run
    for name, rows in files.items():
        must_stay_written(run, name, rows)
    for name, rows in files.items():
        if name != FILES["train"]:
            run.write_lines(name, rows)
    run.write(HELD, json.dumps(held(found.slots)) + "\n")
    run.write_lines("kept.jsonl", (example_line(e) for e in outcome.kept))
    run.write_lines("rejected.jsonl", (example_line(e) for e in outcome.rejected))
    run.write_lines("unfinished.jsonl", (unfinished_line(u) for u in outcome.unfinished))
    run.write_lines(FILES["train"], files[FILES["train"]])
    if (first := next(preferred, None)) or run.has(PREFERENCE):
        run.write_lines(PREFERENCE, chain([first] if first else [], preferred))


def rebought(order: Order) -> Rebuy | None:
    """What an earlier recipe or document had bought in this run, and this one would buy again; None where that is nothing."""
    run = order.run
    if not run.has(WRITES) or not order.ledger.is_file():
        return None
    recipe, tasks = order.recipe, tasks_of(order.recipe)
    try:
        before = run.read(WRITES, RootModel[dict[str, list[str]]]).root
    except UserMistake:  # damaged: this make writes it anew; what the ledger holds is not bought again all the same
        return None
    slots = planned(order, tasks).slots
    asked: dict[str, dict[str, range]] = {}  # by document, since an edited text or another size of chunks gives other slots
    for key, (name, places) in {key: (name, places) for key, name, places in keyed(slots, tasks, recipe)}.items():
        asked.setdefault(name, {})[key] = places
    with open_ledger(order.ledger, run.folder) as ledger:
        again: list[range] = []
        for name, had in before.items():
            now = asked.get(name, {})
            lost = sum(ledger.has(key) for key in had if key not in now)
            again += [places for key, places in now.items() if key not in had and not ledger.has(key)][:lost]
    wanted = picked(slots, (place for places in again for place in places))
    return Rebuy(len(again), estimate(wanted, tasks, recipe, recipe_price(recipe))) if again else None
