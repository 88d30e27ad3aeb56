"""The plan of a run: documents, chunks, splits and slots, all known before the first call and without a network."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import nsmallest
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.lazy import picked
from factory.core.recipe import Recipe
from factory.core.records import SPLITS, Chunk, Document, Example, Slot, Split, digest
from factory.documents.chunker import chunk
from factory.documents.pii.masking import masks_of
from factory.documents.reader import Skipped, read_documents
from factory.models.tokenizers import token_count, tokens_of
from factory.planning.distinct_chunks import Cut, aside_of, distinct, unasked
from factory.planning.gold import GoldRow, as_asked, gold_chunk, named_documents, read_gold, spread_gold, without_personal
from factory.planning.slot_table import Layout, groups
from factory.planning.splits.assignment import Aside, Sides, unread_parts
from factory.planning.splits.document_versions import Conflict, Place, further, settled
from factory.planning.splits.split import Wishes, divided
from factory.tasks import Task, Tasks
from factory.tasks.closed_book import first_of
from factory.tasks.cross_chunk_facts import Elsewheres
from factory.tasks.template import Composed
from factory.teachers import Request
from filters.text.corpus_names import Vocabulary

MOST_BEYOND = 2000
QUESTION_WORDS = 20  # of a usual question


@dataclass(frozen=True)
class Plan:
    """What will be asked, and what is held out."""

    documents: Sequence[Document]
    skipped: list[Skipped]
    sides: Sides
    chunks: Sequence[Chunk]  # those that tell the same once, on the first side of test, shift, val, train that holds one
    slots: Sequence[Slot]  # held-out ones first
    gold: list[tuple[GoldRow, Chunk]]
    beyond: Sequence[tuple[GoldRow, Chunk]] = ()  # gold rows that evaluate.limit leaves out, at most MOST_BEYOND: audits use them
    further: Sequence[Place] = ()  # of its chunks, where other documents tell the same
    conflicts: Sequence[Conflict] = ()  # of its chunks
    aside: Sequence[Aside] = ()  # chunks that are asked for none, and parts of files that were not read
    tokens: str = ""  # which ones its chunks are counted in
    personal: Mapping[str, int] = field(default_factory=dict)  # how often each kind of personal data was masked or dropped

    @cached_property
    def known(self) -> Vocabulary:
        """The names of the documents as a whole."""
        return Vocabulary(self.documents)


@dataclass(frozen=True)
class _Read:
    """Documents and gold rows without the personal data that is to go."""

    documents: Sequence[Document]
    skipped: list[Skipped]
    rows: list[GoldRow]
    personal: Mapping[str, int]


def plan(recipe: Recipe, home: Path, tasks: Tasks, limit: int | None = None, scans: Path | None = None) -> Plan:
    """Reads the documents and lays out every slot. `scans`: where what OCR has read is kept. Raises UserMistake."""
    read = _read(recipe, home, scans)
    documents = read.documents
    held, trained = named_documents(read.rows, {task.name: task.open_book for task in recipe.tasks})
    tokens = tokens_of(recipe, home)
    cut = partial(chunk, settings=recipe.chunks, tokens=tokens)
    sides = divided(documents, cut, Wishes(recipe.split, recipe.seed, held, trained))
    layout, aside = Layout(), list(unread_parts(documents))
    beside = Elsewheres(frozenset(name for name, task in tasks.items() if isinstance(task, Composed) and task.elsewhere))
    for c, side in distinct(documents, sides, cut, aside):
        given = beside.given([s for task in tasks.values() for s in task.slots(c, side)], c, side)
        if not given:
            aside.append(aside_of(c, unasked(c, tasks)))
        layout.add(c, given)
    laid = layout.chunks
    found = settled(laid, sides, documents)
    layout.settle(found.again, found.disputed)
    if not layout.slots:
        why = Counter(one.reason for one in aside).most_common(1)
        told = f" (most often: {why[0][0].rstrip('.')})" if why else ""
        raise UserMistake(f"no chunk of the documents holds a fact to ask about{told}; add documents with full sentences, numbers or dates")
    asked, beyond = _asked_gold(read.rows, recipe.evaluate.limit)
    placed = _placing(tasks, [d for d in documents if d.ref.name in held | trained], cut)
    return Plan(
        documents=documents,
        skipped=read.skipped,
        sides=sides,
        chunks=layout.chunks,
        slots=limited(layout.slots, limit),
        gold=placed(asked),
        beyond=placed(beyond),
        further=further(found.again, laid),
        conflicts=found.conflicts,
        aside=aside,
        tokens=tokens.name,
        personal=read.personal,
    )


def _read(recipe: Recipe, home: Path, scans: Path | None) -> _Read:
    masks = masks_of(recipe.documents)
    documents, skipped = read_documents(recipe.documents, home, masks, scans)
    personal = masks.told if masks else {}
    rows = read_gold(home / recipe.evaluate.gold) if recipe.evaluate.gold else []
    return _Read(documents, skipped, without_personal(rows, masks, documents) if masks else rows, personal)


def _asked_gold(rows: list[GoldRow], limit: int | None) -> tuple[list[GoldRow], list[GoldRow]]:
    """Those that decide, and those that the limit leaves out."""
    asked = spread_gold(rows, limit)
    evaluated = {row.id for row in asked}
    return asked, spread_gold([row for row in rows if row.id not in evaluated], MOST_BEYOND)


def _placing(tasks: Tasks, documents: Sequence[Document], cut: Cut) -> Callable[[list[GoldRow]], list[tuple[GoldRow, Chunk]]]:
    """Finds the chunk of each gold row in the documents that gold names."""
    pieces = {d.ref.name: cut(d) for d in documents}

    def placed(rows: list[GoldRow]) -> list[tuple[GoldRow, Chunk]]:
        return [(as_asked(row, tasks), gold_chunk(row, documents, pieces.get(row.document or "", []))) for row in rows]

    return placed


def limited(slots: Sequence[Slot], limit: int | None) -> Sequence[Slot]:
    """At most `limit` slots, spread over the splits in proportion and within a split evenly over its documents' chunks."""
    if limit is None or limit >= len(slots):
        return slots
    chosen: set[int] = set()
    trained: set[str] = set()  # a second question about a fact is asked where the first one is
    for i, (split, count) in reversed(list(enumerate(_shares(slots, limit)))):
        there = ((place, s) for place, s in enumerate(slots) if s.split == split and (first_of(s) is None or first_of(s) in trained))
        chosen |= {place for *_, place in nsmallest(count, ((s.ordinal, digest(i, s.id), place) for place, s in there))}
        trained = trained or {slots[place].id for place in chosen}
    return picked(slots, sorted(chosen))


def _shares(slots: Sequence[Slot], limit: int) -> list[tuple[Split, int]]:
    sizes = Counter(s.split for s in slots)
    held = {s: max(1, limit * sizes[s] // len(slots)) if sizes[s] else 0 for s in SPLITS if s != "train"}
    return [*held.items(), ("train", max(0, limit - sum(held.values())))]


def probe(slot: Slot) -> Example:
    """An example such as the teacher may write for the slot, to measure requests with."""
    question = "what " * QUESTION_WORDS
    return Example(id=slot.id, task=slot.task, instruction=question, response="x", chunk=slot.chunk, split=slot.split)


def _largest(task: Task, group: list[Slot]) -> list[Request]:
    return [task.write(group), *([task.draw(probe(group[0]), 2)] if task.votes else [])]


def check_context(recipe: Recipe, tasks: Tasks, slots: Sequence[Slot]) -> None:
    """Raises UserMistake where the largest request does not fit into the context of a teacher that writes or votes."""
    largest = max(slots, key=lambda s: len(s.chunk.shown))
    asked = groups(tasks, (s for s in slots if s.chunk.digest == largest.chunk.digest))
    requests = [r for _, g in asked for r in _largest(tasks[g[0].task], g)]
    needed = max(token_count(r.system) + token_count(r.user) + r.max_tokens for r in requests)
    readers = {recipe.teacher(t.teacher).name for t in recipe.tasks} | set(recipe.filters.consistency.teachers)  # a judge reads evidence
    teacher = min((t for t in recipe.asked if t.name in readers), key=lambda t: t.context)
    if needed > teacher.context:
        raise UserMistake(
            f"chunks.tokens = {recipe.chunks.tokens}: a request takes about {needed} tokens and the context of teacher "
            f"{teacher.name} is {teacher.context}; chunks.tokens must be smaller or "
            f"teachers.{recipe.teachers.index(teacher)}.context larger"
        )
