"""Write the elements of a web page as Markdown: headings, paragraphs, lists, tables, terms."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from factory.documents.formats import markdown_blocks
from factory.documents.formats.html.css import SHIFT
from factory.documents.formats.html.list_labels import ITEM_LABEL, int_attribute
from factory.documents.formats.markdown_blocks import TableCell
from factory.documents.formats.math import raised_words

MAX_DEPTH = 100  # nested elements, each in two calls; deeper ones are flat text
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p "
    "pre search section summary table tbody td tfoot th thead tr ul".split()
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_LISTS = ("ul", "ol", "menu")
_ROLES = {  # elements with these roles make a table
    **dict.fromkeys(("table", "grid", "treegrid"), "table"),
    "row": "tr",
    **dict.fromkeys(("cell", "gridcell", "columnheader", "rowheader"), "td"),
}
_PLAIN = ("div", "span", "section", "ul", "ol", "li", "p", "a", "button")
_BLANKS = re.compile(r"\s+")
_SIGNS = re.compile("[\x0e-\x13₀-₉]")  # marks of scripts, and digits that may be part of a fraction
_FRACTION = re.compile(r"(\d?)([⁰¹²³⁴-⁹]+)[/⁄]([₀-₉]+)")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")


class MarkdownWriter:
    """Writes the blocks of a page; one pass finds the content of all elements first."""

    def __init__(self, root: LexborNode) -> None:
        self._holding: set[int] = set()  # elements that hold blocks
        # Tables that contain other tables or headings: they only lay out the page.
        self._layouts: set[int] = set()
        self._rows: dict[int, list[LexborNode]] = {}  # by table
        self._as_table = {  # the tag that an element's role replaces
            node.mem_id: _ROLES[role]
            for node in root.css("[role]")
            if (role := node.attributes.get("role") or "") in _ROLES and node.tag in _PLAIN
        }
        for node in root.traverse():
            tag = self._tag(node)
            if tag in _BLOCKS:
                self._marked(node, self._holding)
            if tag in ("table", "h1", "h2", "h3"):
                self._marked(node, self._layouts)
            elif tag == "tr" and (table := self._table_of(node)) is not None:
                self._rows.setdefault(table.mem_id, []).append(node)

    def _tag(self, node: LexborNode) -> str:
        return self._as_table.get(node.mem_id) or node.tag or "-"

    def _table_of(self, row: LexborNode) -> LexborNode | None:
        parent = row.parent
        while parent is not None and self._tag(parent) != "table":
            parent = parent.parent
        return parent

    @staticmethod
    def _marked(node: LexborNode, found: set[int]) -> None:
        """Add all ancestors of an element to the set; those of a member are in it already."""
        parent = node.parent
        while parent is not None and parent.mem_id not in found:
            found.add(parent.mem_id)
            parent = parent.parent

    def blocks(self, parent: LexborNode, depth: int = 0) -> list[str]:
        """Return the blocks below an element; inline content between two of them is a paragraph."""
        found: list[str] = []
        self._below(parent, depth, found)
        return found

    def _below(self, parent: LexborNode, depth: int, found: list[str]) -> None:
        """Add the blocks below an element."""
        if depth > MAX_DEPTH:
            found.extend(self._flat(parent))
            return
        words: list[str] = []
        for node in parent.iter(include_text=True, skip_empty=False):
            if self._tag(node) in _BLOCKS or node.mem_id in self._holding:
                found.append(markdown_blocks.paragraph(_resolve_scripts("".join(words))))
                words = []
                self._block(node, depth + 1, found)
            else:
                words.append(self._inline(node, depth + 1))
        found.append(markdown_blocks.paragraph(_resolve_scripts("".join(words))))

    def _block(self, node: LexborNode, depth: int, found: list[str]) -> None:
        """Add the blocks of one element."""
        match self._tag(node):
            case tag if tag in _HEADINGS:
                found.append(
                    markdown_blocks.heading_line(
                        _HEADINGS[tag], _resolve_scripts(self._inline(node, depth))
                    )
                )
            case tag if tag in _LISTS:
                found.append("\n".join(self._list(node, depth)))
            case "table":
                self._table(node, depth, found)
            case "pre":
                found.append(self._preformatted(node, depth))
            case "blockquote":
                inside = filter(None, self.blocks(node, depth))
                found.extend(
                    "\n".join(f"> {line}" for line in block.split("\n")) for block in inside
                )
            case "dl":
                found.extend(self._terms(node, depth))
            case _:
                self._below(node, depth, found)

    def _inline(self, node: LexborNode, depth: int, verbatim: bool = False) -> str:
        if node.tag == "-text":
            return (
                (node.text_content or "") if verbatim else _collapse_blanks(node.text_content or "")
            )
        if node.tag == "br":
            return "\n"
        if (node.tag or "-").startswith(
            "-"
        ) or node.tag == "rt":  # a comment; the reading aid above a character
            return ""
        if depth > MAX_DEPTH:
            return " ".join(self._flat(node))
        children = node.iter(include_text=True, skip_empty=False)
        words = "".join(self._inline(child, depth + 1, verbatim) for child in children)
        shift = node.tag if node.tag in ("sup", "sub") else node.attributes.get(SHIFT)
        if shift and not words.lstrip().startswith("["):  # a note mark needs no script: 250[9]
            return (raised_words.mark_raised if shift == "sup" else raised_words.mark_lowered)(
                raised_words.resolve_marks(words)
            )
        return f" {words} " if self._tag(node) in _BLOCKS and not verbatim else words

    def _flat(self, parent: LexborNode) -> Iterator[str]:
        """Yield the text of an element that is nested too deep, a paragraph for each block."""
        words: list[str] = []
        for node in parent.traverse(include_text=True):
            if node.tag == "-text":
                words.append(_collapse_blanks(node.text_content or ""))
            elif words and (node.tag in _BLOCKS or node.tag == "br"):
                yield markdown_blocks.paragraph(_resolve_scripts("".join(words)))
                words = []
        yield markdown_blocks.paragraph(_resolve_scripts("".join(words)))

    def _list(self, node: LexborNode, depth: int) -> Iterator[str]:
        """Yield the lines of a list; further lines of an item are indented below it."""
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                yield from filter(
                    None, [markdown_blocks.paragraph(_resolve_scripts(self._inline(child, depth)))]
                )
                continue
            if child.tag in _LISTS:  # a list inside a list, which is no HTML but common
                yield from (f"  {line}" for line in self._list(child, depth + 1))
                continue
            mark = child.attributes.get(ITEM_LABEL, "-") if child.tag == "li" else "-"
            blocks: list[str] = []
            (self._below if child.tag == "li" else self._block)(child, depth + 1, blocks)
            lines = [line for block in blocks for line in block.split("\n") if line.strip()]
            if lines:
                yield f"{mark} {lines[0]}" if mark else lines[0]
                yield from (f"  {line}" for line in lines[1:])

    def _terms(self, node: LexborNode, depth: int) -> Iterator[str]:
        """Yield each term with its definition as one block."""
        lines: list[str] = []
        for child in node.iter(include_text=True):
            words = (
                " ".join(_resolve_scripts(self._inline(child, depth)).split())
                if child.tag in ("dt", "dd")
                else ""
            )
            if child.tag != "dd" and (child.tag != "dt" or (lines and lines[-1].startswith(": "))):
                yield "\n".join(lines)
                lines = []
            if words:
                lines.append(
                    f": {words}" if child.tag == "dd" else markdown_blocks.paragraph(words)
                )
            elif (
                child.tag == "div" and depth < MAX_DEPTH
            ):  # one that only groups a term with its meaning
                yield from self._terms(child, depth + 1)
            elif child.tag not in ("dt", "dd"):
                yield markdown_blocks.paragraph(_resolve_scripts(self._inline(child, depth)))
        yield "\n".join(lines)

    def _table(self, node: LexborNode, depth: int, found: list[str]) -> None:
        """Add a table, or the blocks of a layout table.

        A layout table contains other tables, headings or a single cell.
        """
        rows = self._rows.get(node.mem_id, [])
        cells = [[cell for cell in row.iter() if self._tag(cell) in ("td", "th")] for row in rows]
        laid = (
            node.attributes.get("role") in ("presentation", "none") or node.mem_id in self._layouts
        )
        if laid or sum(map(len, cells)) < 2:
            self._below(node, depth, found)
            return
        for caption in (child for child in node.iter() if child.tag == "caption"):
            found.append(markdown_blocks.paragraph(_resolve_scripts(self._inline(caption, depth))))
        spans = (
            [self._cell(cell, len(rows) - n, depth) for cell in row] for n, row in enumerate(cells)
        )
        found.append(markdown_blocks.table(markdown_blocks.expand_spans(spans)))

    def _cell(self, node: LexborNode, left: int, depth: int) -> TableCell:
        text = " ".join(_resolve_scripts(self._inline(node, depth)).split())
        if not node.attributes:
            return TableCell(text)
        rows = max(0, int_attribute(node, "rowspan", 1))
        return TableCell(
            text, rows=min(rows or left, left), columns=max(1, int_attribute(node, "colspan", 1))
        )

    def _preformatted(self, node: LexborNode, depth: int) -> str:
        words = (
            _resolve_scripts(self._inline(node, depth, verbatim=True))
            .replace("\r\n", "\n")
            .strip("\n")
        )
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"(?m)^\s*(`{3,})", words))])
        return f"{fence}\n{words}\n{fence}" if words.strip() else ""


def _resolve_scripts(words: str) -> str:
    """Resolve raised and lowered words: 10⁶, H₂O; a raised digit over a lowered one is 1/2."""
    if not _SIGNS.search(words):
        return words
    resolved = raised_words.resolve_marks(words)
    return _FRACTION.sub(
        lambda found: f"{found[1]}{' ' if found[1] else ''}{found[2]}/{found[3]}".translate(
            _DIGITS
        ),
        resolved,
    )


def _collapse_blanks(words: str) -> str:
    """Collapse runs of blanks, as a page shows them."""
    return _BLANKS.sub(" ", words)
