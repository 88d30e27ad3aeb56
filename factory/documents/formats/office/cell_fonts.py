"""Read a spreadsheet's fonts: struck-through, superscript and subscript words."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from factory.documents.formats.math import raised_words
from factory.documents.formats.office.docx_numbering import whole_number

_OFF = ("0", "false", "none")


@dataclass(frozen=True)
class CellText:
    """A cell's words, and those with a font of their own, which a struck-through cell keeps."""

    shown: str
    own: str = ""


class StruckStyles:
    """The indices of the cell styles whose font is struck through."""

    def __init__(self, styles: Element | None) -> None:
        fonts = [] if styles is None else styles.findall("fonts/font")
        struck = {number for number, font in enumerate(fonts) if _struck(font)}
        cells = [] if styles is None else styles.findall("cellXfs/xf")
        fonts_used = (whole_number(cell.get("fontId")) for cell in cells)
        self._styles = {number for number, font in enumerate(fonts_used) if font in struck}

    def __contains__(self, style: int) -> bool:
        return style in self._styles


def cell_text(text: Element) -> CellText:
    """Return a text's words without struck-through ones and without phonetic guides above them."""
    shown, own = [], []
    for part in text:
        if part.tag == "t":
            shown.append(part.text or "")
        elif part.tag == "r":
            font = part.find("rPr")
            words = "" if font is not None and _struck(font) else _scripted(part, font)
            shown.append(words)
            own.append(words if font is not None else "")
    return CellText(
        raised_words.resolve_marks("".join(shown)), raised_words.resolve_marks("".join(own))
    )


def _scripted(run: Element, font: Element | None) -> str:
    words = "".join(t.text or "" for t in run.iter("t"))
    height = None if font is None else font.find("vertAlign")
    match None if height is None else height.get("val"):
        case "superscript":
            return raised_words.mark_raised(words)
        case "subscript":
            return raised_words.mark_lowered(words)
        case _:
            return words


def _struck(font: Element) -> bool:
    mark = font.find("strike")
    return mark is not None and mark.get("val", "1") not in _OFF
