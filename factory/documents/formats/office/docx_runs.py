"""The words of a Word paragraph as it shows them: runs, fields, links, formulas and marks of notes.

Text boxes, drawings and notes that hang on a paragraph are gathered beside its words.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from xml.etree.ElementTree import Element

from factory.documents.formats.math.linear import FORMULA
from factory.documents.formats.math.raised_words import down, formula, resolved, up
from factory.documents.formats.math.symbols import in_font, symbol
from factory.documents.formats.office.content_controls import contents
from factory.documents.formats.office.docx_fields import Fields, filled
from factory.documents.formats.office.docx_numbering import value, whole
from factory.documents.formats.office.docx_styles import Styles, hidden, struck
from factory.documents.formats.office.omml import linear

EQUATIONS = (
    "equation",
    "mathtype",
)  # how programs name their formulas as objects, such as Equation.3
CONTROL = "[form control]"  # an ActiveX control, whose state is in a binary part
_OUT = {"delText", "rPr", "pPr", "sdtPr", "rt", "annotationRef", "txbxContent", "numPicBullet"}
_BOXES = ("txbxContent", "txBody")  # of Word, and of a drawing that was pasted into it
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTE = re.compile(r"(\[\^\d+\])")
Place = Callable[[str], str]
# Elements that show something: of several spellings of one thing, the first with one of them counts.
_SHOWN = frozenset("t oMath relIds chart OLEObject oleObj control textpath sym fldChar".split())


class Runs:
    """Reads paragraph after paragraph; `boxes`, `graphics` and `notes` hold what hangs on the last."""

    def __init__(self, styles: Styles) -> None:
        self.boxes: list[list[Element]] = []
        self.graphics: list[Element] = []  # references to diagrams and charts
        self.notes: list[tuple[str, str]] = []  # kind and id
        self.equations: list[str] = []  # the relations of equations kept as objects
        self.struck = 0  # paragraphs with words that are struck through
        self._styles = styles
        self._fields = Fields()
        self._noted = 0
        self._style = ""  # of the paragraph
        self._place: Place = _unchanged  # of the run: marks what is raised or lowered
        self._custom = False  # whether the run shows a note's mark of its own, which is left out

    @property
    def numbers(self) -> int:
        """How many fields showed a number that the file does not hold."""
        return self._fields.numbers

    def settle(self) -> None:
        """Closes open fields: no table of contents goes on behind a heading of the text."""
        self._fields.clear()

    def text(self, p: Element, style: str) -> str:
        """The words of a paragraph in a style."""
        self._style = style
        before = self.struck
        words = "".join(self._read(p, self._styles.hidden(style)))
        self.struck = min(self.struck, before + 1)
        self._fields.end_paragraph()
        return filled(resolved(words))

    def _read(self, parent: Iterable[Element], concealed: bool) -> Iterator[str]:
        for one in parent:
            match one.tag:
                case "r":
                    yield from self._run(one, concealed)
                case "AlternateContent":
                    yield from self._read(shown_choice(one), concealed)
                case "sdt":
                    yield from self._read(contents(one), concealed)
                case "drawing" | "pict" | "object":
                    yield from () if concealed else self._drawn(one)
                case "fldChar" | "instrText" | "fldSimple" | "del" | "moveFrom":
                    yield from self._field(one, concealed)
                case tag if tag not in _OUT:
                    yield from self._sign(one, concealed)
                case _:
                    pass

    def _field(self, one: Element, concealed: bool) -> Iterator[str]:
        """Follows a field; one that a tracked change deletes counts too, else it would never end."""
        match one.tag:
            case "fldChar":
                words = self._fields.mark(one)
                yield "" if concealed else words
            case "instrText":
                self._fields.instruct(self._place(one.text or ""))
            case "fldSimple":
                self._fields.begin(one.find("ffData"))
                self._fields.instruct(one.get("instr", ""))
                yield from self._simple(one, concealed)
            case _:
                for mark in one.iter("fldChar"):
                    self._fields.mark(mark)

    def _simple(self, one: Element, concealed: bool) -> Iterator[str]:
        """The result of a field that is one element; one without a result shows what its code says."""
        if any(True for _ in one.iter("t")):
            yield self._fields.separate()
            yield from self._read(one, concealed)
        words = self._fields.end()
        yield "" if concealed else words

    def _run(self, run: Element, concealed: bool) -> Iterator[str]:
        marks = run.find("rPr")
        said = hidden(marks)
        style = value(marks, "rStyle")
        inside = (
            said == "hidden" if said else concealed or bool(style and self._styles.hidden(style))
        )
        if not inside and self._styles.struck(self._style, style, struck(marks)):
            inside = True
            self.struck += any(t.text and t.text.strip() for t in run.iter("t"))
        self._custom, self._place = False, self._placing(marks, style)
        words = "".join(self._read(run, inside))
        if font := _font(marks):
            words = in_font(words, font)
        parts = _NOTE.split(words)  # a note's mark needs no other
        yield "".join(part if n % 2 else self._place(part) for n, part in enumerate(parts))
        self._place = _unchanged

    def _placing(self, marks: Element | None, style: str) -> Place:
        """Marks the words of a run that is above or below the line."""
        align = value(marks, "vertAlign") or self._styles.aligned(self._style, style)
        moved = whole(value(marks, "position"))
        if align in ("superscript", "subscript"):
            return up if align == "superscript" else down
        return partial(up if moved > 0 else down, sure=False) if moved else _unchanged

    def _sign(self, one: Element, concealed: bool) -> Iterator[str]:
        """A leaf's text, or what its children hold (links, frames, tracked insertions)."""
        if concealed or not self._fields.shown:
            if len(one):
                yield from self._read(one, concealed)
        elif one.tag == "t":
            yield "" if self._custom else one.text or ""
        elif one.tag in _SIGNS:
            yield _SIGNS[one.tag]
        elif one.tag == "sym":
            yield symbol(one.get("char", ""), one.get("font", ""))
        elif one.tag in ("oMath", "oMathPara"):
            yield formula(linear(one))
        elif one.tag in ("footnoteReference", "endnoteReference"):
            self._noted += 1
            self.notes.append((one.tag.removesuffix("Reference"), one.get("id", "")))
            self._custom = one.get("customMarkFollows", "0") in ("1", "true", "on")
            yield f"[^{self._noted}]"
        else:
            yield from self._read(one, concealed)

    def _drawn(self, drawing: Element) -> Iterator[str]:
        """Gathers the text boxes and graphics of a drawing; an old equation is told in the line."""
        for one in _outermost(drawing):
            if one.tag in _BOXES:
                self.boxes.append(list(one))
            elif one.tag in ("relIds", "chart"):
                self.graphics.append(one)
            elif one.tag == "textpath" and one.get("string"):
                self.boxes.append([_paragraph(one.get("string", ""))])
            elif one.get("equationxml") or _is_equation(one):
                self.equations.append(one.get("r:id", ""))
                yield formula(FORMULA) if self._fields.shown else ""
            elif one.tag == "control":
                yield f" {CONTROL} " if self._fields.shown else ""


def _unchanged(words: str) -> str:
    return words


def shown_choice(alternatives: Element) -> Iterable[Element]:
    """The first of several spellings of one thing that shows something; two would say it twice."""
    for choice in alternatives:
        if any(one.tag in _SHOWN for one in choice.iter()):
            return choice
    return ()


def _outermost(drawing: Element) -> Iterator[Element]:
    """The elements of a drawing in order, but for what is inside a text box or another spelling."""
    waiting = [drawing]
    while waiting:
        one = waiting.pop()
        yield one
        if one.tag == "AlternateContent":
            waiting += reversed(list(shown_choice(one)))
        elif one.tag not in _BOXES and not one.get("equationxml"):
            waiting += reversed(one)


def _is_equation(one: Element) -> bool:
    """Whether it is an object of an old equation editor or of MathType."""
    return one.tag == "OLEObject" and one.get("ProgID", "").lower().startswith(EQUATIONS)


def _paragraph(words: str) -> Element:
    p, run, text = Element("p"), Element("r"), Element("t")
    text.text = words
    run.append(text)
    p.append(run)
    return p


def _font(marks: Element | None) -> str:
    found = None if marks is None else marks.find("rFonts")
    return "" if found is None else found.get("ascii", "") or found.get("hAnsi", "")
