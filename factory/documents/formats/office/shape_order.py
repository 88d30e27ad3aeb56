"""Sort the shapes of a slide into reading order.

PowerPoint stores shapes in the order in which they were drawn: a heading that was added last comes
after the text below it. Otherwise the order of the file is kept.
"""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_numbering import whole_number

MAX_SHAPES = 60  # of a slide; more shapes are a drawing and are not sorted
MIN_COLUMN_OVERLAP = 0.5  # share of the narrower width that shapes of one column share
_PLACES = ("spPr/xfrm", "grpSpPr/xfrm", "xfrm")


class ShapeBox(NamedTuple):
    """A shape's place in EMU (914,400 per inch) from the slide's top left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def sort_shapes(shapes: Sequence[Element]) -> list[Element]:
    """Put each shape after those above it in its column, and otherwise keep the file's order."""
    boxes = [_box(shape) for shape in shapes]
    if len(shapes) > MAX_SHAPES:
        return list(shapes)
    waits = [{n for n, other in enumerate(boxes) if _above(other, one)} for one in boxes]
    left, found = list(range(len(shapes))), []
    while left:
        following = next(n for n in left if not waits[n].intersection(left))
        left.remove(following)
        found.append(shapes[following])
    return found


def _above(one: ShapeBox | None, other: ShapeBox | None) -> bool:
    """Check whether one shape is above the other, and neither reaches the other's middle.

    The second condition rules out cycles.
    """
    if one is None or other is None:
        return False
    common = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    beside = common < MIN_COLUMN_OVERLAP * min(one.width, other.width) or common <= 0
    return not beside and one.middle < other.top and one.top + one.height < other.middle


def _box(shape: Element) -> ShapeBox | None:
    """Return the place of a shape, or None if its layout gives it."""
    place = next((found for path in _PLACES if (found := shape.find(path)) is not None), None)
    if place is None or (off := place.find("off")) is None or (size := place.find("ext")) is None:
        return None
    return ShapeBox(
        whole_number(off.get("x")),
        whole_number(off.get("y")),
        max(0, whole_number(size.get("cx"))),
        max(0, whole_number(size.get("cy"))),
    )
