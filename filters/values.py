"""Checkable values of a text: numbers with units, dates, times, clauses, codes and names. What code can hold against a source."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from filters.dates import dates, times
from filters.denial import negated
from filters.kanji import CJK, WIDE, kanji_dates, kanji_numbers
from filters.names import bare, names, starts_sentence
from filters.numbers import NUMBER_WORDS, UNITS, Number, numbers
from filters.references import Reference, codes, references
from filters.text import remembered
from filters.units import equal_amounts

__all__ = ["NUMBER_WORDS", "UNITS", "Value", "negated", "starts_sentence", "values"]

_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True, order=True, slots=True)
class Value:
    """One checkable value: `kind` is number, date, time, clause, code or name; `text` its canonical spelling.

    `unit` is of numbers, and of clauses the word for what is no section (annex, table); `noun` what a number without a unit counts.
    """

    kind: str
    text: str
    unit: str = ""
    start: int = 0
    end: int = 0
    noun: str = ""

    def carries(self, other: "Value") -> bool:
        """Whether this value bears out the other: the same, a number where one of them names no unit, a date that says more."""
        if self.kind != other.kind:
            return self._carries_kind(other)
        if self.kind == "date":
            return all(not theirs or mine == theirs for mine, theirs in zip(self._parts(), other._parts(), strict=True))
        if self.unit and other.unit and self.unit != other.unit:
            return self.kind == "number" and equal_amounts((self.text, self.unit), (other.text, other.unit))
        if self.text != other.text:
            return False
        return self.unit == other.unit or not (self.noun or other.noun)  # 24 without a unit may be 24 hours, but 24 trips are not

    def _carries_kind(self, other: "Value") -> bool:
        """A date says its year; the number at the head of a clause is the clause."""
        if self.kind == "date" and other.kind == "number":
            return not other.unit and bool(_YEAR.fullmatch(other.text)) and self._parts()[0] == other.text
        if "clause" in (self.kind, other.kind):
            number = other if self.kind == "clause" else self
            return number.kind in ("number", "code") and self.text == other.text and not (number.unit or number.noun)
        return False

    def _parts(self) -> list[str]:
        """Year, month and day of a date; "" where it does not say."""
        return [*self.text.split("-"), ""][:3]


def values(text: str, around: str = "") -> list[Value]:
    """Every number, date, time, clause, code and name, in order of place.

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
    wide = text if text.isascii() else text.translate(WIDE)
    for read in (*(_CJK if wide is not text and CJK.search(text) else ()), *(_READINGS if _DIGIT.search(wide) else _WORDED)):
        for value in read(wide):
            if not any(taken[value.start : value.end]):
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
                found.append(value)
    return tuple(found), bytes(taken)


def _of_numbers(read: Callable[[str], Iterator[Number] | list[Number]]) -> Callable[[str], Iterator[Value]]:
    return lambda text: (Value("number", n.amount, n.unit, n.start, n.end, n.noun) for n in read(text))


def _of_references(kind: str, read: Callable[[str], Iterator[Reference]]) -> Callable[[str], Iterator[Value]]:
    return lambda text: (Value(kind, r.text, r.family, r.start, r.end) for r in read(text))


def _dates(text: str) -> Iterator[Value]:
    return (Value("date", d.text, "", d.start, d.end) for d in dates(text))


def _times(text: str) -> Iterator[Value]:
    return (Value("time", t.text, "", t.start, t.end) for t in times(text))


def _kanji_dates(text: str) -> Iterator[Value]:
    return (Value("date", d.text, "", d.start, d.end) for d in kanji_dates(text))


def _names(text: str, around: str) -> Iterator[Value]:
    return (Value("name", bare(m.group()), "", m.start(), m.end()) for m in names(text, around))


_WORDED = (_dates, _times, _of_references("clause", references), _of_numbers(numbers))  # in March, at noon, Annex A, ten
_READINGS = (*_WORDED[:3], _of_references("code", codes), *_WORDED[3:])
_CJK = (_kanji_dates, _of_numbers(kanji_numbers))
