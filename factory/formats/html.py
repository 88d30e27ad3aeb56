"""Web pages: the main text as Markdown, with its headings, lists, tables, preformatted text and the words of its links.

Left out: scripts, styles and everything else that a page doesn't show as text, what it hides, form fields, pictures with their
descriptions, and what surrounds the text (factory/formats/page.py). Style sheets are not read: what only they hide is text here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from factory.formats import Extracted, Unreadable, markdown
from factory.formats.decode import decoded, marked
from factory.formats.markdown import Cell
from factory.formats.page import main_text, stripped

MOST_BYTES = 64 << 20  # a tree takes about 10 times as much memory; the longest laws and handbooks on one page take 10 MB
DEPTH = 300  # elements inside one another: browsers stop at 512, and each takes two calls here
_DECLARED = re.compile(rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre search section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}


def read_html(path: Path) -> Extracted:
    """An .html file as Markdown without pages. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"it is over {MOST_BYTES >> 20} MB of HTML, too much to read at once; split it")
    text = html_text(decoded(raw, _encoding(raw)))
    if not text:
        raise Unreadable("it holds no text outside of scripts, menus and pictures")
    return Extracted(text)


def html_text(source: str) -> str:
    """The main text of a page as Markdown; empty where there is none."""
    tree = LexborHTMLParser(source)
    title = tree.css_first("head > title")
    name = title.text() if title else ""
    body = tree.body
    if body is None:
        return ""
    stripped(body)
    blocks = list(_blocks(main_text(body), 0))
    if not any(re.match("# ", block) for block in blocks) and blocks:
        blocks.insert(0, markdown.heading(1, name))
    return markdown.text(blocks)


def _encoding(raw: bytes) -> str:
    """What the page declares; else UTF-8 if it is, else Windows-1252, as browsers take it."""
    if marked(raw):
        return ""
    declared = _DECLARED.search(raw, 0, 4096)
    if declared is None:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"
    name = declared[1].decode("ascii").lower()
    if name in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):  # which pages say and don't mean
        return "cp1252"
    try:
        "".encode(name)
    except LookupError as error:
        raise Unreadable(f"it declares an encoding that is not known ({name[:40]}); save it as UTF-8") from error
    return "utf-8" if name.startswith("utf-16") else name  # a page that could be read up to here is not UTF-16


def _blocks(parent: LexborNode, depth: int) -> Iterator[str]:
    """The blocks below an element, in order; inline content between two of them is a paragraph."""
    if depth > DEPTH:
        raise Unreadable(f"its elements stand in one another more than {DEPTH} deep; save it again from a browser")
    words: list[str] = []
    for node in parent.iter(include_text=True, skip_empty=False):
        if node.tag in _BLOCKS or _holds_block(node):
            yield markdown.paragraph("".join(words))
            words = []
            yield from _block(node, depth + 1)
        else:
            words.append(_inline(node, depth + 1))
    yield markdown.paragraph("".join(words))


def _block(node: LexborNode, depth: int) -> Iterator[str]:
    match node.tag:
        case tag if tag in _HEADINGS:
            yield markdown.heading(_HEADINGS[str(tag)], _inline(node, depth))
        case "ul" | "ol" | "menu":
            yield "\n".join(_list(node, depth))
        case "table":
            yield from _table(node, depth)
        case "pre":
            yield _preformatted(node)
        case "blockquote":
            for block in _blocks(node, depth):
                yield "\n".join(f"> {line}" for line in block.split("\n")) if block else ""
        case "dl":
            yield from _terms(node, depth)
        case _:
            yield from _blocks(node, depth)


def _inline(node: LexborNode, depth: int) -> str:
    if depth > DEPTH:
        raise Unreadable(f"its elements stand in one another more than {DEPTH} deep; save it again from a browser")
    if node.tag == "-text":
        return re.sub(r"\s+", " ", node.text_content or "")
    if node.tag == "br":
        return "\n"
    if (node.tag or "-").startswith("-") or node.tag == "rt":  # a comment; the reading aid above a character
        return ""
    words = "".join(_inline(child, depth + 1) for child in node.iter(include_text=True, skip_empty=False))
    if node.tag == "sup":
        return markdown.raised(words)
    return f" {words} " if node.tag in _BLOCKS else words


def _list(node: LexborNode, depth: int) -> Iterator[str]:
    """Its lines; what a point holds beyond its first lines is indented below it."""
    number = _whole(node, "start", 1)
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            yield from filter(None, [markdown.paragraph(_inline(child, depth))])
            continue
        if child.tag in ("ul", "ol", "menu"):  # a list inside a list, which is no HTML but common
            yield from (f"  {line}" for line in _list(child, depth + 1))
            continue
        number = _whole(child, "value", number)
        mark = f"{number}. " if node.tag == "ol" else "- "
        number += 1
        blocks = _blocks(child, depth + 1) if child.tag == "li" else _block(child, depth + 1)
        lines = [line for block in blocks for line in block.split("\n") if line.strip()]
        if lines:
            yield mark + lines[0]
            yield from (f"  {line}" for line in lines[1:])


def _terms(node: LexborNode, depth: int) -> Iterator[str]:
    """Each term with what it means, as one block."""
    lines: list[str] = []
    for child in node.iter(include_text=True):
        words = " ".join(_inline(child, depth).split()) if child.tag in ("dt", "dd") else ""
        if child.tag != "dd" and (child.tag != "dt" or (lines and lines[-1].startswith(": "))):
            yield "\n".join(lines)
            lines = []
        if words:
            lines.append(f": {words}" if child.tag == "dd" else markdown.paragraph(words))
        elif child.tag == "div":  # one that only groups a term with its meaning
            yield from _terms(child, depth + 1)
        elif child.tag not in ("dt", "dd"):
            yield markdown.paragraph(_inline(child, depth))
    yield "\n".join(lines)


def _table(node: LexborNode, depth: int) -> Iterator[str]:
    """A table, or the blocks of one that only lays out the page: it has other tables, headings or a single cell inside."""
    rows = [row for row in node.css("tr") if _owner(row) == node]
    cells = [[cell for cell in row.iter() if cell.tag in ("td", "th")] for row in rows]
    laid = node.attributes.get("role") in ("presentation", "none") or node.css_first("table table, td h1, td h2, td h3") is not None
    if laid or sum(map(len, cells)) < 2:
        yield from _blocks(node, depth)
        return
    for caption in node.css("caption"):
        yield markdown.paragraph(_inline(caption, depth))
    yield markdown.table(markdown.spread([[_cell(cell, len(rows) - n, depth) for cell in row] for n, row in enumerate(cells)]))


def _cell(node: LexborNode, left: int, depth: int) -> Cell:
    rows = _whole(node, "rowspan", 1)
    return Cell(" ".join(_inline(node, depth).split()), rows=min(rows or left, left), columns=_whole(node, "colspan", 1))


def _owner(row: LexborNode) -> LexborNode | None:
    parent = row.parent
    while parent is not None and parent.tag != "table":
        parent = parent.parent
    return parent


def _preformatted(node: LexborNode) -> str:
    words = (node.text() or "").replace("\r\n", "\n").strip("\n")
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"(?m)^\s*(`{3,})", words))])
    return f"{fence}\n{words}\n{fence}" if words.strip() else ""


def _holds_block(node: LexborNode) -> bool:
    """Whether an inline element (a link, a form's label) wraps blocks."""
    return not (node.tag or "-").startswith("-") and any(child.tag in _BLOCKS for child in node.css("*"))


def _whole(node: LexborNode, name: str, otherwise: int) -> int:
    found = re.match(r"\s*(\d{1,5})", node.attributes.get(name) or "")
    return int(found[1]) if found else otherwise
