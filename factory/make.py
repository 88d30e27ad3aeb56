"""One run from recipe to files: plan, ask, judge, mix, write; the same command again goes on where it stopped."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from factory.ask import Asker
from factory.gold import GoldRow
from factory.ledger import open_ledger
from factory.mix import Row, mix, replay_pool, replay_wanted, training_row
from factory.models import gguf, known
from factory.pipeline import Factory, Judged, Outcome
from factory.plan import Plan, check_context, plan
from factory.recipe import Recipe, TeacherSettings
from factory.records import SPLITS, Chunk, DocumentRef, Example, digest
from factory.report import Report, report_of, run_digests
from factory.review import reviewed
from factory.run import Run, example_line, unfinished_line
from factory.tasks.qa import QA
from factory.teachers import Teacher, request_key

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What one `docstill make` was told."""

    recipe: Recipe
    text: str  # the recipe as TOML, changes applied
    home: Path  # the recipe's folder: its paths are relative to it
    run: Run
    ledger: Path
    limit: int | None = None


@dataclass(frozen=True)
class Ears:
    """Who hears what happens: `say` a sentence, `begin` the number of slots, `seen` each judged one."""

    say: Say
    begin: Callable[[int], None]
    seen: Callable[[Judged], None]


def task_of(recipe: Recipe) -> QA:
    """The recipe's task; how a teacher likes to be asked is the teacher's property."""
    teacher, task = recipe.teachers[0], recipe.tasks[0]
    one_fact = teacher.model.startswith("local/") if teacher.one_fact is None else teacher.one_fact
    return QA(task, one_fact, teacher.examples_per_call or task.per_chunk, recipe.student.system)


def teacher_of(settings: TeacherSettings, home: Path, say: Say) -> Teacher:
    """The teacher that a recipe names; a local one is looked for at its first request."""
    provider, _, name = settings.model.partition("/")
    # Here and not above: the openai SDK takes seconds to import, which `docstill report` need not wait for.
    from factory.teachers.compatible import Compatible
    from factory.teachers.local import Local

    if provider == "compatible":
        return Compatible(name, settings.base_url or "", settings.identity, settings.temperature)
    model = known(name)
    identity = settings.identity or (model.sha256 if model else digest("gguf", Path(name).name))
    return Local(lambda: gguf(name, home, say), identity, settings.context, settings.temperature)


def make(order: Order, ears: Ears) -> Report:
    """Writes every file of the run. Raises UserMistake; slots left unfinished are no error here, the report counts them."""
    started = time.monotonic()
    recipe, task = order.recipe, task_of(order.recipe)
    found = plan(recipe, order.home, task, order.limit)
    check_context(recipe, task, found.slots)
    pool = replay_pool(recipe.replay, order.home)
    order.run.create()
    with order.run.locked(), open_ledger(order.ledger) as ledger:
        _begin(order, found)
        ears.say(f"{len(found.documents)} documents, {len(found.chunks)} chunks, {len(found.slots)} slots to ask")
        asker = Asker(teacher_of(recipe.teachers[0], order.home, ears.say), ledger)
        outcome = asyncio.run(_generate(order, found, task, asker, ears))
        rows = [training_row(e, task) for e in outcome.kept if e.split == "train"]
        mixed = mix(rows, pool, recipe.replay, recipe.seed)
        if (short := replay_wanted(recipe.replay.share, len(rows)) - (len(mixed) - len(rows))) > 0:
            ears.say(f"replay: the sources hold {short} examples too few for a share of {recipe.replay.share}; none is repeated")
        _write(order, found, outcome, mixed)
        report = report_of(recipe, found, outcome, mixed, asker).timed("make", time.monotonic() - started)
        order.run.write("report.json", report.model_dump_json(indent=1) + "\n")
    return report


async def _generate(order: Order, found: Plan, task: QA, asker: Asker, ears: Ears) -> Outcome:
    teacher = order.recipe.teachers[0].name
    factory = Factory(asker, task, order.recipe.filters, teacher, ears.seen)
    ears.begin(len(found.slots))
    try:
        return await factory.make(found.slots, order.recipe.repair.rounds, reviewed(order.run, order.recipe.filters.grounding.support))
    finally:
        await asker.teacher.close()


def _begin(order: Order, found: Plan) -> None:
    """Recipe, documents and what was skipped; an older recipe is kept beside the new one."""
    run = order.run
    if run.has("recipe.toml") and (old := (run.folder / "recipe.toml").read_text(encoding="utf-8")) != order.text:
        run.write(f"recipe.{digest(old)}.toml", old)
    run.write("recipe.toml", order.text)
    run.write_documents(found.documents)
    run.write_lines("skipped.jsonl", (s.model_dump() for s in found.skipped))


def _write(order: Order, found: Plan, outcome: Outcome, mixed: list[Row]) -> None:
    run, task = order.run, task_of(order.recipe)
    run.write_lines("kept.jsonl", (example_line(e) for e in outcome.kept))
    run.write_lines("rejected.jsonl", (example_line(e) for e in outcome.rejected))
    run.write_lines("unfinished.jsonl", (unfinished_line(u) for u in outcome.unfinished))
    for split in SPLITS:
        if split != "train":
            run.write_lines(f"{split}.jsonl", (training_row(e, task) for e in outcome.kept if e.split == split))
    run.write_lines("train.jsonl", mixed)
    run.write_lines("gold.jsonl", (_gold_row(row_and_chunk, task) for row_and_chunk in found.gold))


def _gold_row(pair: tuple[GoldRow, Chunk], task: QA) -> Row:
    row, chunk = pair
    gold = Example(
        id=row.id,
        task=row.task,
        instruction=row.instruction,
        response=row.response,
        chunk=chunk,
        split="test",
        teacher="gold",
    )
    return training_row(gold, task)


def rebought(order: Order) -> int:
    """Writing calls that an earlier recipe or document had answered and this one asks again; 0 where nothing changed."""
    run = order.run
    if not run.has("recipe.toml") or not order.ledger.is_file() or not run.has("report.json"):
        return 0
    task = task_of(order.recipe)
    found = plan(order.recipe, order.home, task, order.limit)
    if not _changed(order, found):
        return 0
    teacher = teacher_of(order.recipe.teachers[0], order.home, lambda _: None)
    had = {_name(line["document"]) for name in ("kept.jsonl", "rejected.jsonl") for line in run.lines(name)}
    with open_ledger(order.ledger) as ledger:  # by document, since an edited text or another size of chunks gives other slots
        requests = [task.write(g) for g in task.groups(found.slots) if g[0].chunk.document.name in had]
        return sum(ledger.answer(request_key(r, teacher), r) is None for r in requests)


def _name(document: object) -> str:
    return DocumentRef.model_validate(document).name


def _changed(order: Order, found: Plan) -> bool:
    digests = Report.model_validate_json((order.run.folder / "report.json").read_text(encoding="utf-8")).digests
    return digests != run_digests(order.recipe, found)
