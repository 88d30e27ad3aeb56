"""A document cut into chunks that follow its headings and paragraphs: `text[start:end]` is the chunk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from factory.records import Chunk, Document, Span, digest
from filters.text import sentences, strip

_MARKDOWN = re.compile(r"(#{1,6})\s+(?=\S)")  # its end is stripped, not matched: a pattern for both takes the square of a long line
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\S.{0,78})$")
_UNDERLINE = re.compile(r"(=+|-{3,})\s*$")


@dataclass(frozen=True)
class Section:
    """The text between two headings, under its heading path."""

    headings: tuple[str, ...]
    start: int
    end: int


def token_count(text: str) -> int:
    """Tokens of a text, estimated: 4 characters or 0.75 words a token, whichever gives more (no tokenizer in the core)."""
    return max(len(text) // 4, round(len(text.split()) / 0.75))


def chunk(document: Document, tokens: int) -> list[Chunk]:
    """Chunks of at most `tokens` estimated tokens, in order; a chunk never crosses a heading."""
    return [_chunk(document, section, span) for section in sections(document.text) for span in _packed(document.text, section, tokens)]


def _chunk(document: Document, section: Section, span: Span) -> Chunk:
    return Chunk(
        digest=digest(span.text, section.headings),
        document=document.ref,
        start=span.start,
        end=span.end,
        text=span.text,
        headings=section.headings,
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
    lines = list(re.finditer(r"[^\n]*\n?", text))
    fenced = False
    for before, line, after in zip([None, *lines], lines, [*lines[1:], None], strict=False):
        content = line.group().rstrip("\n")
        if content.lstrip().startswith("```"):
            fenced = not fenced
        if fenced or not content.strip():
            continue
        if m := _MARKDOWN.match(content):
            yield len(m[1]), _title(content[m.end() :]), line.start(), line.end()
        elif after and (u := _UNDERLINE.match(after.group())) and len(content) < 80 and "|" not in content:
            yield (1 if u[1][0] == "=" else 2), content.strip(), line.start(), after.end()
        elif _alone(before, after) and (p := _plain_heading(content)):
            yield p[0], p[1], line.start(), line.end()


def _title(text: str) -> str:
    """What stands between the number signs of a Markdown heading; a title of nothing but signs stays."""
    return text.rstrip().rstrip("#").rstrip() or text.strip()


def _alone(before: re.Match[str] | None, after: re.Match[str] | None) -> bool:
    return not (before and before.group().strip()) and not (after and after.group().strip())


def _plain_heading(line: str) -> tuple[int, str] | None:
    line = line.strip()
    if line.endswith((".", ";", ",", ":")) or len(line.split()) > 10:
        return None
    if m := _NUMBERED.match(line):
        return m[1].count(".") + 2, line
    return (1, line) if line.isupper() and len(line) > 3 else None


def _packed(text: str, section: Section, tokens: int) -> Iterator[Span]:
    """Neighbouring blocks joined up to the size; a block over the size is cut at sentences, a sentence over it at words."""
    start = end = -1
    for piece in _pieces(text, section, tokens):
        if start >= 0 and token_count(text[start : piece.end]) > tokens:
            yield strip(text, start, end)
            start = -1
        start = piece.start if start < 0 else start
        end = piece.end
    if start >= 0:
        yield strip(text, start, end)


def _pieces(text: str, section: Section, tokens: int) -> Iterator[Span]:
    for m in re.finditer(r"\S.*?(?=\n\s*\n|\Z)", text[section.start : section.end], re.DOTALL):
        block = strip(text, section.start + m.start(), section.start + m.end())
        if token_count(block.text) <= tokens:
            yield block
            continue
        for sentence in sentences(block.text):
            yield from _cut(text, block.start + sentence.start, block.start + sentence.end, tokens)


def _cut(text: str, start: int, end: int, tokens: int) -> Iterator[Span]:
    at = start
    for word in re.finditer(r"\S+\s*", text[start:end]):
        begin, stop = start + word.start(), start + word.end()
        if token_count(text[at:stop]) > tokens and at < begin:
            yield from _long_word(text, at, begin, tokens)
            at = begin
    yield from _long_word(text, at, end, tokens)


def _long_word(text: str, start: int, end: int, tokens: int) -> Iterator[Span]:
    whole = strip(text, start, end)
    size = tokens * 4 if token_count(whole.text) > tokens else max(1, end - start)
    for at in range(start, end, size):
        piece = strip(text, at, min(at + size, end))
        if piece.text:
            yield piece
