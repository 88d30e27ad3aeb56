"""A document cut into chunks that follow its structure: `text[start:end]` is the chunk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factory.core.outcomes import ChunkPlace
from factory.core.records import Chunk, Document, digest
from factory.core.settings import ChunkSettings
from factory.documents.headings import MARKDOWN, headings
from factory.documents.packer import Piece, packed
from factory.documents.skip_rules import nothing_to_ask
from factory.models.tokenizers import ESTIMATE, Tokens
from filters.text.segment import words

LEAST_WORDS = 12  # a chunk with fewer holds no fact worth a question
LONGEST = 400  # characters that so few words may have
TOGETHER = 3  # short sections in one chunk; fewer where they have words enough: as many as are usually asked about a chunk


@dataclass(frozen=True)
class Section:
    """The text between two headings, under its heading path.

    `head`: where the lines of its own heading begin; `parent`: where those of the heading above do.
    """

    headings: tuple[str, ...]
    start: int
    end: int
    head: int = -1
    parent: int = -1


def chunk(document: Document, settings: ChunkSettings | int, tokens: Tokens = ESTIMATE) -> list[Chunk]:
    """Chunks of at most so many tokens, each counted alone, in order; a passage is one if it fits.

    A chunk crosses no heading but those of short sections, which are joined with their neighbours.
    """
    sized = settings if isinstance(settings, ChunkSettings) else ChunkSettings.model_construct(tokens=settings)
    text, of = document.text, tokens.of(document.text)

    def fits(start: int, end: int) -> bool:
        return of(start, end) <= sized.tokens

    parts = [Section(p.headings, p.start, p.end) for p in document.passages]
    parts = parts or _joined(text, sections(text, document.ref.name), fits)
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
    path: list[tuple[int, str, int]] = []
    start = 0

    def section(end: int) -> Section:
        heads = [-1, -1, *(head for *_, head in path)]
        return Section(tuple(title for _, title, _ in path), start, end, head=heads[-1], parent=heads[-2])

    for level, title, line_start, line_end in headings(text, name.lower().endswith(MARKDOWN)):
        found.append(section(line_start))
        path = [above for above in path if above[0] < level] + [(level, title, line_start)]
        start = line_end
    found.append(section(len(text)))
    return [s for s in found if text[s.start : s.end].strip()]


def _joined(text: str, parts: Sequence[Section], fits: Callable[[int, int], bool]) -> list[Section]:
    """Short neighbours below one heading, such as an FAQ's answers, as one section with their own headings."""
    found: list[Section] = []
    run: list[Section] = []
    for part in parts:
        short = _is_short(text, part)
        if run and not (short and part.parent == run[0].parent):
            found += _portions(text, run, fits)
            run = []
        if short:
            run.append(part)
        else:
            found.append(part)
    return found + _portions(text, run, fits)


def _is_short(text: str, part: Section) -> bool:
    """Whether it says something, in too few words to be asked about alone. An answer may be as short as "No."."""
    body = text[part.start : part.end].strip()
    if not part.headings or len(body) > LONGEST or len(words(body)) >= LEAST_WORDS:
        return False
    question = part.headings[-1] if part.headings[-1].endswith("?") and words(body) else ""
    return nothing_to_ask(f"{question} {body}" if question else body) is None


def _portions(text: str, run: Sequence[Section], fits: Callable[[int, int], bool]) -> list[Section]:
    portions: list[list[Section]] = []
    left: list[Section] = []
    for part in run:
        left.append(part)
        if len(left) == TOGETHER or sum(len(words(text[p.start : p.end])) for p in left) >= LEAST_WORDS:
            portions.append(left)
            left = []
    if left and portions:
        portions[-1] += left
    elif left:
        portions.append(left)
    return [one for portion in portions for one in _as_one(text, portion, fits)]


def _as_one(text: str, portion: Sequence[Section], fits: Callable[[int, int], bool]) -> Sequence[Section]:
    """The sections as one, from the first one's heading on; as they are where that is still too short, or too long."""
    first, last = portion[0], portion[-1]
    if len(words(text[first.head : last.end])) < LEAST_WORDS or not fits(first.head, last.end):
        return portion
    return [Section(first.headings[:-1], first.head, last.end, first.head, first.parent)]


_sections = lru_cache(maxsize=4)(sections)  # examples of one document follow one another


def headings_of(document: str, name: str, place: ChunkPlace) -> tuple[str, ...]:
    """The heading path that a chunk stands under; empty where it has none."""
    found = (s for s in _sections(document, name) if (s.start if s.head < 0 else s.head) <= place.start < s.end)
    return next((s.headings if s.start <= place.start else s.headings[:-1] for s in found), ())
