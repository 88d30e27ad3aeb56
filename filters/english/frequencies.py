"""Read rates, frequencies and bounds: what distinguishes claims that share a number.

Examples: at least 5, 5 a day, every 5 days.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from filters.english.comparatives import Bound, bounds_conflict, find_bounds
from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import STOP_WORDS, stem
from filters.text.values import Value

LOOK_AHEAD = 64  # characters after a value that are searched for its rate and noun

_NOUN = r"(?:\s(?!or\b|and\b|at\b|to\b)[a-z]+(?:-[a-z]+)?)?"
_SIDE = re.compile(
    rf"{_NOUN}\s(?:(?P<after>after|following|later)|(?P<before>before|prior|earlier|in advance"
    r"|ahead))\b",
    re.I,
)
_RATE = re.compile(
    rf"{_NOUN}(?:\sof(?:\s[\w-]+){{1,4}}?)?(?:\s?/\s?|\s(?:per|an?|for (?:each|every)|each"
    r"|every)\s)(?P<of>[a-z]+)",
    re.I,
)
_MORE = re.compile(
    r"(?:\s?/\s?|\s(?:per|an?|each|every)\s|\sand\s(?:per\s)?(?=(?:hour|day|week|month|quarter"
    r"|year|night)\b))(?P<of>[a-z]+)",
    re.I,
)
_COUNTED = re.compile(r"\s(?P<noun>[a-z]{3,})\b", re.I)


class ValueContext(NamedTuple):
    """The words around a value: its bound, side of an event, unit of its rate, and what it counts.

    A part that the text does not give is "".
    """

    bound: Bound
    side: str
    rate: str
    counted: str

    def fits(self, other: "ValueContext") -> bool:
        """Return whether the two contexts agree in everything that both give."""
        rest = zip(self[1:], other[1:], strict=True)
        return not bounds_conflict(self.bound, other.bound) and all(
            not mine or not theirs or mine == theirs for mine, theirs in rest
        )


def value_context(text: str, value: Value) -> ValueContext:
    after = text[value.end : value.end + LOOK_AHEAD]
    side, rate = _SIDE.match(after), _RATE.match(after)
    counted = _COUNTED.match(after) if value.kind == "number" and not value.unit else None
    noun = counted["noun"].casefold() if counted else ""
    return ValueContext(
        next(
            (b for b in find_bounds(text) if b.value.start == value.start),
            Bound(value, "", "", False),
        ),
        ("after" if side["after"] else "before") if side else "",
        _whole_rate(rate, after) if rate else "",
        "" if noun in STOP_WORDS else stem(noun),
    )


def _whole_rate(rate: re.Match[str], after: str) -> str:
    """Return all units of a rate, sorted: per pallet and day."""
    found, end = [rate["of"]], rate.end()
    while more := _MORE.match(after, end):
        found.append(more["of"])
        end = more.end()
    return " ".join(sorted(stem(unit.casefold()) for unit in found))


_PERIODS = {
    "hour": ("day", Fraction(1, 24)),
    "day": ("day", Fraction(1)),
    "week": ("day", Fraction(7)),
    "fortnight": ("day", Fraction(14)),
}
_PERIODS |= {
    "month": ("month", Fraction(1)),
    "quarter": ("month", Fraction(3)),
    "year": ("month", Fraction(12)),
}
_ADVERBS = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "fortnightly": "fortnight",
    "monthly": "month",
    "quarterly": "quarter",
}
_ADVERBS |= {"yearly": "year", "annually": "year", "annual": "year"}
_HALF_YEARLY = "half-yearly|semi-annually|biannually|half-annually"
_COUNT = "|".join(["once", "twice", "thrice", r"\d+", *(w for w in NUMBER_WORDS if "-" not in w)])
_OFTEN = re.compile(
    rf"(?<!for )\b(?:(?:(?P<times>once|twice|thrice|(?:{_COUNT})\stimes)\s(?:an?|per|each|every"
    r"|in (?:a|each|every)))|every|each)"
    rf"\s(?:(?P<every>other|second|{_COUNT})\s)?(?:(?:operating|running|full|calendar"
    rf"|consecutive)\s)?(?P<period>{'|'.join(_PERIODS)})s?\b"
    rf"|\b(?P<adverb>{'|'.join(_ADVERBS)}|{_HALF_YEARLY})\b",
    re.I,
)
_ONCE = {"once": 1, "twice": 2, "thrice": 3, "other": 2, "second": 2}


def extract_frequencies(text: str) -> tuple[frozenset[tuple[str, Fraction]], str]:
    """Return how often something is done, and the text without the words that say so.

    Each frequency is a number of times per day or per month.
    """
    found = frozenset(_frequency(m) for m in _OFTEN.finditer(text))
    return found, _OFTEN.sub(" ", text) if found else text


def _frequency(m: re.Match[str]) -> tuple[str, Fraction]:
    if m["adverb"]:
        base, length = _PERIODS[_ADVERBS.get(m["adverb"].casefold(), "month")]
        return base, 1 / (length if m["adverb"].casefold() in _ADVERBS else Fraction(6))
    base, length = _PERIODS[m["period"].casefold()]
    times, every = _count((m["times"] or "once").split()[0]), _count(m["every"] or "once")
    return base, times / (length * max(every, Fraction(1)))


def _count(word: str) -> Fraction:
    low = word.casefold()
    return Fraction(
        _ONCE[low] if low in _ONCE else NUMBER_WORDS[low] if low in NUMBER_WORDS else int(low)
    )
