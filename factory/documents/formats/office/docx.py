"""Word documents: headings by their style, paragraphs, lists with the numbers that Word shows, tables, notes and text boxes.

Tracked changes count as accepted. Left out: hidden, deleted and struck-through text, the table of contents, prompts of empty form
fields, pictures with their descriptions. Left out and told as unread: comments, the header and footer of pages, embedded files.
A page's end is not in the file: no pages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.documents.formats import Extracted, Unreadable, markdown_blocks
from factory.documents.formats.office.content_controls import contents
from factory.documents.formats.office.diagrams import Graphics
from factory.documents.formats.office.docx_alt_chunks import included
from factory.documents.formats.office.docx_numbering import DEEPEST, Label, Numbering, value, whole
from factory.documents.formats.office.docx_runs import Runs, shown_choice
from factory.documents.formats.office.docx_styles import BODY, Styles
from factory.documents.formats.office.docx_tables import WRAPPERS, cells, grid, rows
from factory.documents.formats.office.office_zip import Package, bounded
from factory.documents.formats.office.omml import linear
from factory.documents.formats.office.unread_parts import leftover, why_empty

TITLE = 120  # characters of a heading: contracts style whole clauses as headings, and those are text


@dataclass(frozen=True)
class _Block:
    """A piece of Markdown; a line of a list names the list, and joins the line before if that is of the same or if it stands deeper."""

    text: str
    listed: str = ""
    deeper: bool = False


def read_docx(path: Path, nested: bool = False) -> Extracted:
    """A .docx file as Markdown without pages. Raises Unreadable. `nested`: another document includes it."""
    with Package.opened(path, "docx") as package:
        main = package.main()
        reader = _Reader(package, main, nested)
        text = markdown_blocks.text(bounded(_joined(reader.blocks(package.blocks(main, "body")))))
        reader.tell()
        unread = tuple(leftover(package))
    if not text:
        raise Unreadable(why_empty(unread))
    return Extracted(text, unread=unread)


class _Reader:
    """One pass over a document; it knows the styles, and how far each list has counted."""

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
            for note in (_side(package, parts.get(f"{kind}s")) or ())
            if note.get("type", "normal") == "normal"
        }
        self._runs = Runs(self._styles)
        self._graphics = Graphics(package, self._linked)
        self._said: dict[tuple[str, str], str] = {}  # the words of notes
        self._included: dict[str, str] = {}  # the text of included parts
        self._noted = 0
        self._titled = False
        self._carried = ""  # the text of a paragraph whose end was deleted: the next goes on with it

    def blocks(self, elements: Iterable[Element]) -> Iterator[_Block]:
        for element in elements:
            yield from self._read(element)
            yield from self._aside()

    def tell(self) -> None:
        """Adds to the package's unread parts what was left out of the text on purpose."""
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
            case "sdt" if not _contents(element):
                yield from self.blocks(contents(element))
            case "AlternateContent":
                yield from self.blocks(shown_choice(element))
            case "oMathPara" | "oMath":
                yield _Block(markdown_blocks.paragraph(linear(element)))
            case "altChunk":
                yield _Block(self._inclusion(element))
            case "subDoc":
                self._package.unread.append("a subdocument of a master document, which is a file of its own")
            case tag if tag in WRAPPERS:
                yield from self.blocks(element)
            case _:
                pass

    def _inclusion(self, chunk: Element) -> str:
        """The text of a part of another format, which is read once."""
        part = self._linked.get(chunk.get("r:id", ""), ("", ""))[1]
        if part not in self._included:
            self._included[part] = self._read_part(part)
        return self._included[part]

    def _read_part(self, part: str) -> str:
        """Its text. A part that can't be read is told, and the document goes on."""
        unread = self._package.unread
        if part not in self._package:
            unread.append("an included file that is missing (altChunk)")
            return ""
        if self._nested:
            self._package.seen.add(part)
            unread.append(f"a file that an included document includes ({part})")
            return ""
        try:
            return included(self._package.content(part), part, self._document)
        except Unreadable as error:
            unread.append(f"an included file ({part}): {error}")
            return ""

    def _document(self, path: Path) -> str:
        found = read_docx(path, nested=True)
        self._package.unread += found.unread
        return found.text

    def _aside(self) -> Iterator[_Block]:
        """The text boxes and notes that hang on what was just read."""
        boxes, notes, graphics = self._runs.boxes, self._runs.notes, self._runs.graphics
        self._runs.boxes, self._runs.notes, self._runs.graphics = [], [], []
        for box in boxes:
            yield from self.blocks(box)
        for reference in graphics:
            yield from map(_Block, self._graphics.blocks(reference))
        for key in notes:
            self._noted += 1
            yield _Block(f"[^{self._noted}]: {self._note(key)}")

    def _note(self, key: tuple[str, str]) -> str:
        """The words of a note, which a hostile file refers to very often."""
        if key not in self._said:
            note = self._notes.get(key)
            self._said[key] = self._words(() if note is None else note)
        return self._said[key]

    def _paragraph(self, p: Element) -> Iterator[_Block]:
        style = value(p, "pPr/pStyle") or self._styles.standard
        if self._styles.heading(style):
            self._runs.settle()
        words = self._carried + self._runs.text(p, style)
        gone = p.find("pPr/rPr/del") is not None or p.find("pPr/rPr/moveFrom") is not None
        self._carried = words if gone else ""
        if gone or self._styles.contents(style):
            return
        label = self._label(p, style)
        if markdown_blocks.clean(words):
            yield self._shaped(p, style, label, words)

    def _shaped(self, p: Element, style: str, label: Label | None, words: str) -> _Block:
        if self._styles.title(style):
            self._titled = True
            return _Block(markdown_blocks.heading(1, words))
        level = self._level(p, style)
        if level and len(words) <= TITLE:
            named = f"{label.text} {words}" if label and label.text != "-" else words
            return _Block(markdown_blocks.heading(level + self._titled, named))
        if label is None:
            return _Block(markdown_blocks.paragraph(words))
        if label.clause:
            return _Block(markdown_blocks.paragraph(f"{label.text} {words}"))
        indent = "  " * min(label.level, DEEPEST)
        lines = markdown_blocks.paragraph(words).split("\n")
        return _Block(f"{indent}{label.text} " + f"\n{indent}  ".join(lines), listed=label.listed, deeper=label.level > 0)

    def _level(self, p: Element, style: str) -> int:
        outline = value(p, "pPr/outlineLvl")
        if outline:
            return whole(outline) + 1 if whole(outline) < BODY else 0
        return self._styles.heading(style)

    def _label(self, p: Element, style: str) -> Label | None:
        num, level = self._styles.numbered(style)
        bound = self._numbering.level_of(style, num) if num else None
        level = bound if bound is not None else level
        if (own := p.find("pPr/numPr")) is not None:
            num = value(own, "numId") or num
            level = whole(value(own, "ilvl")) if own.find("ilvl") is not None else level
        return self._numbering.label(num, level or 0) if num and num != "0" else None

    def _table(self, table: Element) -> Iterator[_Block]:
        shown = list(rows(table))
        if len(shown) == 1 and len(held := list(cells(shown[0]))) == 1:  # a frame around text
            yield from self.blocks(held[0])
            return
        yield _Block(markdown_blocks.table(grid(table, shown, self._words)))

    def _words(self, elements: Iterable[Element]) -> str:
        """What a cell or a note holds, in one line; a table inside as `cell, cell; cell, cell`."""
        found: list[str] = []
        for element in elements:
            if element.tag == "tbl":
                lines = ([self._words(cell) for cell in cells(row)] for row in rows(element))
                found.append("; ".join(", ".join(filter(None, line)) for line in lines))
            elif element.tag == "p":
                found += [block.text.lstrip("# ") if block.text.startswith("#") else block.text for block in self._paragraph(element)]
            elif element.tag == "sdt":
                found.append(self._words(contents(element)))
            elif element.tag == "AlternateContent":
                found.append(self._words(shown_choice(element)))
            elif element.tag in WRAPPERS:
                found.append(self._words(element))
            else:
                found += (block.text for block in self._read(element))
        return " ".join(" ".join(found).split())


def _joined(blocks: Iterable[_Block]) -> Iterator[str]:
    """Lines of one list as one block."""
    lines: list[str] = []
    listed = ""
    for block in blocks:
        if lines and not (listed and block.listed and (block.deeper or block.listed == listed)):
            yield "\n".join(lines)
            lines = []
        lines.append(block.text)
        listed = block.listed
    yield "\n".join(lines)


def _contents(element: Element) -> bool:
    return value(element, "sdtPr/docPartObj/docPartGallery") == "Table of Contents"


def _side(package: Package, part: str | None) -> Element | None:
    return package.side(part) if part else None


def _tree(package: Package, part: str | None) -> Element | None:
    return package.tree(part) if part and part in package else None
