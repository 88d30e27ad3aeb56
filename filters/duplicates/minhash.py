"""MinHash: which texts share most of their shingles. Signatures and sorted bands in numpy, every candidate verified exactly.

Broder 1997; bands after Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4. What comes out depends on the texts and
their order alone.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import Hashes, Places, Shingles, distinct, mixed, shingles

BATCH, CHARACTERS = 2_000, 500_000  # texts that are hashed together, and their length: some megabytes, which fit into the processor's cache
MISSED = 1e-3  # of the pairs right at the threshold, the share that no band may bring together
BANDS = 32  # at most; the more hashes a band has, the fewer candidates come in vain, and the more bands it takes
CROWD = 64  # texts in one bucket of which every pair is looked at; of more, only those of the same words
REACH = 16  # of more texts of the same words than this, the first and the last ones that each is paired with
SLICE = 1_000_000  # shingles of candidates that are verified together: some 50 MB
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Near:
    """Pairs of texts, in order of the later one and then of the earlier one; `copies[i]` is the first text equal to text i, or -1.

    A copy is in no other pair: it is near to whatever its first is near to.
    """

    later: Places
    earlier: Places
    copies: Places

    def ends(self) -> Places:
        """For each text, how many pairs there are up to the last one in which it is the later text."""
        return np.searchsorted(self.later, np.arange(len(self.copies)), side="right")


def near(texts: Iterable[str], jaccard: float, n: int, weightless: Hashes | None = None) -> Near:
    """Texts whose word n-grams have at least that Jaccard similarity. Of each text some 4 bytes a word stay in memory.

    With `weightless` words, those of the same words in any order are near as well, whatever weightless ones they have beside.
    """
    bands, rows = _shape(jaccard)
    read = [(_digests(batch), s := shingles(batch, n, weightless), _keys(s, bands, rows)) for batch in batches(texts)]
    if not read:
        return Near(*(np.zeros(0, np.int64) for _ in range(3)))
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
        pairs = distinct(_of_one_bucket(band[places], places))
        fresh = pairs[~np.isin(pairs, found, assume_unique=True)]
        found = np.sort(np.concatenate((found, sets.alike(fresh, jaccard))))
    return Near((found >> _HALF).astype(np.int64), (found & _LOW).astype(np.int64), copies)


def _shape(jaccard: float) -> tuple[int, int]:
    """How many bands of how many hashes bring all but MISSED of the pairs at the threshold together."""
    for rows in range(8, 0, -1):
        missing = math.log1p(-(min(jaccard, 0.999) ** rows))
        if (bands := math.ceil(math.log(MISSED) / missing)) <= BANDS:
            return bands, rows
    return BANDS, 1  # of a threshold so low that more would be needed, more are missed


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for text in texts:
        batch.append(text)
        length += len(text)
        if len(batch) == BATCH or length >= CHARACTERS:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _digests(texts: Sequence[str]) -> Places:
    """One a text, 0 for one that is blank. They differ from process to process, but are only ever held against each other."""
    return np.fromiter((hash(text) if text.strip() else 0 for text in texts), np.int64, len(texts))


def _copies(digests: Places) -> Places:
    """For each the place of the first equal one, or -1 where that is itself. Blank texts are copies of nothing."""
    _, first, which = np.unique(digests, return_index=True, return_inverse=True)
    firsts = first[which]
    return np.where((firsts < np.arange(len(digests))) & (digests != 0), firsts, -1)


def _keys(found: Shingles, bands: int, rows: int) -> NDArray[np.uint32]:
    """One key a band and text; texts of one bucket share it."""
    keys = np.zeros((bands, len(found.counts)), np.uint32)
    there = np.flatnonzero(found.counts)
    if not len(there):
        return keys
    starts = (np.cumsum(found.counts) - found.counts)[there]
    turns = mixed(np.arange(1, 2 * bands * rows + 1, dtype=np.uint64)).astype(np.uint32).reshape(bands, rows, 2)
    for band, of_band in enumerate(turns):
        key = np.zeros(len(there), np.uint64)
        for mask, factor in of_band:
            least = np.minimum.reduceat((found.hashes ^ mask) * (factor | np.uint32(1)), starts)
            key = mixed(key + least)
        keys[band, there] = key >> _HALF
    return keys


def _of_same_words(places: Places, content: Hashes) -> Hashes:
    """Texts of the same words in any order, as the later place (upper half) and the earlier one (lower half) of each pair.

    In a large group each is paired with the first and the last ones before it, so that pairs stay linear in the texts.
    """
    order = np.argsort(content[places], kind="stable")
    groups, members = content[places][order], places[order]
    first = np.flatnonzero(np.diff(groups, prepend=~groups[:1]))
    starts, ends = np.repeat(first, np.diff(np.append(first, len(groups)))), np.arange(len(groups))
    found = [_neighbours(groups, members)]
    for ahead in range(REACH):
        late = ends > starts + ahead
        found.append(_codes(members[late], members[starts[late] + ahead]))
    return distinct(np.concatenate(found))


def _of_one_bucket(keys: NDArray[np.uint32], places: Places) -> Hashes:
    """Every pair of texts that share a key. What crowds in one bucket was written after one template: other words, other facts."""
    ordered = np.sort((keys.astype(np.uint64) << _HALF) | places.astype(np.uint64))
    buckets, members = ordered >> _HALF, (ordered & _LOW).astype(np.int64)
    first = np.flatnonzero(np.diff(buckets, prepend=~buckets[:1]))
    sizes = np.diff(np.append(first, len(buckets)))
    few = np.repeat(sizes <= CROWD, sizes)
    return _neighbours(buckets[few], members[few], CROWD)


def _neighbours(groups: Hashes, members: Places, reach: int = REACH + 1) -> Hashes:
    """Pairs of one group that stand less than `reach` apart."""
    found = [np.zeros(0, np.uint64)]
    left = np.arange(len(groups))
    for step in range(1, reach):
        left = left[left + step < len(groups)]
        left = left[groups[left] == groups[left + step]]
        if not len(left):
            break
        found.append(_codes(members[left + step], members[left]))
    return np.concatenate(found)


def _codes(later: Places, earlier: Places) -> Hashes:
    return (later.astype(np.uint64) << _HALF) | earlier.astype(np.uint64)


@dataclass(frozen=True)
class _Sets:
    """The shingles of all texts, those of text i from `starts[i]` on."""

    hashes: NDArray[np.uint32]
    starts: Places
    counts: Places

    def alike(self, pairs: Hashes, jaccard: float) -> Hashes:
        """Those of the pairs that reach the similarity."""
        one, other = self.counts[pairs >> _HALF], self.counts[pairs & _LOW]
        likely = np.minimum(one, other) >= jaccard * np.maximum(one, other)
        pairs, reached = pairs[likely], np.cumsum((one + other)[likely])
        parts = np.split(pairs, np.searchsorted(reached, np.arange(SLICE, reached[-1], SLICE))) if len(pairs) else []
        return np.concatenate([np.zeros(0, np.uint64), *(p[self.similarity(p) >= jaccard] for p in parts if len(p))])

    def similarity(self, pairs: Hashes) -> NDArray[np.float64]:
        """The exact Jaccard similarity of each pair."""
        sides = np.concatenate((pairs >> _HALF, pairs & _LOW)).astype(np.int64)
        counts = self.counts[sides]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        turns = np.repeat(np.tile(np.arange(len(pairs), dtype=np.uint64), 2), counts)
        shared = np.sort((turns << _HALF) | self.hashes[np.repeat(self.starts[sides], counts) + within])
        twice = (shared[1:][shared[1:] == shared[:-1]] >> _HALF).astype(np.int64)
        both = np.bincount(twice, minlength=len(pairs))
        return both / (counts[: len(pairs)] + counts[len(pairs) :] - both)
