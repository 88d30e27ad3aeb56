"""Find dates and times in a text.

Examples: 31 March 2025, 31.3.2025, 2025-03-31, 31. März 2025, in March, 6 pm, 18:30, 8 Uhr, noon.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from filters.text.names import MONTHS


class Moment(NamedTuple):
    """A date (year-month-day) or a time (hh:mm), with its place in the text.

    Parts of a date that the text does not give are "". `also` holds the month-first reading of an
    ambiguous date such as 3/4/2027.
    """

    text: str
    start: int
    end: int
    also: tuple[str, ...] = ()


_SHORT = {m[:3]: n for m, n in MONTHS.items()} | {"sept": 9}
_FOREIGN_MONTHS = {
    month: n
    for n, names in enumerate(
        (
            "januar jänner janvier enero gennaio januari janeiro janv ene",
            "februar feber février fevrier febrero febbraio februari fevereiro févr",
            "märz maerz mars marzo maart março mär mrz",
            "april avril abril aprile avr",
            "mai mayo maggio mei maio",
            "juni juin junio giugno junho",
            "juli juillet julio luglio julho juil",
            "august août aout agosto augustus",
            "september septembre septiembre settembre setembro",
            "oktober octobre octubre ottobre outubro okt",
            "november novembre noviembre",
            "dezember décembre decembre diciembre dicembre december dezembro dez déc dic",
        ),
        1,
    )
    for month in names.split()
}
_NUMBERS = _FOREIGN_MONTHS | MONTHS | _SHORT
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
    "twenty-fourth twenty-fifth twenty-sixth "
    "twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_DAYS = {word: day for day, word in enumerate(_ORDINALS, 1)}
_WORDED = "|".join(w.replace("-", r"[\s-]") for w in sorted(_ORDINALS, key=len, reverse=True))
_MONTH = "|".join(m.capitalize() for m in MONTHS)  # in lower case, may and march are verbs
_ANY = rf"(?:{_MONTH}|(?:{'|'.join(m.capitalize() for m in _SHORT)})\b\.?)"
_FOREIGN_MONTH = rf"(?i:{'|'.join(sorted(_FOREIGN_MONTHS, key=len, reverse=True))})\b\.?"
_TH = r"(?:st|nd|rd|th|ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ)?"
_LEAD = (
    r"in|by|of|until|till|since|from|to|through|during|before|after|end of|each|every|early"
    r"|late|mid|last|next"
)
_OF = r"(?:de[l]?\s+|di\s+)?"
_DAY_IN_WORDS = re.compile(
    rf"(?=[fstenFSTEN])\b(?P<w>(?i:{_WORDED}))\s+(?:day\s+)?of\s+(?P<m>{_ANY})(?:,?\s+"
    rf"(?P<y>\d{{4}})\b)?(?!\w)"
)
_MONTH_ALONE = re.compile(rf"\b(?:(?i:{_LEAD}))[\s-](?P<m>{_MONTH})\b")
_IN_ENGLISH = (
    re.compile(
        rf"(?=\d)\b(?P<d>\d{{1,2}})(?:\.(?=\s?\w+\.?,?\s\d{{4}}\b)\s?|{_TH}\s+)(?:day\s+of\s+"
        rf"|of\s+)?(?P<m>{_ANY})(?:,?\s+(?P<y>\d{{4}})\b)?(?!\w)"
    ),
    re.compile(
        rf"(?=[JFMASOND])\b(?P<m>{_ANY})\s+(?P<d>\d{{1,2}}){_TH}(?:,?\s+(?P<y>\d{{4}}))?\b(?!:)"
    ),
    re.compile(rf"(?=[JFMASOND])\b(?P<m>{_ANY}),?\s+(?P<y>\d{{4}})\b"),
)
_IN_DIGITS = (
    re.compile(
        rf"(?=\d)\b(?P<d>\d{{1,2}})(?:\.|er|ère|º|°"
        rf"|ª)?\s+{_OF}(?P<m>{_FOREIGN_MONTH})(?:,?\s+{_OF}(?P<y>\d{{4}})\b)?(?!\w)"
    ),
    re.compile(
        rf"(?=\d)\b(?P<d>\d{{1,2}})(?:\.\s?|{_TH}\s|[-/])(?P<m>(?i:{_ANY}))(?:,?\s"
        rf"|[-/])(?P<y>\d{{4}})\b"
    ),
)
_CAPITAL = re.compile(rf"(?=[JFMASOND])(?:{'|'.join(m[:3].capitalize() for m in MONTHS)})")
_ENDS_IN_MONTH = re.compile(rf"\b(?P<m>{_FOREIGN_MONTH})\s+{_OF}$")
_YEAR = re.compile(r"\b\d{4}\b")
_LONGEST_MONTH = 24  # characters before a year, enough for septiembre de
# With points the day comes first; with other marks the month may.
_IN_FIGURES = re.compile(
    r"(?=\d)(?<![\w/.-])(?P<a>\d{4}"
    r"|\d{1,2})(?P<mark>[./-])(?P<blank>\s?)(?P<b>\d{1,2})(?P=mark)(?P=blank)(?P<c>\d{4}"
    r"|\d{2})(?!\d|[/-]|[.,]\d|[^\W\dT])"
)
_MONTH_OF_YEAR = re.compile(
    r"(?=[01])(?<![\w/.,-])(?P<m>0?[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d)(?![\w/]|[.,]\d)"
)
_NUMBERED = re.compile(
    r"(?:\b(?:versions?|release|v\.?|section|clause|article|art\.|abschnitt|kapitel|chapter"
    r"|ziffer|nr\.)|§)\s?$",
    re.I,
)
_CENTURY = 50  # two-digit years below this are in the 2000s
_PARTED = re.compile(r"\d[./-]\s?\d")
_DIGIT = re.compile(r"\d")
_HOUR = r"(?=\d)(?<![\w.,:])(?P<h>[01]?\d|2[0-4])"
_TIMES = (
    (
        re.compile(r"[apAP]\.?[mM]\b"),
        re.compile(rf"{_HOUR}(?:[:.](?P<m>[0-5]\d))?\s?(?P<half>[ap])(?:m\b|\.m\.)", re.I),
    ),
    (
        re.compile(r"(?i:uhr)"),
        re.compile(rf"{_HOUR}(?:[:.](?P<m>[0-5]\d))?\s?Uhr\b(?:\s(?P<late>[0-5]\d)\b)?", re.I),
    ),
    (re.compile(r"\d ?[hH]"), re.compile(rf"{_HOUR}\s?h\s?(?P<m>[0-5]\d)(?![\w:])", re.I)),
    (
        re.compile(r"\d:\d"),
        re.compile(r"(?=\d)(?:\b|(?<=\dT))(?P<h>[0-2]?\d):(?P<m>[0-5]\d)(?::[0-5]\d)?\b"),
    ),
    (
        re.compile(r"(?i:noon|midnight)"),
        re.compile(
            r"(?=[abfut])\b(?:at|by|from|until|till|before|after|to|and"
            r"|or)\s+(?:12\s+)?(?P<word>noon|midnight)\b",
            re.I,
        ),
    ),
)
_WORDS = {"noon": "12:00", "midnight": "00:00"}


def find_dates(text: str) -> Iterator[Moment]:
    figures = bool(_DIGIT.search(text))
    named = bool(_CAPITAL.search(text))
    english, alone = ((_DAY_IN_WORDS, *_IN_ENGLISH), (_MONTH_ALONE,)) if named else ((), ())
    for pattern in (*english, *(_IN_DIGITS if figures else ()), *alone):
        yield from _in_words(text, pattern)
    if figures:
        yield from _foreign_months(text)
        yield from find_numeric_dates(text) if _PARTED.search(text) else ()


def _in_words(text: str, pattern: re.Pattern[str]) -> Iterator[Moment]:
    for m in pattern.finditer(text):
        parts = {name: part for name, part in m.groupdict().items() if part}
        named = parts["m"].casefold().rstrip(".")
        month = _NUMBERS.get(named, 13)  # a dotless i folds to no known month
        day = (
            _DAYS["-".join(parts["w"].casefold().split())]
            if "w" in parts
            else int(parts.get("d", 0))
        )
        if day <= 31 and month <= 12:
            iso_date = f"{parts.get('y', '')}-{month:02d}" + (f"-{day:02d}" if day else "")
            yield Moment(iso_date, m.start() if day or "y" in parts else m.start("m"), m.end())


def _foreign_months(text: str) -> Iterator[Moment]:
    """Yield März 2027, mars 2027: search before each year, as there are many month names."""
    for year in _YEAR.finditer(text):
        at = max(0, year.start() - _LONGEST_MONTH)
        if m := _ENDS_IN_MONTH.search(text[at : year.start()]):
            yield Moment(
                f"{year.group()}-{_NUMBERS[m['m'].casefold().rstrip('.')]:02d}",
                at + m.start(),
                year.end(),
            )


def find_numeric_dates(text: str, short: bool = False) -> Iterator[Moment]:
    """Yield dates in figures: 31.12.2027, 31.12.27, 12/31/2027, 2027/12/31 and 12/2027.

    3/4/2027 may be in March or in April. With `short`, 3.5.26 counts as a date, too.
    """
    for m in _IN_FIGURES.finditer(text):
        found = [f"{d:%Y-%m-%d}" for d in _orders(m, short)]
        if found and not _NUMBERED.search(text[max(0, m.start() - 12) : m.start()]):
            yield Moment(
                found[0].zfill(10),
                m.start(),
                m.end(),
                tuple(f.zfill(10) for f in found[1:] if f != found[0]),
            )
    for m in _MONTH_OF_YEAR.finditer(text):
        yield Moment(f"{m['y']}-{int(m['m']):02d}", m.start(), m.end())


def _orders(m: re.Match[str], short: bool) -> Iterator[date]:
    a, b, c = m["a"], m["b"], m["c"]
    year_first = len(a) == 4
    if (
        (year_first and len(c) > 2)
        or (not year_first and len(c) == 2 and not (short or _short(m)))
        or (m["blank"] and m["mark"] != ".")
    ):
        return
    if year_first:
        orders = [(int(a), int(b), int(c))]
    else:
        year = int(c) if len(c) == 4 else int(c) + (2000 if int(c) < _CENTURY else 1900)
        orders = [(year, int(b), int(a)), *([] if m["mark"] == "." else [(year, int(a), int(b))])]
    for order in orders:
        try:
            yield date(*order)
        except ValueError:
            continue


def _short(m: re.Match[str]) -> bool:
    """Return whether a two-digit year ends a date (31.12.27, 3/4/27) and not a version number."""
    return m["mark"] == "/" or (m["mark"] == "." and len(m["a"]) == len(m["b"]) == 2)


def find_times(text: str) -> Iterator[Moment]:
    """Yield times of day on a 24-hour clock; a time without am or pm is read literally."""
    for sign, pattern in _TIMES:
        if not sign.search(text):
            continue
        for m in pattern.finditer(text):
            parts = m.groupdict()
            if word := parts.get("word"):
                yield Moment(_WORDS[word.casefold()], m.start("word"), m.end())
                continue
            hour, half = int(parts["h"]), (parts.get("half") or "").casefold()
            if half:
                hour = hour % 12 + (12 if half == "p" else 0)
            yield Moment(
                f"{hour:02d}:{parts['m'] or parts.get('late') or '00'}", m.start(), m.end()
            )
