"""Read Word documents as Markdown.

It keeps headings, paragraphs, lists with the numbers that Word shows, tables, notes and text boxes.
Tracked changes count as accepted. Left out: hidden, deleted and struck-through text, the table of
contents, prompts of empty form fields, pictures with their descriptions. Left out and reported as
unread: comments, headers and footers, embedded files. The file does not say where pages end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.documents.formats import Extracted, Unreadable, markdown_blocks
from factory.documents.formats.office.content_controls import control_contents
from factory.documents.formats.office.diagrams import GraphicsReader
from factory.documents.formats.office.docx_alt_chunks import read_alt_chunk
from factory.documents.formats.office.docx_numbering import (
    MAX_LEVEL,
    ListLabel,
    Numbering,
    child_value,
    whole_number,
)
from factory.documents.formats.office.docx_runs import RunReader, shown_choice
from factory.documents.formats.office.docx_styles import BODY_LEVEL, Styles
from factory.documents.formats.office.docx_tables import (
    WRAPPER_TAGS,
    row_cells,
    table_grid,
    table_rows,
)
from factory.documents.formats.office.office_zip import Package, check_text_length
from factory.documents.formats.office.omml import omml_text
from factory.documents.formats.office.unread_parts import no_text_reason, unread_phrases

# Contracts style whole clauses as headings; longer ones are text.
MAX_STYLED_HEADING_CHARACTERS = 120


@dataclass(frozen=True)
class _Block:
    """A block of Markdown. A list item names its list in `listed`.

    It joins the item before it if that is of the same list, or if this one is `deeper`.
    """

    text: str
    listed: str = ""
    deeper: bool = False


def read_docx(path: Path, nested: bool = False) -> Extracted:
    """Return a .docx file as Markdown without pages. Raises Unreadable.

    `nested`: another document includes this one.
    """
    with Package.opened(path, "docx") as package:
        main = package.main()
        reader = _Reader(package, main, nested)
        text = markdown_blocks.join_blocks(
            check_text_length(_join_list_items(reader.blocks(package.blocks(main, "body"))))
        )
        reader.note_unread()
        unread = tuple(unread_phrases(package))
    if not text:
        raise Unreadable(no_text_reason(unread))
    return Extracted(text, unread=unread)


class _Reader:
    """Reads a document once, with its styles and the current count of each list."""

    def __init__(self, package: Package, main: str, nested: bool) -> None:
        self._package = package
        self._nested = nested
        self._linked = package.relations(main)
        parts = dict(self._linked.values())
        self._styles = Styles(_tree(package, parts.get("styles")))
        self._numbering = Numbering(_tree(package, parts.get("numbering")), self._styles.lists)
        self._notes = {
            (kind, note.get("id", "")): note
            for kind in ("footnote", "endnote")
            for note in (_optional_tree(package, parts.get(f"{kind}s")) or ())
            if note.get("type", "normal") == "normal"
        }
        self._runs = RunReader(self._styles)
        self._graphics = GraphicsReader(package, self._linked)
        self._note_texts: dict[tuple[str, str], str] = {}  # the text of notes
        self._included: dict[str, str] = {}  # the text of included parts
        self._note_count = 0
        self._has_title = False
        # the text of a paragraph whose end was deleted: the next one continues it
        self._continued = ""

    def blocks(self, elements: Iterable[Element]) -> Iterator[_Block]:
        for element in elements:
            yield from self._read(element)
            yield from self._attachments()

    def note_unread(self) -> None:
        """Add what was left out of the text on purpose to the package's unread parts."""
        self._package.seen |= {self._linked.get(one, ("", ""))[1] for one in self._runs.equations}
        if numbers := self._runs.numbers:
            self._package.unread.append(f"numbers that LISTNUM and AUTONUM fields make ({numbers})")
        if self._runs.struck:
            self._package.unread.append(f"struck-through text (paragraphs: {self._runs.struck})")

    def _read(self, element: Element) -> Iterator[_Block]:
        match element.tag:
            case "p":
                yield from self._paragraph(element)
            case "tbl":
                yield from self._table(element)
            case "sdt" if not _is_contents(element):
                yield from self.blocks(control_contents(element))
            case "AlternateContent":
                yield from self.blocks(shown_choice(element))
            case "oMathPara" | "oMath":
                yield _Block(markdown_blocks.paragraph(omml_text(element)))
            case "altChunk":
                yield _Block(self._inclusion(element))
            case "subDoc":
                self._package.unread.append(
                    "a subdocument of a master document, which is a file of its own"
                )
            case tag if tag in WRAPPER_TAGS:
                yield from self.blocks(element)
            case _:
                pass

    def _inclusion(self, chunk: Element) -> str:
        """Return the text of an included part of another format. Each part is read once."""
        part = self._linked.get(chunk.get("r:id", ""), ("", ""))[1]
        if part not in self._included:
            self._included[part] = self._read_part(part)
        return self._included[part]

    def _read_part(self, part: str) -> str:
        """Return a part's text. A part that can't be read is noted as unread."""
        unread = self._package.unread
        if part not in self._package:
            unread.append("an included file that is missing (altChunk)")
            return ""
        if self._nested:
            self._package.seen.add(part)
            unread.append(f"a file that an included document includes ({part})")
            return ""
        try:
            return read_alt_chunk(self._package.content(part), part, self._document)
        except Unreadable as error:
            unread.append(f"an included file ({part}): {error}")
            return ""

    def _document(self, path: Path) -> str:
        found = read_docx(path, nested=True)
        self._package.unread += found.unread
        return found.text

    def _attachments(self) -> Iterator[_Block]:
        """Yield the text boxes, graphics and notes that are attached to what was just read."""
        boxes, notes, graphics = self._runs.boxes, self._runs.notes, self._runs.graphics
        self._runs.boxes, self._runs.notes, self._runs.graphics = [], [], []
        for box in boxes:
            yield from self.blocks(box)
        for reference in graphics:
            yield from map(_Block, self._graphics.blocks(reference))
        for key in notes:
            self._note_count += 1
            yield _Block(f"[^{self._note_count}]: {self._note(key)}")

    def _note(self, key: tuple[str, str]) -> str:
        """Return the text of a note, cached because a hostile file may refer to it very often."""
        if key not in self._note_texts:
            note = self._notes.get(key)
            self._note_texts[key] = self._words(() if note is None else note)
        return self._note_texts[key]

    def _paragraph(self, p: Element) -> Iterator[_Block]:
        style = child_value(p, "pPr/pStyle") or self._styles.standard
        if self._styles.heading_level(style):
            self._runs.close_fields()
        words = self._continued + self._runs.text(p, style)
        end_deleted = p.find("pPr/rPr/del") is not None or p.find("pPr/rPr/moveFrom") is not None
        self._continued = words if end_deleted else ""
        if end_deleted or self._styles.is_contents(style):
            return
        label = self._label(p, style)
        if markdown_blocks.clean_lines(words):
            yield self._paragraph_block(p, style, label, words)

    def _paragraph_block(
        self, p: Element, style: str, label: ListLabel | None, words: str
    ) -> _Block:
        if self._styles.is_title(style):
            self._has_title = True
            return _Block(markdown_blocks.heading_line(1, words))
        level = self._level(p, style)
        if level and len(words) <= MAX_STYLED_HEADING_CHARACTERS:
            named = f"{label.text} {words}" if label and label.text != "-" else words
            return _Block(markdown_blocks.heading_line(level + self._has_title, named))
        if label is None:
            return _Block(markdown_blocks.paragraph(words))
        if label.clause:
            return _Block(markdown_blocks.paragraph(f"{label.text} {words}"))
        indent = "  " * min(label.level, MAX_LEVEL)
        lines = markdown_blocks.paragraph(words).split("\n")
        return _Block(
            f"{indent}{label.text} " + f"\n{indent}  ".join(lines),
            listed=label.listed,
            deeper=label.level > 0,
        )

    def _level(self, p: Element, style: str) -> int:
        outline = child_value(p, "pPr/outlineLvl")
        if outline:
            return whole_number(outline) + 1 if whole_number(outline) < BODY_LEVEL else 0
        return self._styles.heading_level(style)

    def _label(self, p: Element, style: str) -> ListLabel | None:
        num, level = self._styles.list_level(style)
        bound = self._numbering.level_of(style, num) if num else None
        level = bound if bound is not None else level
        if (own := p.find("pPr/numPr")) is not None:
            num = child_value(own, "numId") or num
            level = (
                whole_number(child_value(own, "ilvl")) if own.find("ilvl") is not None else level
            )
        return self._numbering.label(num, level or 0) if num and num != "0" else None

    def _table(self, table: Element) -> Iterator[_Block]:
        shown = list(table_rows(table))
        if len(shown) == 1 and len(inside := list(row_cells(shown[0]))) == 1:  # a frame around text
            yield from self.blocks(inside[0])
            return
        yield _Block(markdown_blocks.table(table_grid(table, shown, self._words)))

    def _words(self, elements: Iterable[Element]) -> str:
        """Return a cell or note in one line; an inner table becomes `cell, cell; cell, cell`."""
        found: list[str] = []
        for element in elements:
            if element.tag == "tbl":
                lines = (
                    [self._words(cell) for cell in row_cells(row)] for row in table_rows(element)
                )
                found.append("; ".join(", ".join(filter(None, line)) for line in lines))
            elif element.tag == "p":
                found += [
                    block.text.lstrip("# ") if block.text.startswith("#") else block.text
                    for block in self._paragraph(element)
                ]
            elif element.tag == "sdt":
                found.append(self._words(control_contents(element)))
            elif element.tag == "AlternateContent":
                found.append(self._words(shown_choice(element)))
            elif element.tag in WRAPPER_TAGS:
                found.append(self._words(element))
            else:
                found += (block.text for block in self._read(element))
        return " ".join(" ".join(found).split())


def _join_list_items(blocks: Iterable[_Block]) -> Iterator[str]:
    """Join the items of each list into one block."""
    lines: list[str] = []
    listed = ""
    for block in blocks:
        if lines and not (listed and block.listed and (block.deeper or block.listed == listed)):
            yield "\n".join(lines)
            lines = []
        lines.append(block.text)
        listed = block.listed
    yield "\n".join(lines)


def _is_contents(element: Element) -> bool:
    return child_value(element, "sdtPr/docPartObj/docPartGallery") == "Table of Contents"


def _optional_tree(package: Package, part: str | None) -> Element | None:
    return package.optional_tree(part) if part else None


def _tree(package: Package, part: str | None) -> Element | None:
    return package.tree(part) if part and part in package else None
