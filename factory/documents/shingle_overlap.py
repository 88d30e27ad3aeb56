"""Find the texts that share half of their shingles, without comparing every pair."""

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import HashArray, hash_shingles, mix_bits

SHINGLE_CHARACTERS = 5
SHINGLE_WORDS = 3
MIN_OVERLAP = 0.5  # share of a text's shingles that an overlapping text has, too
# One shingle in 16 is compared first. Of a pair that shares MIN_OVERLAP, less than FAR of 250
# sampled shingles are equal once in a million times.
SAMPLED, ENOUGH, FAR = 16, 250, 0.35
# HashArray below this bound are sampled; as hashes are sorted, these are a text's first ones.
SAMPLE_BELOW = np.uint64(2**64 // SAMPLED)
# 2^64 by the golden ratio: spreads letters over all bits (Knuth, TAOCP 3, section 6.4)
MIX = np.uint64(0x9E3779B97F4A7C15)
MAX_SHINGLES_IN_MEMORY = 2**18  # of one block of texts, unless a single text has more

ShingleHasher = Callable[[str], HashArray]


class OverlapIndex:
    """The sorted shingles of each text, in a temporary file: they take many times the text's size.

    Character shingles recognise versions of a whole document. Texts of different sizes in one
    language share half of the smaller one's by chance; for these use `word_shingles` and
    `mutual=False`, which asks for half of the smaller text's shingles only.
    """

    def __init__(
        self, texts: Iterable[str], shingled: ShingleHasher | None = None, mutual: bool = True
    ) -> None:
        shingled = shingled or character_shingles
        self._least = np.maximum if mutual else np.minimum
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as this is
        self._starts, self._sizes, self._samples = array("Q"), array("L"), array("L")
        for text in texts:
            found = shingled(text)
            self._starts.append(self._file.tell())
            self._sizes.append(len(found))
            self._samples.append(int(np.searchsorted(found, SAMPLE_BELOW)))
            self._file.write(found.data)

    def overlaps(self, one: int, other: int) -> bool:
        """Check whether two texts share half of the larger one's shingles (the smaller one's if not
        `mutual`). A text without shingles overlaps none.
        """
        found, others = self._read(one, self._sizes), self._read(other, self._sizes)
        common = len(np.intersect1d(found, others, assume_unique=True))
        return bool(common and common >= MIN_OVERLAP * self._least(len(found), len(others)))

    def candidate_pairs(self) -> Iterator[tuple[int, int]]:
        """Yield every pair that overlaps, once or twice, and some that don't: a sample decides."""
        every = range(len(self._sizes))
        large = [n for n in every if self._samples[n] >= ENOUGH]
        small = [n for n in every if self._samples[n] < ENOUGH]
        yield from self._sharing(large, large, self._samples, FAR)
        yield from self._sharing(small, every, self._sizes, MIN_OVERLAP)

    def _sharing(
        self, some: Sequence[int], others: Iterable[int], counts: "array[int]", share: float
    ) -> Iterator[tuple[int, int]]:
        """Yield pairs that have this share of their first `counts` shingles in common."""
        for texts in _blocks(some, counts):
            index = _Index([self._read(n, counts) for n in texts])
            sizes, done = np.array([counts[n] for n in texts]), set(some[: some.index(texts[0])])
            for other in others:
                if other not in done:
                    common = index.common(self._read(other, counts))
                    enough = np.flatnonzero(
                        common >= np.maximum(share * self._least(sizes, counts[other]), 1)
                    )
                    yield from (
                        (texts[place], other) for place in enough.tolist() if texts[place] != other
                    )

    def _read(self, number: int, counts: "array[int]") -> HashArray:
        return np.frombuffer(
            os.pread(self._file.fileno(), 8 * counts[number], self._starts[number]), np.uint64
        )


def _blocks(some: Sequence[int], counts: "array[int]") -> Iterator[list[int]]:
    """Split the texts into runs of at most MAX_SHINGLES_IN_MEMORY shingles."""
    block: list[int] = []
    size = 0
    for one in some:
        if block and size + counts[one] > MAX_SHINGLES_IN_MEMORY:
            yield block
            block, size = [], 0
        block.append(one)
        size += counts[one]
    if block:
        yield block


class _Index:
    """An index from a shingle to the texts that contain it."""

    def __init__(self, texts: Sequence[HashArray]) -> None:
        every = np.concatenate(texts)
        order = np.argsort(every, kind="stable")
        self._texts = len(texts)
        self._holders = np.repeat(np.arange(len(texts)), [len(one) for one in texts])[order]
        self._hashes, self._firsts, self._counts = np.unique(
            every[order], return_index=True, return_counts=True
        )

    def common(self, shingles: HashArray) -> NDArray[np.int64]:
        """Return how many of these shingles each text contains, shape (texts,)."""
        if not len(self._hashes):
            return np.zeros(self._texts, np.int64)
        places = np.searchsorted(self._hashes, shingles)
        places[places == len(self._hashes)] = 0
        places = places[self._hashes[places] == shingles]
        firsts, counts = self._firsts[places], self._counts[places]
        before = np.cumsum(counts) - counts
        holders = self._holders[np.repeat(firsts - before, counts) + np.arange(counts.sum())]
        return np.bincount(holders, minlength=self._texts)


def character_shingles(text: str) -> HashArray:
    """Return the sorted, distinct hashes of the text's character shingles."""
    flat = " ".join(text.casefold().split())
    letters = np.frombuffer(flat.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    letters = np.pad(letters, (0, max(0, SHINGLE_CHARACTERS - len(letters))))
    hashed = np.zeros(len(letters) - SHINGLE_CHARACTERS + 1, np.uint64)
    for place in range(SHINGLE_CHARACTERS):
        hashed = (hashed ^ letters[place : place + len(hashed)]) * MIX
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def word_shingles(text: str) -> HashArray:
    """Return the sorted, distinct hashes of runs of words; a shorter text is one run."""
    return np.sort(mix_bits(hash_shingles([text], SHINGLE_WORDS).hashes.astype(np.uint64)))
