"""Findings of personal data: spans of a text, with their kind."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

# Replaces each letter of a finding while the search goes on: no part of any address or number.
MASK_CHARACTER = "|"


class PiiFinding(NamedTuple):
    """A span of personal data; `value` is the same for all its spellings."""

    start: int
    end: int
    kind: str
    value: str


PiiFinder = Callable[[str], Iterable[PiiFinding]]
