"""Paragraphs of DrawingML, the text of slides, diagrams and charts (ECMA-376 part 1, 21.1.2)."""

from xml.etree.ElementTree import Element

from factory.documents.formats.math.raised_words import down, formula, resolved, up
from factory.documents.formats.math.symbols import in_font
from factory.documents.formats.office.docx_numbering import whole
from factory.documents.formats.office.docx_runs import shown_choice
from factory.documents.formats.office.omml import linear

_STRUCK = ("sngStrike", "dblStrike")


def words(p: Element, struck: bool = False) -> str:
    """The words of a paragraph; `struck` where its style strikes text through."""
    return resolved("".join(_run(one, struck) for one in p))


def strikes(marks: Element | None, otherwise: bool = False) -> bool:
    """Whether the marks of a run strike it through."""
    said = "" if marks is None else marks.get("strike", "")
    return said in _STRUCK if said else otherwise


def strikes_words(p: Element, struck: bool) -> bool:
    """Whether a paragraph holds struck-through words."""
    runs = (run for run in p.iter() if run.tag in ("r", "fld") and strikes(run.find("rPr"), struck))
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
            return "".join(formula(linear(one)) for one in run)
        case "oMath" | "oMathPara":
            return formula(linear(run))
        case "AlternateContent":
            return "".join(_run(one, struck) for one in shown_choice(run))
        case _:
            return _text(run, struck)


def _text(run: Element, struck: bool) -> str:
    marks = run.find("rPr")
    if strikes(marks, struck):
        return ""
    text = "".join(t.text or "" for t in run.iter("t"))
    text = text.replace("_x000B_", "\n").replace("\v", "\n")
    if marks is None:
        return text
    latin = marks.find("latin")
    symbols = marks.find("sym") if latin is None else latin
    if symbols is not None:
        text = in_font(text, symbols.get("typeface", ""))
    raised = whole(marks.get("baseline", "").removesuffix("%"))  # 30% in a Strict file, else 30000
    return up(text) if raised > 0 else down(text) if raised < 0 else text
