"""A document cut into chunks that follow its structure: `text[start:end]` is the chunk."""

from dataclasses import dataclass

from factory.headings import MARKDOWN, headings
from factory.packing import Piece, packed
from factory.records import Chunk, Document, digest
from factory.settings import ChunkSettings
from factory.tokens import ESTIMATE, Tokens


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
    parts = [Section(p.headings, p.start, p.end) for p in document.passages] or sections(text, document.ref.name)
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


def sections(text: str, name: str) -> list[Section]:
    """Sections in order; what stands before the first heading has an empty path. `name`: of the text's file."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    start = 0
    for level, title, line_start, line_end in headings(text, name.lower().endswith(MARKDOWN)):
        found.append(Section(tuple(t for _, t in path), start, line_start))
        path = [(lv, t) for lv, t in path if lv < level] + [(level, title)]
        start = line_end
    found.append(Section(tuple(t for _, t in path), start, len(text)))
    return [s for s in found if text[s.start : s.end].strip()]
