"""Read slide decks as Markdown: each slide's title is a heading, with its content and notes below.

A slide is a page. Hidden slides are counted but left out, so that page numbers are those that
PowerPoint shows. Left out too: struck-through text, pictures with their descriptions, a slide's
date, number and footer. Reported as unread: struck-through text, comments, embedded files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from factory.documents.formats import Extracted, Unreadable, markdown_blocks
from factory.documents.formats.markdown_blocks import TableCell
from factory.documents.formats.math.linear import FORMULA
from factory.documents.formats.office.diagrams import GraphicsReader
from factory.documents.formats.office.docx_numbering import (
    MAX_LEVEL,
    MAX_START,
    format_number,
    whole_number,
)
from factory.documents.formats.office.docx_runs import EQUATION_PROGRAMS, shown_choice
from factory.documents.formats.office.drawingml import has_struck_text, is_struck, paragraph_text
from factory.documents.formats.office.office_zip import Package, check_text_length
from factory.documents.formats.office.shape_order import sort_shapes
from factory.documents.formats.office.unread_parts import no_text_reason, unread_phrases

_TITLES = ("title", "ctrTitle")
# shapes with text or with shapes inside
_HOLDERS = ("sp", "graphicFrame", "grpSp", "AlternateContent")
_LISTED = ("body", "obj")  # placeholders whose paragraphs have bullets by default
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
NOTES_HEADING = "Notes"
MAX_SLIDES = 10_000  # the longest decks have about 1,000


def read_pptx(path: Path) -> Extracted:
    """Return a .pptx file as Markdown. Raises Unreadable.

    Every slide begins a page, even if it is empty or hidden.
    """
    with Package.opened(path, "pptx") as package:
        slides = list(check_text_length(_slides(package)))
        unread = tuple(unread_phrases(package))
    parts: list[str] = []
    pages: list[int] = []
    length = 0
    for slide in slides:
        gap = "\n\n" if length and slide else ""
        pages.append(length + len(gap))
        parts += [gap, slide]
        length += len(gap) + len(slide)
    if not length:
        raise Unreadable(no_text_reason(unread))
    return Extracted("".join(parts), pages=tuple(pages), unread=unread)


def _slides(package: Package) -> Iterator[str]:
    main = package.main()
    parts = package.relations(main)
    listed = package.tree(main).findall("sldIdLst/sldId")
    if len(listed) > MAX_SLIDES:
        raise Unreadable(
            f"it has {len(listed):,} slides, at most {MAX_SLIDES:,} are read; "
            "split it into several files"
        )
    struck = 0  # paragraphs
    deck = False  # the first slide is the title of the deck: the others are a level below
    seen: set[str] = set()
    for n, one in enumerate(listed, start=1):
        part = parts.get(one.get("r:id", ""), ("", ""))[1]
        slide = None if part in seen else package.optional_tree(part)
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
        struck += _count_struck(slide)
        level = 2 if deck else 1
        title = markdown_blocks.heading_line(level, _title(slide))
        blocks = list(_slide(package, part, slide, level))
        yield (
            markdown_blocks.join_blocks(
                [title or markdown_blocks.heading_line(level, f"Slide {n}"), *blocks]
            )
            if title or any(blocks)
            else ""
        )
        deck = deck or (
            n == 1 and any(_placeholder(shape) == "ctrTitle" for shape in _shapes(slide))
        )
    if struck:
        package.unread.append(f"struck-through text (paragraphs: {struck})")


def _slide(package: Package, part: str, slide: Element, level: int) -> Iterator[str]:
    """Yield the blocks of a slide without its title."""
    linked = package.relations(part)
    graphics = GraphicsReader(package, linked)
    for shape in _shapes(slide):
        if shape.tag == "graphicFrame":
            yield from _graphic(package, shape, graphics, linked)
        elif _placeholder(shape) not in (*_TITLES, *_FRAME):
            yield from _text(shape.find("txBody"), listed=_placeholder(shape) in _LISTED)
    notes = dict.fromkeys(target for kind, target in linked.values() if kind == "notesSlide")
    for page in filter(None, map(package.optional_tree, notes)):
        bodies = (shape.find("txBody") for shape in _shapes(page) if _placeholder(shape) == "body")
        blocks = [block for body in bodies for block in _text(body, listed=False)]
        if any(blocks):
            yield from [markdown_blocks.heading_line(level + 1, NOTES_HEADING), *blocks]


def _title(slide: Element) -> str:
    return " ".join(
        paragraph_text(p)
        for shape in _shapes(slide)
        if _placeholder(shape) in _TITLES
        for p in shape.findall("txBody/p")
    )


def _shapes(slide: Element) -> Iterator[Element]:
    """Yield every shape that can hold text, from top to bottom."""
    yield from _within(slide.findall("cSld/spTree/*"))


def _within(shapes: Iterable[Element]) -> Iterator[Element]:
    for shape in sort_shapes([shape for shape in shapes if shape.tag in _HOLDERS]):
        if any(one.get("hidden") in ("1", "true") for one in shape.findall("./*/cNvPr")):
            continue
        if shape.tag == "grpSp":
            yield from _within(shape)
        elif shape.tag == "AlternateContent":
            yield from _within(shown_choice(shape))
        else:
            yield shape


def _placeholder(shape: Element) -> str:
    """Return the placeholder type of a shape; empty if it is not a placeholder."""
    found = shape.find("nvSpPr/nvPr/ph")
    return "" if found is None else found.get("type", "obj")


def _graphic(
    package: Package,
    frame: Element,
    graphics: GraphicsReader,
    linked: Mapping[str, tuple[str, str]],
) -> Iterator[str]:
    for one in frame.iter():
        if one.tag == "tbl":
            yield markdown_blocks.table(markdown_blocks.expand_spans(_rows(one)))
        elif one.tag in ("relIds", "chart"):
            yield from graphics.blocks(one)
        elif one.tag == "oleObj" and one.get("progId", "").lower().startswith(EQUATION_PROGRAMS):
            package.seen.add(linked.get(one.get("r:id", ""), ("", ""))[1])
            yield FORMULA
            return  # its alternative would repeat it


def _rows(table: Element) -> Iterator[list[TableCell]]:
    rows = table.findall("tr")
    columns = max((len(row.findall("tc")) for row in rows), default=0)
    return (_row(row, len(rows) - n, columns) for n, row in enumerate(rows))


def _row(row: Element, left: int, columns: int) -> list[TableCell]:
    """Return the cells of a row; none reaches further down or across than the table does."""
    return [
        TableCell(
            " ".join(paragraph_text(p) for p in cell.findall("txBody/p")),
            max(1, min(whole_number(cell.get("rowSpan")), left)),
            max(1, min(whole_number(cell.get("gridSpan")), columns - place)),
        )
        for place, cell in enumerate(row.findall("tc"))
        if not (cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"))
    ]


def _text(body: Element | None, listed: bool) -> Iterator[str]:
    """Yield a shape's paragraphs; consecutive ones with a bullet or a number are one list."""
    if body is None:
        return
    styles = _styles(body)
    found = [(p, paragraph_text(p, _struck(p, styles))) for p in body.findall("p")]
    paragraphs = [(p, text) for p, text in found if markdown_blocks.clean_lines(text)]
    marks = _marks(styles, [p for p, _ in paragraphs], listed and len(paragraphs) > 1)
    lines: list[str] = []
    for (p, text), mark in zip(paragraphs, marks, strict=True):
        if not mark:
            yield "\n".join(lines)
            lines = []
            yield markdown_blocks.paragraph(text)
            continue
        indent = "  " * _level(p)
        lines.append(
            f"{indent}{mark} " + f"\n{indent}  ".join(markdown_blocks.paragraph(text).split("\n"))
        )
    yield "\n".join(lines)


def _styles(body: Element) -> dict[str, Element]:
    return {one.tag: one for one in body.findall("lstStyle/*")}


def _count_struck(slide: Element) -> int:
    """Count the paragraphs of a slide with struck-through words, which are left out."""
    bodies = [(body, _styles(body)) for body in slide.iter("txBody")]
    return sum(
        has_struck_text(p, _struck(p, styles)) for body, styles in bodies for p in body.findall("p")
    )


def _struck(p: Element, styles: Mapping[str, Element]) -> bool:
    """Check whether the style of a paragraph strikes its text through."""
    style = styles.get(f"lvl{_level(p) + 1}pPr")
    return style is not None and is_struck(style.find("defRPr"))


def _level(p: Element) -> int:
    return max(0, min(whole_number(_property(p, "lvl")), MAX_LEVEL))


def _marks(styles: Mapping[str, Element], paragraphs: list[Element], listed: bool) -> Iterator[str]:
    counts: Counter[int] = Counter()
    kinds: dict[int, tuple[str, str]] = {}  # a list that changes its kind restarts
    for p in paragraphs:
        level = _level(p)
        for below in [n for n in counts if n > level]:
            del counts[below]
        bullet = _bullet_properties(p.find("pPr"), styles.get(f"lvl{level + 1}pPr"))
        auto = None if bullet is None else bullet.find("buAutoNum")
        if auto is None:
            del counts[level]
            yield "-" if (listed if bullet is None else bullet.find("buNone") is None) else ""
            continue
        kind = (auto.get("type", ""), auto.get("startAt", ""))
        counts[level] = counts[level] + 1 if kinds.get(level) == kind else 1
        kinds[level] = kind
        yield _numbered(auto, counts[level])


def _bullet_properties(*marks: Element | None) -> Element | None:
    """Return the first properties that define a bullet, a number or none."""
    return next(
        (one for one in marks if one is not None and any(child.tag in _BULLETS for child in one)),
        None,
    )


def _numbered(auto: Element, n: int) -> str:
    """Format a number by its type, such as `arabicPeriod` or `alphaLcParenBoth`."""
    kind = auto.get("type", "arabicPeriod")
    form = next((form for prefix, form in _COUNTS.items() if kind.startswith(prefix)), "decimal")
    shown = format_number(n + max(1, min(whole_number(auto.get("startAt")), MAX_START)) - 1, form)
    if kind.endswith("ParenBoth"):
        return f"({shown})"
    return shown + (")" if kind.endswith("ParenR") else "" if kind.endswith("Plain") else ".")


def _property(p: Element, name: str) -> str:
    found = p.find("pPr")
    return "" if found is None else found.get(name, "")
