"""Read PDF files by their text layer, page by page in reading order.

Running headers, footers and page numbers are left out. Words that were hyphenated at a line's end
are joined again, and lines are joined into paragraphs. Headings come from the outline or from
larger type.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pypdfium2 import PdfDocument, PdfiumError

from factory.documents.formats import Extracted, NoText, Unreadable, markdown_blocks
from factory.documents.formats.pdf.annotations import bookmark_title, read_annotations
from factory.documents.formats.pdf.blocks import Typography, find_typography, join_line, page_blocks
from factory.documents.formats.pdf.form_fields import FormEntry, PdfForm, refuse_xfa_placeholder
from factory.documents.formats.pdf.form_layout import place_entries
from factory.documents.formats.pdf.headers_footers import (
    EdgeRows,
    HeadersFooters,
    edge_rows,
    find_headers_footers,
    remove_headers_footers,
)
from factory.documents.formats.pdf.line_numbers import (
    NumberColumn,
    NumberPositions,
    candidate_columns,
    distinct_columns,
    find_number_column,
    remove_number_columns,
)
from factory.documents.formats.pdf.page_spill import SpilledPages
from factory.documents.formats.pdf.reading_order import TextRow, reading_order
from factory.documents.formats.pdf.text_runs import TextRun, read_text_runs

MIN_LETTERS_PER_PAGE = 8  # on average; fewer letters are only a scan's stamp or watermark
MAX_UNKNOWN_SHARE = 0.3  # share of unknown characters above which the text is unusable
MAX_PAGES = 20_000
_UNKNOWN = re.compile("[\x00-\x08\ue000-\uf8ff\ufffd]")
_REASONS = {
    "password": "it is encrypted; save it without a password",
    "format": "it is not a PDF or it is broken; save it again from the program that made it",
}


def read_pdf(path: Path) -> Extracted:
    """Return a PDF file as Markdown with its pages. Raises Unreadable."""
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
    if count > MAX_PAGES:
        raise Unreadable(
            f"it has {count:,} pages, at most {MAX_PAGES:,} are read; split it into several files"
        )
    read = _read_pages(document, PdfForm(document))
    letters = sum(read.sizes.values())
    if letters < MIN_LETTERS_PER_PAGE * count:
        pictures = (
            "its only page is a picture" if count == 1 else f"its {count:,} pages are pictures"
        )
        raise NoText(
            f"{pictures} without text (a scan); run OCR on it, "
            "or set an OCR command as documents.ocr"
        )
    if read.unknown_characters > MAX_UNKNOWN_SHARE * letters:
        raise Unreadable(
            "its fonts do not say which letters their characters stand for; print it to a new PDF, "
            "or run OCR on it"
        )
    bands = SpilledPages()
    typography = find_typography(
        _page_rows(read, find_headers_footers(read.edges, read.sizes), bands), _outline(document)
    )
    found = _join_pages((list(page_blocks(page, typography)) for page in bands), typography)
    refuse_xfa_placeholder(document, found.text)
    return replace(found, unread=tuple(read.unread()))


@dataclass
class _Pages:
    """All pages, and what must be known about them before any page is laid out."""

    pages: SpilledPages = field(default_factory=SpilledPages)
    edges: list[EdgeRows] = field(default_factory=list)
    sizes: Counter[float] = field(default_factory=Counter)  # letters of each type size
    columns: list[NumberColumn] = field(default_factory=list)  # columns of line numbers
    # Columns that are line numbers if a second page shows the same ones.
    candidates: set[NumberPositions] = field(default_factory=set)
    unknown_characters: int = 0
    struck: int = 0
    comments: int = 0
    unknown_buttons: int = 0
    attached: int = 0  # files
    beyond: int = 0  # text runs outside of the visible page

    def note_candidates(self, found: Sequence[TextRun]) -> None:
        """Note columns of numbers; they are line numbers once a second page shows the same ones."""
        for places, column in candidate_columns(found):
            if places in self.candidates:
                self.columns.append(column)
            elif len(self.candidates) < MAX_PAGES:
                self.candidates.add(places)

    def unread(self) -> Iterator[str]:
        """Yield a phrase for each kind of content that is not in the text."""
        if self.struck:
            yield f"struck-through text ({self.struck} places)"
        if self.comments:
            yield f"comments ({self.comments})"
        if self.beyond:
            yield f"text outside of the visible page ({self.beyond} places)"
        if self.attached:
            yield f"attached files ({self.attached})"
        if self.unknown_buttons:
            yield f"buttons whose state the file does not give ({self.unknown_buttons})"


def _read_pages(document: PdfDocument, form: PdfForm) -> _Pages:
    """Read all pages. Each page is closed as soon as it is read."""
    read = _Pages()
    for number in range(len(document)):
        page = document[number]
        try:
            notes = read_annotations(page)
            drawn = read_text_runs(page, notes.struck)
            values = [
                *form.entries(number, page),
                *(FormEntry(box, text) for box, text in notes.texts),
            ]
            found = place_entries(
                drawn.runs, [one._replace(box=drawn.turned(one.box)) for one in values]
            )
        finally:
            page.close()
        if column := find_number_column(found):
            read.columns.append(column)
            found = remove_number_columns(found, [column])
        else:
            read.note_candidates(found)
        read.pages.add([[found]])
        read.edges.append(edge_rows(drawn.height, found))
        read.unknown_characters += _count_unknown(found)
        read.struck += drawn.struck
        read.beyond += drawn.beyond
        read.comments += notes.comments
        for run in found:
            read.sizes[run.size] += len(run.text)
    read.unknown_buttons = form.unknown_buttons
    read.attached = max(document.count_attachments(), 0)
    return read


def _page_rows(
    read: _Pages, known: HeadersFooters, kept: SpilledPages
) -> Iterator[Iterator[TextRow]]:
    """Yield each page's rows and add its bands to `kept`."""
    columns = distinct_columns(read.columns)
    for place, ([[found]], (height, _)) in enumerate(zip(read.pages, read.edges, strict=True)):
        bands = reading_order(
            remove_headers_footers(remove_number_columns(found, columns), height, place, known)
        )
        kept.add(bands)
        yield (row for band in bands for row in band)


def _count_unknown(found: Sequence[TextRun]) -> int:
    """Count unknown characters and those of a font's private use area."""
    return sum(len(_UNKNOWN.findall(run.text)) for run in found)


def _outline(document: PdfDocument) -> dict[str, int]:
    """Return the outline's titles, folded like a line of the text, with their levels."""
    found: dict[str, int] = {}
    for entry in document.get_toc(max_depth=6):
        title = " ".join(bookmark_title(entry.raw).casefold().split()).lstrip("0123456789. ")
        if len(title) > 1:
            found.setdefault(title, entry.level)
    return found


def _join_pages(pages: Iterable[Sequence[str]], typography: Typography) -> Extracted:
    """Join all blocks. A paragraph that goes on over a page's end becomes one block."""
    written: list[str] = []
    starts: list[int] = []
    begin = 0  # where the last block begins; the text itself is joined only once, at the end
    for page in pages:
        found = [block for block in map(markdown_blocks.normalize_block, page) if block.strip()]
        if written and found and _continues(written[-1], found[0]):
            written[-1] = join_line(written[-1], found[0], typography.words)
            starts.append(begin + len(written[-1]) - len(found[0]))
            found = found[1:]
        else:
            starts.append(begin + len(written[-1]) + (2 if found else 0) if written else 0)
        for block in found:
            begin += len(written[-1]) + 2 if written else 0
            written.append(block)
    return Extracted("\n\n".join(written), pages=tuple(starts))


def _continues(last: str, block: str) -> bool:
    """Check whether a sentence stopped in its middle and the block begins in lower case."""
    return (
        last[-1:].isalnum()
        and block[:1].islower()
        and last[:1] not in "#|-"
        or last[-1:] in "-,\x02"
        and block[:1].islower()
    )
