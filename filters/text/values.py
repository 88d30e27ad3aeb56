"""Find the values of a text that code can check against a source.

They are numbers with units, dates, times, clauses, codes and names.
"""

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace

from filters.text.cjk_numbers import CJK_LETTER, TO_ASCII, find_cjk_dates, find_cjk_numbers
from filters.text.dates import Moment, find_dates, find_times
from filters.text.names import find_proper_names, normalize_name, starts_sentence
from filters.text.numbers import NUMBER_WORDS, UNITS, find_numbers
from filters.text.numerals import ascii_decimal_mark as _notation
from filters.text.references import Reference, find_codes, find_references
from filters.text.segment import text_cache
from filters.text.units import base_amount, equal_amounts

__all__ = ["NUMBER_WORDS", "UNITS", "Value", "decimal_mark", "starts_sentence", "find_values"]

_DIGIT = re.compile(r"\d")
_APART = frozenset(("name", "time"))  # kinds that no other kind confirms
_YEAR = re.compile(r"[12]\d{3}")


@dataclass(frozen=True, order=True, slots=True)
class Value:
    """A checkable value: `kind` is number, date, time, clause, code or name.

    `text` is the canonical spelling. `unit` is the unit of a number; for a clause that is not a
    section it is the word used (annex, table). `noun` is what a number without a unit counts.
    """

    kind: str
    text: str
    unit: str = ""
    start: int = 0
    end: int = 0
    noun: str = ""
    # The amount with a decimal comma, or "" if that is the same.
    comma: str = field(default="", compare=False)
    also: tuple[str, ...] = field(default=(), compare=False)  # further readings
    # A number's digits as written, so that 1.10 does not equal version 1.1.
    spelled: str = field(default="", compare=False)

    @property
    def readings(self) -> tuple[str, ...]:
        return (self.text, *((self.comma,) if self.comma else ()), *self.also)

    def in_notation(self, mark: str) -> "Value":
        """Return the value as a text with that decimal mark means it."""
        return (
            replace(self, text=self.comma if mark == "," else self.text, comma="")
            if self.comma
            else self
        )

    def same(self, other: "Value", day_of_hours: bool = False) -> bool:
        """Return whether two values of one kind may be equal, in one of the units of the other.

        `day_of_hours` is passed on to `equal_amounts`.
        """
        if self.kind != other.kind or self.kind != "number":
            return self.kind == other.kind and not set(self.readings).isdisjoint(other.readings)
        if self.unit == other.unit:
            return not set(self.readings).isdisjoint(other.readings)
        return any(
            equal_amounts((a, self.unit), (b, other.unit), day_of_hours)
            for a in self.readings
            for b in other.readings
        )

    def found_by(self, wanted: bool = False) -> Iterator[Hashable]:
        """Yield the keys that this value is looked up by.

        One value carries another only if its keys and the other's `wanted` keys have one in common.
        """
        yield from self.readings
        yield self.spelled or self.text
        if self.kind == "number" and self.unit:
            yield from (base_amount(r, self.unit) or r for r in self.readings)
        if self.kind == "code" or (self.kind == "date" and not wanted):
            for year, month, day in ((*r.split("-"), "", "")[:3] for r in self.readings):
                yield from (year, f"{year}-{month}", f"-{month}", f"-{month}-{day}")

    def carries(self, other: "Value") -> bool:
        """Return whether this value confirms the other.

        It does if they are equal, if they are equal numbers of which one has no unit, or if this is
        the more precise date.
        """
        if self.kind != other.kind:
            return self._carries_kind(other)
        if self.text == other.text and self.unit == other.unit:
            return True
        if self.kind == "date":
            return any(
                _includes_date(mine, theirs) for mine in self.readings for theirs in other.readings
            )
        if self.unit and other.unit and self.unit != other.unit:
            return self.kind == "number" and self.same(other)
        if self.kind != "number":
            return self.text == other.text
        if self.text != other.text and set(self.readings).isdisjoint(other.readings):
            return False
        # 24 without a unit may be 24 hours, but 24 trips are not
        return self.unit == other.unit or not (self.noun or other.noun)

    def _carries_kind(self, other: "Value") -> bool:
        """Return whether this value confirms one of another kind.

        A date confirms its year, the number at the head of a clause confirms the clause, and a bare
        number may be a version.
        """
        if _APART.intersection((self.kind, other.kind)):
            return False
        if self.kind == "date" and other.kind == "number":
            return (
                not other.unit
                and bool(_YEAR.fullmatch(other.text))
                and self.text.partition("-")[0] == other.text
            )
        kinds = {self.kind, other.kind}
        if "number" in kinds and kinds & {"clause", "code"}:
            number, named = (self, other) if self.kind == "number" else (other, self)
            if not set(number.readings).isdisjoint(named.also):
                return True  # 1.500 Euro at the beginning of a line
            return named.text == (number.spelled or number.text) and not (
                number.unit or number.noun
            )
        if kinds == {"code", "date"}:
            code, moment = (self, other) if self.kind == "code" else (other, self)
            # a code such as 3.5.26 may be a date
            return any(
                _includes_date(one, moment.text) or _includes_date(moment.text, one)
                for one in code.also
            )
        return kinds == {"clause", "code"} and self.text == other.text


def _includes_date(one: str, other: str) -> bool:
    """Return whether one date gives everything that the other gives.

    Both are year, month and day, with "" for what they leave out.
    """
    parts = zip((*one.split("-"), "")[:3], (*other.split("-"), "")[:3], strict=True)
    return all(not theirs or mine == theirs for mine, theirs in parts)


def find_values(text: str, around: str = "", mark: str = "") -> list[Value]:
    """Return every number, date, time, clause, code and name, in order.

    `around` is the text that tells whether a sentence begins with a name or with an ordinary word;
    without it, that word is left out. `mark` is the decimal mark of the document, for texts whose
    own numerals don't show it.
    """
    return list(_values(text, around, mark))


@text_cache
def _values(text: str, around: str, mark: str) -> tuple[Value, ...]:
    typed, taken = _typed(text, mark)
    named = (value for value in _names(text, around) if not any(taken[value.start : value.end]))
    return tuple(sorted((*typed, *named), key=lambda v: v.start))


@text_cache
def _typed(text: str, mark: str) -> tuple[tuple[Value, ...], bytes]:
    """Return all values but the names, and a map of the characters that they occupy.

    Names depend on the surrounding text.
    """
    found: list[Value] = []
    # Each value marks its characters, so that the work stays linear.
    taken = bytearray(len(text))
    wide = text if text.isascii() else text.translate(TO_ASCII)
    for read in (
        *(_CJK if wide is not text and CJK_LETTER.search(text) else ()),
        *(_READINGS if _DIGIT.search(wide) else _WORDED),
    ):
        for value in read(wide, mark):
            if not any(taken[value.start : value.end]):
                taken[value.start : value.end] = b"\1" * (value.end - value.start)
                found.append(value)
    return tuple(found), bytes(taken)


def decimal_mark(text: str) -> str:
    """Return the decimal mark of a text's numerals, "." or ","; "" if they don't show it."""
    return _notation(text if text.isascii() else text.translate(TO_ASCII))


def _numbers(text: str, mark: str) -> Iterator[Value]:
    for n in find_numbers(text, mark):
        yield Value("number", n.amount, n.unit, n.start, n.end, n.noun, n.comma, n.also, n.spelled)


def _kanji_numbers(text: str, _: str) -> Iterator[Value]:
    return (
        Value("number", n.amount, n.unit, n.start, n.end, n.noun) for n in find_cjk_numbers(text)
    )


def _of_references(
    kind: str, read: Callable[[str], Iterator[Reference]]
) -> Callable[[str, str], Iterator[Value]]:
    return lambda text, _: (
        Value(kind, r.text, r.family, r.start, r.end, also=r.also) for r in read(text)
    )


def _of_moments(
    kind: str, read: Callable[[str], Iterator[Moment]]
) -> Callable[[str, str], Iterator[Value]]:
    return lambda text, _: (
        Value(kind, d.text, "", d.start, d.end, also=d.also) for d in read(text)
    )


def _names(text: str, around: str) -> Iterator[Value]:
    return (
        Value("name", normalize_name(m.group()), "", m.start(), m.end())
        for m in find_proper_names(text, around)
    )


_WORDED = (  # in March, at noon, Annex A, ten
    _of_moments("date", find_dates),
    _of_moments("time", find_times),
    _of_references("clause", find_references),
    _numbers,
)
_READINGS = (*_WORDED[:3], _of_references("code", find_codes), *_WORDED[3:])
_CJK = (_of_moments("date", find_cjk_dates), _kanji_numbers)
