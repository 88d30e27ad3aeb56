"""Slide decks: each slide's title as a heading, text with its bullets, tables, diagrams' words, and the speaker's notes under a heading.

A slide is a page, hidden slides counted but left out, so that the number is the one PowerPoint shows. Left out too: charts and their
figures, pictures with their descriptions, a slide's date, number and footer, comments.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.formats import Extracted, Unreadable, markdown
from factory.formats.markdown import Cell
from factory.formats.numbering import number, whole
from factory.formats.package import Package

_TITLES = ("title", "ctrTitle")
_LISTED = ("body", "obj")  # placeholders whose paragraphs have bullets unless they say otherwise
_FRAME = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_COUNTS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_BULLETS = ("buNone", "buChar", "buAutoNum", "buBlip")
NOTES = "Notes"


def read_pptx(path: Path) -> Extracted:
    """A .pptx file as Markdown; every slide begins a page, also one that is empty or hidden. Raises Unreadable."""
    with Package.opened(path, "pptx") as package:
        slides = list(_slides(package))
    text, pages = "", []
    for slide in slides:
        gap = "\n\n" if text and slide else ""
        pages.append(len(text + gap))
        text += gap + slide
    if not text:
        raise Unreadable("it holds no text (only pictures?); a scan needs OCR first")
    return Extracted(text, pages=tuple(pages))


def _slides(package: Package) -> Iterator[str]:
    main = package.main()
    parts = package.relations(main)
    deck = False  # whether the first slide names the deck: the others stand below it
    for n, listed in enumerate(package.tree(main).findall("sldIdLst/sldId"), start=1):
        part = parts.get(listed.get("r:id", ""), ("", ""))[1]
        slide = package.tree(part) if part in package else None
        if slide is None or slide.get("show", "1") in ("0", "false"):
            yield ""
            continue
        level = 2 if deck else 1
        title = markdown.heading(level, _title(slide))
        blocks = list(_slide(package, part, slide, level))
        yield markdown.text([title or markdown.heading(level, f"Slide {n}"), *blocks]) if title or any(blocks) else ""
        deck = deck or (n == 1 and any(_placeholder(shape) == "ctrTitle" for shape in _shapes(slide)))


def _slide(package: Package, part: str, slide: Element, level: int) -> Iterator[str]:
    """The blocks of a slide without its title."""
    linked = package.relations(part)
    for shape in _shapes(slide):
        if shape.tag == "graphicFrame":
            yield from _graphic(package, shape, linked)
        elif _placeholder(shape) not in (*_TITLES, *_FRAME):
            yield from _text(shape.find("txBody"), listed=_placeholder(shape) in _LISTED)
    for kind, target in linked.values():
        if kind == "notesSlide" and target in package:
            bodies = (shape.find("txBody") for shape in _shapes(package.tree(target)) if _placeholder(shape) == "body")
            said = [block for body in bodies for block in _text(body, listed=False)]
            if any(said):
                yield from [markdown.heading(level + 1, NOTES), *said]


def _title(slide: Element) -> str:
    return " ".join(_words(p) for shape in _shapes(slide) if _placeholder(shape) in _TITLES for p in shape.findall("txBody/p"))


def _shapes(slide: Element) -> Iterator[Element]:
    """Every shape that can hold text, in the order in which a screen reader takes them."""
    yield from _within(slide.findall("cSld/spTree/*"))


def _within(shapes: Iterable[Element]) -> Iterator[Element]:
    for shape in shapes:
        if any(one.get("hidden") in ("1", "true") for one in shape.findall("./*/cNvPr")):
            continue
        if shape.tag == "grpSp":
            yield from _within(shape)
        elif shape.tag == "AlternateContent":
            yield from _within(next((list(choice) for choice in shape if any(True for _ in choice.iter("t"))), []))
        elif shape.tag in ("sp", "graphicFrame"):
            yield shape


def _placeholder(shape: Element) -> str:
    """Its type; empty where it is a shape of the slide's own."""
    found = shape.find("nvSpPr/nvPr/ph")
    return "" if found is None else found.get("type", "obj")


def _graphic(package: Package, frame: Element, linked: dict[str, tuple[str, str]]) -> Iterator[str]:
    for table in frame.iter("tbl"):
        yield markdown.table(markdown.spread(_row(row) for row in table.findall("tr")))
    for diagram in frame.iter("relIds"):
        target = linked.get(diagram.get("r:dm", ""), ("", ""))[1]
        if target in package:
            points = (" ".join(_words(p) for p in point.findall("t/p")) for point in package.tree(target).findall("ptLst/pt"))
            yield "\n".join(f"- {markdown.heading(1, words)[2:]}" for words in points if markdown.clean(words))


def _row(row: Element) -> list[Cell]:
    return [
        Cell(" ".join(_words(p) for p in cell.findall("txBody/p")), max(1, whole(cell.get("rowSpan"))), max(1, whole(cell.get("gridSpan"))))
        for cell in row.findall("tc")
        if not (cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"))
    ]


def _text(body: Element | None, listed: bool) -> Iterator[str]:
    """The paragraphs of a shape; those with a bullet or a number, one after the other, are one list."""
    if body is None:
        return
    paragraphs = [(p, words) for p in body.findall("p") if markdown.clean(words := _words(p))]
    marks = _marks(body, [p for p, _ in paragraphs], listed and len(paragraphs) > 1)
    lines: list[str] = []
    for (p, words), mark in zip(paragraphs, marks, strict=True):
        if not mark:
            yield "\n".join(lines)
            lines = []
            yield markdown.paragraph(words)
            continue
        indent = "  " * whole(_of(p, "lvl"))
        lines.append(f"{indent}{mark} " + f"\n{indent}  ".join(markdown.paragraph(words).split("\n")))
    yield "\n".join(lines)


def _marks(body: Element, paragraphs: list[Element], listed: bool) -> Iterator[str]:
    counts: Counter[int] = Counter()
    for p in paragraphs:
        level = whole(_of(p, "lvl"))
        for below in [n for n in counts if n > level]:
            del counts[below]
        said = _bulleted(p.find("pPr"), body.find(f"lstStyle/lvl{level + 1}pPr"))
        auto = None if said is None else said.find("buAutoNum")
        if auto is None:
            del counts[level]
            yield "-" if (listed if said is None else said.find("buNone") is None) else ""
            continue
        counts[level] += 1
        yield _numbered(auto, counts[level])


def _bulleted(*marks: Element | None) -> Element | None:
    """The first that says what stands before its paragraph."""
    return next((one for one in marks if one is not None and any(child.tag in _BULLETS for child in one)), None)


def _numbered(auto: Element, n: int) -> str:
    """A number as its type says it: `arabicPeriod`, `alphaLcParenBoth`."""
    kind = auto.get("type", "arabicPeriod")
    form = next((form for prefix, form in _COUNTS.items() if kind.startswith(prefix)), "decimal")
    shown = number(n + max(1, whole(auto.get("startAt"))) - 1, form)
    if kind.endswith("ParenBoth"):
        return f"({shown})"
    return shown + (")" if kind.endswith("ParenR") else "" if kind.endswith("Plain") else ".")


def _of(p: Element, name: str) -> str:
    found = p.find("pPr")
    return "" if found is None else found.get(name, "")


def _words(p: Element) -> str:
    return "".join(_run(run) for run in p)


def _run(run: Element) -> str:
    if run.tag == "br":
        return "\n"
    if run.tag == "fld" and run.get("type", "").startswith(("slidenum", "datetime")):
        return ""
    if run.tag in ("pPr", "endParaRPr"):
        return ""
    words = "".join(t.text or "" for t in run.iter("t")).replace("_x000B_", "\n").replace("\v", "\n")
    marks = run.find("rPr")
    return markdown.raised(words) if marks is not None and whole(marks.get("baseline")) > 0 else words
