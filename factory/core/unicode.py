"""NFC, the one form of a text that everything is compared in, and where its characters stood before."""

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


class Composed:
    """A text in NFC beside the text as it was given."""

    def __init__(self, given: str) -> None:
        self.given = given
        self.text = nfc(given)
        self._starts = None if self.text == given else array("L", _starts(given))

    def before(self, place: int) -> int:
        """Where in the given text a place of the composed one stands."""
        return place if self._starts is None else self._starts[place]

    def after(self, place: int) -> int:
        """Where in the composed text a place of the given one stands; inside a composed character, behind it."""
        return place if self._starts is None else bisect_left(self._starts, place)


def _starts(given: str) -> Iterator[int]:
    """For each character of the composed text, and for its end, the place in the given one where its cluster begins."""
    start = 0
    for end in range(1, len(given) + 1):
        if end == len(given) or _apart(given[end - 1], given[end]):
            for _ in nfc(given[start:end]):
                yield start
            start = end
    yield len(given)


def _apart(one: str, other: str) -> bool:
    """Whether two neighbours are never composed or reordered: the second begins a cluster of its own."""
    return not unicodedata.combining(other) and nfc(one + other) == nfc(one) + nfc(other)
