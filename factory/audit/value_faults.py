"""Faults in a value: another number, unit, date or time, or another name from the document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from factory.audit.text_reading import (
    Subject,
    contains_value,
    find_names,
    kind_of_name,
    lowercase_words,
    names_by_kind,
    number_values,
    outside_markup,
    word_before,
)
from factory.audit.word_lists import MONEY_SIGNS, MONTHS, NUMBER_WORDS, UNITS, WEEKDAYS

CHANGES_PER_VALUE = 6


@dataclass(frozen=True)
class FaultEdit:
    """A text with one change."""

    text: str
    was: str
    now: str


def replace_span(text: str, start: int, end: int, now: str) -> FaultEdit:
    return FaultEdit(text[:start] + now + text[end:], text[start:end], now)


_MONTH = "|".join(MONTHS)
_FIGURE = re.compile(
    r"(?<![\w.,/§#:–-])(?<![;:.] )(?!0\d)(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
    r"(?![\w/:]|[-–]\d|[.,]\w|\.$)"
)
_WORDED = re.compile(rf"(?<![\w-])(?:{'|'.join(w for w in NUMBER_WORDS[2:])})(?![\w-])", re.I)
_DATES = (
    re.compile(
        rf"\b(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)? (?P<month>{_MONTH})"
        rf"(?:,? (?P<year>\d{{4}}))?\b"
    ),
    re.compile(
        rf"\b(?P<month>{_MONTH}) (?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
        rf"(?:,? (?P<year>\d{{4}}))?\b"
    ),
    re.compile(rf"\b(?P<month>{_MONTH}),? (?P<year>\d{{4}})\b"),
    re.compile(r"\b(?P<year>\d{4})-\d{2}-(?P<day>\d{2})\b"),
    re.compile(r"(?<![\w$€£.,/-])(?P<year>19\d\d|20\d\d)(?![\w/-]|[.,]\d| [a-z]+s\b)"),
)
_TIME = re.compile(
    r"(?<![\w:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\w:])"
    r"|(?<![\w:.])(?P<half>1[0-2]|[1-9])(?= ?[ap]\.?m\b)"
)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})(?=s?\b)")


def change_numbers(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace an amount in the same spelling: a neighbour, a multiple or another amount of the
    document.
    """
    dated = [m.span() for pattern in (*_DATES, _TIME) for m in outside_markup(text, pattern)]
    for m in [*outside_markup(text, _FIGURE), *outside_markup(text, _WORDED)]:
        if any(a <= m.start() < b for a, b in dated) or m.group() == "1":
            continue
        offered = _other_amounts(m.group(), subject.document, pick)
        fit = (
            now
            for now in offered
            if not contains_value(text, now) and not subject.may_support(m.group(), now)
        )
        yield from (
            replace_span(text, *m.span(), now)
            for now, _ in zip(fit, range(CHANGES_PER_VALUE), strict=False)
        )


def _other_amounts(was: str, document: str, pick: Random) -> list[str]:
    if was.lower() in NUMBER_WORDS:
        others = [w for w in NUMBER_WORDS[2:] if w != was.lower()]
        return [
            w.capitalize() if was[0].isupper() else w
            for w in pick.sample(others, CHANGES_PER_VALUE)
        ]
    value = float(was.replace(",", ""))
    places = len(was.partition(".")[2])
    step = 10.0**-places
    there = [a for a in _all_amounts(document, places) if value / 10 <= a <= value * 10]
    offered = [
        value + step,
        value - step,
        value * 2,
        value * 10,
        value + 5 * step,
        *pick.sample(there, min(4, len(there))),
    ]
    written = (
        f"{a:,.{places}f}" if "," in was else f"{a:.{places}f}"
        for a in offered
        if a > 0 and abs(a - value) >= step / 2
    )
    found = list(dict.fromkeys(w for w in written if w != was))
    pick.shuffle(found)
    return found


@lru_cache(maxsize=256)
def _all_amounts(document: str, places: int) -> tuple[float, ...]:
    """Return the amounts of a document that have the given number of decimal places."""
    found = (m.group().replace(",", "") for m in outside_markup(document, _FIGURE))
    return tuple(sorted({float(n) for n in found if len(n.partition(".")[2]) == places}))


_UNIT_WORDS = sorted(
    {word for family in UNITS for unit in family for word in unit}, key=len, reverse=True
)
_AMOUNT = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(NUMBER_WORDS[1:])})"
_MEASURED = re.compile(
    rf"(?<![\w.])(?P<amount>{_AMOUNT})(?P<gap>[ -]?)"
    rf"(?P<unit>{'|'.join(map(re.escape, _UNIT_WORDS))})(?!\w)",
    re.I,
)
_PRICED = re.compile(rf"[{MONEY_SIGNS}](?=\d)")


def change_units(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace a unit with another of the same dimension: hours for days, euros for dollars."""
    for m in outside_markup(text, _MEASURED):
        others = list(_other_units(m["unit"]))
        pick.shuffle(others)
        for now in others:
            edit = replace_span(text, *m.span("unit"), now)
            if not _contains_amount(subject.example.chunk.text, m["amount"], now):
                yield edit
    for m in outside_markup(text, _PRICED):
        rest = [sign for sign in MONEY_SIGNS if sign != m.group()]
        yield from (
            replace_span(text, *m.span(), now)
            for now in rest
            if now not in subject.example.chunk.text
        )


def _other_units(was: str) -> Iterator[str]:
    """Take the first family that contains the unit, so that working days become calendar days and
    not hours.
    """
    for family in UNITS:
        place = next((i for unit in family for i in (0, 1) if unit[i] == was), None)
        if place is not None:
            yield from (unit[place] for unit in family if was not in unit)
            return


def _contains_amount(text: str, amount: str, unit: str) -> bool:
    """Tell whether a text contains this amount with this unit, in any spelling."""
    forms = next((u for family in UNITS for u in family if unit in u), (unit, unit))
    ways = (m for m in _MEASURED.finditer(text) if m["unit"].lower() in {f.lower() for f in forms})
    return any(number_values(m["amount"]) & number_values(amount) for m in ways)


def change_dates(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Change the day, month or year of a date, a time of day, or a day of the week."""
    taken: list[tuple[int, int]] = []
    for pattern in (*_DATES, _TIME, _WEEKDAY):
        for m in outside_markup(text, pattern):
            if any(a < m.end() and m.start() < b for a, b in taken):
                continue
            taken.append(m.span())
            edits = [
                e
                for e in _redated(text, m, pick)
                if not contains_words(subject.example.chunk.text, _changed_date(e, m))
            ]
            yield from pick.sample(edits, min(CHANGES_PER_VALUE, len(edits)))


def contains_words(text: str, words: str) -> bool:
    return words.lower() in text.lower()


def _changed_date(edit: FaultEdit, m: re.Match[str]) -> str:
    """Return the whole date as it reads after the change."""
    return edit.text[m.start() : m.end() + len(edit.now) - len(edit.was)]


def _redated(text: str, m: re.Match[str], pick: Random) -> Iterator[FaultEdit]:
    parts = {name: part for name, part in m.groupdict().items() if part}
    if not parts:
        yield from (replace_span(text, *m.span(), now) for now in WEEKDAYS if now != m.group())
    if "day" in parts:
        width = 2 if "month" not in parts else 0  # 2026-03-01
        days = [d for d in range(1, 29) if d != int(parts["day"])]
        yield from (
            replace_span(text, *m.span("day"), f"{d:0{width}d}") for d in pick.sample(days, 3)
        )
    if "month" in parts:
        yield from (
            replace_span(text, *m.span("month"), now)
            for now in pick.sample([x for x in MONTHS if x != parts["month"]], 2)
        )
    if "year" in parts:
        yield from (
            replace_span(text, *m.span("year"), str(int(parts["year"]) + by)) for by in (-1, 1, 3)
        )
    if "hour" in parts:
        hour, width = int(parts["hour"]), len(parts["hour"])
        yield from (
            replace_span(text, *m.span("hour"), f"{(hour + by) % 24:0{width}d}")
            for by in (1, -1, 2)
            if (hour + by) % 24 != hour
        )
        minutes = [x for x in ("00", "15", "30", "45") if x != parts["minute"]]
        yield from (replace_span(text, *m.span("minute"), now) for now in minutes[:2])
    if "half" in parts:
        yield from (
            replace_span(text, *m.span("half"), str(h))
            for h in pick.sample([h for h in range(1, 13) if h != int(parts["half"])], 3)
        )


def change_names(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace a name with another one of the same kind from the document."""
    known, lower = names_by_kind(subject.document), lowercase_words(subject.document)
    asked = f"{subject.example.instruction} {text}"
    for m in find_names(text):
        was = m.group().removesuffix("'s").removesuffix("’s")
        listed, before = known.get(kind_of_name(was, lower), {}), word_before(text, m.start())
        if was not in listed or kind_of_name(was, lower) == "time":
            continue  # it appears nowhere else in its document, so it may be any capitalised word
        # The same preceding word indicates the same kind of thing: at Orvane, at Saltby.
        fit = [
            n
            for n, places in listed.items()
            if (before in places or not before) and not _may_mean_the_same(n, was)
        ]
        fit = [n for n in fit if _fits_article(text[: m.start()], was, n)]
        others = [
            n for n in fit if not contains_value(asked, n) and not subject.may_support(was, n)
        ]
        for now in pick.sample(others, min(CHANGES_PER_VALUE, len(others))):
            yield replace_span(text, m.start(), m.start() + len(was), now)


def _fits_article(before: str, was: str, now: str) -> bool:
    """Check "a" and "an": after an article, a name with an initial vowel is replaced only with
    another one.
    """
    return not re.search(r"\ban? $", before, re.I) or (was[0] in "AEIOU") == (now[0] in "AEIOU")


def _may_mean_the_same(one: str, other: str) -> bool:
    """Tell whether two names may mean the same: they share a word, or one is the initials of the
    other.
    """
    a, b = one.split(), other.split()
    first = ["".join(w[0] for w in parts if w[0].isupper()) for parts in (a, b)]
    return (
        bool({w.lower().rstrip("s") for w in a} & {w.lower().rstrip("s") for w in b})
        or one in first
        or other in first
    )
