"""Read a JSONL file in which each line is a ready chunk with its headings."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from factory.documents.formats import Extracted, ExtractedPassage, Unreadable, markdown_blocks
from factory.documents.formats.encoding import decode_text


class _ReadyChunk(BaseModel):
    """A line of the file; other fields (an id, a source, an embedding) are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    text: str
    headings: list[str] = []
    heading: str = ""


def read_ready_chunks(path: Path) -> Extracted:
    """Read a .jsonl file of `{"text", "headings" or "heading"}` lines, each a passage.

    Raises Unreadable with the line's number.
    """
    try:
        source = decode_text(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    parts: list[str] = []
    passages: list[ExtractedPassage] = []
    at = 0
    for text, headings in _lines(source):
        passages.append(ExtractedPassage(at, at + len(text), headings))
        parts.append(text)
        at += len(text) + 2
    return Extracted("\n\n".join(parts), passages=tuple(passages))


def _lines(source: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for number, line in enumerate(source.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = _ReadyChunk.model_validate_json(line)
        except ValidationError as error:
            raise Unreadable(
                f"line {number} is not a chunk ({_first_error(error)}); "
                'expected {"text": "…", "headings": ["…"]}'
            ) from error
        text = markdown_blocks.normalize_block(found.text).strip()
        if not text:
            raise Unreadable(f'line {number} has an empty "text"')
        named = found.headings or [found.heading]
        yield (
            text,
            tuple(
                name
                for one in named
                if (name := " ".join(markdown_blocks.normalize_block(one).split()))
            ),
        )


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else str(first["msg"])
