"""Checkable values of a text: numbers with units, dates, times, clauses, codes and names. What code can hold against a source."""

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace

from filters.text.cjk_numbers import CJK, WIDE, kanji_dates, kanji_numbers
from filters.text.dates import Moment, dates, times
from filters.text.names import bare, names, starts_sentence
from filters.text.numbers import NUMBER_WORDS, UNITS, numbers
from filters.text.numbers import notation as _notation
from filters.text.references import Reference, codes, references
from filters.text.segment import remembered
from filters.text.units import base_amount, equal_amounts

__all__ = ["NUMBER_WORDS", "UNITS", "Value", "notation", "starts_sentence", "values"]

_DIGIT = re.compile(r"\d")
_APART = frozenset(("name", "time"))  # kinds that no other kind bears out
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
    comma: str = field(default="", compare=False)  # the amount where a comma is the decimal mark, or "" where that is no other one
    also: tuple[str, ...] = field(default=(), compare=False)  # further readings
    spelled: str = field(default="", compare=False)  # a number's digits as written, by which 1.10 is no version 1.1

    @property
    def readings(self) -> tuple[str, ...]:
        return (self.text, *((self.comma,) if self.comma else ()), *self.also)

    def in_notation(self, mark: str) -> "Value":
        """The value as a text with that decimal mark says it."""
        return replace(self, text=self.comma if mark == "," else self.text, comma="") if self.comma else self

    def same(self, other: "Value", day_of_hours: bool = False) -> bool:
        """Whether two values of one kind may be equal, in one of the units of the other; `day_of_hours` as in `equal_amounts`."""
        if self.kind != other.kind or self.kind != "number":
            return self.kind == other.kind and not set(self.readings).isdisjoint(other.readings)
        if self.unit == other.unit:
            return not set(self.readings).isdisjoint(other.readings)
        return any(equal_amounts((a, self.unit), (b, other.unit), day_of_hours) for a in self.readings for b in other.readings)

    def found_by(self, wanted: bool = False) -> Iterator[Hashable]:
        """By what it is found: one value carries another only where these of the one and the `wanted` ones of the other meet."""
        yield from self.readings
        yield self.spelled or self.text
        if self.kind == "number" and self.unit:
            yield from (base_amount(r, self.unit) or r for r in self.readings)
        if self.kind == "code" or (self.kind == "date" and not wanted):
            for year, month, day in ((*r.split("-"), "", "")[:3] for r in self.readings):
                yield from (year, f"{year}-{month}", f"-{month}", f"-{month}-{day}")

    def carries(self, other: "Value") -> bool:
        """Whether this value bears out the other: the same, a number where one of them names no unit, a date that says more."""
        if self.kind != other.kind:
            return self._carries_kind(other)
        if self.text == other.text and self.unit == other.unit:
            return True
        if self.kind == "date":
            return any(_says(mine, theirs) for mine in self.readings for theirs in other.readings)
        if self.unit and other.unit and self.unit != other.unit:
            return self.kind == "number" and self.same(other)
        if self.kind != "number":
            return self.text == other.text
        if self.text != other.text and set(self.readings).isdisjoint(other.readings):
            return False
        return self.unit == other.unit or not (self.noun or other.noun)  # 24 without a unit may be 24 hours, but 24 trips are not

    def _carries_kind(self, other: "Value") -> bool:
        """A date says its year; the number at the head of a clause is the clause, and a bare number may be a version."""
        if _APART.intersection((self.kind, other.kind)):
            return False
        if self.kind == "date" and other.kind == "number":
            return not other.unit and bool(_YEAR.fullmatch(other.text)) and self.text.partition("-")[0] == other.text
        kinds = {self.kind, other.kind}
        if "number" in kinds and kinds & {"clause", "code"}:
            number, named = (self, other) if self.kind == "number" else (other, self)
            if not set(number.readings).isdisjoint(named.also):
                return True  # 1.500 Euro at the beginning of a line
            return named.text == (number.spelled or number.text) and not (number.unit or number.noun)
        if kinds == {"code", "date"}:
            code, moment = (self, other) if self.kind == "code" else (other, self)
            return any(_says(one, moment.text) or _says(moment.text, one) for one in code.also)  # 3.5.26
        return kinds == {"clause", "code"} and self.text == other.text


def _says(one: str, other: str) -> bool:
    """Whether one date says all that the other says: year, month and day, or "" where it does not say."""
    parts = zip((*one.split("-"), "")[:3], (*other.split("-"), "")[:3], strict=True)
    return all(not theirs or mine == theirs for mine, theirs in parts)


def values(text: str, around: str = "", mark: str = "") -> list[Value]:
    """Every number, date, time, clause, code and name, in order of place.

    `around` is the text that tells whether a sentence begins with a name or an ordinary word; without it, that word is left out.
    `mark` is the decimal mark of the document, where the text's own numerals don't tell it.
    """
    return list(_values(text, around, mark))


@remembered
def _values(text: str, around: str, mark: str) -> tuple[Value, ...]:
    typed, taken = _typed(text, mark)
    named = (value for value in _names(text, around) if not any(taken[value.start : value.end]))
    return tuple(sorted((*typed, *named), key=lambda v: v.start))


@remembered
def _typed(text: str, mark: str) -> tuple[tuple[Value, ...], bytes]:
    """All but the names, which depend on what is around, and a mark for each character that they take."""
    found: list[Value] = []
    taken = bytearray(len(text))  # each reading takes its place, so that all of them together stay linear
    wide = text if text.isascii() else text.translate(WIDE)
    for read in (*(_CJK if wide is not text and CJK.search(text) else ()), *(_READINGS if _DIGIT.search(wide) else _WORDED)):
        for value in read(wide, mark):
            if not any(taken[value.start : value.end]):
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
                found.append(value)
    return tuple(found), bytes(taken)


def notation(text: str) -> str:
    """The decimal mark that a text's numerals have, "." or ","; "" where they don't tell."""
    return _notation(text if text.isascii() else text.translate(WIDE))


def _numbers(text: str, mark: str) -> Iterator[Value]:
    for n in numbers(text, mark):
        yield Value("number", n.amount, n.unit, n.start, n.end, n.noun, n.comma, n.also, n.spelled)


def _kanji_numbers(text: str, _: str) -> Iterator[Value]:
    return (Value("number", n.amount, n.unit, n.start, n.end, n.noun) for n in kanji_numbers(text))


def _of_references(kind: str, read: Callable[[str], Iterator[Reference]]) -> Callable[[str, str], Iterator[Value]]:
    return lambda text, _: (Value(kind, r.text, r.family, r.start, r.end, also=r.also) for r in read(text))


def _of_moments(kind: str, read: Callable[[str], Iterator[Moment]]) -> Callable[[str, str], Iterator[Value]]:
    return lambda text, _: (Value(kind, d.text, "", d.start, d.end, also=d.also) for d in read(text))


def _names(text: str, around: str) -> Iterator[Value]:
    return (Value("name", bare(m.group()), "", m.start(), m.end()) for m in names(text, around))


_WORDED = (  # in March, at noon, Annex A, ten
    _of_moments("date", dates),
    _of_moments("time", times),
    _of_references("clause", references),
    _numbers,
)
_READINGS = (*_WORDED[:3], _of_references("code", codes), *_WORDED[3:])
_CJK = (_of_moments("date", kanji_dates), _kanji_numbers)
