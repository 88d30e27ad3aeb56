"""The words of a Word paragraph as it shows them: runs, fields' results, links, marks of notes; what hangs on it is set apart."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from factory.formats import markdown
from factory.formats.numbering import value
from factory.formats.styles import Styles, hidden

_OUT = {"delText", "rPr", "pPr", "sdtPr", "rt", "annotationRef", "txbxContent", "numPicBullet"}
_LISTS = ("TOC", "TOA", "INDEX")  # fields whose result repeats what stands elsewhere, with page numbers
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_BOXES = {0xA8: "☐", 0x6F: "☐", 0xFE: "☒", 0xFD: "☒", 0xFC: "✓", 0xFB: "✗"}  # of Wingdings, which forms tick with


class Runs:
    """Reads paragraph after paragraph, for a field may span several; `boxes` and `notes` gather what hangs on them."""

    def __init__(self, styles: Styles) -> None:
        self.boxes: list[list[Element]] = []
        self.notes: list[tuple[str, str]] = []  # kind and id
        self._styles = styles
        self._fields: list[list[str]] = []  # of every open field its instruction and then, once it begins, its result's mark
        self._noted = 0

    def settle(self) -> None:
        """Closes what is open: no list of contents reaches over a heading of the text."""
        self._fields.clear()

    def text(self, p: Element, concealed: bool) -> str:
        words = "".join(self._read(p, concealed))
        self._fields = [field for field in self._fields if field[-1] == "\0"]  # an instruction ends with its paragraph
        return words

    def _read(self, parent: Iterable[Element], concealed: bool) -> Iterator[str]:
        for one in parent:
            match one.tag:
                case "r":
                    yield from self._run(one, concealed)
                case "AlternateContent":
                    yield from self._alternate(one, concealed)
                case "sdt":
                    yield from self._read(one if one.find("sdtPr/showingPlcHdr") is None else (), concealed)
                case "drawing" | "pict" | "object":
                    self.boxes += [] if concealed else [list(box) for box in one.iter("txbxContent")]
                case "fldChar" | "instrText" | "del" | "moveFrom":
                    self._follow(one)
                case tag if tag not in _OUT:
                    yield from self._sign(one, concealed)
                case _:
                    pass

    def _follow(self, one: Element) -> None:
        """A field's beginning, instruction or end; what a tracked change deletes of it counts, too, else it would never end."""
        for mark in one.iter("fldChar"):
            self._field(mark.get("fldCharType", ""))
        if one.tag == "instrText" and self._fields and self._fields[-1][-1] != "\0":
            self._fields[-1].append(one.text or "")

    def _run(self, run: Element, concealed: bool) -> Iterator[str]:
        marks = run.find("rPr")
        said = hidden(marks)
        style = value(marks, "rStyle")
        inside = said == "hidden" if said else concealed or bool(style and self._styles.hidden(style))
        words = "".join(self._read(run, inside))
        yield markdown.raised(words) if value(marks, "vertAlign") == "superscript" else words

    def _sign(self, one: Element, concealed: bool) -> Iterator[str]:
        """A leaf's text, or what its children hold (links, frames, formulas)."""
        if concealed or not self._shown():
            if len(one):
                yield from self._read(one, concealed)
        elif one.tag == "t":
            yield one.text or ""
        elif one.tag in _SIGNS:
            yield _SIGNS[one.tag]
        elif one.tag == "sym":
            yield _symbol(one)
        elif one.tag in ("footnoteReference", "endnoteReference"):
            self._noted += 1
            self.notes.append((one.tag.removesuffix("Reference"), one.get("id", "")))
            yield f"[^{self._noted}]"
        else:
            yield from self._read(one, concealed)

    def _alternate(self, one: Element, concealed: bool) -> Iterator[str]:
        """The first of several spellings of the same thing that holds text; two would say it twice."""
        for choice in one:
            if any(True for _ in choice.iter("t")):
                yield from self._read(choice, concealed)
                return

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append([""])
        elif kind == "separate" and self._fields:
            self._fields[-1] = ["".join(self._fields[-1]).strip(), "\0"]
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _shown(self) -> bool:
        return all(field[-1] == "\0" and not field[0].upper().startswith(_LISTS) for field in self._fields)


def _symbol(one: Element) -> str:
    try:
        code = int(one.get("char", ""), 16)
    except ValueError:
        return ""
    if 0xF000 <= code <= 0xF0FF:  # of a font of its own, shifted there
        return _BOXES.get(code & 0xFF, "•") if one.get("font", "").startswith("Wingdings") else chr(code & 0xFF)
    return chr(code) if 0x20 <= code < 0xD800 else ""
