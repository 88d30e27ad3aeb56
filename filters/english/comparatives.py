"""Comparatives beside a value: at least, at most, more than, no later than, or older; and whether an answer turns one round."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import remembered
from filters.text.values import Value, values

# Signs of the bounds: ">=" from the value on, ">" above it, "<=" up to it, "<" below it, "=" neither.
_BEFORE_WORDS = {
    ">=": r"at\s+least|(?:a\s+)?minimum(?:\s+of)?|min\.?|starting\s+(?:from|at|on)|from|since|as\s+of|≥|as\s+(?:early|much|many)\s+as",
    ">": r"(?:more|longer|greater|larger|higher|older|later|heavier|bigger|farther|further)\s+than|over|above|exceed(?:s|ed|ing)?"
    r"|beyond|after|following|past|>|in\s+excess\s+of",
    "<=": r"at\s+(?:the\s+)?(?:most|latest)(?:\s+by)?|up\s+to|(?:a\s+)?maximum(?:\s+of)?|max\.?|within|by|until|till|limited\s+to"
    r"|capped\s+at|≤|not\s+to\s+exceed",
    "<": r"(?:less|fewer|shorter|smaller|lower|younger|earlier|lighter|sooner)\s+than|under|below|before|prior\s+to|<",
    "=": r"exactly|precisely",
}
_AFTER_WORDS = {
    ">=": r"or\s+(?:more|longer|later|older|above|over|higher|greater|larger)|and\s+(?:above|over|older|more)"
    r"|at\s+least|minimum|onwards?|plus",
    "<=": r"or\s+(?:less|fewer|shorter|earlier|younger|below|under|lower|smaller)|and\s+(?:below|under|younger)"
    r"|at\s+(?:the\s+)?(?:most|latest)|maximum|max\b",
}
_GAP = r"(?:\s+(?:the|a|an|about|around|of|period|time|total|on|at|only|each|any|every|all|their|its|his|her))*\s*[(\"“]?(?:[$€£]\s?)?$"
_NOT = r"(?P<not>\b(?:no|not|never|nor|neither|without|cannot|n[’']t)(?:\s+(?:be|to|any|have|exceed))?(?:\s+[a-z]+){0,2}?\s+)?"
_BEFORE = re.compile(
    rf"{_NOT}(?:" + "|".join(rf"(?P<b{i}>(?<![\w-])(?:{words}))" for i, words in enumerate(_BEFORE_WORDS.values())) + rf"){_GAP}", re.I
)
_AFTER = re.compile(
    r"\s+(?:[a-z]+\s+)?(?:" + "|".join(rf"(?P<a{i}>(?:{words})\b)" for i, words in enumerate(_AFTER_WORDS.values())) + ")", re.I
)
_TURNED = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "=": ""}
_SPELLED = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "=": "exactly"}
_STRICT = re.compile(
    r"\b(?:least|most|minimum|maximum|than|exceed\w*|over|above|under|below|before|after|or more|or less|or fewer|up to)\b|[<>≤≥]", re.I
)
# Words that set a bound without standing beside the value: in a table's head, or in the verb.
_BOUND = re.compile(
    r"\b(?:max(?:imum)?|min(?:imum)?|most|least|limit\w*|long(?:est|er)|short(?:est|er)|high(?:est|er)|low(?:est|er)|larg(?:est|er)|small(?:est|er)"
    r"|latest|earliest|more|less|fewer|over|under|above|below|exceed\w*|within|by|until|till|before|after|beyond|than|deadline|threshold|since"
    r"|between|may|can|could|cap(?:ped)?|first|tolerance|from|range)\b|[<>≤≥]",
    re.I,
)
_DENIED = re.compile(r"\b(?:no|not|never|nor|neither|none|nobody|cannot)\b[^.;:,]*$", re.I)
_BY = re.compile(r"by\b", re.I)  # by 1 May is a bound, by 3 % is none
# "Over one of the docks" compares nothing, so one is no amount.
_AMOUNT = rf"(?:[$€£]\s?)?(?:\d|(?:{'|'.join(w for w in NUMBER_WORDS if w != 'one')})\b|how\s+(?:many|much|long|far)\b)"
_OF_AMOUNT = re.compile(
    r"\b(?P<inside>in\s+)?(?P<not>(?:no|not)\s+)?(?:"
    + "|".join(rf"(?P<b{i}>(?<![\w-])(?:{words}))" for i, words in enumerate(_BEFORE_WORDS.values()))
    + rf")(?=\s+{_AMOUNT})",
    re.I,
)
# What may tell more than that an amount is more or less: in which dimension (longer than, heavier than), when, or where (under two roofs).
_TELLING = re.compile(r"\b(?!fewer)[a-z]+er\s+than\b|\b(?:after|past|before|prior|beyond|latest|over|under|above|below)\b", re.I)
COMPARING = frozenset(re.findall(r"[a-z]{2,}", " ".join((*_BEFORE_WORDS.values(), "no not in"))))  # every word of these
_WORDED = re.compile(r"[^\W\d_]|[<>≤≥]")  # a look that spares a slow search between numbers
_REACH = 80  # characters before a value in which its comparative is looked for


class Bound(NamedTuple):
    """A value and the sign of the comparative beside it; `strict`: whether that tells "5" from "5 or more"."""

    value: Value
    sign: str
    words: str
    strict: bool


@remembered
def bounds(text: str) -> tuple[Bound, ...]:
    """Every number, date and time with its comparative; sign "" where it has none."""
    return tuple(_bounds(text))


def _bounds(text: str) -> Iterator[Bound]:
    for value in values(text):
        if value.kind not in ("number", "date", "time"):
            continue
        before = text[max(0, value.start - _REACH) : value.start]
        if _WORDED.search(before) and (m := _BEFORE.search(before)) and not (value.kind == "number" and _BY.match(m.group())):
            sign = next(s for i, s in enumerate(_BEFORE_WORDS) if m[f"b{i}"])
            yield Bound(value, _denied(sign, m, before), m.group().strip(), bool(_STRICT.search(m.group())))
        elif m := _AFTER.match(text, value.end):
            sign = next(s for i, s in enumerate(_AFTER_WORDS) if m[f"a{i}"])
            yield Bound(value, sign, m.group().strip(), True)
        else:
            yield Bound(value, "", "", False)


def _denied(sign: str, m: re.Match[str], before: str) -> str:
    """The sign as a denial turns it: no contact may receive more than two. What a distant one makes of "within" is not for code to say."""
    if m["not"]:
        return _TURNED[sign]
    if not _DENIED.search(before[: m.start()]):
        return sign
    return _TURNED[sign] if sign in ("<", ">") else ""


def turned_bound(answer: str, evidence: str) -> str:
    """The comparative of the answer that its evidence does not have beside that value; "" where none is changed."""
    said = [b for b in bounds(answer) if b.sign]
    if not said:
        return ""
    there = bounds(evidence)
    return next((f"{b.words} {answer[b.value.start : b.value.end]}" for b in said if _turned(b, there, evidence)), "")


def clash(one: Bound, other: Bound) -> bool:
    """Whether two answers' comparatives differ: what begins from 6:00 may be said to begin after 6:00, but by 5 May is not before it."""
    if not one.sign or not other.sign or one.sign == other.sign:
        return False
    return one.sign[0] != other.sign[0] or one.sign[0] == "<" or (one.strict and other.strict)


def _turned(bound: Bound, there: tuple[Bound, ...], evidence: str) -> bool:
    same = [t for t in there if t.value.carries(bound.value)]
    if not same or any(_agrees(bound, t) for t in same):
        return False
    if all(not t.sign for t in same):
        return bound.sign != "=" and bound.strict and not _BOUND.search(evidence)
    return True


def _agrees(one: Bound, other: Bound) -> bool:
    if not one.sign or not other.sign:
        return False
    if one.sign[0] != other.sign[0]:
        return False
    return one.sign == other.sign or not (one.strict and other.strict)


def in_one_spelling(text: str) -> str:
    """The text with one spelling of each comparative before an amount: up to, not more than and a maximum of become "at most"."""
    return _OF_AMOUNT.sub(_spelled, text) if _STRICT.search(text) else text


def _spelled(m: re.Match[str]) -> str:
    if not _STRICT.search(m.group()) or _TELLING.search(m.group()):
        return m.group()
    sign = next(s for i, s in enumerate(_BEFORE_WORDS) if m[f"b{i}"])
    sign = _TURNED[sign] if m["not"] else sign
    if m["inside"] and sign == "<=":
        return "within"  # is paid in at most 14 days; rests at most 14 days
    return f"{m['inside'] or ''}{_SPELLED.get(sign, m.group())}"
