"""The plan of a run: documents, chunks, splits and slots, all known before the first call and without a network."""

from dataclasses import dataclass
from pathlib import Path

from factory.chunks import chunk, token_count
from factory.documents import Skipped, read_documents
from factory.errors import UserMistake
from factory.gold import GoldRow, gold_chunk, read_gold, spread_gold
from factory.recipe import Recipe
from factory.records import SPLITS, Chunk, Document, Example, Slot, Split, digest
from factory.splits import split_documents
from factory.tasks import Task

QUESTION_WORDS = 20  # of a usual question


@dataclass(frozen=True)
class Plan:
    """What will be asked, and what is held out."""

    documents: list[Document]
    skipped: list[Skipped]
    sides: dict[str, Split]  # by document digest
    chunks: list[Chunk]  # equal chunks once, each on the first side of test, val, train that holds it
    slots: list[Slot]  # held-out ones first
    gold: list[tuple[GoldRow, Chunk]]


def plan(recipe: Recipe, home: Path, task: Task, limit: int | None = None) -> Plan:
    """Reads the documents and lays out every slot. Raises UserMistake."""
    documents, skipped = read_documents(recipe.documents, home)
    rows = read_gold(home / recipe.evaluate.gold) if recipe.evaluate.gold else []
    named = frozenset(r.document for r in rows if r.document)
    sides = split_documents(documents, recipe.split, recipe.seed, named)
    chunks = _distinct(documents, sides, recipe.chunks.tokens)
    slots = [s for c in chunks for s in task.slots(c, sides[c.document.digest])]
    if not slots:
        raise UserMistake("no chunk of the documents holds a fact to ask about; add documents with full sentences, numbers or dates")
    every = [c for d in documents for c in chunk(d, recipe.chunks.tokens)]
    gold = [(row, gold_chunk(row, documents, every)) for row in spread_gold(rows, recipe.evaluate.limit)]
    return Plan(documents, skipped, sides, chunks, limited(slots, limit), gold)


def _distinct(documents: list[Document], sides: dict[str, Split], tokens: int) -> list[Chunk]:
    ordered = sorted(documents, key=lambda d: (SPLITS.index(sides[d.ref.digest]), d.ref.name))
    found: dict[str, Chunk] = {}
    for document in ordered:
        for c in chunk(document, tokens):
            found.setdefault(c.digest, c)
    return list(found.values())


def limited(slots: list[Slot], limit: int | None) -> list[Slot]:
    """At most `limit` slots, spread over the splits in proportion and within a split evenly over its documents' chunks."""
    if limit is None or limit >= len(slots):
        return slots
    chosen: set[str] = set()
    for i, (split, count) in enumerate(_shares(slots, limit)):
        mine = sorted((s for s in slots if s.split == split), key=lambda s: (s.ordinal, digest(i, s.id)))
        chosen |= {s.id for s in mine[:count]}
    return [s for s in slots if s.id in chosen]


def _shares(slots: list[Slot], limit: int) -> list[tuple[Split, int]]:
    sizes = {split: sum(s.split == split for s in slots) for split in SPLITS}
    held = {split: max(1, limit * sizes[split] // len(slots)) if sizes[split] else 0 for split in ("test", "val")}
    train = limit - sum(held.values())
    return [("test", held["test"]), ("val", held["val"]), ("train", max(0, train))]


def probe(slot: Slot) -> Example:
    """An example such as the teacher may write for the slot, to measure requests with."""
    question = "what " * QUESTION_WORDS
    return Example(id=slot.id, task=slot.task, instruction=question, response="x", chunk=slot.chunk, split=slot.split)


def check_context(recipe: Recipe, task: Task, slots: list[Slot]) -> None:
    """Raises UserMistake where the largest request does not fit into the teacher's context."""
    largest = max(slots, key=lambda s: len(s.chunk.text))
    group = task.groups([s for s in slots if s.chunk.digest == largest.chunk.digest])[0]
    requests = (task.write(group), task.draw(probe(largest), 2))
    needed = max(token_count(r.system) + token_count(r.user) + r.max_tokens for r in requests)
    teacher = recipe.teachers[0]
    if needed > teacher.context:
        raise UserMistake(
            f"chunks.tokens = {recipe.chunks.tokens}: a request takes about {needed} tokens and the context of teacher "
            f"{teacher.name} is {teacher.context}; chunks.tokens must be smaller or teachers.0.context larger"
        )
