"""Plan a run: documents, chunks, splits and slots, all known before the first call and without a
network.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import nsmallest
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.lazy import select_view
from factory.core.recipe import Recipe
from factory.core.records import SPLITS, Chunk, Document, Example, Slot, Split, digest
from factory.documents.chunker import chunk
from factory.documents.pii.masking import build_pii_masker
from factory.documents.reader import Skipped, read_documents
from factory.models.tokenizers import token_count, token_counter_for
from factory.planning.distinct_chunks import Cut, distinct_chunks, set_aside, why_unasked
from factory.planning.gold import (
    GoldRow,
    gold_chunk,
    gold_for_task,
    mask_gold,
    named_documents,
    read_gold,
    spread_gold,
)
from factory.planning.slot_table import SlotTable, slot_groups
from factory.planning.splits.assignment import SetAside, SplitAssignment, unread_parts
from factory.planning.splits.document_versions import (
    Conflict,
    DuplicateLocation,
    duplicate_locations,
    match_versions,
)
from factory.planning.splits.split import SplitRequest, split_documents
from factory.tasks import Task, Tasks
from factory.tasks.closed_book import first_slot_id
from factory.tasks.cross_chunk_facts import CrossChunkFacts
from factory.tasks.template import TemplateTask
from factory.teachers import Request
from filters.text.corpus_names import CorpusNames

MOST_BEYOND = 2000
QUESTION_WORDS = 20  # of a usual question


@dataclass(frozen=True)
class Plan:
    """Everything that will be asked, and everything that is held out."""

    documents: Sequence[Document]
    skipped: list[Skipped]
    sides: SplitAssignment
    # Chunks with the same content once, on the first of test, shift, val, train that has it.
    chunks: Sequence[Chunk]
    slots: Sequence[Slot]  # held-out ones first
    gold: list[tuple[GoldRow, Chunk]]
    # Gold rows that evaluate.limit leaves out, at most MOST_BEYOND: audits use them.
    beyond: Sequence[tuple[GoldRow, Chunk]] = ()
    further: Sequence[DuplicateLocation] = ()  # of its chunks, where other documents tell the same
    conflicts: Sequence[Conflict] = ()  # of its chunks
    # Chunks that get no slot, and parts of files that were not read.
    aside: Sequence[SetAside] = ()
    tokens: str = ""  # which ones its chunks are counted in
    # How often each kind of personal data was masked or dropped.
    personal: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def known(self) -> CorpusNames:
        """The names in the documents as a whole."""
        return CorpusNames(self.documents)


@dataclass(frozen=True)
class _Read:
    """Documents and gold rows, with personal data masked or dropped."""

    documents: Sequence[Document]
    skipped: list[Skipped]
    rows: list[GoldRow]
    personal: Mapping[str, int]


def make_plan(
    recipe: Recipe, home: Path, tasks: Tasks, limit: int | None = None, scans: Path | None = None
) -> Plan:
    """Read the documents and lay out every slot. `scans`: where OCR results are kept. Raises
    UserMistake.
    """
    read = _read(recipe, home, scans)
    documents = read.documents
    held, trained = named_documents(read.rows, {task.name: task.open_book for task in recipe.tasks})
    tokens = token_counter_for(recipe, home)
    cut = partial(chunk, settings=recipe.chunks, tokens=tokens)
    sides = split_documents(documents, cut, SplitRequest(recipe.split, recipe.seed, held, trained))
    layout, aside = SlotTable(), list(unread_parts(documents))
    beside = CrossChunkFacts(
        frozenset(
            name
            for name, task in tasks.items()
            if isinstance(task, TemplateTask) and task.elsewhere
        )
    )
    for c, side in distinct_chunks(documents, sides, cut, aside):
        given = beside.given([s for task in tasks.values() for s in task.slots(c, side)], c, side)
        if not given:
            aside.append(set_aside(c, why_unasked(c, tasks)))
        layout.add(c, given)
    laid = layout.chunks
    found = match_versions(laid, sides, documents)
    layout.settle(found.again, found.disputed)
    if not layout.slots:
        why = Counter(one.reason for one in aside).most_common(1)
        told = f" (most often: {why[0][0].rstrip('.')})" if why else ""
        raise UserMistake(
            f"no chunk of the documents holds a fact to ask about{told}; "
            "add documents with full sentences, numbers or dates"
        )
    asked, beyond = _asked_gold(read.rows, recipe.evaluate.limit)
    placed = _placing(tasks, [d for d in documents if d.ref.name in held | trained], cut)
    return Plan(
        documents=documents,
        skipped=read.skipped,
        sides=sides,
        chunks=layout.chunks,
        slots=limit_slots(layout.slots, limit),
        gold=placed(asked),
        beyond=placed(beyond),
        further=duplicate_locations(found.again, laid),
        conflicts=found.conflicts,
        aside=aside,
        tokens=tokens.name,
        personal=read.personal,
    )


def _read(recipe: Recipe, home: Path, scans: Path | None) -> _Read:
    masks = build_pii_masker(recipe.documents)
    documents, skipped = read_documents(recipe.documents, home, masks, scans)
    personal = masks.counts if masks else {}
    rows = read_gold(home / recipe.evaluate.gold) if recipe.evaluate.gold else []
    return _Read(documents, skipped, mask_gold(rows, masks, documents) if masks else rows, personal)


def _asked_gold(rows: list[GoldRow], limit: int | None) -> tuple[list[GoldRow], list[GoldRow]]:
    """Return the rows to evaluate on, and the rows that the limit leaves out."""
    asked = spread_gold(rows, limit)
    evaluated = {row.id for row in asked}
    return asked, spread_gold([row for row in rows if row.id not in evaluated], MOST_BEYOND)


def _placing(
    tasks: Tasks, documents: Sequence[Document], cut: Cut
) -> Callable[[list[GoldRow]], list[tuple[GoldRow, Chunk]]]:
    """Return a function that finds the chunk of each gold row in the documents that gold names."""
    pieces = {d.ref.name: cut(d) for d in documents}

    def placed(rows: list[GoldRow]) -> list[tuple[GoldRow, Chunk]]:
        return [
            (
                gold_for_task(row, tasks),
                gold_chunk(row, documents, pieces.get(row.document or "", [])),
            )
            for row in rows
        ]

    return placed


def limit_slots(slots: Sequence[Slot], limit: int | None) -> Sequence[Slot]:
    """Return at most `limit` slots, spread over the splits in proportion, and within a split evenly
    over the chunks.
    """
    if limit is None or limit >= len(slots):
        return slots
    chosen: set[int] = set()
    trained: set[str] = set()  # a second question about a fact is asked where the first one is
    for i, (split, count) in reversed(list(enumerate(_shares(slots, limit)))):
        there = (
            (place, s)
            for place, s in enumerate(slots)
            if s.split == split and (first_slot_id(s) is None or first_slot_id(s) in trained)
        )
        chosen |= {
            place
            for *_, place in nsmallest(
                count, ((s.ordinal, digest(i, s.id), place) for place, s in there)
            )
        }
        trained = trained or {slots[place].id for place in chosen}
    return select_view(slots, sorted(chosen))


def _shares(slots: Sequence[Slot], limit: int) -> list[tuple[Split, int]]:
    sizes = Counter(s.split for s in slots)
    held = {
        s: max(1, limit * sizes[s] // len(slots)) if sizes[s] else 0 for s in SPLITS if s != "train"
    }
    return [*held.items(), ("train", max(0, limit - sum(held.values())))]


def probe_example(slot: Slot) -> Example:
    """Return an example such as the teacher may write for the slot, to measure requests with."""
    question = "what " * QUESTION_WORDS
    return Example(
        id=slot.id,
        task=slot.task,
        instruction=question,
        response="x",
        chunk=slot.chunk,
        split=slot.split,
    )


def _largest(task: Task, group: list[Slot]) -> list[Request]:
    return [task.write(group), *([task.draw(probe_example(group[0]), 2)] if task.votes else [])]


def check_context(recipe: Recipe, tasks: Tasks, slots: Sequence[Slot]) -> None:
    """Raise UserMistake if the largest request does not fit into the context of a teacher that
    writes or votes.
    """
    largest = max(slots, key=lambda s: len(s.chunk.shown))
    asked = slot_groups(tasks, (s for s in slots if s.chunk.digest == largest.chunk.digest))
    requests = [r for _, g in asked for r in _largest(tasks[g[0].task], g)]
    needed = max(token_count(r.system) + token_count(r.user) + r.max_tokens for r in requests)
    # A judge reads evidence.
    readers = {recipe.teacher(t.teacher).name for t in recipe.tasks} | set(
        recipe.filters.consistency.teachers
    )
    teacher = min((t for t in recipe.asked if t.name in readers), key=lambda t: t.context)
    if needed > teacher.context:
        raise UserMistake(
            f"chunks.tokens = {recipe.chunks.tokens}: a request takes about {needed} tokens "
            "and the context of teacher "
            f"{teacher.name} is {teacher.context}; chunks.tokens must be smaller or "
            f"teachers.{recipe.teachers.index(teacher)}.context larger"
        )
