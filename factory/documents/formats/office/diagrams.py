"""Diagrams (SmartArt) and charts of Word and PowerPoint: their words as a list or a table."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from factory.documents.formats import markdown_blocks
from factory.documents.formats.office.cell_format import Formats
from factory.documents.formats.office.docx_numbering import whole
from factory.documents.formats.office.drawingml import words
from factory.documents.formats.office.office_zip import Package

POINTS = 2000  # of a series of a chart that are read
SERIES = 100  # of a chart that are read
_CATEGORIES, _VALUES = ("cat", "xVal"), ("val", "yVal")


class Graphics:
    """The diagrams and charts of one part; each is read once, however often it is shown."""

    def __init__(self, package: Package, linked: Mapping[str, tuple[str, str]]) -> None:
        self._package = package
        self._linked = linked
        self._seen: set[str] = set()

    def blocks(self, reference: Element) -> Iterator[str]:
        """The blocks of what an element of a drawing refers to."""
        diagram = reference.tag == "relIds"
        part = self._linked.get(reference.get("r:dm" if diagram else "r:id", ""), ("", ""))[1]
        if part in self._seen or part not in self._package:
            return
        self._seen.add(part)
        root = self._package.side(part)
        if root is None:
            return
        if diagram:
            yield _diagram(root)
        elif root.find("chart/plotArea") is not None:
            yield from self._chart(root, part)
        else:
            self._package.unread.append(f"a chart of a newer kind ({part})")

    def _chart(self, root: Element, part: str) -> Iterator[str]:
        self._package.seen |= {target for _, target in self._package.relations(part).values()}
        for title in [*root.findall("chart/title"), *root.findall("chart/plotArea/*/title")]:
            yield markdown_blocks.paragraph(" ".join(words(p) for p in title.iter("p")))
        series = root.findall("chart/plotArea/*/ser")
        found = [_Series(one) for one in series[:SERIES]]
        if len(series) > SERIES or any(one.cut for one in found):
            self._package.unread.append(f"values of a chart ({part})")
        yield _table(found)


class _Series:
    """A series of a chart with its values, as they were when the document was saved."""

    def __init__(self, series: Element) -> None:
        self.name = " ".join(one.text or "" for one in series.findall("tx//v"))
        self.categories = _points(series, _CATEGORIES)
        self.values = _points(series, _VALUES)
        most = max((len(series.findall(f"{name}//pt")) for name in _VALUES), default=0)
        self.cut = most > len(self.values)


def _points(series: Element, names: tuple[str, ...]) -> dict[int, str]:
    """The shown text of each point by its place; the levels of a category join."""
    found: dict[int, str] = {}
    for data in (one for name in names for one in series.findall(name)):
        code = next((one.text or "" for one in data.iter("formatCode")), "")
        formats = _formats(code)
        numbers = any(one.tag in ("numCache", "numLit") for one in data.iter())
        for point in data.iter("pt"):
            place, text = whole(point.get("idx")), point.findtext("v") or ""
            if len(found) >= POINTS and place not in found:
                continue
            shown = formats.shown(text, 0) if numbers else text
            found[place] = f"{shown} {found[place]}" if place in found else shown
    return found


def _formats(code: str) -> Formats:
    """The number format of a chart's values as a style of a workbook."""
    styles, formats, cells = Element("styleSheet"), Element("numFmts"), Element("cellXfs")
    formats.append(Element("numFmt", {"numFmtId": "164", "formatCode": code}))
    cells.append(Element("xf", {"numFmtId": "164"}))
    styles.extend([formats, cells])
    return Formats(styles, from_1904=False)


def _table(series: list[_Series]) -> str:
    """A row for each category, a column for each series."""
    categories: dict[int, str] = {}
    for one in series:
        categories = one.categories | categories
    places = sorted({place for one in series for place in one.values})
    if not places:
        return ""
    header = ["", *(one.name for one in series)]
    rows = ([categories.get(n, ""), *(one.values.get(n, "") for one in series)] for n in places)
    return markdown_blocks.table([header, *rows] if any(header) else list(rows))


def _diagram(root: Element) -> str:
    """The points of a diagram as a list."""
    points = (
        " ".join(words(p) for p in point.findall("t/p")) for point in root.findall("ptLst/pt")
    )
    return "\n".join(
        f"- {markdown_blocks.heading(1, said)[2:]}" for said in points if markdown_blocks.clean(said)
    )
