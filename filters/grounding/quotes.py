"""Find a quote in a chunk: exactly, then in normalized typography, then without its free words."""

import re
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from factory.core.records import Span
from filters.text.segment import text_cache

# Least rapidfuzz ratio (per cent) of a quote and a place with the same words; the rest is markup.
MIN_FUZZY_RATIO = 75.0
MIN_FUZZY_TOKENS = 3  # two words are too few to find a quote by
MIN_TYPO_LETTERS = 6  # in shorter words a typo makes another word: form and from
_TRANSLATED = str.maketrans("“”„«»’‘‚–—−‐‑\u00a0\u2009\u202f", '"""""\'\'\'-----   ')
_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "\u00ad": "",
    "…": "...",
}
_PIECE = re.compile(
    r"(?<=[^\W\d_])-[ \t]*\n\s*(?=[a-z])|\s+|[ﬀﬁﬂﬃﬄﬅﬆ\u00ad…]|[^\sﬀﬁﬂﬃﬄﬅﬆ\u00ad…-]+|-"
)
_LETTER = r"0-9A-Za-z\u00c0-\u024f\u0370-\u052f"  # of scripts that put spaces between words
# A quote may not begin or end inside a word or a number: "15 days" does not contain "5 days", nor
# does "1,500" contain "500".
_BEGIN = re.compile(
    rf"(?![{_LETTER}])|(?<![{_LETTER}])(?<!\d[.,](?=\d))(?<!\W[-−](?=\d))(?<!^[-−](?=\d))"
)
_END = re.compile(rf"(?<![{_LETTER}])|(?![{_LETTER}])(?!(?<=\d)[.,]\d)")
# The words and signs that are compared. The sign of a number counts, markup and punctuation do not.
_TOKEN = re.compile(r"(?<!\w)[-−]?\d[\d.,:/]*\d|[^\W_]+(?:['’][^\W_]+)*|[%°$€£¥§<>≤≥=+±/&]")
_FREE = frozenset("a an the that which of s".split())  # a quote says the same without these words


def find_quote(text: str, quote: str) -> Span | None:
    """Return the span of the quote in code points of the text, or None.

    An exact match comes first, then one that differs in typography, then a fuzzy one. A fuzzy
    match may differ in case, markup, punctuation, articles and typos, never in another word or a
    number.
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
    """A text that is searched, with the whole text and the place of each character in it.

    `whole` shows what surrounds a match. `places` and `ends` are the offsets in it at which each
    character of `text` begins and ends.
    """

    text: str
    whole: str
    places: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        last = self.ends[end - 1] if self.ends else self.places[end - 1] + 1
        return self.places[start], last


@text_cache
def _alike(text: str) -> _Searched:
    """Normalize white space, quotation marks, dashes, ligatures and hyphens at line ends."""
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
        return ""  # a word hyphenated at a line end
    return _LIGATURES.get(piece, piece)


def _alike_text(quote: str) -> str:
    return "".join(_plain(m.group()) for m in _PIECE.finditer(quote.translate(_TRANSLATED)))


def _find(searched: _Searched, wanted: str) -> tuple[int, int] | None:
    """Return the first match that does not cut a word or a number.

    It uses `find`, because compiling a pattern for the quote takes 2 ms.
    """
    at = searched.text.find(wanted)
    while at >= 0 and wanted:
        start, end = searched.place(at, at + len(wanted))
        if _BEGIN.match(searched.whole, start) and _END.match(searched.whole, end):
            return start, end
        at = searched.text.find(wanted, at + 1)
    return None


def _fuzzy(searched: _Searched, wanted: str) -> tuple[int, int] | None:
    """Return the place with all words of the quote and no others, apart from free words."""
    asked = _tokens(wanted)
    if len(asked) < MIN_FUZZY_TOKENS:
        return None
    kept = _tokens(searched.text)
    for i in range(len(kept) - len(asked) + 1):
        run = kept[i : i + len(asked)]
        if all(_same_word(a.word, b.word) for a, b in zip(asked, run, strict=True)):
            start, end = searched.place(run[0].start, run[-1].end)
            alike = ratio(wanted.casefold(), searched.text[run[0].start : run[-1].end].casefold())
            if (
                alike >= MIN_FUZZY_RATIO
                and _BEGIN.match(searched.whole, start)
                and _END.match(searched.whole, end)
            ):
                return start, end
    return None


class _Token(NamedTuple):
    word: str
    start: int
    end: int


@text_cache
def _tokens(text: str) -> tuple[_Token, ...]:
    """Return the words and signs that are compared, without free words."""
    found = (_Token(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text))
    return tuple(t for t in found if t.word not in _FREE)


def _same_word(one: str, other: str) -> bool:
    """Return whether two words are the same but for a typo in a long word.

    A typo swaps two letters, or doubles or undoubles one.
    """
    if one == other:
        return True
    if (
        min(len(one), len(other)) < MIN_TYPO_LETTERS
        or not (one.isalpha() and other.isalpha())
        or OSA.distance(one, other) != 1
    ):
        return False
    if len(one) == len(other):
        return sorted(one) == sorted(other)
    return _undoubled(one) == _undoubled(other)


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word)
