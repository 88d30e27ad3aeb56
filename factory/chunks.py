"""A document cut into chunks that follow its structure: `text[start:end]` is the chunk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from factory.packing import Piece, packed
from factory.records import Chunk, Document, digest
from factory.settings import ChunkSettings
from factory.tokens import ESTIMATE, Tokens

_MARKDOWN = re.compile(r"(#{1,6})\s+(?=\S)")  # its end is stripped, not matched: a pattern for both takes the square of a long line
_NAMED = re.compile(r"(?:Article|Section|Chapter|Part|Annex|Appendix|Schedule|Exhibit) (?:\d[\d.]*|[IVXLC]+|[A-Z])\b|§+ ?\d", re.I)
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\S.{0,78})$")
_UNDERLINE = re.compile(r"(=+|-{3,})\s*$")


@dataclass(frozen=True)
class Section:
    """The text between two headings, under its heading path."""

    headings: tuple[str, ...]
    start: int
    end: int


def chunk(document: Document, settings: ChunkSettings | int, tokens: Tokens = ESTIMATE) -> list[Chunk]:
    """Chunks of at most so many tokens, each counted alone, in order; a chunk never crosses a heading, and a passage is one if it fits."""
    sized = settings if isinstance(settings, ChunkSettings) else ChunkSettings.model_construct(tokens=settings)
    text, of = document.text, tokens.of(document.text)
    parts = [Section(p.headings, p.start, p.end) for p in document.passages] or sections(text)
    return [_chunk(document, part, piece) for part in parts for piece in packed(text, (part.start, part.end), sized, tokens, of)]


def _chunk(document: Document, section: Section, piece: Piece) -> Chunk:
    text = document.text[piece.start : piece.end]
    return Chunk(
        digest=digest(text, section.headings, piece.header) if piece.header else digest(text, section.headings),
        document=document.ref,
        start=piece.start,
        end=piece.end,
        text=text,
        headings=section.headings,
        header=piece.header,
        page=document.page(piece.start),
    )


def sections(text: str) -> list[Section]:
    """Sections in order; what stands before the first heading has an empty path."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    start = 0
    for level, title, line_start, line_end in _headings(text):
        found.append(Section(tuple(t for _, t in path), start, line_start))
        path = [(lv, t) for lv, t in path if lv < level] + [(level, title)]
        start = line_end
    found.append(Section(tuple(t for _, t in path), start, len(text)))
    return [s for s in found if text[s.start : s.end].strip()]


def _headings(text: str) -> Iterator[tuple[int, str, int, int]]:
    """(level, title, start, end of its lines) of every heading: Markdown's, and lone numbered or capital lines of plain text."""
    lines = text.split("\n")
    end, fenced = 0, False
    for before, content, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        start, end = end, end + len(content) + 1
        if not content.strip():
            continue
        if content.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        if m := _MARKDOWN.match(content):
            yield len(m[1]), _title(content[m.end() :]), start, min(end, len(text))
        elif (u := _UNDERLINE.match(after)) and len(content) < 80 and "|" not in content:
            yield (1 if u[1][0] == "=" else 2), content.strip(), start, min(end + len(after) + 1, len(text))
        elif not before.strip() and not after.strip() and (p := _plain_heading(content)):
            yield p[0], p[1], start, min(end, len(text))


def _title(text: str) -> str:
    """What stands between the number signs of a Markdown heading; a title of nothing but signs stays."""
    return text.rstrip().rstrip("#").rstrip() or text.strip()


def _plain_heading(line: str) -> tuple[int, str] | None:
    line = line.strip()
    if line.endswith((".", ";", ",", ":")) or len(line.split()) > 10:
        return None
    if m := _NUMBERED.match(line):
        return m[1].count(".") + 2, line
    if _NAMED.match(line):
        return (2 if line.startswith("§") else 1), line
    return (1, line) if line.isupper() and len(line) > 3 else None
