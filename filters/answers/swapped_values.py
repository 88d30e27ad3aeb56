"""Exchanged: two values of a text that stand in each other's place in another one."""

from itertools import combinations
from typing import NamedTuple

from filters.grounding.claims import evidence_keys
from filters.text.segment import remembered, sentences
from filters.text.values import Value, values

AROUND = 30  # characters beside a value that say whose it is
APART = 2  # words by which the other place must fit better


class _Place(NamedTuple):
    """A value with the telling words of its sentence and of what stands next to it."""

    value: Value
    wide: frozenset[str]
    near: frozenset[str]

    def fits(self, other: "_Place") -> int:
        return len(self.wide & other.wide) + len(self.near & other.near)


def exchanged(one: str, other: str) -> str:
    """Two values of a kind that have changed places: what stands beside each fits the other one's place better."""
    here, there = _places(one), _places(other)
    for a, b in combinations(here, 2):
        if a.value.kind != b.value.kind or a.value.unit != b.value.unit or a.value.text == b.value.text:
            continue
        mine, yours = ([t for t in there if t.value.carries(v.value)] for v in (a, b))
        if len(mine) == len(yours) == 1 and _fit(a, b, mine[0], yours[0]) + APART <= _fit(a, b, yours[0], mine[0]):
            return f'"{one[a.value.start : a.value.end]}" and "{one[b.value.start : b.value.end]}"'
    return ""


def _fit(a: _Place, b: _Place, first: _Place, second: _Place) -> int:
    return a.fits(first) + b.fits(second)


@remembered
def _places(text: str) -> tuple[_Place, ...]:
    """Of numbers, dates and times; a name says whose a value is, and is no place of its own."""
    found: list[_Place] = []
    for value in (v for v in values(text) if v.kind in ("number", "date", "time")):
        sentence = next((s for s in sentences(text) if s.start <= value.start < s.end), None)
        low, high = (sentence.start, sentence.end) if sentence else (0, len(text))
        before, after = text[low : value.start], text[value.end : high]
        near = f"{before[-AROUND:]} {after[:AROUND]}"
        found.append(_Place(value, evidence_keys(f"{before} {after}"), evidence_keys(near)))
    return tuple(found)
