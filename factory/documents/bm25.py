"""Nearest: which texts a search engine would bring for a question, by BM25, the likeliest first."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import Hashes, hashed_words

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009, section 3.4
AT_ONCE = 1000  # texts whose words are hashed together
FIRST = 64  # texts that are put in order at first: more are rarely looked at
COMMON = 0.5  # a word of more of the texts tells nothing about any of them, and would take most of the time
LOWER = np.uint64(2**32 - 1)


class Nearest:
    """Texts by their words. A posting is a word's hash (upper half) and its text (lower half), with its count; 12 bytes each."""

    def __init__(self, texts: Iterable[str]) -> None:
        waiting, lengths = iter(texts), array("L")
        postings: list[Hashes] = []
        counts: list[NDArray[np.uint8]] = []
        while block := list(islice(waiting, AT_ONCE)):
            words, owners = hashed_words(block)
            places = owners.astype(np.uint64) + np.uint64(len(lengths))
            found, often = _counted((words & ~LOWER) | places)
            postings.append(found)
            counts.append(np.minimum(often, 255).astype(np.uint8))
            lengths.extend(np.bincount(owners, minlength=len(block)).tolist())
        self._size = len(lengths)
        self._postings, self._weights = _sorted(postings, counts, np.array(lengths))

    def to(self, question: str) -> Iterator[int]:
        """The places of all texts, the nearest first; of equally near ones, such as those without a word of it, the earlier first."""
        scores = np.zeros(self._size, np.float32)
        for word in sorted({int(word & ~LOWER) for word in hashed_words([question])[0]}):
            start, end = np.searchsorted(self._postings, np.array([word, word + 2**32 - 1], np.uint64))
            if 0 < end - start <= max(1, COMMON * self._size):
                idf = np.log1p((self._size - (end - start) + 0.5) / (end - start + 0.5))
                scores[(self._postings[start:end] & LOWER).astype(np.int64)] += idf.astype(np.float32) * self._weights[start:end]
        yield from _ordered(scores)


def _counted(found: Hashes) -> tuple[Hashes, NDArray[np.int64]]:
    """Each once, in order, and how often it stood there."""
    ordered = np.sort(found)
    firsts = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    return ordered[firsts], np.diff(np.append(firsts, len(ordered)))


def _sorted(postings: list[Hashes], counts: list[NDArray[np.uint8]], lengths: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.float32]]:
    """Postings by word, and what each adds to its text's score before it is known how rare the word is. Empties the lists."""
    if not postings:
        return np.empty(0, np.uint64), np.empty(0, np.float32)
    every, often = np.concatenate(postings), np.concatenate(counts)
    postings.clear()
    order = np.argsort(every, kind="stable").astype(np.uint32)
    every, found = every[order], often[order].astype(np.float32)
    del order
    relative = (lengths / max(lengths.mean(), 1)).astype(np.float32)
    room = relative[(every & LOWER).astype(np.int64)] * np.float32(K1 * B)
    room += np.float32(K1 * (1 - B)) + found
    found *= np.float32(K1 + 1)
    found /= room
    return every, found


def _ordered(scores: NDArray[np.float32]) -> Iterator[int]:
    """All places; the first few are put in order before the others."""
    taken = 0
    if len(scores) > FIRST:
        bar = np.partition(scores, len(scores) - FIRST)[len(scores) - FIRST]
        if bar > 0:
            ahead = _falling(np.flatnonzero(scores >= bar), scores)
            taken = len(ahead)
            yield from ahead
    yield from _falling(np.arange(len(scores)), scores)[taken:]


def _falling(places: NDArray[np.int64], scores: NDArray[np.float32]) -> Sequence[int]:
    found: list[int] = places[np.argsort(-scores[places], kind="stable")].tolist()
    return found
