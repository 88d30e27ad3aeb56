"""A section packed into pieces of a size: what belongs together stays whole where it fits, else it is cut at its natural joints."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from factory.settings import ChunkSettings
from factory.tokens import Stretch, Tokens
from filters.text import sentences, strip

_APART = re.compile(r"\n\s*\n")  # between blocks
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_WORD = re.compile(r"\S+")
_ELEMENT = re.compile(r"[-*+•]\s|\d+[.)]\s|\([a-z0-9]{1,4}\)|[a-z]\)\s")
_CLAUSE = re.compile(r"\d+(?:\.\d+)+\b|§ ?\d|(?:Article|Section) \d", re.IGNORECASE)
_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")  # between a table's head and its rows


@dataclass(frozen=True)
class Piece:
    """A stretch of the text; `header`: of the table whose later rows it begins with."""

    start: int
    end: int
    header: str = ""


@dataclass(frozen=True)
class _Sized(Piece):
    tokens: int = 0


def packed(text: str, part: tuple[int, int], settings: ChunkSettings, tokens: Tokens, of: Stretch) -> Iterator[Piece]:
    """Neighbouring pieces joined up to the size, from left to right. `of` counts stretches of the text."""
    return _Packer(text, settings, tokens, of).packed(list(_Cutter(text, settings.tokens, tokens, of).pieces(*part)))


class _Packer:
    def __init__(self, text: str, settings: ChunkSettings, tokens: Tokens, of: Stretch) -> None:
        self._text, self._tokens, self._of = text, tokens, of
        self._size, self._overlap = settings.tokens, settings.overlap

    def packed(self, pieces: list[_Sized]) -> Iterator[Piece]:
        sums = list(accumulate((p.tokens for p in pieces), initial=0))
        at, before = 0, None
        while at < len(pieces):
            first = pieces[at]
            start = self._back(before, first) if before and self._overlap and not first.header else first.start
            room = self._size - (self._overlap if start < first.start else 0)
            end = max(at + 1, min(len(pieces), bisect_right(sums, sums[at] + room) - 1))  # as the sums have it, then exactly
            while end > at + 1 and self._over(start, pieces[end - 1].end, first.header):
                end -= 1
            while end < len(pieces) and not self._over(start, pieces[end].end, first.header):
                end += 1
            before = Piece(start, pieces[end - 1].end, first.header)
            yield before
            at = end

    def _over(self, start: int, end: int, header: str) -> bool:
        return _over(self._text, Piece(start, end, header), self._tokens, self._of) > self._size

    def _back(self, before: Piece, first: Piece) -> int:
        """Where the whole sentences at the end of the chunk before begin that are repeated: as many as the overlap and the size allow."""
        told = [before.start + s.start for s in sentences(self._text[before.start : before.end])][1:]
        fits = (s for s in told if self._of(s, before.end) <= self._overlap and not self._over(s, first.end, ""))
        return next(fits, first.start)


def _over(text: str, piece: Piece, tokens: Tokens, of: Stretch) -> int:
    if piece.header:
        return tokens.count(f"{piece.header}\n{text[piece.start : piece.end]}")
    return of(piece.start, piece.end)


class _Cutter:
    """Cuts a stretch into pieces that fit, each as high in the structure as can be."""

    def __init__(self, text: str, size: int, tokens: Tokens, of: Stretch) -> None:
        self._text, self._size, self._tokens, self._of = text, size, tokens, of
        self._joints: tuple[Callable[[int, int], list[tuple[int, int]]], ...] = (self._lines, self._sentences, self._words)

    def pieces(self, start: int, end: int) -> Iterator[_Sized]:
        for group in _groups(self._blocks(start, end)):
            whole = self._sized(group[0].start, group[-1].end, "")
            if whole.tokens <= self._size:
                yield whole
                continue
            for block in group:
                yield from self._cut(block.start, block.end, "", 0) if len(group) > 1 else self._table(block.start, block.end)

    def _blocks(self, start: int, end: int) -> list["_Block"]:
        between = [m.span() for m in _APART.finditer(self._text, start, end)]
        begins, ends = [start, *(b for _, b in between)], [*(a for a, _ in between), end]
        found = (strip(self._text, a, b) for a, b in zip(begins, ends, strict=True))
        return [_Block(s.start, s.end, text=s.text) for s in found if s.text]

    def _sized(self, start: int, end: int, header: str) -> _Sized:
        return _Sized(start, end, header, _over(self._text, Piece(start, end, header), self._tokens, self._of))

    def _table(self, start: int, end: int) -> Iterator[_Sized]:
        """A block over the size; of a table the rows, under its header if that leaves them half of the size."""
        lines = self._lines(start, end)
        head = [self._text[a:b] for a, b in lines[:2]]
        header = "\n".join(head) if len(lines) > 2 and "|" in head[0] and _RULE.fullmatch(head[1].strip()) else ""
        if not header or self._tokens.count(header) > self._size // 2:
            yield from self._cut(start, end, "", 0)
            return
        yield self._sized(start, lines[1][1], "")
        for a, b in lines[2:]:
            yield from self._cut(a, b, header, 1)

    def _cut(self, start: int, end: int, header: str, level: int) -> Iterator[_Sized]:
        whole = self._sized(start, end, header)
        if whole.tokens <= self._size:
            yield whole
        elif level == len(self._joints):
            yield from self._letters(start, end, header)
        else:
            for a, b in self._joints[level](start, end):
                yield from self._cut(a, b, header, level + 1)

    def _lines(self, start: int, end: int) -> list[tuple[int, int]]:
        """List elements, clauses and rows of a block, each with the lines that go on with it; of prose the block itself."""
        found: list[tuple[int, int]] = []
        for m in _LINE.finditer(self._text, start, end):
            line = m.group().lstrip()
            if found and not (line.startswith("|") or _ELEMENT.match(line) or _CLAUSE.match(line) or _RULE.fullmatch(line)):
                found[-1] = found[-1][0], m.end()
            else:
                found.append((m.start(), m.end()))
        return [_bare(self._text, *place) for place in found]

    def _sentences(self, start: int, end: int) -> list[tuple[int, int]]:
        return [(start + s.start, start + s.end) for s in sentences(self._text[start:end])]

    def _words(self, start: int, end: int) -> list[tuple[int, int]]:
        return [m.span() for m in _WORD.finditer(self._text, start, end)]

    def _letters(self, start: int, end: int, header: str) -> Iterator[_Sized]:
        """The longest beginnings that fit; one letter at least."""
        while start < end:
            low, high = start + 1, end
            while low < high:
                middle = min((low + high + 1) // 2, start + 2 * (low - start) + self._size)  # not the whole of a long rest
                if self._sized(start, middle, header).tokens <= self._size:
                    low = middle
                else:
                    high = middle - 1
            yield self._sized(start, low, header)
            start = low


@dataclass(frozen=True)
class _Block(Piece):
    text: str = ""


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    found = strip(text, start, end)
    return found.start, found.end


def _groups(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """A list, or a clause, in paragraphs of their own, with the lines that lead in to it."""
    group: list[_Block] = []
    for block in blocks:
        if group and not (_ELEMENT.match(block.text) or group[-1].text.endswith(":")):
            yield group
            group = []
        group.append(block)
    if group:
        yield group
