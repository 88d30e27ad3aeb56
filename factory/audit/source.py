"""What is audited: the kept examples of a run, and its gold questions, each with the text of its document."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from factory.audit.reading import Subject
from factory.errors import UserMistake
from factory.mix import Row
from factory.records import Chunk, DocumentRef, Example, Span
from factory.run import Run
from factory.tasks import Task
from factory.why import ChunkPlace, Line, document_of, headings_of

_CHUNK, _HEADING, _QUESTION = "\x01", "\x02", "\x03"  # stand nowhere in a text


class _Meta(BaseModel):
    id: str
    task: str
    document: DocumentRef
    chunk: ChunkPlace


def kept(run: Run) -> Iterator[Subject]:
    """The kept examples, before any verdict, their spans into their chunks. Raises UserMistake."""
    for told in run.lines("kept.jsonl"):
        line = Line.model_validate({**told, "ending": "kept"})
        document, place = document_of(run, line), line.chunk
        chunk = Chunk(
            digest=place.digest,
            document=line.document,
            start=place.start,
            end=place.end,
            text=document[place.start : place.end],
            headings=headings_of(document, place),
        )
        example = Example(
            id=line.id,
            task=line.task,
            instruction=line.instruction,
            response=line.response,
            chunk=chunk,
            spans=tuple(_moved(span, -place.start) for span in line.spans),
        )
        yield Subject(example, document)


def _moved(span: Span, by: int) -> Span:
    return span.model_copy(update={"start": span.start + by, "end": span.end + by})


def gold(run: Run, task: Task) -> Iterator[Subject]:
    """The gold questions with their answers, without spans: their evidence is found by code. Raises UserMistake."""
    if not run.has("gold.jsonl"):
        return
    shown = _shown(task)
    for number, row in enumerate(run.lines("gold.jsonl"), 1):
        meta, messages = _Meta.model_validate(row["meta"]), _messages(row)
        found = shown.fullmatch(messages[-2])
        if not found:
            told = "is no question as this recipe's task puts it, run `docstill make` again to write it"
            raise UserMistake(f"{run.folder / 'gold.jsonl'}:{number}: {told}")
        chunk = Chunk(
            digest=meta.chunk.digest,
            document=meta.document,
            start=meta.chunk.start,
            end=meta.chunk.end,
            text=found["chunk"],
            headings=tuple(found["heading"].split(" > ")),
        )
        example = Example(id=meta.id, task=meta.task, instruction=found["question"], response=messages[-1], chunk=chunk)
        yield Subject(example, _document(run, meta, chunk.text))


def _messages(row: Row) -> list[str]:
    class Message(BaseModel):
        content: str

    class Said(BaseModel):
        messages: list[Message]

    return [message.content for message in Said.model_validate(row).messages]


def _document(run: Run, meta: _Meta, text: str) -> str:
    """A gold row that brings its own chunk has no other document."""
    return run.document(meta.document.digest) if meta.document.digest else text


def _shown(task: Task) -> re.Pattern[str]:
    """The user's message of a task as a pattern that gives heading, chunk and question back."""
    empty = DocumentRef(digest="", name=_HEADING)
    chunk = Chunk(digest="", document=empty, start=0, end=1, text=_CHUNK, headings=(_HEADING,))
    text = re.escape(task.messages(_QUESTION, "", chunk)[-2]["content"])
    for mark, name in ((_HEADING, "heading"), (_CHUNK, "chunk"), (_QUESTION, "question")):
        text = text.replace(re.escape(mark), f"(?P<{name}>.*)", 1)
    return re.compile(text, re.DOTALL)
