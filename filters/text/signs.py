"""Whether a numeral is negative: −5, -5, minus 5, −€5, (5.13), a fall of 5 %; and when a dash only stands between two numbers."""

import re

_DASHES = "-−–﹣－"
_OPENING = frozenset("([{|/=<>≤≥:;\"'“„«»~≈*_$€£¥₹")
_MONEY = frozenset("$€£¥₹")
_WORDS = re.compile(r"(?:\b(?:minus|negative)|(?<!au )(?<!du )\bmoins)[\s\u00a0]$", re.I)
_RANGED = re.compile(r"[\d%°C][\s\u00a0]{1,2}$")  # 10 -20 is a range
_FALL = (
    r"\b(?:fell|fall(?:s|en|ing)?|lost|los(?:s|es|ing|e)|losses|declin\w*|decreas\w*|drop(?:s|ped|ping)?|down|shr[aiu]nk|verlor(?:en)?|verlust\w*"
    r"|sank|gesunken|fiel|gefallen|rückgang\w*|reculé?\w*|baiss\w*|perdu|perte\w*)\b"
)
_ANY_FALL = re.compile(rf"{_FALL}|\b(?:below|under)\s(?:zero|freezing)\b|\bunter\s(?:Null|dem Gefrierpunkt)\b", re.I)
_FALLS_BY = re.compile(rf"{_FALL}(?![^.;!?\d]*\b(?:to|auf|à)\s$)[^.;!?\d]*$", re.I)
_BELOW = re.compile(
    r"\s?(?:°\s?[CF]?|degrees?(?:\s\w{1,20})?|Grad(?:\s\w{1,20})?)?"
    r"\s(?:(?:below|under)\s(?:zero|freezing)|unter\s(?:Null|dem\sGefrierpunkt))\b",
    re.I,
)
_CLOSING = frozenset(" \u00a0%‰€$£¥₹)-")
_LOOK_BACK = 48
_CLOSES = re.compile(r"\s?[%‰€$£¥₹]?\)|-(?=[\s|;]|$)")


def negative(text: str, at: int) -> int:
    """One more than the place of the minus of the number that begins there; 0 where it has none."""
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
    """The place before a currency sign that stands there, with or without a blank behind it; -1 where none does."""
    if at > 0 and text[at] in " \u00a0":
        at -= 1
    return at - 1 if at > 0 and text[at] in _MONEY else -1


def _dash(text: str, at: int) -> int:
    """The place of a dash there that is a minus; -1 where there is none."""
    if at < 0:
        return -1
    if text[at] in " \u00a0\u202f\u2009" and at and text[at - 1] == "−":
        at -= 1  # a minus may stand apart from its number
    if text[at] not in _DASHES:
        return -1
    before = text[at - 1 : at] if at else ""
    if before and not before.isspace() and before not in _OPENING:
        return -1
    apart = text[at] == "−" and text[at + 1 : at + 2].isdigit()
    return at if apart or not before.isspace() or not _RANGED.search(text[max(0, at - 3) : at]) else -1


def negative_in_brackets(text: str, start: int, end: int) -> bool:
    """Whether a number may be negative as bookkeepers write it: (5.13), (1,234), | (45) |, 5.13-."""
    if text[end : end + 1] not in _CLOSING or not (m := _CLOSES.match(text, end)):
        return False
    exact = not text[start:end].isdigit()
    if text[end] == "-":
        return exact
    before = text[start - 1 : start] if start else ""
    return before == "(" and (exact or m.group() != ")" or text[max(0, start - 3) : start - 1].endswith(("| ", "|")))


def falls(text: str, start: int = -1, end: int = -1) -> bool:
    """Whether the number there is one by which something falls, or degrees below zero; without a place, whether a text has any."""
    if start < 0:
        return bool(_ANY_FALL.search(text))
    return bool(_FALLS_BY.search(text[max(0, start - _LOOK_BACK) : start]) or _BELOW.match(text, end))
