"""Examples to audit: kept examples, gold questions, and whole sentences of their evidence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from pydantic import BaseModel

from factory.audit.text_reading import AnswerShape, Subject, normalized, split_sentences
from factory.core.errors import UserMistake
from factory.core.outcomes import ChunkPlace, OutcomeLine, document_of
from factory.core.records import Chunk, DocumentRef, Example, Span, digest
from factory.core.run_folder import BEYOND, Run
from factory.documents.chunker import heading_path
from factory.tasks import Task

MOST_KEPT = 2000  # ten times what a kind of fault needs
# Of answers, by the kind of task; others are text.
SHAPE_OF_KIND: dict[str, AnswerShape] = {
    "classification": "label",
    "extraction": "fields",
    "tool_call": "call",
}
_WHOLE = re.compile(r"(?![#|>])(?=\S+(?:\s+\S+){4}).*[.!]$", re.S)
# The number of a paragraph is not part of its statement.
_NUMBERED = re.compile(r"^(?:[-*+•]\s+|\(?[a-z\d]{1,2}[.)]\s+|\d+(?:\.\d+)+\.?\s+)")
_CHUNK, _QUESTION = "\x01", "\x02"  # characters that occur in no text


class _Meta(BaseModel):
    id: str
    task: str
    document: DocumentRef
    chunk: ChunkPlace
    position: int = 0  # position of the chunk among distractors


class _Message(BaseModel):
    content: str


class _Row(BaseModel):
    """A line of gold.jsonl: the messages as the student gets them, and what they are about."""

    messages: tuple[_Message, ...]
    meta: _Meta


def kept_subjects(run: Run, seed: int) -> Iterator[Subject]:
    """Yield at most MOST_KEPT random kept examples, without verdicts and with spans relative to
    their chunks.

    Raises UserMistake.
    """
    read = cache(lambda document: document_of(run, document))
    for line in sorted(
        run.rows("kept.jsonl", OutcomeLine, {"ending": "kept"}),
        key=lambda line: digest(seed, line.id),
    )[:MOST_KEPT]:
        document = read(line.document)
        chunk = _chunk(line.document, line.chunk, document)
        example = Example(
            id=line.id,
            task=line.task,
            instruction=line.instruction,
            response=line.response,
            chunk=chunk,
            spans=tuple(_shifted(span, -chunk.start) for span in line.spans),
        )
        yield Subject(example, document)


def gold_subjects(run: Run, tasks: Mapping[str, Task]) -> Iterator[Subject]:
    """Yield all gold questions with their answers, including those beyond evaluate.limit.

    They have no spans: code finds their evidence. Raises UserMistake.
    """
    read = cache(lambda document: document_of(run, document))
    lines = (
        (file, number, row)
        for file in ("gold.jsonl", BEYOND)
        if run.has(file)
        for number, row in enumerate(run.rows(file, _Row), 1)
    )
    for file, number, row in lines:
        meta, (*_, user, reply) = row.meta, row.messages
        # A gold row may bring its own text.
        document = read(meta.document) if meta.document.digest else _CHUNK
        chunk = _chunk(meta.document, meta.chunk, document)
        # A gold row may omit its task.
        task = tasks.get(meta.task) or (next(iter(tasks.values())) if len(tasks) == 1 else None)
        shown = chunk.model_copy(update={"text": _CHUNK}) if meta.position else chunk
        found = _prompt_pattern(task, shown).fullmatch(user.content) if task else None
        if not task or not found:
            fault = (
                "does not match the question prompt of this recipe; "
                "run `docstill make` again to rewrite it"
            )
            raise UserMistake(f"{run.folder / file}:{number}: {fault}")
        text = (
            _excerpt(found["chunk"], meta.position)
            if meta.position
            else found.groupdict().get("chunk", chunk.text)
        )
        # A closed-book row that brings its own chunk: the student does not see the chunk.
        if text == _CHUNK:
            continue
        example = Example(
            id=meta.id,
            task=task.name,
            instruction=found["question"],
            response=reply.content,
            chunk=chunk.model_copy(update={"text": text, "end": chunk.start + len(text)}),
        )
        yield Subject(example, text if document == _CHUNK else document)


def restated_evidence(judged: Sequence[Subject]) -> Iterator[Subject]:
    """Yield the evidence of each answer as an answer of its own: the whole sentence, quoted.

    It is right by construction, whether or not it answers the question well, because the source
    says it. A sentence that already is an answer is left out, or its faults would count twice.
    """
    found = {(s.example.chunk.digest, normalized(s.example.response)) for s in judged}
    for subject in judged:
        example = subject.example
        for span in example.spans if subject.shape == "text" else ():
            for whole in _around(example.chunk.text, span):
                if (one := (example.chunk.digest, normalized(whole.text))) not in found:
                    found.add(one)
                    renamed = digest(example.id, whole.start)
                    changes = {
                        "id": renamed,
                        "response": whole.text,
                        "spans": (whole,),
                        "verdicts": (),
                    }
                    yield replace(subject, example=example.model_copy(update=changes))


def _around(text: str, span: Span) -> Iterator[Span]:
    """Yield the whole sentences that a span touches, except headings and table rows, which say
    nothing alone.
    """
    at = 0
    for sentence in split_sentences(text):
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
        headings=() if own else heading_path(text, document.name, place),
    )


def _shifted(span: Span, by: int) -> Span:
    return span.model_copy(update={"start": span.start + by, "end": span.end + by})


def _excerpt(shown: str, position: int) -> str:
    """Return the text of one of several numbered excerpts, without its heading."""
    begun = f"\n\n{shown}".partition(f"\n\n[{position}] ")[2].partition("\n")[2]
    return begun.partition(f"\n\n[{position + 1}] ")[0]


def _prompt_pattern(task: Task, chunk: Chunk) -> re.Pattern[str]:
    """Turn the user message about a chunk into a pattern that recovers the question, and the
    chunk's text if it is unknown.
    """
    text = re.escape(task.messages(_QUESTION, "", chunk)[-2]["content"])
    for mark, name in ((_CHUNK, "chunk"), (_QUESTION, "question")):
        text = text.replace(re.escape(mark), f"(?P<{name}>.*)", 1)
    return re.compile(text, re.DOTALL)


def with_shapes(subjects: Sequence[Subject], kinds: Mapping[str, str]) -> list[Subject]:
    """Add to each subject the shape of its answer and the other answers of its task."""
    answers: dict[str, dict[str, None]] = {}
    for subject in subjects:
        answers.setdefault(subject.example.task, {})[subject.example.response] = None
    shapes = {task: SHAPE_OF_KIND.get(kinds.get(task, ""), "text") for task in answers}
    others = {
        task: () if shapes[task] == "text" else tuple(found) for task, found in answers.items()
    }
    return [
        replace(s, shape=shapes[s.example.task], others=others[s.example.task]) for s in subjects
    ]
