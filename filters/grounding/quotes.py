"""Where a quote stands in a chunk: exact, else with its typography made alike, else but for words that carry nothing."""

import re
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from factory.core.records import Span
from filters.text.segment import remembered

FUZZY = (
    75.0  # least likeness (rapidfuzz's ratio, per cent) of a quote to its place, whose words are the same: so much markup may stand in it
)
LEAST_TOKENS = 3  # of two words, nothing is left to find a quote by
SLIP_LETTERS = 6  # in shorter words a slip of the pen makes another word: form and from
_TRANSLATED = str.maketrans("“”„«»’‘‚–—−‐‑\u00a0\u2009\u202f", '"""""\'\'\'-----   ')
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": "", "…": "..."}
_PIECE = re.compile(r"(?<=[^\W\d_])-[ \t]*\n\s*(?=[a-z])|\s+|[ﬀﬁﬂﬃﬄﬅﬆ\u00ad…]|[^\sﬀﬁﬂﬃﬄﬅﬆ\u00ad…-]+|-")
_LETTER = r"0-9A-Za-z\u00c0-\u024f\u0370-\u052f"  # of scripts that part their words by white space
# A quote may not begin or end inside a word or a number: "5 days" does not stand in "15 days", nor "500" in "1,500".
_BEGIN = re.compile(rf"(?![{_LETTER}])|(?<![{_LETTER}])(?<!\d[.,](?=\d))(?<!\W[-−](?=\d))(?<!^[-−](?=\d))")
_END = re.compile(rf"(?<![{_LETTER}])|(?![{_LETTER}])(?!(?<=\d)[.,]\d)")
# Words and signs that a quote is compared by; a sign of a number is one of them, markup and punctuation is not.
_TOKEN = re.compile(r"(?<!\w)[-−]?\d[\d.,:/]*\d|[^\W_]+(?:['’][^\W_]+)*|[%°$€£¥§<>≤≥=+±/&]")
_FREE = frozenset("a an the that which of s".split())  # with or without them a quote says the same


def find_quote(text: str, quote: str) -> Span | None:
    """The quote's place in code points of the text: exact, alike in typography, or fuzzy.

    A fuzzy place may differ in case, markup, punctuation, articles and slips of the pen, never in another word or a number.
    """
    wanted = quote.strip()
    if not wanted:
        return None
    place = _find(_Searched(text, text, range(len(text)), ()), wanted)
    if not place:
        alike = _alike_text(wanted)
        place = _find(_alike(text), alike) or _fuzzy(_alike(text), alike)
    return Span(start=place[0], end=place[1], text=text[place[0] : place[1]]) if place else None


class _Searched(NamedTuple):
    """A text as it is searched, the whole one that says what stands around a find, and where each character begins (and ends) there."""

    text: str
    whole: str
    places: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        last = self.ends[end - 1] if self.ends else self.places[end - 1] + 1
        return self.places[start], last


@remembered
def _alike(text: str) -> _Searched:
    """White space, quotation marks, dashes, ligatures and hyphens at line ends made alike."""
    places, ends = array("I"), array("I")
    pieces: list[str] = []
    for m in _PIECE.finditer(text.translate(_TRANSLATED)):
        piece = _plain(m.group())
        pieces.append(piece)
        if len(piece) == m.end() - m.start():
            places.extend(range(m.start(), m.end()))
            ends.extend(range(m.start() + 1, m.end() + 1))
        else:
            places.extend([m.start()] * len(piece))
            ends.extend([m.end()] * len(piece))
    return _Searched("".join(pieces), text, places, ends)


def _plain(piece: str) -> str:
    if piece.isspace():
        return " "
    if piece[0] == "-" and len(piece) > 1:
        return ""  # a word that a line end has cut
    return _LIGATURES.get(piece, piece)


def _alike_text(quote: str) -> str:
    return "".join(_plain(m.group()) for m in _PIECE.finditer(quote.translate(_TRANSLATED)))


def _find(searched: _Searched, wanted: str) -> tuple[int, int] | None:
    """The first place in the whole text that does not cut a word or a number. By `find`: a pattern of the quote takes 2 ms to compile."""
    at = searched.text.find(wanted)
    while at >= 0 and wanted:
        start, end = searched.place(at, at + len(wanted))
        if _BEGIN.match(searched.whole, start) and _END.match(searched.whole, end):
            return start, end
        at = searched.text.find(wanted, at + 1)
    return None


def _fuzzy(searched: _Searched, wanted: str) -> tuple[int, int] | None:
    """The place that has the quote's words, all of them and no other, but for words that carry nothing."""
    asked = _tokens(wanted)
    if len(asked) < LEAST_TOKENS:
        return None
    kept = _tokens(searched.text)
    for i in range(len(kept) - len(asked) + 1):
        run = kept[i : i + len(asked)]
        if all(_same_word(a.word, b.word) for a, b in zip(asked, run, strict=True)):
            start, end = searched.place(run[0].start, run[-1].end)
            alike = ratio(wanted.casefold(), searched.text[run[0].start : run[-1].end].casefold())
            if alike >= FUZZY and _BEGIN.match(searched.whole, start) and _END.match(searched.whole, end):
                return start, end
    return None


class _Token(NamedTuple):
    word: str
    start: int
    end: int


@remembered
def _tokens(text: str) -> tuple[_Token, ...]:
    """What a quote is compared by, without the words that carry nothing."""
    found = (_Token(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text))
    return tuple(t for t in found if t.word not in _FREE)


def _same_word(one: str, other: str) -> bool:
    """The same word, or a slip of the pen in a long one: two letters swapped, or one doubled or left single."""
    if one == other:
        return True
    if min(len(one), len(other)) < SLIP_LETTERS or not (one.isalpha() and other.isalpha()) or OSA.distance(one, other) != 1:
        return False
    if len(one) == len(other):
        return sorted(one) == sorted(other)
    return _undoubled(one) == _undoubled(other)


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word)
