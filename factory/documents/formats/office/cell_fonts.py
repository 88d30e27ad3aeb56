"""What the fonts of a spreadsheet say about its words: struck-through ones, raised and lowered ones."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from factory.documents.formats.math import raised_words
from factory.documents.formats.office.docx_numbering import whole

_OFF = ("0", "false", "none")


@dataclass(frozen=True)
class Words:
    """The words of a cell, and those of them that have a font of their own, which a struck cell keeps."""

    shown: str
    own: str = ""


class StruckStyles:
    """The numbers of the cell styles whose font strikes the words through."""

    def __init__(self, styles: Element | None) -> None:
        fonts = [] if styles is None else styles.findall("fonts/font")
        struck = {number for number, font in enumerate(fonts) if _struck(font)}
        cells = [] if styles is None else styles.findall("cellXfs/xf")
        fonts_used = (whole(cell.get("fontId")) for cell in cells)
        self._styles = {number for number, font in enumerate(fonts_used) if font in struck}

    def __contains__(self, style: int) -> bool:
        return style in self._styles


def said(text: Element) -> Words:
    """The words of a text without struck ones, and without the reading aids above them."""
    shown, own = [], []
    for part in text:
        if part.tag == "t":
            shown.append(part.text or "")
        elif part.tag == "r":
            font = part.find("rPr")
            words = "" if font is not None and _struck(font) else _scripted(part, font)
            shown.append(words)
            own.append(words if font is not None else "")
    return Words(raised_words.resolved("".join(shown)), raised_words.resolved("".join(own)))


def _scripted(run: Element, font: Element | None) -> str:
    words = "".join(t.text or "" for t in run.iter("t"))
    height = None if font is None else font.find("vertAlign")
    match None if height is None else height.get("val"):
        case "superscript":
            return raised_words.up(words)
        case "subscript":
            return raised_words.down(words)
        case _:
            return words


def _struck(font: Element) -> bool:
    mark = font.find("strike")
    return mark is not None and mark.get("val", "1") not in _OFF
