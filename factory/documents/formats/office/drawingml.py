"""Read DrawingML paragraphs, the text of slides, diagrams and charts (ECMA-376 part 1, 21.1.2)."""

from xml.etree.ElementTree import Element

from factory.documents.formats.math.raised_words import (
    mark_formula,
    mark_lowered,
    mark_raised,
    resolve_marks,
)
from factory.documents.formats.math.symbols import decode_symbol_font
from factory.documents.formats.office.docx_numbering import whole_number
from factory.documents.formats.office.docx_runs import shown_choice
from factory.documents.formats.office.omml import omml_text

_STRUCK = ("sngStrike", "dblStrike")


def paragraph_text(p: Element, struck: bool = False) -> str:
    """Return the text of a paragraph. `struck`: its style strikes text through."""
    return resolve_marks("".join(_run(one, struck) for one in p))


def is_struck(marks: Element | None, otherwise: bool = False) -> bool:
    """Check whether the properties of a run strike it through."""
    strike = "" if marks is None else marks.get("strike", "")
    return strike in _STRUCK if strike else otherwise


def has_struck_text(p: Element, struck: bool) -> bool:
    """Check whether a paragraph holds struck-through words."""
    runs = (
        run for run in p.iter() if run.tag in ("r", "fld") and is_struck(run.find("rPr"), struck)
    )
    return any((text.text or "").strip() for run in runs for text in run.iter("t"))


def _run(run: Element, struck: bool) -> str:
    match run.tag:
        case "br":
            return "\n"
        case "fld" if run.get("type", "").startswith(("slidenum", "datetime")):
            return ""
        case "pPr" | "endParaRPr":
            return ""
        case "m":
            return "".join(mark_formula(omml_text(one)) for one in run)
        case "oMath" | "oMathPara":
            return mark_formula(omml_text(run))
        case "AlternateContent":
            return "".join(_run(one, struck) for one in shown_choice(run))
        case _:
            return _text(run, struck)


def _text(run: Element, struck: bool) -> str:
    marks = run.find("rPr")
    if is_struck(marks, struck):
        return ""
    text = "".join(t.text or "" for t in run.iter("t"))
    text = text.replace("_x000B_", "\n").replace("\v", "\n")
    if marks is None:
        return text
    latin = marks.find("latin")
    symbols = marks.find("sym") if latin is None else latin
    if symbols is not None:
        text = decode_symbol_font(text, symbols.get("typeface", ""))
    # 30% in a Strict file, otherwise 30000
    raised = whole_number(marks.get("baseline", "").removesuffix("%"))
    return mark_raised(text) if raised > 0 else mark_lowered(text) if raised < 0 else text
