"""What Word's styles say: the level of a heading, a list, hidden, raised and struck-through text."""

import re
from collections.abc import Callable
from functools import lru_cache
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_numbering import value, whole

_HEADING = re.compile(r"heading ([1-9])$")
_LISTING = re.compile(r"toc \d|table of (figures|authorities)$|index \d")
BODY = 9  # the outline level of what is no heading
DEPTH = 50  # styles based on one another: Word stops at 11


class Styles:
    """The styles of a document by id, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.findall("style")
        self._styles = {one.get("styleId", ""): one for one in found}
        self.standard = next((one.get("styleId", "") for one in found if one.get("default") == "1" and one.get("type") == "paragraph"), "")
        self.lists = {one.get("styleId", ""): num for one in found if (num := value(one, "pPr/numPr/numId"))}
        # A long document asks the same of the same few styles for every run.
        remember = lru_cache(maxsize=4096)
        self._chain: Callable[[str], tuple[Element, ...]] = remember(self._inherited)
        self.heading: Callable[[str], int] = remember(self._heading)
        self.contents: Callable[[str], bool] = remember(self._contents)
        self.hidden: Callable[[str], bool] = remember(self._hidden)
        self._struck: Callable[[str], bool] = remember(self._strikes)
        self._aligned: Callable[[str], str] = remember(self._alignment)

    def title(self, style: str) -> bool:
        return any(_name(one) == "title" for one in self._chain(style))

    def numbered(self, style: str) -> tuple[str, int | None]:
        """The list of a style and the level in it, as far as it says."""
        num, level = "", None
        for one in self._chain(style):
            if (found := one.find("pPr/numPr")) is not None:
                num = num or value(found, "numId")
                level = whole(value(found, "ilvl")) if level is None and found.find("ilvl") is not None else level
            if num:
                break
        return num, level

    def struck(self, paragraph: str, run: str, own: bool | None) -> bool:
        """Whether text is struck through. A style inside a struck one strikes it back, as in Word."""
        return self._struck(paragraph) != self._struck(run) if own is None else own

    def aligned(self, paragraph: str, run: str) -> str:
        """`superscript` or `subscript` as the style of a run or of its paragraph says, else empty."""
        return self._aligned(run) or self._aligned(paragraph)

    def _heading(self, style: str) -> int:
        """1 to 9; 0 where it is none. A built-in style has its English name in every language of Word."""
        for one in self._chain(style):
            if m := _HEADING.match(_name(one)):
                return int(m[1])
            if (outline := value(one, "pPr/outlineLvl")) and 0 <= whole(outline) < BODY:
                return whole(outline) + 1
        return 0

    def _contents(self, style: str) -> bool:
        """Whether it is that of a line of a table of contents or of an index."""
        return any(_LISTING.match(_name(one)) for one in self._chain(style))

    def _hidden(self, style: str) -> bool:
        return next((shown == "hidden" for one in self._chain(style) if (shown := hidden(one.find("rPr")))), False)

    def _strikes(self, style: str) -> bool:
        said = (struck(one.find("rPr")) for one in self._chain(style))
        return next((one for one in said if one is not None), False)

    def _alignment(self, style: str) -> str:
        said = (value(one, "rPr/vertAlign") for one in self._chain(style))
        return next(filter(None, said), "")

    def _inherited(self, style: str) -> tuple[Element, ...]:
        """A style and those that it is based on; a ring of them ends."""
        found: dict[str, Element] = {}
        while (one := self._styles.get(style)) is not None and style not in found and len(found) < DEPTH:
            found[style] = one
            style = value(one, "basedOn")
        return tuple(found.values())


def _name(style: Element) -> str:
    return value(style, "name").lower()


def hidden(marks: Element | None) -> str:
    """`hidden` or `shown` as a run's marks say; empty where they say nothing."""
    if marks is None or (found := marks.find("vanish")) is None:
        return ""
    return "hidden" if on(found) else "shown"


def struck(marks: Element | None) -> bool | None:
    """Whether marks strike text through, by one line or two; None where they say nothing."""
    found = [] if marks is None else [one for one in marks if one.tag in ("strike", "dstrike")]
    return any(map(on, found)) if found else None


def on(mark: Element) -> bool:
    return mark.get("val", "1") not in ("0", "false", "off", "none")
