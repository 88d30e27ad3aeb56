"""Rank texts for a question by BM25, as a search engine does."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import HashArray, hash_words

K1, B = 1.2, 0.75  # Robertson and Zaragoza 2009, section 3.4
HASH_BATCH = 1000  # texts hashed in one call
SORT_FIRST = 64  # texts that are sorted first; a caller rarely looks at more
# A word in more of the texts distinguishes none of them and would take most of the time.
MAX_DOCUMENT_FREQUENCY = 0.5
LOWER_HALF = np.uint64(2**32 - 1)


class BM25Index:
    """An inverted index of texts.

    A posting packs a word's hash (upper half) and its text's number (lower half), and has a count
    and a weight; 12 bytes each.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        waiting, lengths = iter(texts), array("L")
        postings: list[HashArray] = []
        counts: list[NDArray[np.uint8]] = []
        while block := list(islice(waiting, HASH_BATCH)):
            words, owners = hash_words(block)
            places = owners.astype(np.uint64) + np.uint64(len(lengths))
            found, often = _count_postings((words & ~LOWER_HALF) | places)
            postings.append(found)
            counts.append(np.minimum(often, 255).astype(np.uint8))
            lengths.extend(np.bincount(owners, minlength=len(block)).tolist())
        self._size = len(lengths)
        self._postings, self._weights = _weigh_postings(postings, counts, np.array(lengths))

    def rank(self, question: str) -> Iterator[int]:
        """Yield the numbers of all texts, the best match first; equal scores keep their order."""
        scores = np.zeros(self._size, np.float32)
        for word in sorted({int(word & ~LOWER_HALF) for word in hash_words([question])[0]}):
            start, end = np.searchsorted(
                self._postings, np.array([word, word + 2**32 - 1], np.uint64)
            )
            if 0 < end - start <= max(1, MAX_DOCUMENT_FREQUENCY * self._size):
                idf = np.log1p((self._size - (end - start) + 0.5) / (end - start + 0.5))
                scores[(self._postings[start:end] & LOWER_HALF).astype(np.int64)] += (
                    idf.astype(np.float32) * self._weights[start:end]
                )
        yield from _rank_all(scores)


def _count_postings(found: HashArray) -> tuple[HashArray, NDArray[np.int64]]:
    """Return the distinct postings in order, and how often each occurred."""
    ordered = np.sort(found)
    firsts = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    return ordered[firsts], np.diff(np.append(firsts, len(ordered)))


def _weigh_postings(
    postings: list[HashArray], counts: list[NDArray[np.uint8]], lengths: NDArray[np.int64]
) -> tuple[HashArray, NDArray[np.float32]]:
    """Return the postings sorted by word, and what each adds to its text's score before the IDF.

    Empties the lists, to save memory.
    """
    if not postings:
        return np.empty(0, np.uint64), np.empty(0, np.float32)
    every, often = np.concatenate(postings), np.concatenate(counts)
    postings.clear()
    order = np.argsort(every, kind="stable").astype(np.uint32)
    every, found = every[order], often[order].astype(np.float32)
    del order
    relative = (lengths / max(lengths.mean(), 1)).astype(np.float32)
    room = relative[(every & LOWER_HALF).astype(np.int64)] * np.float32(K1 * B)
    room += np.float32(K1 * (1 - B)) + found
    found *= np.float32(K1 + 1)
    found /= room
    return every, found


def _rank_all(scores: NDArray[np.float32]) -> Iterator[int]:
    """Yield all text numbers by score; the best few are sorted and yielded before the rest."""
    taken = 0
    if len(scores) > SORT_FIRST:
        bar = np.partition(scores, len(scores) - SORT_FIRST)[len(scores) - SORT_FIRST]
        if bar > 0:
            ahead = _by_falling_score(np.flatnonzero(scores >= bar), scores)
            taken = len(ahead)
            yield from ahead
    yield from _by_falling_score(np.arange(len(scores)), scores)[taken:]


def _by_falling_score(places: NDArray[np.int64], scores: NDArray[np.float32]) -> Sequence[int]:
    found: list[int] = places[np.argsort(-scores[places], kind="stable")].tolist()
    return found
