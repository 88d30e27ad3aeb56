"""Accept values that the evidence supports in part: half a name, a date without a year, initials.

This applies to questions that were not made from the chunk.
"""

import re
from bisect import bisect_left

from filters.text.segment import text_cache, words
from filters.text.value_match import value_in_text
from filters.text.values import Value, find_values

# The text between two words of one name.
_APART = re.compile(r"[\s.\"'“”‘’*]{1,3}(?:of |the |de |von |van )?")
_BEFORE = re.compile(r"\b([A-Z][\w’'-]+)[\s.]{1,2}$")
_AFTER = re.compile(r"^\s([A-Z][\w’'-]+)")
_REACH = 40  # characters around a name in which its other half is looked for


def partially_supported(value: Value, answer: str, evidence: str, text: str) -> bool:
    """Return whether the evidence has part of the value, and nothing that contradicts the rest.

    `text` is the whole source, which may have the year of a date.
    """
    if value.kind == "date":
        return _dated(value, evidence, text)
    if _abbreviates(value, answer):
        return True
    return value.kind == "name" and any(
        _half(value, other, evidence) for other in _adjacent_names(value, answer)
    )


def _abbreviates(value: Value, answer: str) -> bool:
    """Return whether the answer gives the value in brackets as short for the words before them.

    The letters must occur in those words in order, from the start of a word.
    """
    before, short = answer[: value.start], answer[value.start : value.end]
    if (
        value.kind not in ("name", "code")
        or not before.endswith("(")
        or answer[value.end : value.end + 1] not in (")", "s")
    ):
        return False
    letters = [c for c in short.casefold() if c.isalpha()]
    near = words(before)[-len(letters) - 1 :]
    return len(letters) > 1 and any(
        _in_order(letters, "".join(near[i:])) for i, w in enumerate(near) if w[0] == letters[0]
    )


def _in_order(letters: list[str], text: str) -> bool:
    left = iter(text)
    return all(c in left for c in letters)


def _dated(value: Value, evidence: str, text: str) -> bool:
    """Match a day or month of the evidence without a year, if the text has that year anywhere.

    Documents mostly give the year in their head.
    """
    year, _, rest = value.text.partition("-")
    there = any(
        t.kind == "date" and t.text.startswith("-") and f"-{rest}" == t.text
        for t in find_values(evidence)
    )
    return (
        bool(year and rest)
        and there
        and (value_in_text(Value("number", year), text) or year in _numbers(text))
    )


@text_cache
def _numbers(text: str) -> frozenset[str]:
    return frozenset(part for word in words(text) for part in re.split(r"\D+", word))


def _adjacent_names(value: Value, answer: str) -> list[Value]:
    """Return the words of the same name next to this one."""
    named = _names(answer)
    at = bisect_left(named, value.start, key=lambda v: v.start)
    near = [v for v in named[max(0, at - 1) : at + 2] if v != value]
    return [
        v
        for v in near
        if _APART.fullmatch(answer, v.end, value.start)
        or _APART.fullmatch(answer, value.end, v.start)
    ]


@text_cache
def _names(text: str) -> tuple[Value, ...]:
    return tuple(v for v in find_values(text) if v.kind == "name")


def _half(value: Value, other: Value, evidence: str) -> bool:
    """Return whether the evidence has the other half by itself.

    James is LeBron James, but Jesse James is not.
    """
    if not value_in_text(other, evidence):
        return False
    side = _BEFORE if value.start < other.start else _AFTER
    places = [m.span() for m in re.finditer(rf"\b{re.escape(other.text)}\b", evidence, re.I)]
    around = (
        evidence[max(0, a - _REACH) : a] if side is _BEFORE else evidence[b : b + _REACH]
        for a, b in places
    )
    return bool(places) and not any(side.search(piece) for piece in around)
