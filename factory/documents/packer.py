"""Pack a section into chunks of a size.

What belongs together stays together if it fits, else it is cut at the highest joint of its
structure: block, line, sentence, word.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

from factory.core.settings import ChunkSettings
from factory.models.tokenizers import CountSpan, TokenCounter
from filters.text.segment import sentences

# A longer text is too large; it is not counted to find out.
MAX_CHARS_PER_TOKEN = 32
_APART = re.compile(r"\n\s*\n")  # between blocks
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_WORD = re.compile(r"\S+")
_ELEMENT = re.compile(r"[-*+•]\s|\d+[.)]\s|\([a-z0-9]{1,4}\)|[a-z]\)\s")
_CLAUSE = re.compile(r"\d+(?:\.\d+)+\b|§ ?\d|(?:Article|Section) \d", re.IGNORECASE)
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")  # between a table's head and its rows


class ChunkSpan(NamedTuple):
    """A span of the text; `header` is that of the table whose later rows it begins with."""

    start: int
    end: int
    header: str = ""
    tokens: int = 0


CountTokens = Callable[[int, int, str], int]  # of a span with a table header before it


def pack_section(
    text: str, part: tuple[int, int], settings: ChunkSettings, tokens: TokenCounter, of: CountSpan
) -> Iterator[ChunkSpan]:
    """Yield spans of at most the size, from left to right. `of` counts the tokens of a span."""
    start, end = _bare(text, *part)
    if end - start <= MAX_CHARS_PER_TOKEN * settings.tokens and of(start, end) <= settings.tokens:
        return iter((ChunkSpan(start, end),) if start < end else ())

    def size(start: int, end: int, header: str) -> int:
        return tokens.count(f"{header}\n{text[start:end]}") if header else of(start, end)

    return _Packer(text, settings, size).packed(
        list(_Cutter(text, settings.tokens, size).pieces(start, end))
    )


class _Packer:
    def __init__(self, text: str, settings: ChunkSettings, size: CountTokens) -> None:
        self._text, self._tokens = text, size
        self._size, self._overlap = settings.tokens, settings.overlap

    def packed(self, pieces: list[ChunkSpan]) -> Iterator[ChunkSpan]:
        sums = list(accumulate((p.tokens for p in pieces), initial=0))
        at, before = 0, None
        while at < len(pieces):
            first = pieces[at]
            start = (
                self._back(before, first)
                if before and self._overlap and not first.header
                else first.start
            )
            room = self._size - (self._overlap if start < first.start else 0)
            # Estimate the end by the sums, then find it exactly.
            end = max(at + 1, min(len(pieces), bisect_right(sums, sums[at] + room) - 1))
            while end > at + 1 and self._over(start, pieces[end - 1].end, first.header):
                end -= 1
            while end < len(pieces) and not self._over(start, pieces[end].end, first.header):
                end += 1
            before = ChunkSpan(start, pieces[end - 1].end, first.header)
            yield before
            at = end

    def _over(self, start: int, end: int, header: str) -> bool:
        return self._tokens(start, end, header) > self._size

    def _back(self, before: ChunkSpan, first: ChunkSpan) -> int:
        """Return where the sentences begin that are repeated from the end of the chunk before.

        They are as many whole sentences as the overlap and the size allow.
        """
        starts = [before.start + s.start for s in sentences(self._text[before.start : before.end])][
            1:
        ]
        fits = (
            s
            for s in starts
            if self._tokens(s, before.end, "") <= self._overlap and not self._over(s, first.end, "")
        )
        return next(fits, first.start)


class _Cutter:
    """Cuts a span into pieces that fit, each as high in the structure as possible."""

    def __init__(self, text: str, most: int, size: CountTokens) -> None:
        self._text, self._size, self._tokens = text, most, size
        self._joints: tuple[Callable[[int, int], list[tuple[int, int]]], ...] = (
            self._lines,
            self._sentences,
            self._words,
        )

    def pieces(self, start: int, end: int) -> Iterator[ChunkSpan]:
        for group in _groups(self._text, self._blocks(start, end)):
            whole = self._sized(group[0][0], group[-1][1], "")
            if whole.tokens <= self._size:
                yield whole
                continue
            for block in group:
                yield from self._cut(*block, "", 0) if len(group) > 1 else self._table(*block)

    def _blocks(self, start: int, end: int) -> list[tuple[int, int]]:
        between = [m.span() for m in _APART.finditer(self._text, start, end)]
        begins, ends = [start, *(b for _, b in between)], [*(a for a, _ in between), end]
        found = (_bare(self._text, a, b) for a, b in zip(begins, ends, strict=True))
        return [(a, b) for a, b in found if a < b]

    def _sized(self, start: int, end: int, header: str) -> ChunkSpan:
        return ChunkSpan(start, end, header, self._tokens(start, end, header))

    def _table(self, start: int, end: int) -> Iterator[ChunkSpan]:
        """Cut a block; rows keep their table's header if it takes at most half the size."""
        lines = self._lines(start, end)
        head = [self._text[a:b] for a, b in lines[:2]]
        header = (
            "\n".join(head)
            if len(lines) > 2 and "|" in head[0] and _RULE.fullmatch(head[1].strip())
            else ""
        )
        if not header or self._tokens(lines[0][0], lines[1][1], "") > self._size // 2:
            yield from self._cut(start, end, "", 0)
            return
        yield self._sized(start, lines[1][1], "")
        for a, b in lines[2:]:
            yield from self._cut(a, b, header, 1)

    def _cut(self, start: int, end: int, header: str, level: int) -> Iterator[ChunkSpan]:
        whole = self._sized(start, end, header)
        if whole.tokens <= self._size:
            yield whole
        elif level == len(self._joints):
            yield from self._letters(start, end, header)
        else:
            for a, b in self._joints[level](start, end):
                yield from self._cut(a, b, header, level + 1)

    def _lines(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the list items, clauses and rows of a block, each with its continuation lines.

        A block of prose is one item.
        """
        found: list[tuple[int, int]] = []
        for m in _LINE.finditer(self._text, start, end):
            line = m.group().lstrip()
            if found and not (
                line.startswith("|")
                or _ELEMENT.match(line)
                or _CLAUSE.match(line)
                or _RULE.fullmatch(line)
            ):
                found[-1] = found[-1][0], m.end()
            else:
                found.append((m.start(), m.end()))
        return [_bare(self._text, *place) for place in found]

    def _sentences(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start + s.start, start + s.end) for s in sentences(self._text[start:end])]

    def _words(self, start: int, end: int) -> list[tuple[int, int]]:
        return [m.span() for m in _WORD.finditer(self._text, start, end)]

    def _letters(self, start: int, end: int, header: str) -> Iterator[ChunkSpan]:
        """Cut into the longest pieces that fit, of at least one letter each."""
        while start < end:
            low, high = start + 1, end
            while low < high:
                # Never count all of a long rest.
                middle = min((low + high + 1) // 2, start + 2 * (low - start) + self._size)
                if self._sized(start, middle, header).tokens <= self._size:
                    low = middle
                else:
                    high = middle - 1
            yield self._sized(start, low, header)
            start = low


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space around it."""
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    return begin, max(begin, start + len(piece.rstrip()))


def _groups(text: str, blocks: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Group the paragraphs of a list with the lines that lead in to it."""
    group: list[tuple[int, int]] = []
    for block in blocks:
        if group and not (_ELEMENT.match(text, *block) or text[group[-1][1] - 1] == ":"):
            yield group
            group = []
        group.append(block)
    if group:
        yield group
