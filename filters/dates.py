"""Dates and times of a text: 31 March 2025, Mar. 31, 2025-03-31, in March, 6 pm, 18:30, noon."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.names import MONTHS


class Moment(NamedTuple):
    """A date as year-month-day, with "" for what it does not say, or a time as hh:mm, and its place."""

    text: str
    start: int
    end: int


_SHORT = {m[:3]: n for m, n in MONTHS.items()} | {"sept": 9}
_NUMBERS = MONTHS | _SHORT
_MONTH = "|".join(m.capitalize() for m in MONTHS)  # in lower case, may and march are verbs
_ANY = rf"(?:{_MONTH}|(?:{'|'.join(m.capitalize() for m in _SHORT)})\b\.?)"
_TH = r"(?:st|nd|rd|th)?"
_LEAD = r"in|by|of|until|till|since|from|to|through|during|before|after|end of|each|every|early|late|mid|last|next"
_DATES = (
    re.compile(rf"\b(?P<d>\d{{1,2}}){_TH}\s+(?:day\s+of\s+|of\s+)?(?P<m>{_ANY})(?:,?\s+(?P<y>\d{{4}})\b)?(?!\w)"),
    re.compile(rf"\b(?P<m>{_ANY})\s+(?P<d>\d{{1,2}}){_TH}(?:,?\s+(?P<y>\d{{4}}))?\b(?!:)"),
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(rf"\b(?P<m>{_ANY}),?\s+(?P<y>\d{{4}})\b"),
    re.compile(rf"\b(?:(?i:{_LEAD}))[\s-](?P<m>{_MONTH})\b"),
)
_TIMES = (
    re.compile(r"(?<![\w.,:])(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap])(?:m\b|\.m\.)", re.I),
    re.compile(r"\b(?P<h>[0-2]?\d):(?P<m>[0-5]\d)\b"),
    re.compile(r"\b(?:at|by|from|until|till|before|after|to|and|or)\s+(?:12\s+)?(?P<word>noon|midnight)\b", re.I),
)
_WORDS = {"noon": "12:00", "midnight": "00:00"}


def dates(text: str) -> Iterator[Moment]:
    for pattern in _DATES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            number = _NUMBERS.get(parts["m"].casefold().rstrip(".")) or int(parts["m"])
            day = f"-{int(parts['d']):02d}" if parts.get("d") else ""
            yield Moment(f"{parts.get('y') or ''}-{number:02d}{day}", m.start("m") if not (day or parts.get("y")) else m.start(), m.end())


def times(text: str) -> Iterator[Moment]:
    """Times of day on 24 hours; one without am or pm is taken as it stands."""
    for pattern in _TIMES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            if word := parts.get("word"):
                yield Moment(_WORDS[word.casefold()], m.start("word"), m.end())
                continue
            hour, half = int(parts["h"]), (parts.get("half") or "").casefold()
            if half:
                hour = hour % 12 + (12 if half == "p" else 0)
            yield Moment(f"{hour:02d}:{parts['m'] or '00'}", m.start(), m.end())
