"""Read diagrams (SmartArt) as lists and charts as tables, in Word and PowerPoint files."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from factory.documents.formats import markdown_blocks
from factory.documents.formats.office.cell_format import NumberFormats
from factory.documents.formats.office.docx_numbering import whole_number
from factory.documents.formats.office.drawingml import paragraph_text
from factory.documents.formats.office.office_zip import Package

MAX_POINTS = 2000  # read of each series of a chart
MAX_SERIES = 100  # read of each chart
_CATEGORIES, _VALUES = ("cat", "xVal"), ("val", "yVal")


class GraphicsReader:
    """Reads the diagrams and charts of one part, each of them once."""

    def __init__(self, package: Package, linked: Mapping[str, tuple[str, str]]) -> None:
        self._package = package
        self._linked = linked
        self._seen: set[str] = set()

    def blocks(self, reference: Element) -> Iterator[str]:
        """Yield the blocks of the diagram or chart that an element refers to."""
        diagram = reference.tag == "relIds"
        part = self._linked.get(reference.get("r:dm" if diagram else "r:id", ""), ("", ""))[1]
        if part in self._seen or part not in self._package:
            return
        self._seen.add(part)
        root = self._package.optional_tree(part)
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
            yield markdown_blocks.paragraph(" ".join(paragraph_text(p) for p in title.iter("p")))
        series = root.findall("chart/plotArea/*/ser")
        found = [_Series(one) for one in series[:MAX_SERIES]]
        if len(series) > MAX_SERIES or any(one.cut for one in found):
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
    """Return the shown text of each point by its index; the levels of a category are joined."""
    found: dict[int, str] = {}
    for data in (one for name in names for one in series.findall(name)):
        code = next((one.text or "" for one in data.iter("formatCode")), "")
        formats = _formats(code)
        numbers = any(one.tag in ("numCache", "numLit") for one in data.iter())
        for point in data.iter("pt"):
            place, text = whole_number(point.get("idx")), point.findtext("v") or ""
            if len(found) >= MAX_POINTS and place not in found:
                continue
            shown = formats.shown(text, 0) if numbers else text
            found[place] = f"{shown} {found[place]}" if place in found else shown
    return found


def _formats(code: str) -> NumberFormats:
    """Wrap the number format of a chart's values as a workbook style."""
    styles, formats, cells = Element("styleSheet"), Element("numFmts"), Element("cellXfs")
    formats.append(Element("numFmt", {"numFmtId": "164", "formatCode": code}))
    cells.append(Element("xf", {"numFmtId": "164"}))
    styles.extend([formats, cells])
    return NumberFormats(styles, from_1904=False)


def _table(series: list[_Series]) -> str:
    """Return a table with a row for each category and a column for each series."""
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
    """Return the points of a diagram as a list."""
    points = (
        " ".join(paragraph_text(p) for p in point.findall("t/p"))
        for point in root.findall("ptLst/pt")
    )
    return "\n".join(
        f"- {markdown_blocks.heading_line(1, text)[2:]}"
        for text in points
        if markdown_blocks.clean_lines(text)
    )
