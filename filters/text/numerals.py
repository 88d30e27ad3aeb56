"""Read numbers in digits, in any notation.

Examples: 1,000.5 and 1.000,5 and 1 000 and 12,34,567; −5,13; (5.13); 3½; 3/4; 10⁶; 2.5 × 10^-3.

Part of a numeral is never a number of its own: 5,13 is neither 5 nor 13. A numeral that is a
thousand in one notation and a decimal in another (1,500 and 1.500) keeps both readings, unless
other numerals of the text show which notation it uses.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from filters.text.powers import FRACTIONS, AmountSpan, read_amount
from filters.text.signs import is_decrease, mentions_decrease, minus_position, negative_in_brackets
from filters.text.units import MONEY, UNITS

_BLANKS = " \u00a0\u2007\u2008\u2009\u200a\u202f"
_GROUPING = f"{_BLANKS}'’"
_CLUSTER = re.compile(rf"\d+(?:[.,]\d+|[{_GROUPING}]\d{{3}}(?!\d))*|[{''.join(FRACTIONS)}]")
_POINTED = re.compile(r"[\d.]+")
_MARK = re.compile(r"(\D)")
_CODE_OF_MONEY = re.compile(
    r"(?<![A-Za-z])(?:USD?|EUR|GBP|CHF|JPY|CAD|AUD|INR|SFr\.?|Fr\.?|Rs\.?)$", re.I
)
_COUNTS = re.compile(r"\)?\s?(?:[%‰°€$£¥₹]|(?P<word>[^\W\d_]+))")
_LONGEST = 400  # digits; longer numerals are not amounts and are compared as spelled


class Numeral(NamedTuple):
    """An amount and where it is written.

    `comma` is the amount with a decimal comma, if that differs. `also` holds further readings, such
    as 250 for 250⁹ if the 9 is a footnote mark. `spelled` holds the digits as written, if they
    contain no other mark than points.
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


class DigitRun(NamedTuple):
    """One numeral: a run of digits and marks, read with a decimal point and a decimal comma."""

    start: int
    end: int
    point: str
    comma: str
    mark: str = ""  # the decimal mark that it shows, if it has only one reading


def find_numerals(text: str) -> Iterator[Numeral]:
    """Yield every numeral in order, each with all its readings."""
    end = 0
    falling = mentions_decrease(text)
    for piece in _digit_runs(text):
        if piece.start < end or not _begins(text, piece.start):
            continue
        numeral = _signed(text, _complete(text, piece), falling)
        end = numeral.end
        yield numeral


@lru_cache(maxsize=1024)
def ascii_decimal_mark(text: str) -> str:
    """Return the decimal mark that the numerals of a text show: "." or ",".

    Returns "" if they show none or disagree.
    """
    found = {p.mark for p in _digit_runs(text) if p.mark and _is_certain(text, p)}
    return found.pop() if len(found) == 1 else ""


def _is_certain(text: str, piece: DigitRun) -> bool:
    """Return whether a decimal certainly is one.

    3.2 may be a section and 3,4 two footnotes, unless a unit follows.
    """
    if len(_MARK.findall(text[piece.start : piece.end])) > 1 or text[
        piece.start - 1 : piece.start
    ] in tuple("$€£¥₹"):
        return True
    counted = _COUNTS.match(text, piece.end)
    if not counted or text[piece.start - 1 : piece.start] in ("[", "("):
        return False
    return not counted["word"] or piece.mark == "," or counted["word"].casefold() in UNITS


def _digit_runs(text: str) -> Iterator[DigitRun]:
    for m in _CLUSTER.finditer(text):
        if m.group().isdecimal():
            yield DigitRun(m.start(), m.end(), m.group(), m.group())
        elif m.group() in FRACTIONS:
            yield DigitRun(m.start(), m.end(), "0", "0")
        else:
            yield from _split_run(m.group(), m.start())


def _split_run(cluster: str, at: int) -> Iterator[DigitRun]:
    """Yield the numerals in a run of digits and marks.

    The run is one numeral if its marks allow it; otherwise it is split at spaces, then at commas.
    """
    for mark in ("", f"[{_BLANKS}]", r"['’]", ","):
        if one := not mark and _numeral(cluster, at):
            yield one
            return
        if mark and re.search(mark, cluster):
            for part in re.finditer(rf"(?:(?!{mark}).)+", cluster):
                yield from _split_run(part.group(), at + part.start())
            return


def _numeral(cluster: str, at: int) -> DigitRun | None:
    parts = _MARK.split(cluster)
    digits, marks = (
        parts[::2],
        ["'" if c in "'’" else " " if c in _BLANKS else c for c in parts[1::2]],
    )
    end = at + len(cluster)
    if not marks:
        return DigitRun(at, end, cluster, cluster)
    decimal = marks[-1] if marks[-1] in ".," and marks.count(marks[-1]) == 1 else ""
    grouped = _grouped(digits, marks)
    if decimal and len(marks) == 1:
        return _one_mark(digits, decimal, grouped, at)
    if grouped:
        plain = "".join(digits)
        return DigitRun(at, end, plain, plain, {",": ".", ".": ","}.get(marks[0], ""))
    if decimal and _grouped(digits[:-1], marks[:-1]):
        plain = f"{''.join(digits[:-1])}.{digits[-1]}"
        return DigitRun(at, end, plain, plain, decimal)
    plain = ".".join(digits)
    # 3.2.1, 10.0.0.1, if no other pattern has read it
    return DigitRun(at, end, plain, plain) if set(marks) == {"."} else None


def _grouped(digits: list[str], marks: list[str]) -> bool:
    """Return whether one mark separates thousands (1,234,567) or lakhs and crores (12,34,567)."""
    if (
        len(set(marks)) != 1
        or not 1 <= len(digits[0]) <= 3
        or digits[0][0] == "0"
        or len(digits[-1]) != 3
    ):
        return False
    if all(len(d) == 3 for d in digits[1:]):
        return True
    return marks[0] == "," and len(digits[0]) <= 2 and all(len(d) == 2 for d in digits[1:-1])


def _one_mark(digits: list[str], mark: str, grouped: bool, at: int) -> DigitRun | None:
    end = at + len(digits[0]) + len(digits[1]) + 1
    if mark == "," and len(digits[0]) == len(digits[1]) == 4:
        return None  # 2024,2025
    broken, plain = ".".join(digits), "".join(digits)
    if not grouped:
        return DigitRun(at, end, broken, broken, mark)
    return DigitRun(at, end, *((broken, plain) if mark == "." else (plain, broken)))


def _begins(text: str, at: int) -> bool:
    """Return whether a number begins here, outside of words and codes.

    Neither TR-12 nor B52 contains a number; the second half of 5-12 is one, and so are max.12 and
    USD5.
    """
    before, earlier = text[at - 1 : at], text[at - 2 : at - 1] if at > 1 else ""
    if before == "-":
        return not earlier.isalpha() and earlier != "_"
    if before == ".":
        return not earlier.isdigit()
    if before.isalpha():
        return bool(_CODE_OF_MONEY.search(text[max(0, at - 5) : at]))
    return not (before.isalnum() or before == "_")


def _complete(text: str, piece: DigitRun) -> Numeral:
    """Return the numeral with its leading point, fraction or exponent."""
    start, spelled = piece.start, text[piece.start : piece.end]
    point, comma = piece.point, piece.comma
    if text[start - 1 : start] == "." and not text[max(0, start - 2) : start - 1].strip(" ($€£"):
        start, point, comma = start - 1, f"0.{point}", f"0.{comma}"  # .5
    one = _extent(text, piece, point)
    other = None if comma == point else _extent(text, piece, comma).amount
    return Numeral(
        one.amount,
        start,
        one.end,
        other,
        one.also,
        spelled if one.end == piece.end and _POINTED.fullmatch(spelled) else "",
    )


def _extent(text: str, piece: DigitRun, amount: str) -> AmountSpan:
    whole, _, rest = amount.partition(".")
    if len(amount) > _LONGEST or "." in rest:
        return AmountSpan(Decimal(int(whole[:20])) if "." in rest else Decimal(amount), piece.end)
    return read_amount(text, piece.start, piece.end, Decimal(amount))


def _signed(text: str, numeral: Numeral, falling: bool) -> Numeral:
    falls_by = falling and is_decrease(text, numeral.start, numeral.end)
    if start := minus_position(text, numeral.start):
        less = tuple(-r for r in numeral.also)
        less += numeral.readings if falls_by else ()  # a loss of $(1,500) is a loss of $1,500
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


def resolve_decimal_mark(numeral: Numeral, mark: str, unit: str) -> Numeral:
    """Keep the one reading that the text's decimal mark allows; money has no thousandths."""
    if numeral.comma is None:
        return numeral
    if not mark and unit in MONEY:
        return numeral._replace(amount=max(numeral.amount, numeral.comma, key=abs), comma=None)
    return (
        numeral._replace(amount=numeral.comma if mark == "," else numeral.amount, comma=None)
        if mark
        else numeral
    )
