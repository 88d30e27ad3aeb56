"""Read the text of a Word paragraph: runs, fields, links, formulas and note marks.

Text boxes, drawings and notes that are attached to a paragraph are collected separately.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from xml.etree.ElementTree import Element

from factory.documents.formats.math.linear import FORMULA
from factory.documents.formats.math.raised_words import (
    mark_formula,
    mark_lowered,
    mark_raised,
    resolve_marks,
)
from factory.documents.formats.math.symbols import decode_symbol_font, symbol_character
from factory.documents.formats.office.content_controls import control_contents
from factory.documents.formats.office.docx_fields import OpenFields, remove_prompts
from factory.documents.formats.office.docx_numbering import child_value, whole_number
from factory.documents.formats.office.docx_styles import Styles, hidden_mark, struck_mark
from factory.documents.formats.office.omml import omml_text

# how programs name their formulas as objects, such as Equation.3
EQUATION_PROGRAMS = "equation", "mathtype"
CONTROL_PLACEHOLDER = "[form control]"  # an ActiveX control; its state is in a binary part
_OUT = {"delText", "rPr", "pPr", "sdtPr", "rt", "annotationRef", "txbxContent", "numPicBullet"}
_BOXES = ("txbxContent", "txBody")  # Word's own, and that of a pasted drawing
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTE = re.compile(r"(\[\^\d+\])")
MarkScript = Callable[[str], str]
# Elements that show something: of several alternatives, the first with one of them is read.
_SHOWN = frozenset("t oMath relIds chart OLEObject oleObj control textpath sym fldChar".split())


class RunReader:
    """Reads paragraphs; `boxes`, `graphics` and `notes` hold what is attached to the last one."""

    def __init__(self, styles: Styles) -> None:
        self.boxes: list[list[Element]] = []
        self.graphics: list[Element] = []  # references to diagrams and charts
        self.notes: list[tuple[str, str]] = []  # kind and id
        self.equations: list[str] = []  # relation ids of equations stored as objects
        self.struck = 0  # paragraphs with struck-through words
        self._styles = styles
        self._fields = OpenFields()
        self._note_count = 0
        self._style = ""  # of the paragraph
        self._mark_script: MarkScript = _unchanged  # marks what is raised or lowered in the run
        self._custom_mark = False  # the run shows a custom note mark, which is left out

    @property
    def numbers(self) -> int:
        """Return the number of fields that show a number which the file does not hold."""
        return self._fields.numbers

    def close_fields(self) -> None:
        """Close open fields: no table of contents continues after a heading of the text."""
        self._fields.clear()

    def text(self, p: Element, style: str) -> str:
        """Return the text of a paragraph that has this style."""
        self._style = style
        before = self.struck
        words = "".join(self._read(p, self._styles.is_hidden(style)))
        self.struck = min(self.struck, before + 1)
        self._fields.end_paragraph()
        return remove_prompts(resolve_marks(words))

    def _read(self, parent: Iterable[Element], concealed: bool) -> Iterator[str]:
        for one in parent:
            match one.tag:
                case "r":
                    yield from self._run(one, concealed)
                case "AlternateContent":
                    yield from self._read(shown_choice(one), concealed)
                case "sdt":
                    yield from self._read(control_contents(one), concealed)
                case "drawing" | "pict" | "object":
                    yield from () if concealed else self._drawn(one)
                case "fldChar" | "instrText" | "fldSimple" | "del" | "moveFrom":
                    yield from self._field(one, concealed)
                case tag if tag not in _OUT:
                    yield from self._sign(one, concealed)
                case _:
                    pass

    def _field(self, one: Element, concealed: bool) -> Iterator[str]:
        """Follow a field; one in a deleted tracked change counts too, or it would never end."""
        match one.tag:
            case "fldChar":
                words = self._fields.mark(one)
                yield "" if concealed else words
            case "instrText":
                self._fields.instruct(self._mark_script(one.text or ""))
            case "fldSimple":
                self._fields.begin(one.find("ffData"))
                self._fields.instruct(one.get("instr", ""))
                yield from self._simple(one, concealed)
            case _:
                for mark in one.iter("fldChar"):
                    self._fields.mark(mark)

    def _simple(self, one: Element, concealed: bool) -> Iterator[str]:
        """Yield the result of a field that is one element, or what its instruction says."""
        if any(True for _ in one.iter("t")):
            yield self._fields.separate()
            yield from self._read(one, concealed)
        words = self._fields.end()
        yield "" if concealed else words

    def _run(self, run: Element, concealed: bool) -> Iterator[str]:
        marks = run.find("rPr")
        visibility = hidden_mark(marks)
        style = child_value(marks, "rStyle")
        inside = (
            visibility == "hidden"
            if visibility
            else concealed or bool(style and self._styles.is_hidden(style))
        )
        if not inside and self._styles.is_struck(self._style, style, struck_mark(marks)):
            inside = True
            self.struck += any(t.text and t.text.strip() for t in run.iter("t"))
        self._custom_mark, self._mark_script = False, self._script_marker(marks, style)
        words = "".join(self._read(run, inside))
        if font := _font(marks):
            words = decode_symbol_font(words, font)
        parts = _NOTE.split(words)  # a note's mark is not marked as raised
        yield "".join(part if n % 2 else self._mark_script(part) for n, part in enumerate(parts))
        self._mark_script = _unchanged

    def _script_marker(self, marks: Element | None, style: str) -> MarkScript:
        """Return how to mark the words of a run that is above or below the line."""
        align = child_value(marks, "vertAlign") or self._styles.alignment(self._style, style)
        moved = whole_number(child_value(marks, "position"))
        if align in ("superscript", "subscript"):
            return mark_raised if align == "superscript" else mark_lowered
        return (
            partial(mark_raised if moved > 0 else mark_lowered, sure=False) if moved else _unchanged
        )

    def _sign(self, one: Element, concealed: bool) -> Iterator[str]:
        """Yield the text of a leaf, or of its children (links, frames, tracked insertions)."""
        if concealed or not self._fields.shown:
            if len(one):
                yield from self._read(one, concealed)
        elif one.tag == "t":
            yield "" if self._custom_mark else one.text or ""
        elif one.tag in _SIGNS:
            yield _SIGNS[one.tag]
        elif one.tag == "sym":
            yield symbol_character(one.get("char", ""), one.get("font", ""))
        elif one.tag in ("oMath", "oMathPara"):
            yield mark_formula(omml_text(one))
        elif one.tag in ("footnoteReference", "endnoteReference"):
            self._note_count += 1
            self.notes.append((one.tag.removesuffix("Reference"), one.get("id", "")))
            self._custom_mark = one.get("customMarkFollows", "0") in ("1", "true", "on")
            yield f"[^{self._note_count}]"
        else:
            yield from self._read(one, concealed)

    def _drawn(self, drawing: Element) -> Iterator[str]:
        """Collect a drawing's text boxes and graphics; an old equation is marked in the line."""
        for one in _outermost(drawing):
            if one.tag in _BOXES:
                self.boxes.append(list(one))
            elif one.tag in ("relIds", "chart"):
                self.graphics.append(one)
            elif one.tag == "textpath" and one.get("string"):
                self.boxes.append([_paragraph(one.get("string", ""))])
            elif one.get("equationxml") or _is_equation(one):
                self.equations.append(one.get("r:id", ""))
                yield mark_formula(FORMULA) if self._fields.shown else ""
            elif one.tag == "control":
                yield f" {CONTROL_PLACEHOLDER} " if self._fields.shown else ""


def _unchanged(words: str) -> str:
    return words


def shown_choice(alternatives: Element) -> Iterable[Element]:
    """Return the first alternative that shows something; reading two would repeat the text."""
    for choice in alternatives:
        if any(one.tag in _SHOWN for one in choice.iter()):
            return choice
    return ()


def _outermost(drawing: Element) -> Iterator[Element]:
    """Yield a drawing's elements in order, except inside text boxes and unread alternatives."""
    waiting = [drawing]
    while waiting:
        one = waiting.pop()
        yield one
        if one.tag == "AlternateContent":
            waiting += reversed(list(shown_choice(one)))
        elif one.tag not in _BOXES and not one.get("equationxml"):
            waiting += reversed(one)


def _is_equation(one: Element) -> bool:
    """Check whether it is an object of an old equation editor or of MathType."""
    return one.tag == "OLEObject" and one.get("ProgID", "").lower().startswith(EQUATION_PROGRAMS)


def _paragraph(words: str) -> Element:
    p, run, text = Element("p"), Element("r"), Element("t")
    text.text = words
    run.append(text)
    p.append(run)
    return p


def _font(marks: Element | None) -> str:
    found = None if marks is None else marks.find("rFonts")
    return "" if found is None else found.get("ascii", "") or found.get("hAnsi", "")
