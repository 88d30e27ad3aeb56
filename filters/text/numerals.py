"""Numbers in digits, in any notation: 1,000.5 and 1.000,5 and 1 000 and 12,34,567; −5,13; (5.13); 3½; 3/4; 10⁶; 2.5 × 10^-3.

A part of a numeral is no number of its own: 5,13 is neither 5 nor 13. What one notation reads as a thousand and another as one and a
half (1,500 and 1.500) has both readings, unless other numerals of the text tell which notation it has.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from filters.text.powers import FRACTIONS, Extent, extended
from filters.text.signs import falls, negative, negative_in_brackets
from filters.text.units import MONEY, UNITS

_BLANKS = " \u00a0\u2007\u2008\u2009\u200a\u202f"
_GROUPING = f"{_BLANKS}'’"
_CLUSTER = re.compile(rf"\d+(?:[.,]\d+|[{_GROUPING}]\d{{3}}(?!\d))*|[{''.join(FRACTIONS)}]")
_POINTED = re.compile(r"[\d.]+")
_MARK = re.compile(r"(\D)")
_CODE_OF_MONEY = re.compile(r"(?<![A-Za-z])(?:USD?|EUR|GBP|CHF|JPY|CAD|AUD|INR|SFr\.?|Fr\.?|Rs\.?)$", re.I)
_COUNTS = re.compile(r"\)?\s?(?:[%‰°€$£¥₹]|(?P<word>[^\W\d_]+))")
_LONGEST = 400  # digits: what has more is no amount, and is compared as it is spelled


class Numeral(NamedTuple):
    """An amount and where it is written.

    `comma`: the amount where a comma is the decimal mark, if that is another one; `also`: further readings, such as 250 with a note
    mark for 250⁹; `spelled`: its digits as they are written, if they have at most points between them.
    """

    amount: Decimal
    start: int
    end: int
    comma: Decimal | None = None
    also: tuple[Decimal, ...] = ()
    spelled: str = ""

    @property
    def readings(self) -> tuple[Decimal, ...]:
        return (self.amount, *(() if self.comma is None else (self.comma,)), *self.also)


class Piece(NamedTuple):
    """A stretch of digits and marks that is one numeral: its readings with a decimal point and with a decimal comma."""

    start: int
    end: int
    point: str
    comma: str
    votes: str = ""  # the decimal mark of its notation, where it has but one reading


def numerals(text: str) -> Iterator[Numeral]:
    """Every numeral in order of place, each with all its readings."""
    end = 0
    falling = falls(text)
    for piece in _pieces(text):
        if piece.start < end or not _begins(text, piece.start):
            continue
        numeral = _signed(text, _whole(text, piece), falling)
        end = numeral.end
        yield numeral


@lru_cache(maxsize=1024)
def notation(text: str) -> str:
    """The decimal mark of a text, as far as its numerals tell: "." or ","; "" where they don't, or differ."""
    found = {p.votes for p in _pieces(text) if p.votes and _speaks(text, p)}
    return found.pop() if len(found) == 1 else ""


def _speaks(text: str, piece: Piece) -> bool:
    """Whether a decimal is one for sure: 3.2 may be a section, and 3,4 two notes, unless a unit follows."""
    if len(_MARK.findall(text[piece.start : piece.end])) > 1 or text[piece.start - 1 : piece.start] in tuple("$€£¥₹"):
        return True
    counted = _COUNTS.match(text, piece.end)
    if not counted or text[piece.start - 1 : piece.start] in ("[", "("):
        return False
    return not counted["word"] or piece.votes == "," or counted["word"].casefold() in UNITS


def _pieces(text: str) -> Iterator[Piece]:
    for m in _CLUSTER.finditer(text):
        if m.group().isdecimal():
            yield Piece(m.start(), m.end(), m.group(), m.group())
        elif m.group() in FRACTIONS:
            yield Piece(m.start(), m.end(), "0", "0")
        else:
            yield from _parted(m.group(), m.start())


def _parted(cluster: str, at: int) -> Iterator[Piece]:
    """The numerals of a stretch: one if its marks make one, else what stands between blanks, then between commas."""
    for mark in ("", f"[{_BLANKS}]", r"['’]", ","):
        if one := not mark and _numeral(cluster, at):
            yield one
            return
        if mark and re.search(mark, cluster):
            for part in re.finditer(rf"(?:(?!{mark}).)+", cluster):
                yield from _parted(part.group(), at + part.start())
            return


def _numeral(cluster: str, at: int) -> Piece | None:
    parts = _MARK.split(cluster)
    digits, marks = parts[::2], ["'" if c in "'’" else " " if c in _BLANKS else c for c in parts[1::2]]
    end = at + len(cluster)
    if not marks:
        return Piece(at, end, cluster, cluster)
    decimal = marks[-1] if marks[-1] in ".," and marks.count(marks[-1]) == 1 else ""
    grouped = _grouped(digits, marks)
    if decimal and len(marks) == 1:
        return _one_mark(digits, decimal, grouped, at)
    if grouped:
        plain = "".join(digits)
        return Piece(at, end, plain, plain, {",": ".", ".": ","}.get(marks[0], ""))
    if decimal and _grouped(digits[:-1], marks[:-1]):
        plain = f"{''.join(digits[:-1])}.{digits[-1]}"
        return Piece(at, end, plain, plain, decimal)
    plain = ".".join(digits)
    return Piece(at, end, plain, plain) if set(marks) == {"."} else None  # 3.2.1, 10.0.0.1: what no other reader took


def _grouped(digits: list[str], marks: list[str]) -> bool:
    """Whether one kind of mark parts thousands: 1,234,567, or lakhs and crores: 12,34,567."""
    if len(set(marks)) != 1 or not 1 <= len(digits[0]) <= 3 or digits[0][0] == "0" or len(digits[-1]) != 3:
        return False
    if all(len(d) == 3 for d in digits[1:]):
        return True
    return marks[0] == "," and len(digits[0]) <= 2 and all(len(d) == 2 for d in digits[1:-1])


def _one_mark(digits: list[str], mark: str, grouped: bool, at: int) -> Piece | None:
    end = at + len(digits[0]) + len(digits[1]) + 1
    if mark == "," and len(digits[0]) == len(digits[1]) == 4:
        return None  # 2024,2025
    broken, plain = ".".join(digits), "".join(digits)
    if not grouped:
        return Piece(at, end, broken, broken, mark)
    return Piece(at, end, *((broken, plain) if mark == "." else (plain, broken)))


def _begins(text: str, at: int) -> bool:
    """Not inside a word or code: neither TR-12 nor B52 has a number. The second half of 5-12 is one, and max.12, and USD5."""
    before, earlier = text[at - 1 : at], text[at - 2 : at - 1] if at > 1 else ""
    if before == "-":
        return not earlier.isalpha() and earlier != "_"
    if before == ".":
        return not earlier.isdigit()
    if before.isalpha():
        return bool(_CODE_OF_MONEY.search(text[max(0, at - 5) : at]))
    return not (before.isalnum() or before == "_")


def _whole(text: str, piece: Piece) -> Numeral:
    """The numeral with what belongs to it: a leading point, a fraction, an exponent."""
    start, spelled = piece.start, text[piece.start : piece.end]
    point, comma = piece.point, piece.comma
    if text[start - 1 : start] == "." and not text[max(0, start - 2) : start - 1].strip(" ($€£"):
        start, point, comma = start - 1, f"0.{point}", f"0.{comma}"  # .5
    one = _extent(text, piece, point)
    other = None if comma == point else _extent(text, piece, comma).amount
    return Numeral(one.amount, start, one.end, other, one.also, spelled if one.end == piece.end and _POINTED.fullmatch(spelled) else "")


def _extent(text: str, piece: Piece, amount: str) -> Extent:
    whole, _, rest = amount.partition(".")
    if len(amount) > _LONGEST or "." in rest:
        return Extent(Decimal(int(whole[:20])) if "." in rest else Decimal(amount), piece.end)
    return extended(text, piece.start, piece.end, Decimal(amount))


def _signed(text: str, numeral: Numeral, falling: bool) -> Numeral:
    falls_by = falling and falls(text, numeral.start, numeral.end)
    if start := negative(text, numeral.start):
        less = tuple(-r for r in numeral.also)
        less += numeral.readings if falls_by else ()  # a loss of $(1,500) is one of $1,500
        return numeral._replace(
            amount=-numeral.amount,
            comma=None if numeral.comma is None else -numeral.comma,
            also=less,
            start=start - 1,
            spelled="",
        )
    in_brackets = negative_in_brackets(text, numeral.start, numeral.end)
    if in_brackets or falls_by:
        return numeral._replace(also=(*numeral.also, *(-r for r in numeral.readings)))
    return numeral


def settled(numeral: Numeral, mark: str, unit: str) -> Numeral:
    """With the one reading that its text's decimal mark leaves; money has no thousandths."""
    if numeral.comma is None:
        return numeral
    if not mark and unit in MONEY:
        return numeral._replace(amount=max(numeral.amount, numeral.comma, key=abs), comma=None)
    return numeral._replace(amount=numeral.comma if mark == "," else numeral.amount, comma=None) if mark else numeral
