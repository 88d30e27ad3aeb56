"""Find two values of a text that have changed places in another text."""

from itertools import combinations
from typing import NamedTuple

from filters.grounding.claims import evidence_keys
from filters.text.segment import sentences, text_cache
from filters.text.values import Value, find_values

NEAR_CHARACTERS = 30  # characters around a value that show what it belongs to
MIN_FIT_GAIN = 2  # words by which the swapped places must fit better


class _Place(NamedTuple):
    """A value with the content words of its sentence (`wide`) and of the nearest text (`near`)."""

    value: Value
    wide: frozenset[str]
    near: frozenset[str]

    def fits(self, other: "_Place") -> int:
        return len(self.wide & other.wide) + len(self.near & other.near)


def find_swapped_values(one: str, other: str) -> str:
    """Return two quoted values of one kind that have changed places, or "".

    The text around each value fits the place of the other one better.
    """
    here, there = _places(one), _places(other)
    for a, b in combinations(here, 2):
        if (
            a.value.kind != b.value.kind
            or a.value.unit != b.value.unit
            or a.value.text == b.value.text
        ):
            continue
        mine, yours = ([t for t in there if t.value.carries(v.value)] for v in (a, b))
        if len(mine) == len(yours) == 1 and _fit(a, b, mine[0], yours[0]) + MIN_FIT_GAIN <= _fit(
            a, b, yours[0], mine[0]
        ):
            return f'"{one[a.value.start : a.value.end]}" and "{one[b.value.start : b.value.end]}"'
    return ""


def _fit(a: _Place, b: _Place, first: _Place, second: _Place) -> int:
    return a.fits(first) + b.fits(second)


@text_cache
def _places(text: str) -> tuple[_Place, ...]:
    """Return the numbers, dates and times of a text with their surroundings.

    Names show what a value belongs to, and have no place of their own.
    """
    found: list[_Place] = []
    for value in (v for v in find_values(text) if v.kind in ("number", "date", "time")):
        sentence = next((s for s in sentences(text) if s.start <= value.start < s.end), None)
        low, high = (sentence.start, sentence.end) if sentence else (0, len(text))
        before, after = text[low : value.start], text[value.end : high]
        near = f"{before[-NEAR_CHARACTERS:]} {after[:NEAR_CHARACTERS]}"
        found.append(_Place(value, evidence_keys(f"{before} {after}"), evidence_keys(near)))
    return tuple(found)
