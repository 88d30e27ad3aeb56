"""Gold rows of a rehearsal, each located in its document: its chunk, its slot and its evidence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.records import SPLITS, Chunk, Document, Slot, digest
from factory.core.settings import ChunkSettings
from factory.documents.chunker import chunk as cut
from factory.documents.reader import normalise
from factory.models.tokenizers import TokenCounter
from factory.planning.gold import GoldRow, gold_chunk
from factory.planning.plan import Plan
from factory.tasks import Task
from filters.text.segment import sentences

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class GoldQuestion:
    """One gold row, the chunk that it asks about, and the text of the whole document."""

    row: GoldRow
    chunk: Chunk
    document: str

    @property
    def quotes(self) -> tuple[str, ...]:
        """The row's spans within the chunk, or else the sentence that shares most words with the
        row.
        """
        own = tuple(quote for quotes in self.by_field.values() for quote in quotes)
        return own or (best_sentence(self.chunk.text, self.row.instruction, self.row.response),)

    @property
    def by_field(self) -> dict[str, tuple[str, ...]]:
        """The row's spans by the field that they are evidence for."""
        start = 0 if self.row.chunk else self.chunk.start
        found: dict[str, tuple[str, ...]] = {}
        for span in self.row.spans:
            if quote := self.chunk.text[
                max(0, span.start - start) : max(0, span.end - start)
            ].strip():
                found[span.field] = (*found.get(span.field, ()), quote)
        return found


def write_chunks(rows: Sequence[GoldRow], folder: Path) -> list[GoldRow]:
    """Write the chunks that the rows bring as documents into the folder, and return the rows with
    their names.
    """
    named: list[GoldRow] = []
    for row in rows:
        text = normalise(row.chunk or "").strip()
        name = f"{digest(text)}.txt"
        (folder / name).write_text(text, encoding="utf-8")
        named.append(row.model_copy(update={"document": name}))
    return named


def locate_gold_rows(
    rows: Sequence[GoldRow], found: Plan, settings: ChunkSettings, tokens: TokenCounter
) -> list[GoldQuestion]:
    """Return every row with the chunk that it asks about. A row that asks the same of the same text
    is left out.

    The chunks of the plan won't do: there are fewer of them if documents repeat each other. Raises
    UserMistake.
    """
    documents = {d.ref.name: d for d in found.documents}
    named = {row.document for row in rows if not row.chunk}
    every = [
        c
        for name, document in documents.items()
        if name in named
        for c in cut(document, settings, tokens)
    ]
    asked: dict[tuple[str, str], GoldQuestion] = {}
    for row in rows:
        document = documents.get(row.document or "")
        if document is None:
            raise UserMistake(
                f"gold row {row.id}: {row.document} is not among the documents; "
                "it must be a text below documents.paths"
            )
        chunk = _whole(document) if row.chunk else gold_chunk(row, found.documents, every)
        asked.setdefault((chunk.digest, row.instruction), GoldQuestion(row, chunk, document.text))
    return list(asked.values())


def _whole(document: Document) -> Chunk:
    """Make one chunk of the text that a row brings, whatever headings it contains."""
    text = document.text
    return Chunk(digest=digest(text, ()), document=document.ref, start=0, end=len(text), text=text)


def group_by_chunk(asked: Sequence[GoldQuestion]) -> dict[str, list[GoldQuestion]]:
    """Group the questions by the digest of their chunk."""
    found: dict[str, list[GoldQuestion]] = {}
    for question in asked:
        found.setdefault(question.chunk.digest, []).append(question)
    return found


def slots_for(asked: Sequence[GoldQuestion], task: Task, found: Plan) -> list[Slot]:
    """Return a slot for each question, as far as the task takes that many from its chunk.

    They are in the order of the splits, with the slots of a chunk next to each other.
    """
    laid: list[Slot] = []
    for side in SPLITS:
        for of_chunk in group_by_chunk(asked).values():
            chunk = of_chunk[0].chunk
            if found.sides.of(chunk) == side:
                laid += task.slots(chunk, side)[: len(of_chunk)]
    return laid


def best_sentence(text: str, instruction: str, response: str) -> str:
    """Return the sentence or line with most of the answer's words; a tie is decided by the
    question's words.
    """
    answer, question = _words(response), _words(instruction)
    found = [one.text for one in sentences(text)]
    return max(
        found, key=lambda s: 2 * len(_words(s) & answer) + len(_words(s) & question), default=text
    )


def _words(text: str) -> set[str]:
    return {w.casefold() for w in _WORD.findall(text)}
