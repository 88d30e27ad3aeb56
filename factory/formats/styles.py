"""What Word's styles say of a paragraph: the level of its heading, its list, whether it is hidden."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from factory.formats.numbering import value, whole

_HEADING = re.compile(r"heading ([1-9])$")
BODY = 9  # the outline level of what is no heading


class Styles:
    """The styles of a document by id, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.findall("style")
        self._styles = {one.get("styleId", ""): one for one in found}
        self.standard = next((one.get("styleId", "") for one in found if one.get("default") == "1" and one.get("type") == "paragraph"), "")
        self.lists = {one.get("styleId", ""): num for one in found if (num := value(one, "pPr/numPr/numId"))}

    def heading(self, style: str) -> int:
        """1 to 9; 0 where it is none. A built-in style has its English name in every language of Word."""
        for one in self._chain(style):
            if m := _HEADING.match(self._name(one)):
                return int(m[1])
            if (outline := value(one, "pPr/outlineLvl")) and whole(outline) < BODY:
                return whole(outline) + 1
        return 0

    def title(self, style: str) -> bool:
        return any(self._name(one) == "title" for one in self._chain(style))

    def contents(self, style: str) -> bool:
        """Whether it is that of a line of a table of contents or of an index."""
        return any(re.match(r"toc \d|table of (figures|authorities)$|index \d", self._name(one)) for one in self._chain(style))

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

    def hidden(self, style: str) -> bool:
        return next((shown == "hidden" for one in self._chain(style) if (shown := hidden(one.find("rPr")))), False)

    def _chain(self, style: str) -> Iterator[Element]:
        """A style and those that it is based on; a ring of them ends."""
        seen: set[str] = set()
        while (one := self._styles.get(style)) is not None and style not in seen:
            seen.add(style)
            yield one
            style = value(one, "basedOn")

    def _name(self, style: Element) -> str:
        return value(style, "name").lower()


def hidden(marks: Element | None) -> str:
    """`hidden` or `shown` as a run's marks say; empty where they say nothing."""
    if marks is None or (found := marks.find("vanish")) is None:
        return ""
    return "hidden" if on(found) else "shown"


def on(mark: Element) -> bool:
    return mark.get("val", "1") not in ("0", "false", "off", "none")
