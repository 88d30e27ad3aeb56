"""Word documents: headings by their style, paragraphs, lists with the numbers that Word shows, tables, notes and text boxes.

Tracked changes count as accepted. Left out: hidden and deleted text, comments, the page's header and footer, the table of contents,
prompts of empty form fields, pictures with their descriptions. A page's end is not in the file: no pages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.formats import Extracted, Unreadable, markdown
from factory.formats.markdown import Cell
from factory.formats.numbering import Label, Numbering, value, whole
from factory.formats.package import Package
from factory.formats.runs import Runs
from factory.formats.styles import BODY, Styles

TITLE = 120  # characters of a heading: contracts style whole clauses as headings, and those are text
_WRAPPERS = {"customXml", "ins", "moveTo", "sdtContent", "smartTag"}


@dataclass(frozen=True)
class _Block:
    """A piece of Markdown; a line of a list names the list, and joins the line before if that is of the same or if it stands deeper."""

    text: str
    listed: str = ""
    deeper: bool = False


def read_docx(path: Path) -> Extracted:
    """A .docx file as Markdown without pages. Raises Unreadable."""
    with Package.opened(path, "docx") as package:
        main = package.main()
        reader = _Reader(package, main)
        text = markdown.text(_joined(reader.blocks(package.blocks(main, "body"))))
    if not text:
        raise Unreadable("it holds no text (only pictures?); a scan needs OCR first")
    return Extracted(text)


class _Reader:
    """One pass over a document; it knows the styles, and how far each list has counted."""

    def __init__(self, package: Package, main: str) -> None:
        parts = dict(package.relations(main).values())
        self._styles = Styles(_tree(package, parts.get("styles")))
        self._numbering = Numbering(_tree(package, parts.get("numbering")), self._styles.lists)
        self._notes = {
            (kind, note.get("id", "")): note
            for kind in ("footnote", "endnote")
            for note in (_tree(package, parts.get(f"{kind}s")) or ())
            if note.get("type", "normal") == "normal"
        }
        self._runs = Runs(self._styles)
        self._noted = 0
        self._titled = False
        self._carried = ""  # the text of a paragraph whose end was deleted: the next goes on with it

    def blocks(self, elements: Iterable[Element]) -> Iterator[_Block]:
        for element in elements:
            yield from self._read(element)
            yield from self._aside()

    def _read(self, element: Element) -> Iterator[_Block]:
        match element.tag:
            case "p":
                yield from self._paragraph(element)
            case "tbl":
                yield from self._table(element)
            case "sdt" if not _contents(element) and element.find("sdtPr/showingPlcHdr") is None:
                yield from self.blocks(element.findall("sdtContent/*"))
            case tag if tag in _WRAPPERS:
                yield from self.blocks(element)
            case _:
                pass

    def _aside(self) -> Iterator[_Block]:
        """The text boxes and notes that hang on what was just read."""
        boxes, notes = self._runs.boxes, self._runs.notes
        self._runs.boxes, self._runs.notes = [], []
        for box in boxes:
            yield from self.blocks(box)
        for key in notes:
            self._noted += 1
            note = self._notes.get(key)
            words = self._words(() if note is None else note)
            yield _Block(f"[^{self._noted}]: {words}")

    def _paragraph(self, p: Element) -> Iterator[_Block]:
        style = value(p, "pPr/pStyle") or self._styles.standard
        if self._styles.heading(style):
            self._runs.settle()
        words = self._carried + self._runs.text(p, concealed=self._styles.hidden(style))
        gone = p.find("pPr/rPr/del") is not None or p.find("pPr/rPr/moveFrom") is not None
        self._carried = words if gone else ""
        if gone or self._styles.contents(style):
            return
        label = self._label(p, style)
        if markdown.clean(words):
            yield self._shaped(p, style, label, words)

    def _shaped(self, p: Element, style: str, label: Label | None, words: str) -> _Block:
        if self._styles.title(style):
            self._titled = True
            return _Block(markdown.heading(1, words))
        level = self._level(p, style)
        if level and len(words) <= TITLE:
            named = f"{label.text} {words}" if label and label.text != "-" else words
            return _Block(markdown.heading(level + self._titled, named))
        if label is None:
            return _Block(markdown.paragraph(words))
        if label.clause:
            return _Block(markdown.paragraph(f"{label.text} {words}"))
        indent = "  " * label.level
        lines = markdown.paragraph(words).split("\n")
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
        rows = list(_rows(table))
        if len(rows) == 1 and len(cells := list(_cells(rows[0]))) == 1:  # a frame around text
            yield from self.blocks(cells[0])
            return
        yield _Block(markdown.table(self._grid(rows)))

    def _grid(self, rows: list[Element]) -> list[list[str]]:
        """The text of every place; what is merged downwards stands in each row, what is merged across in each column."""
        found: list[list[str]] = []
        for row in rows:
            line = [Cell("")] * min(whole(value(row, "trPr/gridBefore")), markdown.WIDEST)
            for cell in _cells(row):
                below = cell.find("tcPr/vMerge")
                words = self._words(cell)
                place = sum(min(one.columns, markdown.WIDEST) for one in line)
                if below is not None and below.get("val", "continue") == "continue" and found and place < len(found[-1]):
                    above = found[-1][place]
                    words = words or (above if len(above) <= markdown.REPEATED else "")
                line.append(Cell(words, columns=whole(value(cell, "tcPr/gridSpan")) or 1))
            found += markdown.spread([line])
        return found

    def _words(self, elements: Iterable[Element]) -> str:
        """What a cell or a note holds, in one line; a table inside as `cell, cell; cell, cell`."""
        found: list[str] = []
        for element in elements:
            if element.tag == "tbl":
                lines = ([self._words(cell) for cell in _cells(row)] for row in _rows(element))
                found.append("; ".join(", ".join(filter(None, line)) for line in lines))
            elif element.tag == "p":
                found += [block.text.lstrip("# ") if block.text.startswith("#") else block.text for block in self._paragraph(element)]
            elif element.tag in _WRAPPERS | {"sdt"} and element.find("sdtPr/showingPlcHdr") is None:
                found.append(self._words(element.findall("sdtContent/*") if element.tag == "sdt" else element))
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


def _rows(table: Element) -> Iterator[Element]:
    for row in _inside(table, "tr"):
        if not any(row.find(f"trPr/{mark}") is not None for mark in ("del", "hidden")):
            yield row


def _cells(row: Element) -> Iterator[Element]:
    return _inside(row, "tc")


def _inside(parent: Element, tag: str) -> Iterator[Element]:
    """Its children of that name, also within the frames of a form or of a tracked change."""
    for one in parent:
        if one.tag == tag:
            yield one
        elif one.tag in _WRAPPERS | {"sdt"}:
            yield from _inside(one, tag)


def _contents(element: Element) -> bool:
    return value(element, "sdtPr/docPartObj/docPartGallery") == "Table of Contents"


def _tree(package: Package, part: str | None) -> Element | None:
    return package.tree(part) if part and part in package else None
