"""What finders of personal data give: stretches of a text, with their kind."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

COVER = "|"  # stands for each letter of what was found while more is looked for: no part of any address or number


class Finding(NamedTuple):
    """A stretch of a text that tells of a person; `value` is the same however it is spelled."""

    start: int
    end: int
    kind: str
    value: str


Find = Callable[[str], Iterable[Finding]]
