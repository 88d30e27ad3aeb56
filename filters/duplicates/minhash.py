"""Find texts that share most of their shingles, by MinHash in numpy; every candidate is verified.

Broder 1997; bands after Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4. The result
depends only on the texts and their order.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import (
    HashArray,
    IndexArray,
    Shingles,
    hash_shingles,
    mix_bits,
    sorted_unique,
)

# Texts that are hashed together, and their length: some megabytes, which fit into the CPU cache.
BATCH_TEXTS, BATCH_CHARACTERS = 2_000, 500_000
MISSED_SHARE = 1e-3  # most pairs right at the threshold that may share no band
MAX_BANDS = 32  # more hashes in a band give fewer false candidates, but need more bands
MAX_BUCKET = 64  # in a larger bucket, only texts of the same words are paired
# Of more texts with the same words, each is paired with this many first and last ones.
SAME_WORDS_REACH = 16
VERIFY_SLICE = 1_000_000  # shingles of candidates that are verified together: some 50 MB
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class NearPairs:
    """Pairs of similar texts by index, sorted by the later and then by the earlier one.

    `copies[i]` is the first text equal to text i, or -1. A copy is in no other pair: it is near to
    all texts that the first one is near to.
    """

    later: IndexArray
    earlier: IndexArray
    copies: IndexArray

    def ends(self) -> IndexArray:
        """Return for each text the end (exclusive) of the pairs in which it is the later text."""
        return np.searchsorted(self.later, np.arange(len(self.copies)), side="right")


def find_near_pairs(
    texts: Iterable[str], jaccard: float, n: int, weightless: HashArray | None = None
) -> NearPairs:
    """Find the texts whose word n-grams reach that Jaccard similarity.

    With `weightless` words, texts with the same other words in any order are near as well. About 4
    bytes for each word stay in memory.
    """
    bands, rows = _shape(jaccard)
    read = [
        (_digests(batch), s := hash_shingles(batch, n, weightless), _keys(s, bands, rows))
        for batch in batch_texts(texts)
    ]
    if not read:
        return NearPairs(*(np.zeros(0, np.int64) for _ in range(3)))
    counts = np.concatenate([s.counts for _, s, _ in read])
    copies = _copies(np.concatenate([digests for digests, _, _ in read]))
    content = np.concatenate([s.content for _, s, _ in read])
    keys = np.concatenate([k for _, _, k in read], axis=1)
    sets = _Sets(np.concatenate([s.hashes for _, s, _ in read]), np.cumsum(counts) - counts, counts)
    del read
    places = np.flatnonzero((copies < 0) & (counts > 0))
    found = _of_same_words(places, content)
    if weightless is None:
        found = sets.alike(found, jaccard)
    for band in keys:
        pairs = sorted_unique(_of_one_bucket(band[places], places))
        fresh = pairs[~np.isin(pairs, found, assume_unique=True)]
        found = np.sort(np.concatenate((found, sets.alike(fresh, jaccard))))
    return NearPairs((found >> _HALF).astype(np.int64), (found & _LOW).astype(np.int64), copies)


def _shape(jaccard: float) -> tuple[int, int]:
    """Return the bands, and hashes in a band, that miss at most MISSED_SHARE at the threshold."""
    for rows in range(8, 0, -1):
        missing = math.log1p(-(min(jaccard, 0.999) ** rows))
        if (bands := math.ceil(math.log(MISSED_SHARE) / missing)) <= MAX_BANDS:
            return bands, rows
    return MAX_BANDS, 1  # a threshold this low needs more bands, so more pairs are missed


def batch_texts(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for text in texts:
        batch.append(text)
        length += len(text)
        if len(batch) == BATCH_TEXTS or length >= BATCH_CHARACTERS:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _digests(texts: Sequence[str]) -> IndexArray:
    """Return one digest for each text, 0 for a blank one.

    They differ between processes, but are only compared with each other.
    """
    return np.fromiter((hash(text) if text.strip() else 0 for text in texts), np.int64, len(texts))


def _copies(digests: IndexArray) -> IndexArray:
    """Return for each text the index of the first equal one, or -1 for the first and for blanks."""
    _, first, which = np.unique(digests, return_index=True, return_inverse=True)
    firsts = first[which]
    return np.where((firsts < np.arange(len(digests))) & (digests != 0), firsts, -1)


def _keys(found: Shingles, bands: int, rows: int) -> NDArray[np.uint32]:
    """Return one key for each band and text, shape (bands, n); texts in one bucket share it."""
    keys = np.zeros((bands, len(found.counts)), np.uint32)
    there = np.flatnonzero(found.counts)
    if not len(there):
        return keys
    starts = (np.cumsum(found.counts) - found.counts)[there]
    turns = (
        mix_bits(np.arange(1, 2 * bands * rows + 1, dtype=np.uint64))
        .astype(np.uint32)
        .reshape(bands, rows, 2)
    )
    for band, of_band in enumerate(turns):
        key = np.zeros(len(there), np.uint64)
        for mask, factor in of_band:
            least = np.minimum.reduceat((found.hashes ^ mask) * (factor | np.uint32(1)), starts)
            key = mix_bits(key + least)
        keys[band, there] = key >> _HALF
    return keys


def _of_same_words(places: IndexArray, content: HashArray) -> HashArray:
    """Pair the texts with the same words in any order.

    A pair has the later index in its upper half and the earlier one in its lower half. In a large
    group each text is paired only with the first ones and the last ones before it, so that the
    number of pairs stays linear.
    """
    order = np.argsort(content[places], kind="stable")
    groups, members = content[places][order], places[order]
    first = np.flatnonzero(np.diff(groups, prepend=~groups[:1]))
    starts, ends = np.repeat(first, np.diff(np.append(first, len(groups)))), np.arange(len(groups))
    found = [_neighbours(groups, members)]
    for ahead in range(SAME_WORDS_REACH):
        late = ends > starts + ahead
        found.append(_codes(members[late], members[starts[late] + ahead]))
    return sorted_unique(np.concatenate(found))


def _of_one_bucket(keys: NDArray[np.uint32], places: IndexArray) -> HashArray:
    """Return every pair of texts that share a key, in buckets of up to MAX_BUCKET texts.

    The texts of a larger bucket follow one template: other words mean other facts.
    """
    ordered = np.sort((keys.astype(np.uint64) << _HALF) | places.astype(np.uint64))
    buckets, members = ordered >> _HALF, (ordered & _LOW).astype(np.int64)
    first = np.flatnonzero(np.diff(buckets, prepend=~buckets[:1]))
    sizes = np.diff(np.append(first, len(buckets)))
    few = np.repeat(sizes <= MAX_BUCKET, sizes)
    return _neighbours(buckets[few], members[few], MAX_BUCKET)


def _neighbours(
    groups: HashArray, members: IndexArray, reach: int = SAME_WORDS_REACH + 1
) -> HashArray:
    """Return the pairs of one group that are less than `reach` apart."""
    found = [np.zeros(0, np.uint64)]
    left = np.arange(len(groups))
    for step in range(1, reach):
        left = left[left + step < len(groups)]
        left = left[groups[left] == groups[left + step]]
        if not len(left):
            break
        found.append(_codes(members[left + step], members[left]))
    return np.concatenate(found)


def _codes(later: IndexArray, earlier: IndexArray) -> HashArray:
    return (later.astype(np.uint64) << _HALF) | earlier.astype(np.uint64)


@dataclass(frozen=True)
class _Sets:
    """The shingles of all texts; those of text i begin at `starts[i]`."""

    hashes: NDArray[np.uint32]
    starts: IndexArray
    counts: IndexArray

    def alike(self, pairs: HashArray, jaccard: float) -> HashArray:
        """Return the pairs that reach the similarity."""
        one, other = self.counts[pairs >> _HALF], self.counts[pairs & _LOW]
        likely = np.minimum(one, other) >= jaccard * np.maximum(one, other)
        pairs, reached = pairs[likely], np.cumsum((one + other)[likely])
        parts = (
            np.split(
                pairs, np.searchsorted(reached, np.arange(VERIFY_SLICE, reached[-1], VERIFY_SLICE))
            )
            if len(pairs)
            else []
        )
        return np.concatenate(
            [np.zeros(0, np.uint64), *(p[self.similarity(p) >= jaccard] for p in parts if len(p))]
        )

    def similarity(self, pairs: HashArray) -> NDArray[np.float64]:
        """Return the exact Jaccard similarity of each pair."""
        sides = np.concatenate((pairs >> _HALF, pairs & _LOW)).astype(np.int64)
        counts = self.counts[sides]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        turns = np.repeat(np.tile(np.arange(len(pairs), dtype=np.uint64), 2), counts)
        shared = np.sort(
            (turns << _HALF) | self.hashes[np.repeat(self.starts[sides], counts) + within]
        )
        twice = (shared[1:][shared[1:] == shared[:-1]] >> _HALF).astype(np.int64)
        both = np.bincount(twice, minlength=len(pairs))
        return both / (counts[: len(pairs)] + counts[len(pairs) :] - both)
