"""What follows the digits of a numeral and belongs to it: an exponent, or a fraction (10⁶, 2.5 × 10^-3, 1e6, 3½, 1 3/4)."""

import re
from decimal import Decimal
from typing import NamedTuple

FRACTIONS = {
    named[0]: (int(named[1]), int(named[3]))
    for named in "½1/2 ¼1/4 ¾3/4 ⅓1/3 ⅔2/3 ⅕1/5 ⅖2/5 ⅗3/5 ⅘4/5 ⅙1/6 ⅚5/6 ⅐1/7 ⅛1/8 ⅜3/8 ⅝5/8 ⅞7/8 ⅑1/9".split()
}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_DIGITS = str.maketrans(f"{_RAISED}⁻⁺−–", "0123456789-+--")
_WORDS = dict(zip("two three four five six seven eight nine ten eleven twelve".split(), range(2, 13), strict=True))
_SIGNED = r"[-−–+]?\d{1,3}"
_EXPONENT = (
    rf"(?:(?P<caret>(?:\^|\*\*)\s?(?:\{{\s?{_SIGNED}\s?\}}|\({_SIGNED}\)|{_SIGNED})|<sup>\s?{_SIGNED}\s?</sup>)(?![\d.])"
    rf"|(?P<raised>[⁺⁻]?[{_RAISED}]{{1,3}})(?![{_RAISED}])"
    rf"|\s(?:to\s+the\s+power(?:\s+of)?|hoch|puissance|elevado\s+a)\s(?P<power>{_SIGNED}|{'|'.join(_WORDS)})\b"
    r"|\sto\s+the\s(?P<nth>\d{1,2})(?:st|nd|rd|th)\s+power\b)"
)
EXPONENT = re.compile(_EXPONENT)
_TIMES = re.compile(rf"\s?(?:[×xX*·⋅∙]|\\times|\\cdot)\s?10{_EXPONENT}")
_E = re.compile(r"[eE](?P<e>[-−–+]?\d{1,3})(?!\w|\.\d)")
_VULGAR = re.compile(rf"\s?(?P<sign>[{''.join(FRACTIONS)}])")
_JOINS = frozenset(f"^*<⁺⁻{_RAISED}×xX·⋅∙\\eE/⁄ \u00a0\u202f\u2009-{''.join(FRACTIONS)}")  # the first sign of all of these
_APART = frozenset(f"^*×xX·⋅∙\\thpe0123456789{''.join(FRACTIONS)}")  # the first sign behind a blank
_DENOMINATORS = frozenset((2, 3, 4, 6, 7, 8, 12, 16, 32, 64))  # 5/10 and 4/5 are as often marks given
_OVER = re.compile(r"[/⁄](?P<under>\d{1,2})(?![\d/⁄]|[.,]\d)")
_MIXED = re.compile(r"[\s-](?P<over>\d{1,2})[/⁄](?P<under>\d{1,2})(?![\d/⁄]|[.,]\d)")
_MOST = 64  # exponent of another base than ten


class Extent(NamedTuple):
    """An amount, where it ends, and its further readings."""

    amount: Decimal
    end: int
    also: tuple[Decimal, ...] = ()


def extended(text: str, start: int, end: int, amount: Decimal) -> Extent:
    """The amount with its exponent or fraction."""
    behind = text[end : end + 1]
    if not behind or behind not in _JOINS or (behind in " -" and text[end + 1 : end + 2] not in _APART):
        return Extent(_quotient(*FRACTIONS[text[start:end]]) if text[start:end] in FRACTIONS else amount, end)
    if text[start:end] in FRACTIONS:
        return Extent(_quotient(*FRACTIONS[text[start:end]]), end)
    for pattern in (_TIMES, _E):
        if m := pattern.match(text, end):
            return Extent(amount.scaleb(_exponent(m)), m.end())
    if m := EXPONENT.match(text, end):
        return raised(amount, m)
    return _with_fraction(text, start, end, amount)


def raised(amount: Decimal, m: re.Match[str]) -> Extent:
    """A power. Small raised digits behind another number than ten may be a note mark as well: 250⁹."""
    exponent = _exponent(m)
    if amount == 10:
        return Extent(Decimal(1).scaleb(exponent), m.end())
    power = amount**exponent if abs(exponent) <= _MOST and amount and amount.adjusted() <= _MOST else None
    if m["raised"] and m["raised"][0] not in "⁻⁺":
        return Extent(amount, m.end(), () if power is None else (power,))
    return Extent(amount if power is None else power, m.end())


def _exponent(m: re.Match[str]) -> int:
    told = next(part for part in m.groups() if part).translate(_TO_DIGITS)
    return _WORDS[told] if told in _WORDS else int(re.sub(r"[^\d-]", "", told))


def _with_fraction(text: str, start: int, end: int, amount: Decimal) -> Extent:
    """3½, 3/4, 1 3/4."""
    digits = text[start:end]
    if not digits.isdigit() or len(digits) > 3:
        return Extent(amount, end)
    if m := _VULGAR.match(text, end):
        return Extent(amount + _quotient(*FRACTIONS[m["sign"]]), m.end())
    if (m := _OVER.match(text, end)) and _is_fraction(int(digits), int(m["under"])) and text[start - 1 : start] not in ("/", "⁄"):
        return Extent(_quotient(int(digits), int(m["under"])), m.end())
    if (m := _MIXED.match(text, end)) and _is_fraction(int(m["over"]), int(m["under"])):
        return Extent(amount + _quotient(int(m["over"]), int(m["under"])), m.end())
    return Extent(amount, end)


def _is_fraction(over: int, under: int) -> bool:
    return 0 < over < under and under in _DENOMINATORS


def _quotient(over: int, under: int) -> Decimal:
    """Exact where it ends, else to three places."""
    exact = Decimal(over) / Decimal(under)
    return exact if exact * under == over and len(exact.as_tuple().digits) <= 10 else exact.quantize(Decimal("0.001"))
