"""Normalize texts to NFC and map offsets between the original and the normalized text."""

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


class NFCText:
    """A text as given and in NFC, with the offsets of one in the other."""

    def __init__(self, given: str) -> None:
        self.given = given
        self.text = nfc(given)
        self._starts = None if self.text == given else array("L", _starts(given))

    def before(self, place: int) -> int:
        """Return the offset in the given text for one in the NFC text."""
        return place if self._starts is None else self._starts[place]

    def after(self, place: int) -> int:
        """Return the offset in the NFC text for one in the given text, rounded up."""
        return place if self._starts is None else bisect_left(self._starts, place)


def _starts(given: str) -> Iterator[int]:
    """Yield where the cluster of each NFC character begins in the given text, then its end."""
    start = 0
    for end in range(1, len(given) + 1):
        if end == len(given) or _apart(given[end - 1], given[end]):
            for _ in nfc(given[start:end]):
                yield start
            start = end
    yield len(given)


def _apart(one: str, other: str) -> bool:
    """Return whether two neighbours are never composed or reordered, so a new cluster begins."""
    return not unicodedata.combining(other) and nfc(one + other) == nfc(one) + nfc(other)
