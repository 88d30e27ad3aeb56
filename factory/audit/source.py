"""What is audited: the kept examples of a run, and its gold questions, each with the text of its document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from pydantic import BaseModel

from factory.audit.reading import Shape, Subject
from factory.errors import UserMistake
from factory.records import Chunk, DocumentRef, Example, Span, digest
from factory.run import Run
from factory.tasks import Task
from factory.why import ChunkPlace, Line, document_of, headings_of

MOST = 2000  # kept examples that are read: ten times what a kind needs
SHAPES: dict[str, Shape] = {"classification": "label", "extraction": "fields"}  # of answers, by the kind of task; others are text
_CHUNK, _QUESTION = "\x01", "\x02"  # stand nowhere in a text


class _Meta(BaseModel):
    id: str
    task: str
    document: DocumentRef
    chunk: ChunkPlace


class _Message(BaseModel):
    content: str


class _Row(BaseModel):
    """A line of gold.jsonl: as the student is asked, and what was asked about."""

    messages: tuple[_Message, ...]
    meta: _Meta


def kept(run: Run, seed: int) -> Iterator[Subject]:
    """The kept examples, at most MOST of them by chance, before any verdict, their spans into their chunks. Raises UserMistake."""
    read = cache(lambda document: document_of(run, document))
    for told in sorted(run.lines("kept.jsonl"), key=lambda told: digest(seed, told["id"]))[:MOST]:
        line = Line.model_validate({**told, "ending": "kept"})
        document = read(line.document)
        chunk = _chunk(line.document, line.chunk, document)
        example = Example(
            id=line.id,
            task=line.task,
            instruction=line.instruction,
            response=line.response,
            chunk=chunk,
            spans=tuple(_moved(span, -chunk.start) for span in line.spans),
        )
        yield Subject(example, document)


def gold(run: Run, tasks: Mapping[str, Task]) -> Iterator[Subject]:
    """The gold questions with their answers, without spans: their evidence is found by code. Raises UserMistake."""
    if not run.has("gold.jsonl"):
        return
    read = cache(lambda document: document_of(run, document))
    for number, told in enumerate(run.lines("gold.jsonl"), 1):
        row = _Row.model_validate(told)
        meta, (*_, user, reply) = row.meta, row.messages
        document = read(meta.document) if meta.document.digest else _CHUNK  # it may bring a text of its own
        chunk = _chunk(meta.document, meta.chunk, document)
        task = tasks.get(meta.task) or (next(iter(tasks.values())) if len(tasks) == 1 else None)  # gold may leave its task out
        found = _asked(task, chunk).fullmatch(user.content) if task else None
        if not task or not found:
            fault = "is no question as this recipe puts it, run `docstill make` again to write it"
            raise UserMistake(f"{run.folder / 'gold.jsonl'}:{number}: {fault}")
        text = found.groupdict().get("chunk", chunk.text)
        example = Example(
            id=meta.id,
            task=task.name,
            instruction=found["question"],
            response=reply.content,
            chunk=chunk.model_copy(update={"text": text, "end": chunk.start + len(text)}),
        )
        yield Subject(example, text if document == _CHUNK else document)


def _chunk(document: DocumentRef, place: ChunkPlace, text: str) -> Chunk:
    own = text == _CHUNK
    return Chunk(
        digest=place.digest,
        document=document,
        start=place.start,
        end=place.end,
        text=text if own else text[place.start : place.end],
        headings=() if own else headings_of(text, place),
    )


def _moved(span: Span, by: int) -> Span:
    return span.model_copy(update={"start": span.start + by, "end": span.end + by})


def _asked(task: Task, chunk: Chunk) -> re.Pattern[str]:
    """The user's message about a chunk as a pattern that gives the question back, and the chunk's text where that is not known."""
    text = re.escape(task.messages(_QUESTION, "", chunk)[-2]["content"])
    for mark, name in ((_CHUNK, "chunk"), (_QUESTION, "question")):
        text = text.replace(re.escape(mark), f"(?P<{name}>.*)", 1)
    return re.compile(text, re.DOTALL)


def shaped(subjects: Sequence[Subject], kinds: Mapping[str, str]) -> list[Subject]:
    """The same, each with the shape of its answer by its task's kind, and the answers that its task gave elsewhere."""
    answers: dict[str, dict[str, None]] = {}
    for subject in subjects:
        answers.setdefault(subject.example.task, {})[subject.example.response] = None
    shapes = {task: SHAPES.get(kinds.get(task, ""), "text") for task in answers}
    others = {task: () if shapes[task] == "text" else tuple(found) for task, found in answers.items()}
    return [replace(s, shape=shapes[s.example.task], others=others[s.example.task]) for s in subjects]
