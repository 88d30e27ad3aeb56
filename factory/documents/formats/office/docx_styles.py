"""Read Word's styles: heading levels, lists, and hidden, raised and struck-through text."""

import re
from collections.abc import Callable
from functools import lru_cache
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_numbering import child_value, whole_number

_HEADING = re.compile(r"heading ([1-9])$")
_LISTING = re.compile(r"toc \d|table of (figures|authorities)$|index \d")
BODY_LEVEL = 9  # the outline level of body text
MAX_BASED_ON = 50  # styles in a chain: Word stops at 11


class Styles:
    """The styles of a document by id, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.findall("style")
        self._styles = {one.get("styleId", ""): one for one in found}
        self.standard = next(
            (
                one.get("styleId", "")
                for one in found
                if one.get("default") == "1" and one.get("type") == "paragraph"
            ),
            "",
        )
        self.lists = {
            one.get("styleId", ""): num
            for one in found
            if (num := child_value(one, "pPr/numPr/numId"))
        }
        # A long document looks up the same few styles for every run.
        remember = lru_cache(maxsize=4096)
        self._chain: Callable[[str], tuple[Element, ...]] = remember(self._inherited)
        self.heading_level: Callable[[str], int] = remember(self._heading)
        self.is_contents: Callable[[str], bool] = remember(self._contents)
        self.is_hidden: Callable[[str], bool] = remember(self._hidden)
        self._struck: Callable[[str], bool] = remember(self._strikes)
        self._aligned: Callable[[str], str] = remember(self._find_alignment)

    def is_title(self, style: str) -> bool:
        return any(_name(one) == "title" for one in self._chain(style))

    def list_level(self, style: str) -> tuple[str, int | None]:
        """Return the list of a style and the level in it, if the style gives them."""
        num, level = "", None
        for one in self._chain(style):
            if (found := one.find("pPr/numPr")) is not None:
                num = num or child_value(found, "numId")
                level = (
                    whole_number(child_value(found, "ilvl"))
                    if level is None and found.find("ilvl") is not None
                    else level
                )
            if num:
                break
        return num, level

    def is_struck(self, paragraph: str, run: str, own: bool | None) -> bool:
        """Check whether text is struck through. As in Word, two struck styles cancel out."""
        return self._struck(paragraph) != self._struck(run) if own is None else own

    def alignment(self, paragraph: str, run: str) -> str:
        """Return `superscript`, `subscript` or empty, from the style of a run or its paragraph."""
        return self._aligned(run) or self._aligned(paragraph)

    def _heading(self, style: str) -> int:
        """Return 1 to 9, or 0. Built-in styles have English names in every language of Word."""
        for one in self._chain(style):
            if m := _HEADING.match(_name(one)):
                return int(m[1])
            if (outline := child_value(one, "pPr/outlineLvl")) and 0 <= whole_number(
                outline
            ) < BODY_LEVEL:
                return whole_number(outline) + 1
        return 0

    def _contents(self, style: str) -> bool:
        """Check whether a style is for lines of a table of contents or of an index."""
        return any(_LISTING.match(_name(one)) for one in self._chain(style))

    def _hidden(self, style: str) -> bool:
        return next(
            (
                shown == "hidden"
                for one in self._chain(style)
                if (shown := hidden_mark(one.find("rPr")))
            ),
            False,
        )

    def _strikes(self, style: str) -> bool:
        struck = (struck_mark(one.find("rPr")) for one in self._chain(style))
        return next((one for one in struck if one is not None), False)

    def _find_alignment(self, style: str) -> str:
        alignments = (child_value(one, "rPr/vertAlign") for one in self._chain(style))
        return next(filter(None, alignments), "")

    def _inherited(self, style: str) -> tuple[Element, ...]:
        """Return a style and the styles that it is based on; a cycle ends the chain."""
        found: dict[str, Element] = {}
        while (
            (one := self._styles.get(style)) is not None
            and style not in found
            and len(found) < MAX_BASED_ON
        ):
            found[style] = one
            style = child_value(one, "basedOn")
        return tuple(found.values())


def _name(style: Element) -> str:
    return child_value(style, "name").lower()


def hidden_mark(marks: Element | None) -> str:
    """Return `hidden` or `shown` from a run's properties; empty if they give neither."""
    if marks is None or (found := marks.find("vanish")) is None:
        return ""
    return "hidden" if is_on(found) else "shown"


def struck_mark(marks: Element | None) -> bool | None:
    """Check for strike-through by one line or two; None if the properties do not say."""
    found = [] if marks is None else [one for one in marks if one.tag in ("strike", "dstrike")]
    return any(map(is_on, found)) if found else None


def is_on(mark: Element) -> bool:
    return mark.get("val", "1") not in ("0", "false", "off", "none")
