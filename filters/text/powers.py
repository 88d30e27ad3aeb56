"""Read an exponent or a fraction that follows the digits of a numeral.

Examples: 10⁶, 2.5 × 10^-3, 1e6, 3½, 1 3/4.
"""

import re
from decimal import Decimal
from typing import NamedTuple

FRACTIONS = {
    named[0]: (int(named[1]), int(named[3]))
    for named in "½1/2 ¼1/4 ¾3/4 ⅓1/3 ⅔2/3 ⅕1/5 ⅖2/5 ⅗3/5 ⅘4/5 ⅙1/6 ⅚5/6 ⅐1/7 ⅛1/8 ⅜3/8 ⅝5/8 "
    "⅞7/8 ⅑1/9".split()
}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_DIGITS = str.maketrans(f"{_RAISED}⁻⁺−–", "0123456789-+--")
_WORDS = dict(
    zip(
        "two three four five six seven eight nine ten eleven twelve".split(),
        range(2, 13),
        strict=True,
    )
)
_SIGNED = r"[-−–+]?\d{1,3}"
_EXPONENT = (
    rf"(?:(?P<caret>(?:\^|\*\*)\s?(?:\{{\s?{_SIGNED}\s?\}}|\({_SIGNED}\)|{_SIGNED})"
    rf"|<sup>\s?{_SIGNED}\s?</sup>)(?![\d.])"
    rf"|(?P<raised>[⁺⁻]?[{_RAISED}]{{1,3}})(?![{_RAISED}])"
    rf"|\s(?:to\s+the\s+power(?:\s+of)?|hoch|puissance|elevado\s+a)\s(?P<power>{_SIGNED}"
    rf"|{'|'.join(_WORDS)})\b"
    r"|\sto\s+the\s(?P<nth>\d{1,2})(?:st|nd|rd|th)\s+power\b)"
)
EXPONENT = re.compile(_EXPONENT)
_TIMES = re.compile(rf"\s?(?:[×xX*·⋅∙]|\\times|\\cdot)\s?10{_EXPONENT}")
_E = re.compile(r"[eE](?P<e>[-−–+]?\d{1,3})(?!\w|\.\d)")
_VULGAR = re.compile(rf"\s?(?P<sign>[{''.join(FRACTIONS)}])")
# The first characters of all patterns above.
_JOINS = frozenset(f"^*<⁺⁻{_RAISED}×xX·⋅∙\\eE/⁄ \u00a0\u202f\u2009-{''.join(FRACTIONS)}")
# the first character after a space
_APART = frozenset(f"^*×xX·⋅∙\\thpe0123456789{''.join(FRACTIONS)}")
# 5/10 and 4/5 are often grades.
_DENOMINATORS = frozenset((2, 3, 4, 6, 7, 8, 12, 16, 32, 64))
_OVER = re.compile(r"[/⁄](?P<under>\d{1,2})(?![\d/⁄]|[.,]\d)")
_MIXED = re.compile(r"[\s-](?P<over>\d{1,2})[/⁄](?P<under>\d{1,2})(?![\d/⁄]|[.,]\d)")
_MOST = 64  # largest exponent of a base other than ten


class AmountSpan(NamedTuple):
    """An amount, where it ends, and its further readings."""

    amount: Decimal
    end: int
    also: tuple[Decimal, ...] = ()


def read_amount(text: str, start: int, end: int, amount: Decimal) -> AmountSpan:
    """Return the amount with its exponent or fraction."""
    behind = text[end : end + 1]
    if (
        not behind
        or behind not in _JOINS
        or (behind in " -" and text[end + 1 : end + 2] not in _APART)
    ):
        return AmountSpan(
            _quotient(*FRACTIONS[text[start:end]]) if text[start:end] in FRACTIONS else amount, end
        )
    if text[start:end] in FRACTIONS:
        return AmountSpan(_quotient(*FRACTIONS[text[start:end]]), end)
    for pattern in (_TIMES, _E):
        if m := pattern.match(text, end):
            return AmountSpan(amount.scaleb(_exponent(m)), m.end())
    if m := EXPONENT.match(text, end):
        return apply_exponent(amount, m)
    return _with_fraction(text, start, end, amount)


def apply_exponent(amount: Decimal, m: re.Match[str]) -> AmountSpan:
    """Return the power that an exponent makes of an amount.

    Small raised digits after a number other than ten may also be a footnote mark: 250⁹.
    """
    exponent = _exponent(m)
    if amount == 10:
        return AmountSpan(Decimal(1).scaleb(exponent), m.end())
    power = (
        amount**exponent
        if abs(exponent) <= _MOST and amount and amount.adjusted() <= _MOST
        else None
    )
    if m["raised"] and m["raised"][0] not in "⁻⁺":
        return AmountSpan(amount, m.end(), () if power is None else (power,))
    return AmountSpan(amount if power is None else power, m.end())


def _exponent(m: re.Match[str]) -> int:
    digits = next(part for part in m.groups() if part).translate(_TO_DIGITS)
    return _WORDS[digits] if digits in _WORDS else int(re.sub(r"[^\d-]", "", digits))


def _with_fraction(text: str, start: int, end: int, amount: Decimal) -> AmountSpan:
    """Return the amount with the fraction after it: 3½, 3/4, 1 3/4."""
    digits = text[start:end]
    if not digits.isdigit() or len(digits) > 3:
        return AmountSpan(amount, end)
    if m := _VULGAR.match(text, end):
        return AmountSpan(amount + _quotient(*FRACTIONS[m["sign"]]), m.end())
    if (
        (m := _OVER.match(text, end))
        and _is_fraction(int(digits), int(m["under"]))
        and text[start - 1 : start] not in ("/", "⁄")
    ):
        return AmountSpan(_quotient(int(digits), int(m["under"])), m.end())
    if (m := _MIXED.match(text, end)) and _is_fraction(int(m["over"]), int(m["under"])):
        return AmountSpan(amount + _quotient(int(m["over"]), int(m["under"])), m.end())
    return AmountSpan(amount, end)


def _is_fraction(over: int, under: int) -> bool:
    return 0 < over < under and under in _DENOMINATORS


def _quotient(over: int, under: int) -> Decimal:
    """Return the quotient: exact if its decimals end, else rounded to three places."""
    exact = Decimal(over) / Decimal(under)
    return (
        exact
        if exact * under == over and len(exact.as_tuple().digits) <= 10
        else exact.quantize(Decimal("0.001"))
    )
