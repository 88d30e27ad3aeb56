"""Decide whether a numeral is negative, and whether a dash only separates two numbers.

Examples: −5, -5, minus 5, −€5, (5.13), a fall of 5 %.
"""

import re

_DASHES = "-−–﹣－"
_OPENING = frozenset("([{|/=<>≤≥:;\"'“„«»~≈*_$€£¥₹")
_MONEY = frozenset("$€£¥₹")
_WORDS = re.compile(r"(?:\b(?:minus|negative)|(?<!au )(?<!du )\bmoins)[\s\u00a0]$", re.I)
_RANGED = re.compile(r"[\d%°C][\s\u00a0]{1,2}$")  # 10 -20 is a range
_FALL = (
    r"\b(?:fell|fall(?:s|en|ing)?|lost|los(?:s|es|ing|e)|losses|declin\w*|decreas\w*|drop(?:s|ped"
    r"|ping)?|down|shr[aiu]nk|verlor(?:en)?|verlust\w*"
    r"|sank|gesunken|fiel|gefallen|rückgang\w*|reculé?\w*|baiss\w*|perdu|perte\w*)\b"
)
_ANY_FALL = re.compile(
    rf"{_FALL}|\b(?:below|under)\s(?:zero|freezing)\b|\bunter\s(?:Null|dem Gefrierpunkt)\b", re.I
)
_FALLS_BY = re.compile(rf"{_FALL}(?![^.;!?\d]*\b(?:to|auf|à)\s$)[^.;!?\d]*$", re.I)
_BELOW = re.compile(
    r"\s?(?:°\s?[CF]?|degrees?(?:\s\w{1,20})?|Grad(?:\s\w{1,20})?)?"
    r"\s(?:(?:below|under)\s(?:zero|freezing)|unter\s(?:Null|dem\sGefrierpunkt))\b",
    re.I,
)
_CLOSING = frozenset(" \u00a0%‰€$£¥₹)-")
_LOOK_BACK = 48
_CLOSES = re.compile(r"\s?[%‰€$£¥₹]?\)|-(?=[\s|;]|$)")


def minus_position(text: str, at: int) -> int:
    """Return the place of a number's minus sign plus one, or 0 if it has none."""
    if not at or (text[at - 1].isalnum() and text[at - 1].isascii()):
        return 0
    place = _dash(text, at - 1)
    if place < 0:
        place = _dash(text, _before_money(text, at - 1))
    if place >= 0:
        return place + 1
    if text[at - 1].isspace() and (m := _WORDS.search(text[max(0, at - 12) : at])):
        return max(0, at - 12) + m.start() + 1
    bracket = text[at - 1] == "(" and text[max(0, at - 2) : at - 1] in _MONEY
    return at if bracket and at > 1 else 0


def _before_money(text: str, at: int) -> int:
    """Return the place before a currency sign at `at`, or -1 if there is none.

    The sign may be followed by one space.
    """
    if at > 0 and text[at] in " \u00a0":
        at -= 1
    return at - 1 if at > 0 and text[at] in _MONEY else -1


def _dash(text: str, at: int) -> int:
    """Return the place of a dash at `at` that is a minus sign, or -1 if there is none."""
    if at < 0:
        return -1
    if text[at] in " \u00a0\u202f\u2009" and at and text[at - 1] == "−":
        at -= 1  # a space may separate a minus from its number
    if text[at] not in _DASHES:
        return -1
    before = text[at - 1 : at] if at else ""
    if before and not before.isspace() and before not in _OPENING:
        return -1
    apart = text[at] == "−" and text[at + 1 : at + 2].isdigit()
    return (
        at if apart or not before.isspace() or not _RANGED.search(text[max(0, at - 3) : at]) else -1
    )


def negative_in_brackets(text: str, start: int, end: int) -> bool:
    """Return whether a number may be negative in accounting notation.

    Examples: (5.13), (1,234), | (45) |, 5.13-.
    """
    if text[end : end + 1] not in _CLOSING or not (m := _CLOSES.match(text, end)):
        return False
    exact = not text[start:end].isdigit()
    if text[end] == "-":
        return exact
    before = text[start - 1 : start] if start else ""
    return before == "(" and (
        exact or m.group() != ")" or text[max(0, start - 3) : start - 1].endswith(("| ", "|"))
    )


def mentions_decrease(text: str) -> bool:
    """Return whether the text mentions a fall or degrees below zero."""
    return bool(_ANY_FALL.search(text))


def is_decrease(text: str, start: int, end: int) -> bool:
    """Return whether a number says by how much something falls, or is in degrees below zero."""
    return bool(
        _FALLS_BY.search(text[max(0, start - _LOOK_BACK) : start]) or _BELOW.match(text, end)
    )
