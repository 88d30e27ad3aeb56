"""Judge each row of a JSONL file with the chosen filters, and write it with their verdicts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import json_line as json_line
from factory.core.records import Chunk, DocumentRef, Example, Span, digest
from factory.core.unicode import NFCText, nfc
from factory.standalone.foreign_rows import ForeignRow, read_foreign
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.grounding.quotes import find_quote
from filters.schema.grammar import wording
from filters.schema.relevance import relevance
from filters.schema.schema import schema

REQUIRED_KEYS = ("chunk", "instruction", "response")
FILTERS: dict[str, Filter] = {
    "schema": schema,
    # a question from another tool need not be made from the chunk
    "grounding": partial(grounding, of_chunk=False),
    "wording": wording,
    "relevance": relevance,
}
# The filters that work without an instruction; the others read nothing else.
WITHOUT_QUESTION: dict[str, Filter] = {
    "schema": partial(schema, asked=False),
    "grounding": FILTERS["grounding"],
}
_SPANS = TypeAdapter(tuple[Span, ...])


class JudgeCounts(NamedTuple):
    """The number of rows, of rows that passed every filter, and of rejections by filter."""

    rows: int
    passed: int
    rejected: Counter[str]


def judge(path: Path, names: Sequence[str], out: Path) -> JudgeCounts:
    """Write each row with the new keys `verdicts` and `passed`.

    Raises UserMistake and then leaves `out` unchanged.
    """
    must_be_known(names)
    if out.exists() and path.exists() and out.samefile(path):
        raise UserMistake(f"--out {out}: is the input file; choose another file")
    rows = passed = 0
    rejected: Counter[str] = Counter()
    try:
        with replacing(out) as file:
            for row, example in judged_rows(path, names):
                failing = [v.filter for v in example.verdicts if not v.passed]
                rows, passed = rows + 1, passed + (not failing)
                rejected.update(failing)
                verdicts = [v.model_dump(mode="json") for v in example.verdicts]
                file.write(json_line({**row, "verdicts": verdicts, "passed": not failing}))
    except OSError as error:
        raise UserMistake(
            f"--out {out}: can't be written ({error.strerror}); choose a file in a folder that you "
            "may write to"
        ) from error
    return JudgeCounts(rows, passed, rejected)


def must_be_known(names: Sequence[str]) -> None:
    unknown = next((name for name in names if name not in FILTERS), None)
    if unknown is not None or not names:
        raise UserMistake(
            f"--filters {','.join(names)}: {unknown or 'nothing'} is not a filter; "
            f"choose from {', '.join(FILTERS)}"
        )


def judged_rows(path: Path, names: Sequence[str]) -> Iterator[tuple[dict[str, object], Example]]:
    """Yield each row, and its example with a verdict of every filter that applies.

    All filters judge, even after one has rejected.
    """
    for line in read_foreign(path, REQUIRED_KEYS):
        chunk = NFCText(str(line.row["chunk"]))
        example = _example(line, chunk)
        filters = FILTERS if example.instruction.strip() else WITHOUT_QUESTION
        for name in names:
            if name in filters:
                verdict = filters[name](example)
                example = example.judged(verdict)
                if verdict.filter == "grounding" and not example.spans:
                    example = example.model_copy(update={"spans": verdict.evidence})
        yield line.row, _as_given(example, chunk)


def _as_given(example: Example, chunk: NFCText) -> Example:
    """Move the evidence from the NFC text that was judged to the row's own chunk."""

    def moved(span: Span) -> Span:
        start, end = chunk.before(span.start), chunk.before(span.end)
        return Span(start=start, end=end, text=chunk.given[start:end])

    if chunk.text == chunk.given:
        return example
    verdicts = (
        v.model_copy(update={"evidence": tuple(map(moved, v.evidence))}) for v in example.verdicts
    )
    return example.model_copy(update={"verdicts": tuple(verdicts)})


def _example(line: ForeignRow, chunk: NFCText) -> Example:
    """Build the example in NFC, as documents are read."""
    row, text = line.row, chunk.text
    task = row.get("task", "qa")
    if not isinstance(task, str):
        raise UserMistake(f'{line.place}: "task" must be a text such as "qa"')
    return Example(
        id=str(row["id"]),
        task=task,
        instruction=nfc(str(row["instruction"])),
        response=nfc(str(row["response"])),
        chunk=Chunk(
            digest=digest(text, ()),
            document=DocumentRef(digest="", name=""),
            start=0,
            end=len(text),
            text=text,
        ),
        spans=_spans(row.get("spans"), chunk, line.place),
    )


def _spans(given: object, chunk: NFCText, place: str) -> tuple[Span, ...]:
    """Return the row's spans.

    A span at the wrong place is moved to its words in the chunk; if they are not in the chunk, it
    is kept to be rejected.
    """
    if given is None:
        return ()
    try:
        spans = _SPANS.validate_python(tuple(given) if isinstance(given, list) else given)
    except ValidationError as error:
        raise UserMistake(
            f'{place}: "spans" must be a list of {{"start", "end", "text"}}, offsets into the '
            "row's chunk"
        ) from error
    return tuple(_placed(span, chunk) for span in spans)


def _placed(span: Span, chunk: NFCText) -> Span:
    start, end, text = chunk.after(span.start), chunk.after(span.end), nfc(span.text)
    if text and chunk.text[start:end] == text:
        return Span(start=start, end=end, text=text)
    return find_quote(chunk.text, text) or span
