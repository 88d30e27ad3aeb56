"""Overlap: which texts have half of their shingles in common, without holding every two against each other."""

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.shingles import mixed, shingles

SHINGLE = 5  # characters
WORDS = 3  # of a shingle of words
SAME = 0.5  # share of a text's shingles that another has in common from which on they overlap
# One shingle in 16 is compared first. Of a pair with SAME in common less than FAR of 250 sampled are equal once in a million times.
SAMPLED, ENOUGH, FAR = 16, 250, 0.35
BELOW = np.uint64(2**64 // SAMPLED)  # the sampled ones: a text's first, as they are in order
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: spreads letters over all bits (Knuth, TAOCP 3, section 6.4)
HELD = 2**18  # shingles in memory at once, where no text has more

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]


Shingled = Callable[[str], Hashes]


class Overlap:
    """The shingles of each text, in order, in a file without a name: they take many times the text.

    Those of characters tell versions of a whole document; of different sizes, one language makes texts share half of the smaller's by
    chance. Then `shingled` is to be `of_words`, and `mutual` false: half of the smaller's are enough.
    """

    def __init__(self, texts: Iterable[str], shingled: Shingled | None = None, mutual: bool = True) -> None:
        shingled = shingled or of_characters
        self._least = np.maximum if mutual else np.minimum
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as this is
        self._starts, self._sizes, self._samples = array("Q"), array("L"), array("L")
        for text in texts:
            found = shingled(text)
            self._starts.append(self._file.tell())
            self._sizes.append(len(found))
            self._samples.append(int(np.searchsorted(found, BELOW)))
            self._file.write(found.data)

    def there(self, one: int, other: int) -> bool:
        """Whether two texts have half of the larger one's shingles in common, or of the smaller one's; one without any overlaps none."""
        found, held = self._read(one, self._sizes), self._read(other, self._sizes)
        common = len(np.intersect1d(found, held, assume_unique=True))
        return bool(common and common >= SAME * self._least(len(found), len(held)))

    def likely(self) -> Iterator[tuple[int, int]]:
        """Every pair that overlaps, and those others that a sample can't tell from them; each once or twice."""
        every = range(len(self._sizes))
        large = [n for n in every if self._samples[n] >= ENOUGH]
        small = [n for n in every if self._samples[n] < ENOUGH]
        yield from self._sharing(large, large, self._samples, FAR)
        yield from self._sharing(small, every, self._sizes, SAME)

    def _sharing(self, some: Sequence[int], others: Iterable[int], counts: "array[int]", share: float) -> Iterator[tuple[int, int]]:
        """Pairs that have this share of their first shingles, as many as `counts` says, in common."""
        for texts in _blocks(some, counts):
            index = _Index([self._read(n, counts) for n in texts])
            sizes, done = np.array([counts[n] for n in texts]), set(some[: some.index(texts[0])])
            for other in others:
                if other not in done:
                    common = index.common(self._read(other, counts))
                    enough = np.flatnonzero(common >= np.maximum(share * self._least(sizes, counts[other]), 1))
                    yield from ((texts[place], other) for place in enough.tolist() if texts[place] != other)

    def _read(self, number: int, counts: "array[int]") -> Hashes:
        return np.frombuffer(os.pread(self._file.fileno(), 8 * counts[number], self._starts[number]), np.uint64)


def _blocks(some: Sequence[int], counts: "array[int]") -> Iterator[list[int]]:
    """Neighbours with at most HELD shingles together."""
    block: list[int] = []
    held = 0
    for one in some:
        if block and held + counts[one] > HELD:
            yield block
            block, held = [], 0
        block.append(one)
        held += counts[one]
    if block:
        yield block


class _Index:
    """Which of some texts hold a shingle."""

    def __init__(self, texts: Sequence[Hashes]) -> None:
        every = np.concatenate(texts)
        order = np.argsort(every, kind="stable")
        self._texts = len(texts)
        self._holders = np.repeat(np.arange(len(texts)), [len(one) for one in texts])[order]
        self._hashes, self._firsts, self._counts = np.unique(every[order], return_index=True, return_counts=True)

    def common(self, shingles: Hashes) -> Numbers:
        """How many of these each text holds."""
        if not len(self._hashes):
            return np.zeros(self._texts, np.int64)
        places = np.searchsorted(self._hashes, shingles)
        places[places == len(self._hashes)] = 0
        places = places[self._hashes[places] == shingles]
        firsts, counts = self._firsts[places], self._counts[places]
        before = np.cumsum(counts) - counts
        holders = self._holders[np.repeat(firsts - before, counts) + np.arange(counts.sum())]
        return np.bincount(holders, minlength=self._texts)


def of_characters(text: str) -> Hashes:
    """Hashes of the shingles, in order and each once."""
    flat = " ".join(text.casefold().split())
    letters = np.frombuffer(flat.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    letters = np.pad(letters, (0, max(0, SHINGLE - len(letters))))
    hashed = np.zeros(len(letters) - SHINGLE + 1, np.uint64)
    for place in range(SHINGLE):
        hashed = (hashed ^ letters[place : place + len(hashed)]) * MIX
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def of_words(text: str) -> Hashes:
    """Hashes of runs of words, in order and each once; a text of fewer words is one run."""
    return np.sort(mixed(shingles([text], WORDS).hashes.astype(np.uint64)))
