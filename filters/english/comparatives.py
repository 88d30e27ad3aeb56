"""Find comparatives next to values, and check whether an answer reverses one.

Examples: at least, at most, more than, no later than, or older.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import text_cache
from filters.text.values import Value, find_values

# Signs of the bounds: ">=" from the value on, ">" above it, "<=" up to it, "<" below it, "=" the
# value itself.
_BEFORE_WORDS = {
    ">=": r"at\s+least|(?:a\s+)?minimum(?:\s+of)?|min\.?|starting\s+(?:from|at|on)|from|since"
    r"|as\s+of|≥|as\s+(?:early|much|many)\s+as",
    ">": r"(?:more|longer|greater|larger|higher|older|later|heavier|bigger|farther"
    r"|further)\s+than|over|above|exceed(?:s|ed|ing)?"
    r"|beyond|after|following|past|>|in\s+excess\s+of",
    "<=": r"at\s+(?:the\s+)?(?:most|latest)(?:\s+by)?|up\s+to|(?:a\s+)?maximum(?:\s+of)?|max\.?"
    r"|within|by|until|till|limited\s+to"
    r"|capped\s+at|≤|not\s+to\s+exceed",
    "<": r"(?:less|fewer|shorter|smaller|lower|younger|earlier|lighter|sooner)\s+than|under|below"
    r"|before|prior\s+to|<",
    "=": r"exactly|precisely",
}
_AFTER_WORDS = {
    ">=": r"or\s+(?:more|longer|later|older|above|over|higher|greater|larger)|and\s+(?:above|over"
    r"|older|more)"
    r"|at\s+least|minimum|onwards?|plus",
    "<=": r"or\s+(?:less|fewer|shorter|earlier|younger|below|under|lower|smaller)|and\s+(?:below"
    r"|under|younger)"
    r"|at\s+(?:the\s+)?(?:most|latest)|maximum|max\b",
}
_GAP = (
    r"(?:\s+(?:the|a|an|about|around|of|period|time|total|on|at|only|each|any|every|all|their"
    r"|its|his|her))*\s*[(\"“]?(?:[$€£]\s?)?$"
)
_NOT = (
    r"(?P<not>\b(?:no|not|never|nor|neither|without|cannot|n[’']t)(?:\s+(?:be|to|any|have"
    r"|exceed))?(?:\s+[a-z]+){0,2}?\s+)?"
)
_BEFORE = re.compile(
    rf"{_NOT}(?:"
    + "|".join(
        rf"(?P<b{i}>(?<![\w-])(?:{words}))" for i, words in enumerate(_BEFORE_WORDS.values())
    )
    + rf"){_GAP}",
    re.I,
)
_AFTER = re.compile(
    r"\s+(?:[a-z]+\s+)?(?:"
    + "|".join(rf"(?P<a{i}>(?:{words})\b)" for i, words in enumerate(_AFTER_WORDS.values()))
    + ")",
    re.I,
)
_NEGATED_SIGN = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "=": ""}
_SPELLED = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "=": "exactly"}
_STRICT = re.compile(
    r"\b(?:least|most|minimum|maximum|than|exceed\w*|over|above|under|below|before|after|or more"
    r"|or less|or fewer|up to)\b|[<>≤≥]",
    re.I,
)
# Words that set a bound without being next to the value: in a table's head, or in the verb.
_BOUND = re.compile(
    r"\b(?:max(?:imum)?|min(?:imum)?|most|least|limit\w*|long(?:est|er)|short(?:est|er)"
    r"|high(?:est|er)|low(?:est|er)|larg(?:est|er)|small(?:est|er)"
    r"|latest|earliest|more|less|fewer|over|under|above|below|exceed\w*|within|by|until|till"
    r"|before|after|beyond|than|deadline|threshold|since"
    r"|between|may|can|could|cap(?:ped)?|first|tolerance|from|range)\b|[<>≤≥]",
    re.I,
)
_DENIED = re.compile(r"\b(?:no|not|never|nor|neither|none|nobody|cannot)\b[^.;:,]*$", re.I)
_BY = re.compile(r"by\b", re.I)  # by 1 May is a bound, by 3 % is not
# "Over one of the docks" compares nothing, so "one" does not count as an amount.
_AMOUNT = (
    rf"(?:[$€£]\s?)?(?:\d|(?:{'|'.join(w for w in NUMBER_WORDS if w != 'one')})\b"
    r"|how\s+(?:many|much|long|far)\b)"
)
_OF_AMOUNT = re.compile(
    r"\b(?P<inside>in\s+)?(?P<not>(?:no|not)\s+)?(?:"
    + "|".join(
        rf"(?P<b{i}>(?<![\w-])(?:{words}))" for i, words in enumerate(_BEFORE_WORDS.values())
    )
    + rf")(?=\s+{_AMOUNT})",
    re.I,
)
# These may mean more than a larger or smaller amount: a dimension (longer than, heavier than), a
# time, or a place (under two roofs).
_TELLING = re.compile(
    r"\b(?!fewer)[a-z]+er\s+than\b|\b(?:after|past|before|prior|beyond|latest|over|under|above"
    r"|below)\b",
    re.I,
)
# Every word of these comparatives.
COMPARATIVE_WORDS = frozenset(
    re.findall(r"[a-z]{2,}", " ".join((*_BEFORE_WORDS.values(), "no not in")))
)
_WORDED = re.compile(r"[^\W\d_]|[<>≤≥]")  # a quick check that avoids a slow search between numbers
_REACH = 80  # characters before a value that are searched for its comparative


class Bound(NamedTuple):
    """A value and the sign of its comparative.

    `strict`: whether the comparative distinguishes "5" from "5 or more".
    """

    value: Value
    sign: str
    words: str
    strict: bool


@text_cache
def find_bounds(text: str) -> tuple[Bound, ...]:
    """Return every number, date and time with its comparative; its sign is "" if it has none."""
    return tuple(_bounds(text))


def _bounds(text: str) -> Iterator[Bound]:
    for value in find_values(text):
        if value.kind not in ("number", "date", "time"):
            continue
        before = text[max(0, value.start - _REACH) : value.start]
        if (
            _WORDED.search(before)
            and (m := _BEFORE.search(before))
            and not (value.kind == "number" and _BY.match(m.group()))
        ):
            sign = next(s for i, s in enumerate(_BEFORE_WORDS) if m[f"b{i}"])
            yield Bound(
                value,
                _negated_sign(sign, m, before),
                m.group().strip(),
                bool(_STRICT.search(m.group())),
            )
        elif m := _AFTER.match(text, value.end):
            sign = next(s for i, s in enumerate(_AFTER_WORDS) if m[f"a{i}"])
            yield Bound(value, sign, m.group().strip(), True)
        else:
            yield Bound(value, "", "", False)


def _negated_sign(sign: str, m: re.Match[str], before: str) -> str:
    """Return the sign as a negation changes it: no contact may receive more than two.

    Code can't tell what a distant negation makes of "within", so that gives "".
    """
    if m["not"]:
        return _NEGATED_SIGN[sign]
    if not _DENIED.search(before[: m.start()]):
        return sign
    return _NEGATED_SIGN[sign] if sign in ("<", ">") else ""


def changed_bound(answer: str, evidence: str) -> str:
    """Return a comparative of the answer that the value does not have in the evidence, else ""."""
    answer_bounds = [b for b in find_bounds(answer) if b.sign]
    if not answer_bounds:
        return ""
    evidence_bounds = find_bounds(evidence)
    return next(
        (
            f"{b.words} {answer[b.value.start : b.value.end]}"
            for b in answer_bounds
            if _is_changed(b, evidence_bounds, evidence)
        ),
        "",
    )


def bounds_conflict(one: Bound, other: Bound) -> bool:
    """Return whether the comparatives of two answers differ.

    What begins from 6:00 may be said to begin after 6:00, but by 5 May is not before 5 May.
    """
    if not one.sign or not other.sign or one.sign == other.sign:
        return False
    return one.sign[0] != other.sign[0] or one.sign[0] == "<" or (one.strict and other.strict)


def _is_changed(bound: Bound, evidence_bounds: tuple[Bound, ...], evidence: str) -> bool:
    same = [t for t in evidence_bounds if t.value.carries(bound.value)]
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


def normalize_comparatives(text: str) -> str:
    """Give each comparative before an amount one spelling.

    "Up to", "not more than" and "a maximum of" become "at most".
    """
    return _OF_AMOUNT.sub(_spelled, text) if _STRICT.search(text) else text


def _spelled(m: re.Match[str]) -> str:
    if not _STRICT.search(m.group()) or _TELLING.search(m.group()):
        return m.group()
    sign = next(s for i, s in enumerate(_BEFORE_WORDS) if m[f"b{i}"])
    sign = _NEGATED_SIGN[sign] if m["not"] else sign
    if m["inside"] and sign == "<=":
        return "within"  # is paid in at most 14 days; rests at most 14 days
    return f"{m['inside'] or ''}{_SPELLED.get(sign, m.group())}"
