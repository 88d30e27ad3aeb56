"""Turn the rows of a page into Markdown: paragraphs, headings by type size, lists and tables."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from factory.documents.formats import markdown_blocks
from factory.documents.formats.pdf.reading_order import TextRow
from factory.documents.formats.pdf.text_runs import LINE_END_HYPHENS, TextRun
from factory.documents.formats.pdf.tight_columns import columns_aligned, split_tight_rows

HEADING_SIZE_RATIO = 1.12  # times the body's type size: a short line of that size is a heading
MAX_SIZE_LEVELS = 4  # heading levels told apart by size
MAX_HEADING_CHARACTERS = 120  # of a heading
PARAGRAPH_SPACING = 1.45  # times the usual line distance: a larger one begins a paragraph
MIN_INDENT = 0.9  # ems
# of a column's width: a shorter line that ends a sentence ends its paragraph
SHORT_LINE_SHARE = 0.8
# letters before a hyphen that are read: searching all the text would take quadratic time
MAX_WORD_CHARACTERS = 80
MIN_TABLE_ROWS = 3
# the last three are Word's, in Symbol and Wingdings
_BULLET = re.compile(r"[•‣▪●○◦∙·–*\uf0b7\uf0a7\uf0d8-]\s+(?=\S)")
_NUMBERED = re.compile(
    r"(?:\(?[a-z]\)|\(?[ivx]{1,4}\)|\(\d{1,3}\)|\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|§+\s?\d+)\s+(?=\S)"
)
_END = re.compile(r"[.:;!?。！？]['\"”’)\]]*$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Typography:
    """How a document is typeset: its body size, larger sizes from the largest on, and its words."""

    body: float
    larger: Sequence[float]
    words: frozenset[str]
    outline: dict[str, int]  # levels of the outline's titles, which are folded

    def level(self, row: TextRow) -> int:
        """Return the level of the heading that a row is, or 0."""
        text = _text(row)
        if (level := self.outline.get(_folded(text))) is not None:
            return min(level + 1, 6)
        size = max(run.size for run in row)
        if (
            len(row) > 1
            or len(text) > MAX_HEADING_CHARACTERS
            or size < HEADING_SIZE_RATIO * self.body
            or not any(c.isalpha() for c in text)
            or text.endswith(",")
        ):
            return 0
        return 1 + min(range(len(self.larger)), key=lambda n: abs(self.larger[n] - size), default=0)


def find_typography(pages: Iterable[Iterable[TextRow]], outline: dict[str, int]) -> Typography:
    sizes: Counter[float] = Counter()
    words: set[str] = set()
    for row in (row for page in pages for row in page):
        for run in row:
            sizes[run.size] += len(run.text)
            words.update(
                word.casefold() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", run.text)[1:-1]
            )
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    return Typography(body, _larger(sizes, body), frozenset(words), outline)


def _larger(sizes: Counter[float], body: float) -> list[float]:
    """Return the larger sizes from the largest on; sizes that hardly differ count as one."""
    found: list[float] = []
    for size in sorted((s for s in sizes if s >= HEADING_SIZE_RATIO * body), reverse=True):
        if not found or size < 0.95 * found[-1]:
            found.append(size)
    return found[: MAX_SIZE_LEVELS - 1] + found[-1:] if len(found) > MAX_SIZE_LEVELS else found


def page_blocks(bands: Sequence[Sequence[TextRow]], typography: Typography) -> Iterator[str]:
    """Yield the Markdown of a page, block by block."""
    for band in bands:
        for tabled, parts in groupby(
            _tables(split_tight_rows(band)), key=lambda part: isinstance(part, list)
        ):
            if tabled:
                yield from (markdown_blocks.table(part) for part in parts if isinstance(part, list))
            else:
                yield from _prose(
                    [part.row for part in parts if isinstance(part, _Line)], typography
                )


@dataclass(frozen=True)
class _Line:
    row: TextRow


def _tables(band: Sequence[TextRow]) -> Iterator["_Line | list[list[str]]"]:
    """Yield rows whose text runs are aligned as tables, and all others as lines."""
    rows: list[TextRow] = []
    for row in [*band, []]:
        if rows and not (row and _fits(rows, row)):
            cells = _cells(rows)
            if len(cells) >= MIN_TABLE_ROWS and len(rows[0]) > 1:
                yield cells
            else:
                yield from map(_Line, rows)
            rows = []
        if row:
            rows.append(row)


def _fits(rows: Sequence[TextRow], row: TextRow) -> bool:
    """Check whether a row continues a table: each of its text runs is below one cell of the head.

    A single text run below the first column may be the text after the table.
    """
    if len(row) == len(rows[0]):
        return columns_aligned(rows[0], row) or columns_aligned(rows[-1], row)
    columns = [_column(rows[0], run) for run in row]
    return (
        len(row) < len(rows[0])
        and len(set(columns)) == len(row)
        and None not in columns
        and columns != [0]
    )


def _column(head: TextRow, run: TextRun) -> int | None:
    """Return the one cell of the head that a text run is below, or None if none or several are."""
    found = [n for n, cell in enumerate(head) if run.left < cell.right and cell.left < run.right]
    return found[0] if len(found) == 1 else None


def _cells(rows: Sequence[TextRow]) -> list[list[str]]:
    """Return a table's rows; a row without a first column continues the cells above it."""
    found: list[list[str]] = []
    for row in rows:
        complete = len(row) == len(rows[0])
        texts = [run.text for run in row] if complete else [""] * len(rows[0])
        for run in () if complete else row:
            texts[_column(rows[0], run) or 0] = run.text
        if texts[0] or not found:
            found.append(texts)
        else:
            found[-1] = [
                f"{above} {text}".strip() for above, text in zip(found[-1], texts, strict=True)
            ]
    return found


def _prose(band: Sequence[TextRow], typography: Typography) -> Iterator[str]:
    """Yield the paragraphs, list items and headings of one column."""
    if not band:
        return
    right = max(row[-1].right for row in band)
    left = min(row[0].left for row in band)
    pitch = _pitch(band)
    lines: list[TextRow] = []
    for row in band:
        if lines and _parted(lines, row, typography, (left, right, pitch)):
            yield _block(lines, typography)
            lines = []
        lines.append(row)
    if lines:
        yield _block(lines, typography)


def _parted(
    lines: Sequence[TextRow],
    row: TextRow,
    typography: Typography,
    edges: tuple[float, float, float],
) -> bool:
    """Check whether a row begins a block.

    A heading continues on a line of its size right below, unless the outline lists one of them.
    """
    level, before = typography.level(row), typography.level(lines[-1])
    if level or before:
        close = lines[-1][0].middle - row[0].middle <= PARAGRAPH_SPACING * max(
            row[0].size, lines[-1][0].size
        )
        own = any(_folded(_text(one)) in typography.outline for one in (lines[0], row))
        begins = _NUMBERED.match(row[0].text) is not None
        return (
            level != before
            or own
            or begins
            or not close
            or abs(row[0].size - lines[-1][0].size) > 0.05 * row[0].size
        )
    return _hung(lines, row) or _begins(lines[-1], row, *edges)


def _block(lines: Sequence[TextRow], typography: Typography) -> str:
    level = typography.level(lines[0])
    return (
        markdown_blocks.heading_line(level, " ".join(_text(row) for row in lines))
        if level
        else _paragraph(lines, typography)
    )


def _pitch(band: Sequence[TextRow]) -> float:
    steps = [one[0].middle - other[0].middle for one, other in zip(band, band[1:], strict=False)]
    steps = [step for step in steps if step > 0]
    return median(steps) if steps else 1.2 * band[0][0].size


def _hung(lines: Sequence[TextRow], row: TextRow) -> bool:
    """Check whether a row returns to the outer edge of a paragraph with a hanging indent."""
    first, last, size = lines[0][0].left, lines[-1][0].left, row[0].size
    return (
        len(lines) > 1
        and last - first > MIN_INDENT * size
        and abs(row[0].left - first) < MIN_INDENT * size
    )


def _begins(above: TextRow, row: TextRow, left: float, right: float, pitch: float) -> bool:
    """Check whether a row begins a paragraph.

    It does if it is set apart, indented or a list item, or if the row above ended early.
    """
    first, size = row[0], row[0].size
    if any(run.entry for run in (*above, *row)):
        return True
    if (
        above[0].middle - first.middle > PARAGRAPH_SPACING * max(pitch, size)
        or abs(above[0].size - size) > 0.15 * size
    ):
        return True
    if _BULLET.match(first.text) or _NUMBERED.match(first.text):
        return True
    ended = bool(_END.search(above[-1].text))
    if (
        ended
        and first.left - above[0].left > MIN_INDENT * size
        and not _BULLET.match(above[0].text)
        and not _NUMBERED.match(above[0].text)
    ):
        return True
    return ended and above[-1].right - left < SHORT_LINE_SHARE * (right - left)


def _text(row: TextRow) -> str:
    return " ".join(run.text for run in row)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"^[\d.\s]+", "", text).casefold().split())


def _paragraph(lines: Sequence[TextRow], typography: Typography) -> str:
    text = _text(lines[0])
    for row in lines[1:]:
        text = join_line(text, _text(row), typography.words)
    if bullet := _BULLET.match(text):
        return f"- {markdown_blocks.clean_lines(text[bullet.end() :])}"
    return markdown_blocks.paragraph(text)


def join_line(text: str, line: str, words: frozenset[str]) -> str:
    """Append a line to the text before it, and join a word that was hyphenated at the break."""
    if text[-1:] and text[-1] in LINE_END_HYPHENS:
        return _whole(text[:-1], line, words)
    if text[-1:] == "-" and text[-2:-1].isalpha() and line[:1].islower():
        return _whole(text[:-1], line, words)
    between = "" if _CJK.match(text[-1:]) and _CJK.match(line[:1]) else " "
    return f"{text}{between}{line}"


def _whole(text: str, line: str, words: frozenset[str]) -> str:
    """Join without the hyphen, unless the document writes the word with it elsewhere."""
    one, other = (
        re.search(r"[^\W\d_]*(?:-[^\W\d_]+)*$", text[-MAX_WORD_CHARACTERS:]),
        re.match(r"[^\W\d_]+(?:-[^\W\d_]+)*", line),
    )
    first, rest = (
        (one.group().casefold() if one else ""),
        (other.group().casefold() if other else ""),
    )
    own = f"{first}-{rest}" in words and f"{first}{rest}" not in words
    return f"{text}{'-' if own else ''}{line}"
