"""PDF files by their text layer: page after page in reading order, without running headers, footers and page numbers.

Words that were cut at a line's end are joined, and lines to paragraphs; headings are those of the outline or of a larger type.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pypdfium2 import PdfDocument, PdfiumError

from factory.documents.formats import Extracted, NoText, Unreadable, markdown_blocks
from factory.documents.formats.pdf.annotations import annotated, title_of
from factory.documents.formats.pdf.blocks import Type, blocks, joined, type_of
from factory.documents.formats.pdf.form_fields import Entry, Form, refuse_placeholder
from factory.documents.formats.pdf.form_layout import placed
from factory.documents.formats.pdf.headers_footers import Edges, Furniture, edges, furniture, without
from factory.documents.formats.pdf.line_numbers import Column, Places, distinct, numbered, steady, without_numbers
from factory.documents.formats.pdf.page_spill import Kept
from factory.documents.formats.pdf.reading_order import Row, rows
from factory.documents.formats.pdf.text_runs import Piece, pieces

LEAST = 8  # letters a page, on the mean: fewer are a scan's stamp or watermark
ODD = 0.3  # share of signs that stand for no known letter, from which on a text is none
MOST_PAGES = 20_000
_UNKNOWN = re.compile("[\x00-\x08\ue000-\uf8ff\ufffd]")
_REASONS = {
    "password": "it is encrypted; save it without a password",
    "format": "it is no PDF or a broken one; save it again from the program that made it",
}


def read_pdf(path: Path) -> Extracted:
    """A PDF file as Markdown with its pages. Raises Unreadable."""
    try:
        document = PdfDocument(path)
    except (PdfiumError, OSError) as error:
        raise Unreadable(_reason(error)) from error
    try:
        return _read(document)
    except PdfiumError as error:
        raise Unreadable(_REASONS["format"]) from error
    finally:
        document.close()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"it can't be read: {error.strerror}"
    return _REASONS["password" if "password" in str(error).casefold() else "format"]


def _read(document: PdfDocument) -> Extracted:
    count = len(document)
    if not count:
        raise Unreadable("it has no pages")
    if count > MOST_PAGES:
        raise Unreadable(f"it has {count:,} pages, must have at most {MOST_PAGES:,}; cut it into several files")
    read = _looked(document, Form(document))
    letters = sum(read.sizes.values())
    if letters < LEAST * count:
        told = "a page that is a picture" if count == 1 else f"{count:,} pages that are pictures"
        raise NoText(f"it holds {told} and no text (a scan); run OCR on it, or name a command for that as documents.ocr")
    if read.odd > ODD * letters:
        raise Unreadable("its fonts don't tell which letters their signs stand for; print it to a new PDF, or run OCR on it")
    bands = Kept()
    set_in = type_of(_laid_out(read, furniture(read.edges, read.sizes), bands), _outline(document))
    found = _assembled((list(blocks(page, set_in)) for page in bands), set_in)
    refuse_placeholder(document, found.text)
    return replace(found, unread=tuple(read.unread()))


@dataclass
class _Looked:
    """All pages, and what is to be known of them before any is laid out."""

    pages: Kept = field(default_factory=Kept)
    edges: list[Edges] = field(default_factory=list)
    sizes: Counter[float] = field(default_factory=Counter)  # letters of each size of type
    columns: list[Column] = field(default_factory=list)  # of line numbers
    steady: set[Places] = field(default_factory=set)  # what may be line numbers if it is seen again
    odd: int = 0
    struck: int = 0
    comments: int = 0
    unknown: int = 0  # radio buttons
    attached: int = 0  # files
    beyond: int = 0  # stretches of text outside of what a page shows

    def look_again(self, found: Sequence[Piece]) -> None:
        """Notes columns of numbers, which are line numbers once a second page shows the same ones."""
        for places, column in steady(found):
            if places in self.steady:
                self.columns.append(column)
            elif len(self.steady) < MOST_PAGES:
                self.steady.add(places)

    def unread(self) -> Iterator[str]:
        """What the pages hold and the text does not."""
        if self.struck:
            yield f"struck-through text ({self.struck} places)"
        if self.comments:
            yield f"comments ({self.comments})"
        if self.beyond:
            yield f"text outside of the visible page ({self.beyond} places)"
        if self.attached:
            yield f"attached files ({self.attached})"
        if self.unknown:
            yield f"buttons whose state the file does not give ({self.unknown})"


def _looked(document: PdfDocument, form: Form) -> _Looked:
    """Pages are closed as soon as they are read."""
    read = _Looked()
    for number in range(len(document)):
        page = document[number]
        try:
            notes = annotated(page)
            drawn = pieces(page, notes.struck)
            values = [*form.entries(number, page), *(Entry(box, text) for box, text in notes.texts)]
            found = placed(drawn.pieces, [one._replace(box=drawn.turned(one.box)) for one in values])
        finally:
            page.close()
        if column := numbered(found):
            read.columns.append(column)
            found = without_numbers(found, [column])
        else:
            read.look_again(found)
        read.pages.add([[found]])
        read.edges.append(edges(drawn.height, found))
        read.odd += _odd(found)
        read.struck += drawn.struck
        read.beyond += drawn.beyond
        read.comments += notes.comments
        for piece in found:
            read.sizes[piece.size] += len(piece.text)
    read.unknown = form.unknown
    read.attached = max(document.count_attachments(), 0)
    return read


def _laid_out(read: _Looked, known: Furniture, kept: Kept) -> Iterator[Iterator[Row]]:
    """Each page's rows, and its bands into `kept`."""
    columns = distinct(read.columns)
    for place, ([[found]], (height, _)) in enumerate(zip(read.pages, read.edges, strict=True)):
        bands = rows(without(without_numbers(found, columns), height, place, known))
        kept.add(bands)
        yield (row for band in bands for row in band)


def _odd(found: Sequence[Piece]) -> int:
    """Signs in no script: unknown ones and those of fonts' private use."""
    return sum(len(_UNKNOWN.findall(piece.text)) for piece in found)


def _outline(document: PdfDocument) -> dict[str, int]:
    """Its titles with their levels, folded as a line of the text is."""
    found: dict[str, int] = {}
    for entry in document.get_toc(max_depth=6):
        title = " ".join(title_of(entry.raw).casefold().split()).lstrip("0123456789. ")
        if len(title) > 1:
            found.setdefault(title, entry.level)
    return found


def _assembled(pages: Iterable[Sequence[str]], set_in: Type) -> Extracted:
    """Blocks apart by an empty line; a paragraph that goes on over a page's end is one, and the next page begins inside it."""
    written: list[str] = []
    starts, begin = [], 0  # where the last block begins: the text itself is joined once, at the end
    for page in pages:
        found = [block for block in map(markdown_blocks.normal, page) if block.strip()]
        if written and found and _goes_on(written[-1], found[0]):
            written[-1] = joined(written[-1], found[0], set_in.words)
            starts.append(begin + len(written[-1]) - len(found[0]))
            found = found[1:]
        else:
            starts.append(begin + len(written[-1]) + (2 if found else 0) if written else 0)
        for block in found:
            begin += len(written[-1]) + 2 if written else 0
            written.append(block)
    return Extracted("\n\n".join(written), pages=tuple(starts))


def _goes_on(last: str, block: str) -> bool:
    """A sentence that stopped in its middle, and a block that begins with a small letter."""
    return last[-1:].isalnum() and block[:1].islower() and last[:1] not in "#|-" or last[-1:] in "-,\x02" and block[:1].islower()
