"""What is audited: kept examples, gold questions, and whole sentences of their evidence, each with the text of its document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from pydantic import BaseModel

from factory.audit.text_reading import Shape, Subject, flat, sentences
from factory.core.errors import UserMistake
from factory.core.outcomes import ChunkPlace, Line, document_of
from factory.core.records import Chunk, DocumentRef, Example, Span, digest
from factory.core.run_folder import BEYOND, Run
from factory.documents.chunker import headings_of
from factory.tasks import Task

MOST = 2000  # kept examples that are read: ten times what a kind needs
# Of answers, by the kind of task; others are text.
SHAPES: dict[str, Shape] = {"classification": "label", "extraction": "fields", "tool_call": "call"}
_WHOLE = re.compile(r"(?![#|>])(?=\S+(?:\s+\S+){4}).*[.!]$", re.S)
_NUMBERED = re.compile(r"^(?:[-*+•]\s+|\(?[a-z\d]{1,2}[.)]\s+|\d+(?:\.\d+)+\.?\s+)")  # the number of a paragraph, no part of what it says
_CHUNK, _QUESTION = "\x01", "\x02"  # stand nowhere in a text


class _Meta(BaseModel):
    id: str
    task: str
    document: DocumentRef
    chunk: ChunkPlace
    position: int = 0  # of the chunk among distractors


class _Message(BaseModel):
    content: str


class _Row(BaseModel):
    """A line of gold.jsonl: as the student is asked, and what was asked about."""

    messages: tuple[_Message, ...]
    meta: _Meta


def kept(run: Run, seed: int) -> Iterator[Subject]:
    """The kept examples, at most MOST of them by chance, before any verdict, their spans into their chunks. Raises UserMistake."""
    read = cache(lambda document: document_of(run, document))
    for line in sorted(run.rows("kept.jsonl", Line, {"ending": "kept"}), key=lambda line: digest(seed, line.id))[:MOST]:
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
    """All gold questions with their answers, those that evaluate.limit leaves out too, without spans: their evidence is found by code.

    Raises UserMistake.
    """
    read = cache(lambda document: document_of(run, document))
    lines = ((file, number, row) for file in ("gold.jsonl", BEYOND) if run.has(file) for number, row in enumerate(run.rows(file, _Row), 1))
    for file, number, row in lines:
        meta, (*_, user, reply) = row.meta, row.messages
        document = read(meta.document) if meta.document.digest else _CHUNK  # it may bring a text of its own
        chunk = _chunk(meta.document, meta.chunk, document)
        task = tasks.get(meta.task) or (next(iter(tasks.values())) if len(tasks) == 1 else None)  # gold may leave its task out
        shown = chunk.model_copy(update={"text": _CHUNK}) if meta.position else chunk
        found = _asked(task, shown).fullmatch(user.content) if task else None
        if not task or not found:
            fault = "is no question as this recipe puts it, run `docstill make` again to write it"
            raise UserMistake(f"{run.folder / file}:{number}: {fault}")
        text = _excerpt(found["chunk"], meta.position) if meta.position else found.groupdict().get("chunk", chunk.text)
        if text == _CHUNK:  # closed-book, and the row brought a chunk of its own, which the student is not shown
            continue
        example = Example(
            id=meta.id,
            task=task.name,
            instruction=found["question"],
            response=reply.content,
            chunk=chunk.model_copy(update={"text": text, "end": chunk.start + len(text)}),
        )
        yield Subject(example, text if document == _CHUNK else document)


def restated(judged: Sequence[Subject]) -> Iterator[Subject]:
    """The evidence of each answer once more as an answer of its own: its sentence taken whole, and quoted.

    That is right by construction, whether it answers the question well or not: the source says it. A sentence that is an answer already
    is none of them, or its faults would count twice.
    """
    found = {(s.example.chunk.digest, flat(s.example.response)) for s in judged}
    for subject in judged:
        example = subject.example
        for span in example.spans if subject.shape == "text" else ():
            for whole in _around(example.chunk.text, span):
                if (one := (example.chunk.digest, flat(whole.text))) not in found:
                    found.add(one)
                    renamed = digest(example.id, whole.start)
                    changes = {"id": renamed, "response": whole.text, "spans": (whole,), "verdicts": ()}
                    yield replace(subject, example=example.model_copy(update=changes))


def _around(text: str, span: Span) -> Iterator[Span]:
    """The whole sentences that a span touches, but for headings and table rows, which say nothing alone."""
    at = 0
    for sentence in sentences(text):
        start = text.index(sentence, at)
        at = start + len(sentence)
        if start < span.end and span.start < at and _WHOLE.match(sentence):
            bare = _NUMBERED.sub("", sentence)
            yield Span(start=at - len(bare), end=at, text=bare)


def _chunk(document: DocumentRef, place: ChunkPlace, text: str) -> Chunk:
    own = text == _CHUNK
    return Chunk(
        digest=place.digest,
        document=document,
        start=place.start,
        end=place.end,
        text=text if own else text[place.start : place.end],
        headings=() if own else headings_of(text, document.name, place),
    )


def _moved(span: Span, by: int) -> Span:
    return span.model_copy(update={"start": span.start + by, "end": span.end + by})


def _excerpt(shown: str, position: int) -> str:
    """The text of one of several numbered excerpts, less its heading."""
    begun = f"\n\n{shown}".partition(f"\n\n[{position}] ")[2].partition("\n")[2]
    return begun.partition(f"\n\n[{position + 1}] ")[0]


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
