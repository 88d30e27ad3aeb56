"""Blocks of a page: paragraphs joined from lines, headings by their type, lists, and tables of plain columns."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from factory.documents.formats import markdown_blocks
from factory.documents.formats.pdf.reading_order import Row
from factory.documents.formats.pdf.text_runs import BREAKS, Piece
from factory.documents.formats.pdf.tight_columns import aligned, closed

LARGER = 1.12  # times the body's size, from which on a short line is a heading
LEVELS = 4  # of headings that sizes tell apart
HEADING = 120  # characters of one at most
NEXT_LINE = 1.45  # times a line's usual distance, from which on a new paragraph begins
INDENT = 0.9  # ems
SHORT = 0.8  # of a column's width: a line that ends before it and with a full stop ends its paragraph
LONGEST = 80  # letters of a word that is looked at before a hyphen: a search of all the text would take the square of its length
ROWS = 3  # of a table at least
_BULLET = re.compile(r"[•‣▪●○◦∙·–*\uf0b7\uf0a7\uf0d8-]\s+(?=\S)")  # the last three: Word's, in Symbol and Wingdings
_NUMBERED = re.compile(r"(?:\(?[a-z]\)|\(?[ivx]{1,4}\)|\(\d{1,3}\)|\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|§+\s?\d+)\s+(?=\S)")
_END = re.compile(r"[.:;!?。！？]['\"”’)\]]*$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True)
class Type:
    """How a document is set: the size of its body, larger sizes in order, and words that it writes without a hyphen."""

    body: float
    larger: Sequence[float]
    words: frozenset[str]
    outline: dict[str, int]  # titles of its outline, folded, and their levels

    def level(self, row: Row) -> int:
        """Of the heading that a row is, 0 where it is none."""
        text = _text(row)
        if (level := self.outline.get(_folded(text))) is not None:
            return min(level + 1, 6)
        size = max(piece.size for piece in row)
        if len(row) > 1 or len(text) > HEADING or size < LARGER * self.body or not any(c.isalpha() for c in text) or text.endswith(","):
            return 0
        return 1 + min(range(len(self.larger)), key=lambda n: abs(self.larger[n] - size), default=0)


def type_of(pages: Iterable[Iterable[Row]], outline: dict[str, int]) -> Type:
    sizes: Counter[float] = Counter()
    words: set[str] = set()
    for row in (row for page in pages for row in page):
        for piece in row:
            sizes[piece.size] += len(piece.text)
            words.update(word.casefold() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", piece.text)[1:-1])
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    return Type(body, _larger(sizes, body), frozenset(words), outline)


def _larger(sizes: Counter[float], body: float) -> list[float]:
    """From the largest on; sizes that hardly differ are one."""
    found: list[float] = []
    for size in sorted((s for s in sizes if s >= LARGER * body), reverse=True):
        if not found or size < 0.95 * found[-1]:
            found.append(size)
    return found[: LEVELS - 1] + found[-1:] if len(found) > LEVELS else found


def blocks(bands: Sequence[Sequence[Row]], set_in: Type) -> Iterator[str]:
    """Markdown, block by block."""
    for band in bands:
        for tabled, run in groupby(_tables(closed(band)), key=lambda part: isinstance(part, list)):
            if tabled:
                yield from (markdown_blocks.table(part) for part in run if isinstance(part, list))
            else:
                yield from _prose([part.row for part in run if isinstance(part, _Line)], set_in)


@dataclass(frozen=True)
class _Line:
    row: Row


def _tables(band: Sequence[Row]) -> Iterator["_Line | list[list[str]]"]:
    """Runs of rows whose pieces stand under each other become tables, all others stay lines."""
    run: list[Row] = []
    for row in [*band, []]:
        if run and not (row and _fits(run, row)):
            cells = _cells(run)
            if len(cells) >= ROWS and len(run[0]) > 1:
                yield cells
            else:
                yield from map(_Line, run)
            run = []
        if row:
            run.append(row)


def _fits(run: Sequence[Row], row: Row) -> bool:
    """Whether a row goes on with a table: of as many pieces, or of fewer that stand each below one cell of its head.

    A lone piece below the first column may be the text behind the table.
    """
    if len(row) == len(run[0]):
        return aligned(run[0], row) or aligned(run[-1], row)
    columns = [_column(run[0], piece) for piece in row]
    return len(row) < len(run[0]) and len(set(columns)) == len(row) and None not in columns and columns != [0]


def _column(head: Row, piece: Piece) -> int | None:
    """The only cell of the head that a piece stands below; None where it is below none or several."""
    found = [n for n, cell in enumerate(head) if piece.left < cell.right and cell.left < piece.right]
    return found[0] if len(found) == 1 else None


def _cells(run: Sequence[Row]) -> list[list[str]]:
    """Rows of a table; a row with nothing in the first column goes on with the cells above it."""
    found: list[list[str]] = []
    for row in run:
        whole = len(row) == len(run[0])
        texts = [piece.text for piece in row] if whole else [""] * len(run[0])
        for piece in () if whole else row:
            texts[_column(run[0], piece) or 0] = piece.text
        if texts[0] or not found:
            found.append(texts)
        else:
            found[-1] = [f"{above} {text}".strip() for above, text in zip(found[-1], texts, strict=True)]
    return found


def _prose(band: Sequence[Row], set_in: Type) -> Iterator[str]:
    """Paragraphs, list elements and headings of one column."""
    if not band:
        return
    right = max(row[-1].right for row in band)
    left = min(row[0].left for row in band)
    pitch = _pitch(band)
    lines: list[Row] = []
    for row in band:
        if lines and _parted(lines, row, set_in, (left, right, pitch)):
            yield _block(lines, set_in)
            lines = []
        lines.append(row)
    if lines:
        yield _block(lines, set_in)


def _parted(lines: Sequence[Row], row: Row, set_in: Type, edges: tuple[float, float, float]) -> bool:
    """Whether a row begins a block; a heading goes on with a line of its size right below, if the outline has neither for itself."""
    level, before = set_in.level(row), set_in.level(lines[-1])
    if level or before:
        close = lines[-1][0].middle - row[0].middle <= NEXT_LINE * max(row[0].size, lines[-1][0].size)
        own = any(_folded(_text(one)) in set_in.outline for one in (lines[0], row))
        begins = _NUMBERED.match(row[0].text) is not None
        return level != before or own or begins or not close or abs(row[0].size - lines[-1][0].size) > 0.05 * row[0].size
    return _hung(lines, row) or _begins(lines[-1], row, *edges)


def _block(lines: Sequence[Row], set_in: Type) -> str:
    level = set_in.level(lines[0])
    return markdown_blocks.heading(level, " ".join(_text(row) for row in lines)) if level else _paragraph(lines, set_in)


def _pitch(band: Sequence[Row]) -> float:
    steps = [one[0].middle - other[0].middle for one, other in zip(band, band[1:], strict=False)]
    steps = [step for step in steps if step > 0]
    return median(steps) if steps else 1.2 * band[0][0].size


def _hung(lines: Sequence[Row], row: Row) -> bool:
    """Whether a row is back at the edge of a paragraph that hangs: whose first line stands out to the left."""
    first, last, size = lines[0][0].left, lines[-1][0].left, row[0].size
    return len(lines) > 1 and last - first > INDENT * size and abs(row[0].left - first) < INDENT * size


def _begins(above: Row, row: Row, left: float, right: float, pitch: float) -> bool:
    """Whether a row begins a paragraph: it is set apart, a list's element, indented, or the one above ended before its time."""
    first, size = row[0], row[0].size
    if any(piece.entry for piece in (*above, *row)):
        return True
    if above[0].middle - first.middle > NEXT_LINE * max(pitch, size) or abs(above[0].size - size) > 0.15 * size:
        return True
    if _BULLET.match(first.text) or _NUMBERED.match(first.text):
        return True
    ended = bool(_END.search(above[-1].text))
    if ended and first.left - above[0].left > INDENT * size and not _BULLET.match(above[0].text) and not _NUMBERED.match(above[0].text):
        return True
    return ended and above[-1].right - left < SHORT * (right - left)


def _text(row: Row) -> str:
    return " ".join(piece.text for piece in row)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"^[\d.\s]+", "", text).casefold().split())


def _paragraph(lines: Sequence[Row], set_in: Type) -> str:
    text = _text(lines[0])
    for row in lines[1:]:
        text = joined(text, _text(row), set_in.words)
    if bullet := _BULLET.match(text):
        return f"- {markdown_blocks.clean(text[bullet.end() :])}"
    return markdown_blocks.paragraph(text)


def joined(text: str, line: str, words: frozenset[str]) -> str:
    """A line behind the text before it. A word that was cut is whole again, as far as its hyphen is none of its own."""
    if text[-1:] and text[-1] in BREAKS:
        return _whole(text[:-1], line, words)
    if text[-1:] == "-" and text[-2:-1].isalpha() and line[:1].islower():
        return _whole(text[:-1], line, words)
    between = "" if _CJK.match(text[-1:]) and _CJK.match(line[:1]) else " "
    return f"{text}{between}{line}"


def _whole(text: str, line: str, words: frozenset[str]) -> str:
    """Without the hyphen, unless the document writes the word with it elsewhere, or a part before it ends in one."""
    one, other = re.search(r"[^\W\d_]*(?:-[^\W\d_]+)*$", text[-LONGEST:]), re.match(r"[^\W\d_]+(?:-[^\W\d_]+)*", line)
    first, rest = (one.group().casefold() if one else ""), (other.group().casefold() if other else "")
    own = f"{first}-{rest}" in words and f"{first}{rest}" not in words
    return f"{text}{'-' if own else ''}{line}"
