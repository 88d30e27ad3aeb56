"""The order in which the shapes of a slide are read: the file's own, unless a later shape stands above an earlier one.

PowerPoint keeps shapes in the order in which they were drawn: a heading that was added last comes behind the text below it.
"""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_numbering import whole

MOST = 60  # shapes of a slide that are held against each other; more of them are a drawing
OVERLAP = 0.5  # share of the narrower one's width that two shapes of one column have in common
_PLACES = ("spPr/xfrm", "grpSpPr/xfrm", "xfrm")


class Box(NamedTuple):
    """In EMU, from the slide's top left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def in_order(shapes: Sequence[Element]) -> list[Element]:
    """Each shape behind those of its column that stand above it, and else as the file has them."""
    boxes = [_box(shape) for shape in shapes]
    if len(shapes) > MOST:
        return list(shapes)
    waits = [{n for n, other in enumerate(boxes) if _above(other, one)} for one in boxes]
    left, found = list(range(len(shapes))), []
    while left:
        following = next(n for n in left if not waits[n].intersection(left))
        left.remove(following)
        found.append(shapes[following])
    return found


def _above(one: Box | None, other: Box | None) -> bool:
    """Whether one stands above the other, neither reaching to the other's middle; so no circle of shapes can arise."""
    if one is None or other is None:
        return False
    common = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    beside = common < OVERLAP * min(one.width, other.width) or common <= 0
    return not beside and one.middle < other.top and one.top + one.height < other.middle


def _box(shape: Element) -> Box | None:
    """None where a shape has the place of its layout."""
    place = next((found for path in _PLACES if (found := shape.find(path)) is not None), None)
    if place is None or (off := place.find("off")) is None or (size := place.find("ext")) is None:
        return None
    return Box(whole(off.get("x")), whole(off.get("y")), max(0, whole(size.get("cx"))), max(0, whole(size.get("cy"))))
