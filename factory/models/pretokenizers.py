"""Count the tokens of any span of a text exactly and fast.

Byte-level tokenizers split a text into pieces before they merge bytes; the counts of the pieces are
cached and summed.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, chain

# Code points split at once, so that a text of 100 MB needs no more memory than 1 MB.
WINDOW = 1 << 18
MAX_CACHED_PIECES = 1 << 20  # pieces whose counts are cached

# To Python letters, to tokenizers numbers.
_NUMERIC = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in ("Nl", "No")]
_ODD_ASCII = "\x1c\x1d\x1e\x1f"  # white space to Python alone
_ODD = frozenset(_NUMERIC)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def _patterns(
    joined: str, digits: str, letters: str, spaces: str
) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Compile a pattern for ASCII, for most other texts, and for texts with an odd character.

    The first two use Python's own classes, which are fast; the third uses exact ones. L, N and S
    are letters, numbers and spaces.
    """
    form = (
        rf" ?[A-Za-z]++(?!L)|{joined}|{letters}|{digits}| ?(?:[^\wS]|_)++{spaces}|[S]+(?![^S])|[S]+"
    )
    exact = (
        form.replace("L", f"[^\\W\\d_{''.join(_NUMERIC)}]")
        .replace("N", f"[\\d{''.join(_NUMERIC)}]")
        .replace("S", _SPACE)
    )
    own = form.replace("L", r"[^\W\d_]").replace("N", r"\d").replace("S", r"\s")
    return re.compile(own, re.ASCII), re.compile(own), re.compile(exact)


_ANY_CASE, _LOWER = "'(?i:s|t|re|ve|m|ll|d)", "'(?:s|t|re|ve|m|ll|d)"
_SIGN_FIRST = r"(?:[^\r\n\w]|_)?L++"  # one sign before a word belongs to it
_LINE_ENDS = r"[\r\n]*+|[S]*[\r\n]+"
# Keys are values of tokenizer.ggml.pre in a GGUF, as in llama.cpp's src/llama-vocab.cpp.
PATTERNS = {
    "qwen2": _patterns(_ANY_CASE, "N", _SIGN_FIRST, _LINE_ENDS),
    "llama-bpe": _patterns(_ANY_CASE, "N{1,3}", _SIGN_FIRST, _LINE_ENDS),
    "gpt-2": _patterns(_LOWER, " ?N++", " ?L++", ""),
    "smollm": _patterns(_LOWER, "N", " ?L++", "|[S]+(?=N)"),
}

# A byte-level vocabulary writes each byte as a character: visible ones as themselves, the others in
# order from U+0100 on.
_SHOWN = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_HIDDEN = [byte for byte in range(256) if byte not in _SHOWN]
_SIGNS = {byte: 0x100 + place for place, byte in enumerate(_HIDDEN)}


def to_byte_level(text: str) -> str:
    """Write a text's bytes as a byte-level vocabulary does."""
    if text.isascii() and text.isprintable():
        return text.replace(" ", chr(_SIGNS[0x20]))
    return text.encode().decode("latin-1").translate(_SIGNS)


CountPieces = Callable[[Sequence[str]], Sequence[int]]


class PieceCounter:
    """Counts a text's tokens by its pieces; `sizes` returns the number of tokens of each piece."""

    def __init__(self, pattern: str, sizes: CountPieces) -> None:
        self._name = pattern
        self._ascii, self._plain, self._exact = PATTERNS[pattern]
        self._sizes = sizes
        self._known: dict[str, int] = {}

    def fresh(self) -> "PieceCounter":
        return PieceCounter(self._name, self._sizes)

    def pattern(self, text: str) -> re.Pattern[str]:
        if any(c in text for c in _ODD_ASCII):
            return self._exact
        if text.isascii():
            return self._ascii
        return (
            self._plain
            if _ODD.isdisjoint(chain.from_iterable(_BEYOND_ASCII.findall(text)))
            else self._exact
        )

    def sums(self, pieces: Sequence[str]) -> list[int]:
        """Return the number of tokens before each piece and after the last."""
        try:
            return list(accumulate(map(self._known.__getitem__, pieces), initial=0))
        except KeyError:
            self._learn(set(pieces))
            return list(accumulate(map(self._known.__getitem__, pieces), initial=0))

    def tokens(self, piece: str) -> int:
        if piece not in self._known:
            self._learn({piece})
        return self._known[piece]

    def _learn(self, pieces: set[str]) -> None:
        new = pieces.difference(self._known)
        if len(self._known) + len(new) > MAX_CACHED_PIECES:
            self._known.clear()
            new = pieces
        wanted = list(new)
        self._known.update(zip(wanted, self._sizes(wanted), strict=True))

    def count(self, text: str) -> int:
        return SpanTokenCounter(text, self)(0, len(text))


class SpanTokenCounter:
    """Counts the tokens of `text[start:end]` alone; cheap for successive spans of a text.

    A piece is found from its first character on, without a look behind. So two splits of a text
    that share one boundary share all that follow, up to the end of the shorter one, and only the
    pieces at both ends are split anew.
    """

    def __init__(self, text: str, pretokens: PieceCounter) -> None:
        self._text, self._pretokens = text, pretokens
        self._start = self._end = 0
        self._pattern = pretokens.pattern("")
        self._joints: list[int] = []  # where pieces begin and end
        self._sums: list[int] = []  # the tokens before each

    def __call__(self, start: int, end: int) -> int:
        if end - start > WINDOW:
            return self._long(start, end)
        if start < self._start or end > self._end:
            self._split(start)
        total, at, joints = 0, start, self._joints
        first = bisect_left(joints, at)
        while at < end and joints[first] != at:
            at, size = self._piece(at, end)
            total += size
            first = bisect_left(joints, at)
        if at >= end:
            return total
        last = bisect_right(joints, end) - 1
        while (
            last > first
            and self._text[end - 1].isspace()
            and self._text[joints[last] - 1].isspace()
        ):
            last -= 1  # how a run of spaces is split depends on what comes after it
        total, at = total + self._sums[last] - self._sums[first], joints[last]
        while at < end:
            at, size = self._piece(at, end)
            total += size
        return total

    def _piece(self, at: int, end: int) -> tuple[int, int]:
        found = self._pattern.match(self._text, at, end)
        if not found:
            raise AssertionError(f"no piece begins at {at}")
        return found.end(), self._pretokens.tokens(found.group())

    def _split(self, start: int) -> None:
        self._start, self._end = start, min(len(self._text), start + WINDOW)
        window = self._text[start : self._end]
        self._pattern = self._pretokens.pattern(window)
        pieces = self._pattern.findall(window)
        self._joints = list(accumulate(map(len, pieces), initial=start))
        self._sums = self._pretokens.sums(pieces)

    def _long(self, start: int, end: int) -> int:
        """Count window by window; the last piece, which the window may cut, begins the next one."""
        total = 0
        while end - start > WINDOW:
            self._split(start)
            place = -2 if len(self._joints) > 2 else -1
            total, start = total + self._sums[place], self._joints[place]
        return total + self(start, end)
