"""Ready chunks: a JSONL file of which every line is one, with the headings it stands under."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from factory.documents.formats import Extracted, Passage, Unreadable, markdown_blocks
from factory.documents.formats.encoding import decoded


class _Line(BaseModel):
    """A line of the file; what else it says (an id, a source, an embedding) is another program's."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    text: str
    headings: list[str] = []
    heading: str = ""


def read_passages(path: Path) -> Extracted:
    """A .jsonl file of `{"text", "headings" or "heading"}` lines, each a passage. Raises Unreadable with the line's number."""
    try:
        source = decoded(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    parts: list[str] = []
    passages: list[Passage] = []
    at = 0
    for text, headings in _lines(source):
        passages.append(Passage(at, at + len(text), headings))
        parts.append(text)
        at += len(text) + 2
    return Extracted("\n\n".join(parts), passages=tuple(passages))


def _lines(source: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, line in enumerate(source.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = _Line.model_validate_json(line)
        except ValidationError as error:
            raise Unreadable(f'line {number} is no chunk ({_said(error)}); must be {{"text": "…", "headings": ["…"]}}') from error
        text = markdown_blocks.normal(found.text).strip()
        if not text:
            raise Unreadable(f'line {number} has an empty "text"')
        named = found.headings or [found.heading]
        yield text, tuple(name for one in named if (name := " ".join(markdown_blocks.normal(one).split())))


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else str(first["msg"])
