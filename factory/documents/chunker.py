"""Cut a document into chunks that follow its structure; `text[start:end]` is the chunk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factory.core.outcomes import ChunkPlace
from factory.core.records import Chunk, Document, digest
from factory.core.settings import ChunkSettings
from factory.documents.headings import MARKDOWN_SUFFIXES, headings
from factory.documents.packer import ChunkSpan, pack_section
from factory.documents.skip_rules import nothing_to_ask
from factory.models.tokenizers import ESTIMATE, TokenCounter
from filters.text.segment import words

MIN_CHUNK_WORDS = 12  # a chunk with fewer holds no fact worth a question
MAX_SHORT_SECTION = 400  # characters that so few words may have
# Short sections in one chunk, as many as there are usually questions about a chunk; fewer if they
# have enough words.
MAX_JOINED_SECTIONS = 3


@dataclass(frozen=True)
class Section:
    """The text between two headings, with its heading path.

    `head` is where the lines of its own heading begin, `parent` where those of the heading above
    it begin.
    """

    headings: tuple[str, ...]
    start: int
    end: int
    head: int = -1
    parent: int = -1


def chunk(
    document: Document, settings: ChunkSettings | int, tokens: TokenCounter = ESTIMATE
) -> list[Chunk]:
    """Return the chunks of a document in order, each of at most `settings` tokens.

    A passage that fits is one chunk. A chunk crosses no heading, except that short sections are
    joined with their neighbours.
    """
    sized = (
        settings
        if isinstance(settings, ChunkSettings)
        else ChunkSettings.model_construct(tokens=settings)
    )
    text, of = document.text, tokens.of(document.text)

    def fits(start: int, end: int) -> bool:
        return of(start, end) <= sized.tokens

    parts = [Section(p.headings, p.start, p.end) for p in document.passages]
    parts = parts or _join_short_sections(text, sections(text, document.ref.name), fits)
    return [
        _chunk(document, part, piece)
        for part in parts
        for piece in pack_section(text, (part.start, part.end), sized, tokens, of)
    ]


def _chunk(document: Document, section: Section, piece: ChunkSpan) -> Chunk:
    text = document.text[piece.start : piece.end]
    return Chunk(
        digest=digest(text, section.headings, piece.header)
        if piece.header
        else digest(text, section.headings),
        document=document.ref,
        start=piece.start,
        end=piece.end,
        text=text,
        headings=section.headings,
        header=piece.header,
        page=document.page(piece.start),
    )


def sections(text: str, name: str) -> list[Section]:
    """Return the sections in order; text before the first heading has an empty path.

    `name` is the name of the text's file.
    """
    found: list[Section] = []
    path: list[tuple[int, str, int]] = []
    start = 0

    def section(end: int) -> Section:
        heads = [-1, -1, *(head for *_, head in path)]
        return Section(
            tuple(title for _, title, _ in path), start, end, head=heads[-1], parent=heads[-2]
        )

    for level, title, line_start, line_end in headings(
        text, name.lower().endswith(MARKDOWN_SUFFIXES)
    ):
        found.append(section(line_start))
        path = [above for above in path if above[0] < level] + [(level, title, line_start)]
        start = line_end
    found.append(section(len(text)))
    return [s for s in found if text[s.start : s.end].strip()]


def _join_short_sections(
    text: str, parts: Sequence[Section], fits: Callable[[int, int], bool]
) -> list[Section]:
    """Join short neighbours below one heading, such as an FAQ's answers, into one section."""
    found: list[Section] = []
    run: list[Section] = []
    for part in parts:
        short = _is_short(text, part)
        if run and not (short and part.parent == run[0].parent):
            found += _join_run(text, run, fits)
            run = []
        if short:
            run.append(part)
        else:
            found.append(part)
    return found + _join_run(text, run, fits)


def _is_short(text: str, part: Section) -> bool:
    """Check whether a section says something, but in too few words for a question of its own.

    An answer may be as short as "No.".
    """
    body = text[part.start : part.end].strip()
    if not part.headings or len(body) > MAX_SHORT_SECTION or len(words(body)) >= MIN_CHUNK_WORDS:
        return False
    question = part.headings[-1] if part.headings[-1].endswith("?") and words(body) else ""
    return nothing_to_ask(f"{question} {body}" if question else body) is None


def _join_run(text: str, run: Sequence[Section], fits: Callable[[int, int], bool]) -> list[Section]:
    portions: list[list[Section]] = []
    left: list[Section] = []
    for part in run:
        left.append(part)
        if (
            len(left) == MAX_JOINED_SECTIONS
            or sum(len(words(text[p.start : p.end])) for p in left) >= MIN_CHUNK_WORDS
        ):
            portions.append(left)
            left = []
    if left and portions:
        portions[-1] += left
    elif left:
        portions.append(left)
    return [one for portion in portions for one in _merge_sections(text, portion, fits)]


def _merge_sections(
    text: str, portion: Sequence[Section], fits: Callable[[int, int], bool]
) -> Sequence[Section]:
    """Merge sections, the first one's heading included, unless the result is too short or long."""
    first, last = portion[0], portion[-1]
    if len(words(text[first.head : last.end])) < MIN_CHUNK_WORDS or not fits(first.head, last.end):
        return portion
    return [Section(first.headings[:-1], first.head, last.end, first.head, first.parent)]


_sections = lru_cache(maxsize=4)(sections)  # examples of one document follow one another


def heading_path(document: str, name: str, place: ChunkPlace) -> tuple[str, ...]:
    """Return the heading path of a chunk, empty if it has none."""
    found = (
        s
        for s in _sections(document, name)
        if (s.start if s.head < 0 else s.head) <= place.start < s.end
    )
    return next((s.headings if s.start <= place.start else s.headings[:-1] for s in found), ())
