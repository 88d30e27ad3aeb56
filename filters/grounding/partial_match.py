"""Values that a stranger's text bears out in parts: half a name, a day whose year stands elsewhere, a short form."""

import re
from bisect import bisect_left

from filters.text.segment import remembered, words
from filters.text.value_match import carried
from filters.text.values import Value, values

_APART = re.compile(r"[\s.\"'“”‘’*]{1,3}(?:of |the |de |von |van )?")  # between the words of one name
_BEFORE = re.compile(r"\b([A-Z][\w’'-]+)[\s.]{1,2}$")
_AFTER = re.compile(r"^\s([A-Z][\w’'-]+)")
_REACH = 40  # characters around a name in which its other half stands


def partly(value: Value, answer: str, evidence: str, text: str) -> bool:
    """Whether the evidence has the rest of the value, and nothing in the place of what it lacks; `text` is all that may complete it."""
    if value.kind == "date":
        return _dated(value, evidence, text)
    if _abbreviates(value, answer):
        return True
    return value.kind == "name" and any(_half(value, other, evidence) for other in _beside(value, answer))


def _abbreviates(value: Value, answer: str) -> bool:
    """Whether the answer gives it in brackets as short for what stands before them: its letters in order, from the start of a word."""
    before, short = answer[: value.start], answer[value.start : value.end]
    if value.kind not in ("name", "code") or not before.endswith("(") or answer[value.end : value.end + 1] not in (")", "s"):
        return False
    letters = [c for c in short.casefold() if c.isalpha()]
    near = words(before)[-len(letters) - 1 :]
    return len(letters) > 1 and any(_in_order(letters, "".join(near[i:])) for i, w in enumerate(near) if w[0] == letters[0])


def _in_order(letters: list[str], text: str) -> bool:
    left = iter(text)
    return all(c in left for c in letters)


def _dated(value: Value, evidence: str, text: str) -> bool:
    """A day or month of the evidence that names no year, where the text names that year at all: mostly in its head."""
    year, _, rest = value.text.partition("-")
    there = any(t.kind == "date" and t.text.startswith("-") and f"-{rest}" == t.text for t in values(evidence))
    return bool(year and rest) and there and (carried(Value("number", year), text) or year in _numbers(text))


@remembered
def _numbers(text: str) -> frozenset[str]:
    return frozenset(part for word in words(text) for part in re.split(r"\D+", word))


def _beside(value: Value, answer: str) -> list[Value]:
    """The words of the same name that stand next to this one."""
    named = _names(answer)
    at = bisect_left(named, value.start, key=lambda v: v.start)
    near = [v for v in named[max(0, at - 1) : at + 2] if v != value]
    return [v for v in near if _APART.fullmatch(answer, v.end, value.start) or _APART.fullmatch(answer, value.end, v.start)]


@remembered
def _names(text: str) -> tuple[Value, ...]:
    return tuple(v for v in values(text) if v.kind == "name")


def _half(value: Value, other: Value, evidence: str) -> bool:
    """Whether the evidence has the other half by itself: LeBron James is James, but not Jesse James."""
    if not carried(other, evidence):
        return False
    side = _BEFORE if value.start < other.start else _AFTER
    places = [m.span() for m in re.finditer(rf"\b{re.escape(other.text)}\b", evidence, re.I)]
    around = (evidence[max(0, a - _REACH) : a] if side is _BEFORE else evidence[b : b + _REACH] for a, b in places)
    return bool(places) and not any(side.search(piece) for piece in around)
