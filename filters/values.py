"""Checkable values of a text: numbers with units, dates, times, codes and names. What code can hold against a source."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from filters.denial import negated
from filters.names import MONTHS, bare, names, starts_sentence
from filters.numbers import NUMBER_WORDS, UNITS, glued_unit, numbers
from filters.text import remembered

__all__ = ["NUMBER_WORDS", "UNITS", "Value", "negated", "starts_sentence", "values"]

_MONTH = "|".join(m.capitalize() for m in MONTHS)  # in lower case, may and march are verbs
_DATES = (
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m>{_MONTH})(?:,?\s+(?P<y>\d{{4}}))?\b"),
    re.compile(rf"\b(?P<m>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?\b(?!:)"),
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(rf"\b(?P<m>{_MONTH})\s+(?P<y>\d{{4}})\b"),
)
_TIMES = (
    re.compile(r"(?<![\w.,:])(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap])(?:m\b|\.m\.)", re.I),
    re.compile(r"\b(?P<h>[0-2]?\d):(?P<m>[0-5]\d)\b"),
)
_CODES = (
    re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*\b"),  # TR-12
    re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?!\w)"),  # 3.1.2, 10.0.0.1
    re.compile(r"(?<![\w/])\d+(?:/\d+){2,}(?![\w/])"),  # 5/12/2024: which is the month is not for code to say
    re.compile(r"(?<![\w-])(?:\+\d{1,3}(?:[ -]\d{2,})+|\d+(?:-\d+){2,}|0\d+-\d+|\d+-0\d+)(?![\w-])"),  # 555-0123
    re.compile(r"(?<![\w.-])\d+(?P<letters>[A-Za-z]+)\w*"),  # room 4b, unless the letters are a unit
)
_DIGIT = re.compile(r"\d")
_ORDINAL = ("st", "nd", "rd", "th")


@dataclass(frozen=True, order=True, slots=True)
class Value:
    """One checkable value: `kind` is number, date, time, name or code; `text` its canonical spelling; `unit` only of numbers."""

    kind: str
    text: str
    unit: str = ""
    start: int = 0
    end: int = 0

    def carries(self, other: "Value") -> bool:
        """Whether this value bears out the other: the same, a number where one of them names no unit, a date that says more."""
        if self.kind == other.kind == "date":
            return all(not theirs or mine == theirs for mine, theirs in zip(self._parts(), other._parts(), strict=True))
        if (self.kind, self.text) != (other.kind, other.text):
            return False
        return self.unit == other.unit or not self.unit or not other.unit

    def _parts(self) -> list[str]:
        """Year, month and day of a date; "" where it does not say."""
        return [*self.text.split("-"), ""][:3]


def values(text: str, around: str = "") -> list[Value]:
    """Every number, date, time, code and name, in order of place.

    `around` is the text that tells whether a sentence begins with a name or an ordinary word; without it, that word is left out.
    """
    return list(_values(text, around))


@remembered
def _values(text: str, around: str) -> tuple[Value, ...]:
    typed, taken = _typed(text)
    named = (value for value in _names(text, around) if not any(taken[value.start : value.end]))
    return tuple(sorted((*typed, *named), key=lambda v: v.start))


@remembered
def _typed(text: str) -> tuple[tuple[Value, ...], bytes]:
    """All but the names, which depend on what is around, and a mark for each character that they take."""
    found: list[Value] = []
    taken = bytearray(len(text))  # each reading takes its place, so that all of them together stay linear
    readings: tuple[Callable[[str], Iterator[Value]], ...] = (_dates, _times, _codes, _numbers)
    for read in readings if _DIGIT.search(text) else (_numbers,):
        for value in read(text):
            if not any(taken[value.start : value.end]):
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
                found.append(value)
    return tuple(found), bytes(taken)


def _dates(text: str) -> Iterator[Value]:
    for pattern in _DATES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            number = MONTHS.get(parts["m"].casefold()) or int(parts["m"])
            day = f"-{int(parts['d']):02d}" if parts.get("d") else ""
            yield Value("date", f"{parts.get('y') or ''}-{number:02d}{day}", "", m.start(), m.end())


def _times(text: str) -> Iterator[Value]:
    """Times of day on 24 hours; one without am or pm is taken as it stands."""
    for pattern in _TIMES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            hour, half = int(parts["h"]), (parts.get("half") or "").casefold()
            if half:
                hour = hour % 12 + (12 if half == "p" else 0)
            yield Value("time", f"{hour:02d}:{parts['m'] or '00'}", "", m.start(), m.end())


def _codes(text: str) -> Iterator[Value]:
    for pattern in _CODES:
        for m in pattern.finditer(text):
            letters = m.groupdict().get("letters") or ""
            if any(c.isdigit() for c in m.group()) and not glued_unit(letters) and letters.casefold() not in _ORDINAL:
                yield Value("code", m.group().casefold(), "", m.start(), m.end())


def _numbers(text: str) -> Iterator[Value]:
    return (Value("number", n.amount, n.unit, n.start, n.end) for n in numbers(text))


def _names(text: str, around: str) -> Iterator[Value]:
    return (Value("name", bare(m.group()), "", m.start(), m.end()) for m in names(text, around))
