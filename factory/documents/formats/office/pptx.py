"""Slide decks: each slide's title as a heading, text with its bullets, tables, diagrams, charts, and the speaker's notes under a heading.

A slide is a page, hidden slides counted but left out, so that the number is the one PowerPoint shows. Left out too: struck-through
text, pictures with their descriptions, a slide's date, number and footer. Told as unread: struck-through text, comments, embedded files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.documents.formats import Extracted, Unreadable, markdown_blocks
from factory.documents.formats.markdown_blocks import Cell
from factory.documents.formats.math.linear import FORMULA
from factory.documents.formats.office.diagrams import Graphics
from factory.documents.formats.office.docx_numbering import DEEPEST, LATEST, number, whole
from factory.documents.formats.office.docx_runs import EQUATIONS, shown_choice
from factory.documents.formats.office.drawingml import strikes, strikes_words, words
from factory.documents.formats.office.office_zip import Package, bounded
from factory.documents.formats.office.shape_order import in_order
from factory.documents.formats.office.unread_parts import leftover, why_empty

_TITLES = ("title", "ctrTitle")
_HOLDERS = ("sp", "graphicFrame", "grpSp", "AlternateContent")  # shapes with text, or with shapes
_LISTED = ("body", "obj")  # placeholders whose paragraphs have bullets unless they say otherwise
_FRAME = ("dt", "ftr", "sldNum", "hdr", "sldImg")
_COUNTS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
}
_BULLETS = ("buNone", "buChar", "buAutoNum", "buBlip")
NOTES = "Notes"
MOST_SLIDES = 10_000  # the longest decks have about 1,000


def read_pptx(path: Path) -> Extracted:
    """A .pptx file as Markdown; every slide begins a page, also one that is empty or hidden. Raises Unreadable."""
    with Package.opened(path, "pptx") as package:
        slides = list(bounded(_slides(package)))
        unread = tuple(leftover(package))
    parts: list[str] = []
    pages: list[int] = []
    length = 0
    for slide in slides:
        gap = "\n\n" if length and slide else ""
        pages.append(length + len(gap))
        parts += [gap, slide]
        length += len(gap) + len(slide)
    if not length:
        raise Unreadable(why_empty(unread))
    return Extracted("".join(parts), pages=tuple(pages), unread=unread)


def _slides(package: Package) -> Iterator[str]:
    main = package.main()
    parts = package.relations(main)
    listed = package.tree(main).findall("sldIdLst/sldId")
    if len(listed) > MOST_SLIDES:
        raise Unreadable(f"it has {len(listed):,} slides, at most {MOST_SLIDES:,} are read; split it")
    struck = 0  # paragraphs
    deck = False  # whether the first slide names the deck: the others stand below it
    seen: set[str] = set()
    for n, one in enumerate(listed, start=1):
        part = parts.get(one.get("r:id", ""), ("", ""))[1]
        slide = None if part in seen else package.side(part)
        if part not in package:
            package.unread.append(f"slide {n}, which is missing")
        seen.add(part)
        if slide is None:
            yield ""
            continue
        if slide.get("show", "1") in ("0", "false"):
            package.unread.append(f"slide {n}, which is hidden")
            yield ""
            continue
        struck += _crossed(slide)
        level = 2 if deck else 1
        title = markdown_blocks.heading(level, _title(slide))
        blocks = list(_slide(package, part, slide, level))
        yield markdown_blocks.text([title or markdown_blocks.heading(level, f"Slide {n}"), *blocks]) if title or any(blocks) else ""
        deck = deck or (n == 1 and any(_placeholder(shape) == "ctrTitle" for shape in _shapes(slide)))
    if struck:
        package.unread.append(f"struck-through text (paragraphs: {struck})")


def _slide(package: Package, part: str, slide: Element, level: int) -> Iterator[str]:
    """The blocks of a slide without its title."""
    linked = package.relations(part)
    graphics = Graphics(package, linked)
    for shape in _shapes(slide):
        if shape.tag == "graphicFrame":
            yield from _graphic(package, shape, graphics, linked)
        elif _placeholder(shape) not in (*_TITLES, *_FRAME):
            yield from _text(shape.find("txBody"), listed=_placeholder(shape) in _LISTED)
    notes = dict.fromkeys(target for kind, target in linked.values() if kind == "notesSlide")
    for page in filter(None, map(package.side, notes)):
        bodies = (shape.find("txBody") for shape in _shapes(page) if _placeholder(shape) == "body")
        said = [block for body in bodies for block in _text(body, listed=False)]
        if any(said):
            yield from [markdown_blocks.heading(level + 1, NOTES), *said]


def _title(slide: Element) -> str:
    return " ".join(words(p) for shape in _shapes(slide) if _placeholder(shape) in _TITLES for p in shape.findall("txBody/p"))


def _shapes(slide: Element) -> Iterator[Element]:
    """Every shape that can hold text, from top to bottom."""
    yield from _within(slide.findall("cSld/spTree/*"))


def _within(shapes: Iterable[Element]) -> Iterator[Element]:
    for shape in in_order([shape for shape in shapes if shape.tag in _HOLDERS]):
        if any(one.get("hidden") in ("1", "true") for one in shape.findall("./*/cNvPr")):
            continue
        if shape.tag == "grpSp":
            yield from _within(shape)
        elif shape.tag == "AlternateContent":
            yield from _within(shown_choice(shape))
        else:
            yield shape


def _placeholder(shape: Element) -> str:
    """Its type; empty where it is a shape of the slide's own."""
    found = shape.find("nvSpPr/nvPr/ph")
    return "" if found is None else found.get("type", "obj")


def _graphic(package: Package, frame: Element, graphics: Graphics, linked: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for one in frame.iter():
        if one.tag == "tbl":
            yield markdown_blocks.table(markdown_blocks.spread(_rows(one)))
        elif one.tag in ("relIds", "chart"):
            yield from graphics.blocks(one)
        elif one.tag == "oleObj" and one.get("progId", "").lower().startswith(EQUATIONS):
            package.seen.add(linked.get(one.get("r:id", ""), ("", ""))[1])
            yield FORMULA
            return  # its other spelling would say it twice


def _rows(table: Element) -> Iterator[list[Cell]]:
    rows = table.findall("tr")
    columns = max((len(row.findall("tc")) for row in rows), default=0)
    return (_row(row, len(rows) - n, columns) for n, row in enumerate(rows))


def _row(row: Element, left: int, columns: int) -> list[Cell]:
    """The cells of a row; one reaches no further down or across than the table does."""
    return [
        Cell(
            " ".join(words(p) for p in cell.findall("txBody/p")),
            max(1, min(whole(cell.get("rowSpan")), left)),
            max(1, min(whole(cell.get("gridSpan")), columns - place)),
        )
        for place, cell in enumerate(row.findall("tc"))
        if not (cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"))
    ]


def _text(body: Element | None, listed: bool) -> Iterator[str]:
    """The paragraphs of a shape; those with a bullet or a number, one after the other, are one list."""
    if body is None:
        return
    styles = _styles(body)
    found = [(p, words(p, _struck(p, styles))) for p in body.findall("p")]
    paragraphs = [(p, said) for p, said in found if markdown_blocks.clean(said)]
    marks = _marks(styles, [p for p, _ in paragraphs], listed and len(paragraphs) > 1)
    lines: list[str] = []
    for (p, said), mark in zip(paragraphs, marks, strict=True):
        if not mark:
            yield "\n".join(lines)
            lines = []
            yield markdown_blocks.paragraph(said)
            continue
        indent = "  " * _level(p)
        lines.append(f"{indent}{mark} " + f"\n{indent}  ".join(markdown_blocks.paragraph(said).split("\n")))
    yield "\n".join(lines)


def _styles(body: Element) -> dict[str, Element]:
    return {one.tag: one for one in body.findall("lstStyle/*")}


def _crossed(slide: Element) -> int:
    """How many paragraphs of a slide hold struck-through words, which are left out."""
    bodies = [(body, _styles(body)) for body in slide.iter("txBody")]
    return sum(strikes_words(p, _struck(p, styles)) for body, styles in bodies for p in body.findall("p"))


def _struck(p: Element, styles: Mapping[str, Element]) -> bool:
    """Whether the style of a paragraph strikes its text through."""
    style = styles.get(f"lvl{_level(p) + 1}pPr")
    return style is not None and strikes(style.find("defRPr"))


def _level(p: Element) -> int:
    return max(0, min(whole(_of(p, "lvl")), DEEPEST))


def _marks(styles: Mapping[str, Element], paragraphs: list[Element], listed: bool) -> Iterator[str]:
    counts: Counter[int] = Counter()
    kinds: dict[int, tuple[str, str]] = {}  # a list that changes its kind begins anew
    for p in paragraphs:
        level = _level(p)
        for below in [n for n in counts if n > level]:
            del counts[below]
        said = _bulleted(p.find("pPr"), styles.get(f"lvl{level + 1}pPr"))
        auto = None if said is None else said.find("buAutoNum")
        if auto is None:
            del counts[level]
            yield "-" if (listed if said is None else said.find("buNone") is None) else ""
            continue
        kind = (auto.get("type", ""), auto.get("startAt", ""))
        counts[level] = counts[level] + 1 if kinds.get(level) == kind else 1
        kinds[level] = kind
        yield _numbered(auto, counts[level])


def _bulleted(*marks: Element | None) -> Element | None:
    """The first that says what stands before its paragraph."""
    return next((one for one in marks if one is not None and any(child.tag in _BULLETS for child in one)), None)


def _numbered(auto: Element, n: int) -> str:
    """A number as its type says it: `arabicPeriod`, `alphaLcParenBoth`."""
    kind = auto.get("type", "arabicPeriod")
    form = next((form for prefix, form in _COUNTS.items() if kind.startswith(prefix)), "decimal")
    shown = number(n + max(1, min(whole(auto.get("startAt")), LATEST)) - 1, form)
    if kind.endswith("ParenBoth"):
        return f"({shown})"
    return shown + (")" if kind.endswith("ParenR") else "" if kind.endswith("Plain") else ".")


def _of(p: Element, name: str) -> str:
    found = p.find("pPr")
    return "" if found is None else found.get(name, "")
