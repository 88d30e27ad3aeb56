"""The gold rows of a rehearsal where they are asked: each with its chunk, its slot and its evidence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.records import SPLITS, Chunk, Document, Slot, digest
from factory.core.settings import ChunkSettings
from factory.documents.chunker import chunk as cut
from factory.documents.reader import normalise
from factory.models.tokenizers import Tokens
from factory.planning.gold import GoldRow, gold_chunk
from factory.planning.plan import Plan
from factory.tasks import Task
from filters.text.segment import sentences

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Question:
    """One gold row, the chunk that it is asked about, and the text of the whole document."""

    row: GoldRow
    chunk: Chunk
    document: str

    @property
    def quotes(self) -> tuple[str, ...]:
        """The row's spans as far as they stand in the chunk; where it has none, the sentence that shares most words with it."""
        own = tuple(quote for quotes in self.by_field.values() for quote in quotes)
        return own or (best_sentence(self.chunk.text, self.row.instruction, self.row.response),)

    @property
    def by_field(self) -> dict[str, tuple[str, ...]]:
        """The row's spans by the field whose evidence they are."""
        start = 0 if self.row.chunk else self.chunk.start
        found: dict[str, tuple[str, ...]] = {}
        for span in self.row.spans:
            if quote := self.chunk.text[max(0, span.start - start) : max(0, span.end - start)].strip():
                found[span.field] = (*found.get(span.field, ()), quote)
        return found


def written_out(rows: Sequence[GoldRow], folder: Path) -> list[GoldRow]:
    """Rows that carry their chunk, as rows of a document in the folder that is written there."""
    named: list[GoldRow] = []
    for row in rows:
        text = normalise(row.chunk or "").strip()
        name = f"{digest(text)}.txt"
        (folder / name).write_text(text, encoding="utf-8")
        named.append(row.model_copy(update={"document": name}))
    return named


def questions(rows: Sequence[GoldRow], found: Plan, settings: ChunkSettings, tokens: Tokens) -> list[Question]:
    """Every row with the chunk that it is asked about; one that asks the same of the same text is left out. Raises UserMistake.

    The chunks of the plan won't do: they are fewer where documents tell the same.
    """
    documents = {d.ref.name: d for d in found.documents}
    named = {row.document for row in rows if not row.chunk}
    every = [c for name, document in documents.items() if name in named for c in cut(document, settings, tokens)]
    asked: dict[tuple[str, str], Question] = {}
    for row in rows:
        document = documents.get(row.document or "")
        if document is None:
            raise UserMistake(f"gold row {row.id}: {row.document} is not among the documents, must be text below documents.paths")
        chunk = _whole(document) if row.chunk else gold_chunk(row, found.documents, every)
        asked.setdefault((chunk.digest, row.instruction), Question(row, chunk, document.text))
    return list(asked.values())


def _whole(document: Document) -> Chunk:
    """A row's own chunk is asked whole, whatever headings stand in it."""
    text = document.text
    return Chunk(digest=digest(text, ()), document=document.ref, start=0, end=len(text), text=text)


def by_chunk(asked: Sequence[Question]) -> dict[str, list[Question]]:
    """The questions by the digest of their chunk."""
    found: dict[str, list[Question]] = {}
    for question in asked:
        found.setdefault(question.chunk.digest, []).append(question)
    return found


def slots(asked: Sequence[Question], task: Task, found: Plan) -> list[Slot]:
    """A slot for each question, as far as the task asks so much of its chunk: in order of the splits, those of a chunk side by side."""
    laid: list[Slot] = []
    for side in SPLITS:
        for of_chunk in by_chunk(asked).values():
            chunk = of_chunk[0].chunk
            if found.sides.of(chunk) == side:
                laid += task.slots(chunk, side)[: len(of_chunk)]
    return laid


def best_sentence(text: str, instruction: str, response: str) -> str:
    """The sentence or line with most of the answer's words, and among equals with most of the question's."""
    answer, question = _words(response), _words(instruction)
    found = [one.text for one in sentences(text)]
    return max(found, key=lambda s: 2 * len(_words(s) & answer) + len(_words(s) & question), default=text)


def _words(text: str) -> set[str]:
    return {w.casefold() for w in _WORD.findall(text)}
