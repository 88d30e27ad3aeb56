"""Read what was filled into a PDF form: texts, choices and ticks, each with its place on the page.

Values are taken from the fields, because a program that fills a form may not draw them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfDocument, PdfPage

from factory.documents.formats import Unreadable
from factory.documents.formats.pdf.annotations import (
    annotation_box,
    annotation_string,
    utf16_string,
    visible_annotations,
)
from factory.documents.formats.pdf.characters import Box

TICKED, UNTICKED = "☒", "☐"
MAX_OPTIONS = 5_000
_PASSWORD = 1 << 13
_XFA = (
    "it is an XFA form, whose text only Adobe's programs show; "
    "open it in one of them and print it to a new PDF"
)


class FormEntry(NamedTuple):
    """A form value or a text box, with its place. `tick`: it is a check box or radio button."""

    box: Box
    text: str
    tick: bool = False


class PdfForm:
    """The form of a document. Open it before reading the first page. Raises Unreadable."""

    def __init__(self, document: PdfDocument) -> None:
        kind = pdfium.FPDF_GetFormType(document)
        if kind == pdfium.FORMTYPE_XFA_FULL:
            raise Unreadable(_XFA)
        self._states = {} if kind == pdfium.FORMTYPE_NONE else _states(document)
        if kind != pdfium.FORMTYPE_NONE:
            document.init_forms()
        self._document = document
        self.unknown_buttons = 0  # buttons whose state the file does not give

    def entries(self, number: int, page: PdfPage) -> list[FormEntry]:
        """Return the values of the fields on a page, without empty texts."""
        form = self._document.formenv
        if form is None:
            return []
        found = [
            _entry(form, one, self._states.get((number, at), ""))
            for at, one in visible_annotations(page)
            if _is_widget(one)
        ]
        self.unknown_buttons += sum(
            entry is not None and not entry.text and entry.tick for entry in found
        )
        return [entry for entry in found if entry and entry.text.strip()]


def _states(document: PdfDocument) -> dict[tuple[int, int], str]:
    """Return each button's state in the file by page and number.

    It is read here because pdfium resets buttons without an appearance.
    """
    found: dict[tuple[int, int], str] = {}
    for number in range(len(document)):
        page = document[number]
        for at, widget in visible_annotations(page):
            if _is_widget(widget) and (
                state := annotation_string(widget, "AS") or annotation_string(widget, "V")
            ):
                found[number, at] = state
        page.close()
    return found


def _is_widget(annotation: object) -> bool:
    return bool(pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET)


def refuse_xfa_placeholder(document: PdfDocument, text: str) -> None:
    """Raise Unreadable if the only text of an XFA form asks the reader to wait for the rest."""
    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_XFA_FOREGROUND and text.lstrip(
        "# "
    ).startswith("Please wait"):
        raise Unreadable(_XFA)


def _entry(form: object, widget: object, state: str) -> FormEntry | None:
    """Return a field's value. `state`: a button's state in the file, or empty."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, widget)
    box = annotation_box(widget)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        return FormEntry(box, _mark(form, widget, kind, state), tick=True)
    if kind in (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX):
        return FormEntry(box, ", ".join(_chosen(form, widget)) or _value(form, widget))
    if (
        kind == pdfium.FPDF_FORMFIELD_TEXTFIELD
        and not pdfium.FPDFAnnot_GetFormFieldFlags(form, widget) & _PASSWORD
    ):
        return FormEntry(box, _value(form, widget))
    return None


def _mark(form: object, widget: object, kind: int, state: str) -> str:
    """Return ☒ or ☐, or empty for a radio button whose state the file does not give."""
    if state:
        return UNTICKED if state == "Off" else TICKED
    value = _value(form, widget)
    if value not in ("", "Off") and value == _asked(
        pdfium.FPDFAnnot_GetFormFieldExportValue, form, widget
    ):
        return TICKED
    return "" if kind == pdfium.FPDF_FORMFIELD_RADIOBUTTON else UNTICKED


def _value(form: object, widget: object) -> str:
    return _asked(pdfium.FPDFAnnot_GetFormFieldValue, form, widget)


def _chosen(form: object, widget: object) -> Iterator[str]:
    """Yield the labels of the chosen options, because their values may be codes."""
    count = max(pdfium.FPDFAnnot_GetOptionCount(form, widget), 0)
    for number in range(min(count, MAX_OPTIONS)):
        if pdfium.FPDFAnnot_IsOptionSelected(form, widget, number):
            yield _asked(partial(_label, number=number), form, widget)


def _label(form: object, widget: object, buffer: object, length: int, *, number: int) -> int:
    return int(pdfium.FPDFAnnot_GetOptionLabel(form, widget, number, buffer, length))


def _asked(ask: Callable[..., int], form: object, widget: object) -> str:
    length = ask(form, widget, None, 0)
    return utf16_string(length, lambda buffer: ask(form, widget, buffer, length))
