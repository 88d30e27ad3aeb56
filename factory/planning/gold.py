"""Read the client's own labelled rows (gold). If they are given, they decide the scores, and their
documents are never trained on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import numbered_lines, read_object
from factory.core.recipe import explain
from factory.core.records import Chunk, Document, DocumentRef, Span, digest
from factory.core.unicode import nfc
from factory.documents.pii.masking import PiiMasker
from factory.tasks import Tasks
from filters.text.segment import content_stems


def _as_text(response: object) -> object:
    text = json.dumps(response, ensure_ascii=False) if isinstance(response, dict) else response
    return nfc(text) if isinstance(text, str) else text


class GoldRow(BaseModel, frozen=True, extra="forbid"):
    """One labelled row. It names its document or contains its chunk."""

    id: str
    task: str = "qa"
    # Empty for a task that asks the same question of every text.
    instruction: Annotated[str, AfterValidator(nfc)] = ""
    response: Annotated[str, BeforeValidator(_as_text)]  # a text, a label, or an object as its JSON
    document: Annotated[str, AfterValidator(nfc)] | None = None
    chunk: str | None = None
    spans: tuple[Span, ...] = ()


def read_gold(path: Path) -> list[GoldRow]:
    """Read all rows. Raises UserMistake with file and line."""
    mend = "evaluate.gold must name a JSONL file of one gold row a line"
    rows = [
        _row(read_object(raw, place := f"{path}:{number}", mend), place)
        for number, raw in numbered_lines(path, mend)
    ]
    if len({r.id for r in rows}) < len(rows):
        raise UserMistake(f"{path}: two rows have the same id, ids must differ")
    return rows


def spread_gold(rows: Sequence[GoldRow], limit: int | None) -> list[GoldRow]:
    """Return at most `limit` rows, evenly spread over the file, which is usually ordered by
    document.
    """
    if limit is None or limit >= len(rows):
        return list(rows)
    return [rows[i * len(rows) // limit] for i in range(limit)]


def named_documents(
    rows: Sequence[GoldRow], open_book: Mapping[str, bool]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the documents that gold names: those to be held out, and those of closed-book rows,
    whose facts are trained.

    `open_book`: by task. Raises UserMistake for a document that would have to be both.
    """
    only = next(iter(open_book.values())) if len(open_book) == 1 else True
    held = frozenset(r.document for r in rows if r.document and open_book.get(r.task, only))
    trained = frozenset(r.document for r in rows if r.document and not open_book.get(r.task, only))
    if both := min(held & trained, default=None):
        raise UserMistake(
            f"gold names {both} in open-book rows, which hold it out, "
            "and in closed-book rows, which ask what is trained of it; "
            "must be one of both, or the two tasks recipes of their own"
        )
    return held, trained


def _row(found: dict[str, object], place: str) -> GoldRow:
    try:
        row = GoldRow.model_validate(found)
    except ValidationError as error:
        raise UserMistake(f"{place}: {_explain(error)}") from error
    if not row.document and not row.chunk:
        raise UserMistake(f'{place}: has neither "document" nor "chunk", must have one of them')
    return row


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        where = ".".join(str(part) for part in first["loc"])
        return f"{where} is not a key of a gold row, must be removed or spelled right"
    return explain(error)


def mask_gold(
    rows: Sequence[GoldRow], masks: PiiMasker, documents: Sequence[Document]
) -> list[GoldRow]:
    """Mask the rows' personal data as in the documents, and move their spans to where the text now
    is.
    """
    named = {row.document for row in rows if row.spans}
    texts = {d.ref.name: d.text for d in documents if d.ref.name in named}

    def masked(row: GoldRow) -> GoldRow:
        told = {
            name: masks.clean(text).text
            for name in ("instruction", "response", "chunk")
            if (text := getattr(row, name))
        }
        spans = (
            _moved(s, masks.clean(s.text).text, texts.get(row.document or "", row.chunk or ""))
            for s in row.spans
        )
        return row.model_copy(update={**told, "spans": tuple(s for s in spans if s)})

    return [masked(row) for row in rows]


def _moved(span: Span, text: str, source: str) -> Span | None:
    """Move a span to the nearest match of its text. Returns None if its paragraph was dropped."""
    places = [m.start() for m in re.finditer(re.escape(text), source)] if text else []
    start = min(places, key=lambda place: abs(place - span.start), default=None)
    return (
        None
        if start is None
        else span.model_copy(update={"start": start, "end": start + len(text), "text": text})
    )


def gold_chunk(row: GoldRow, documents: Sequence[Document], chunks: Sequence[Chunk]) -> Chunk:
    """Return the chunk that a gold question is about: the one that holds its evidence. Raises
    UserMistake.

    A row without spans gets the chunk of its document that shares the most words with the question,
    never with the answer.
    """
    document = next((d for d in documents if d.ref.name == row.document), None)
    if row.chunk:
        return Chunk(
            digest=digest(row.chunk, ()),
            document=DocumentRef(digest="", name=row.document or f"gold row {row.id}"),
            start=0,
            end=len(row.chunk),
            text=row.chunk,
        )
    if document is None:
        raise UserMistake(
            f"gold row {row.id}: document {row.document} is not among the documents, "
            "must be a name below documents.paths"
        )
    own = [c for c in chunks if c.document == document.ref]
    if not own:
        raise UserMistake(
            f"gold row {row.id}: document {row.document} holds nothing but headings, "
            "must hold text to ask about"
        )
    if not row.spans:
        asked = set(content_stems(row.instruction))
        return max(
            own, key=lambda c: len(asked & set(content_stems(" ".join((*c.headings, c.text)))))
        )
    for span in row.spans:
        if document.text[span.start : span.end] != span.text:
            raise UserMistake(
                f"gold row {row.id}: its span does not match the text at {span.start} "
                f"of {row.document}, must be renewed"
            )
    return max(own, key=lambda c: sum(_overlap(c, s) for s in row.spans))


def gold_for_task(row: GoldRow, tasks: Tasks) -> GoldRow:
    """Return the row with its task's name, question and spelling. If the recipe has one task, every
    row belongs to it. Raises UserMistake.
    """
    task = tasks.get(row.task) or (next(iter(tasks.values())) if len(tasks) == 1 else None)
    if task is None:
        raise UserMistake(
            f'gold row {row.id}: the recipe has no task "{row.task}", '
            f"must be one of {', '.join(tasks)}"
        )
    try:
        instruction, response = task.gold(row.instruction, row.response)
    except ValueError as error:
        raise UserMistake(f"gold row {row.id}: {error}") from error
    return row.model_copy(
        update={"task": task.name, "instruction": instruction, "response": response}
    )


def _overlap(chunk: Chunk, span: Span) -> int:
    return max(0, min(chunk.end, span.end) - max(chunk.start, span.start))
