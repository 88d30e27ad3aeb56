"""Rates and frequencies, with bounds: what makes two claims of the same number (at least 5, 5 a day, every 5 days)."""

import re
from fractions import Fraction
from typing import NamedTuple

from filters.english.comparatives import Bound, bounds, clash
from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import STOP, stem
from filters.text.values import Value

NEAR = 64  # characters behind a value in which its rate and what is counted stand

_NOUN = r"(?:\s(?!or\b|and\b|at\b|to\b)[a-z]+(?:-[a-z]+)?)?"
_SIDE = re.compile(rf"{_NOUN}\s(?:(?P<after>after|following|later)|(?P<before>before|prior|earlier|in advance|ahead))\b", re.I)
_RATE = re.compile(
    rf"{_NOUN}(?:\sof(?:\s[\w-]+){{1,4}}?)?(?:\s?/\s?|\s(?:per|an?|for (?:each|every)|each|every)\s)(?P<of>[a-z]+)",
    re.I,
)
_MORE = re.compile(
    r"(?:\s?/\s?|\s(?:per|an?|each|every)\s|\sand\s(?:per\s)?(?=(?:hour|day|week|month|quarter|year|night)\b))(?P<of>[a-z]+)", re.I
)
_COUNTED = re.compile(r"\s(?P<noun>[a-z]{3,})\b", re.I)


class Setting(NamedTuple):
    """What stands around a value: its bound, its side of an event, its rate's unit, what is counted; "" where nothing does."""

    bound: Bound
    side: str
    rate: str
    counted: str

    def fits(self, other: "Setting") -> bool:
        """Whether nothing that both say differs."""
        rest = zip(self[1:], other[1:], strict=True)
        return not clash(self.bound, other.bound) and all(not mine or not theirs or mine == theirs for mine, theirs in rest)


def setting(text: str, value: Value) -> Setting:
    after = text[value.end : value.end + NEAR]
    side, rate = _SIDE.match(after), _RATE.match(after)
    counted = _COUNTED.match(after) if value.kind == "number" and not value.unit else None
    noun = counted["noun"].casefold() if counted else ""
    return Setting(
        next((b for b in bounds(text) if b.value.start == value.start), Bound(value, "", "", False)),
        ("after" if side["after"] else "before") if side else "",
        _whole_rate(rate, after) if rate else "",
        "" if noun in STOP else stem(noun),
    )


def _whole_rate(rate: re.Match[str], after: str) -> str:
    """Everything that the rate is of, in one order: per pallet and day."""
    found, end = [rate["of"]], rate.end()
    while more := _MORE.match(after, end):
        found.append(more["of"])
        end = more.end()
    return " ".join(sorted(stem(unit.casefold()) for unit in found))


_PERIODS = {"hour": ("day", Fraction(1, 24)), "day": ("day", Fraction(1)), "week": ("day", Fraction(7)), "fortnight": ("day", Fraction(14))}
_PERIODS |= {"month": ("month", Fraction(1)), "quarter": ("month", Fraction(3)), "year": ("month", Fraction(12))}
_ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "fortnightly": "fortnight", "monthly": "month", "quarterly": "quarter"}
_ADVERBS |= {"yearly": "year", "annually": "year", "annual": "year"}
_HALF_YEARLY = "half-yearly|semi-annually|biannually|half-annually"
_COUNT = "|".join(["once", "twice", "thrice", r"\d+", *(w for w in NUMBER_WORDS if "-" not in w)])
_OFTEN = re.compile(
    rf"(?<!for )\b(?:(?:(?P<times>once|twice|thrice|(?:{_COUNT})\stimes)\s(?:an?|per|each|every|in (?:a|each|every)))|every|each)"
    rf"\s(?:(?P<every>other|second|{_COUNT})\s)?(?:(?:operating|running|full|calendar|consecutive)\s)?(?P<period>{'|'.join(_PERIODS)})s?\b"
    rf"|\b(?P<adverb>{'|'.join(_ADVERBS)}|{_HALF_YEARLY})\b",
    re.I,
)
_ONCE = {"once": 1, "twice": 2, "thrice": 3, "other": 2, "second": 2}


def often(text: str) -> tuple[frozenset[tuple[str, Fraction]], str]:
    """How often something is done, as times a day or a month, and the text without the words that say so."""
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
    return Fraction(_ONCE[low] if low in _ONCE else NUMBER_WORDS[low] if low in NUMBER_WORDS else int(low))
