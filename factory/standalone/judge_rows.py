"""Judge: foreign rows in, the same rows out, each with the verdicts of the filters that were asked for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import line as json_line
from factory.core.records import Chunk, DocumentRef, Example, Span, digest
from factory.core.unicode import Composed, nfc
from factory.standalone.foreign_rows import Line, read_foreign
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.grounding.quotes import find_quote
from filters.schema.grammar import wording
from filters.schema.relevance import relevance
from filters.schema.schema import schema

TEXTS = ("chunk", "instruction", "response")
FILTERS: dict[str, Filter] = {
    "schema": schema,
    "grounding": partial(grounding, of_chunk=False),  # a stranger's question need not be made from the chunk
    "wording": wording,
    "relevance": relevance,
}
# What the filters judge where the instruction is empty; the others read nothing else.
WITHOUT_QUESTION: dict[str, Filter] = {"schema": partial(schema, asked=False), "grounding": FILTERS["grounding"]}
_SPANS = TypeAdapter(tuple[Span, ...])


class Judged(NamedTuple):
    """How many rows there were, how many passed every filter, and how often each filter rejected."""

    rows: int
    passed: int
    rejected: Counter[str]


def judge(path: Path, names: Sequence[str], out: Path) -> Judged:
    """Writes each row with `verdicts` and `passed` behind what it holds. Raises UserMistake, and then leaves `out` as it was."""
    must_be_known(names)
    if out.exists() and path.exists() and out.samefile(path):
        raise UserMistake(f"--out {out}: is the file that is read, must be another one")
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
        raise UserMistake(f"--out {out}: can't be written ({error.strerror}), must be a file in a folder that can") from error
    return Judged(rows, passed, rejected)


def must_be_known(names: Sequence[str]) -> None:
    unknown = next((name for name in names if name not in FILTERS), None)
    if unknown is not None or not names:
        raise UserMistake(f"--filters {','.join(names)}: {unknown or 'nothing'} is no filter, must be of {', '.join(FILTERS)}")


def judged_rows(path: Path, names: Sequence[str]) -> Iterator[tuple[dict[str, object], Example]]:
    """Each row as it stands, and as an example with one verdict of each filter that applies: all of them judge, whoever rejects."""
    for line in read_foreign(path, TEXTS):
        chunk = Composed(str(line.row["chunk"]))
        example = _example(line, chunk)
        filters = FILTERS if example.instruction.strip() else WITHOUT_QUESTION
        for name in names:
            if name in filters:
                verdict = filters[name](example)
                example = example.judged(verdict)
                if verdict.filter == "grounding" and not example.spans:
                    example = example.model_copy(update={"spans": verdict.evidence})
        yield line.row, _as_given(example, chunk)


def _as_given(example: Example, chunk: Composed) -> Example:
    """Its evidence as places of the row's own chunk, which may be composed in another way than what was judged."""

    def moved(span: Span) -> Span:
        start, end = chunk.before(span.start), chunk.before(span.end)
        return Span(start=start, end=end, text=chunk.given[start:end])

    if chunk.text == chunk.given:
        return example
    verdicts = (v.model_copy(update={"evidence": tuple(map(moved, v.evidence))}) for v in example.verdicts)
    return example.model_copy(update={"verdicts": tuple(verdicts)})


def _example(line: Line, chunk: Composed) -> Example:
    """In NFC, as documents are read."""
    row, text = line.row, chunk.text
    task = row.get("task", "qa")
    if not isinstance(task, str):
        raise UserMistake(f'{line.place}: "task" must be a text such as "qa"')
    return Example(
        id=str(row["id"]),
        task=task,
        instruction=nfc(str(row["instruction"])),
        response=nfc(str(row["response"])),
        chunk=Chunk(digest=digest(text, ()), document=DocumentRef(digest="", name=""), start=0, end=len(text), text=text),
        spans=_spans(row.get("spans"), chunk, line.place),
    )


def _spans(given: object, chunk: Composed, place: str) -> tuple[Span, ...]:
    """The row's spans; one whose words stand elsewhere in the chunk is moved there, one whose words don't is left to be rejected."""
    if given is None:
        return ()
    try:
        spans = _SPANS.validate_python(tuple(given) if isinstance(given, list) else given)
    except ValidationError as error:
        raise UserMistake(f'{place}: "spans" must be a list of {{"start", "end", "text"}}, places in the row\'s chunk') from error
    return tuple(_placed(span, chunk) for span in spans)


def _placed(span: Span, chunk: Composed) -> Span:
    start, end, said = chunk.after(span.start), chunk.after(span.end), nfc(span.text)
    if said and chunk.text[start:end] == said:
        return Span(start=start, end=end, text=said)
    return find_quote(chunk.text, said) or span
