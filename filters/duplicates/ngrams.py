"""Hash the long word n-grams of many texts, a batch at a time, and find those in held-out texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.minhash import batch_texts
from filters.duplicates.shingles import HashArray, IndexArray, hash_words, mix_bits

NGRAM_WORDS = 13  # of a shared n-gram that is a leak: Brown et al. 2020, appendix C
# The same for scripts without spaces, in which each character is a word. 13 English words are 35
# characters in Japanese and 21 in Chinese; 25 find 99 % of 45 copies and remove 2 of 1,583
# unrelated chunks, 30 find 94 % and remove none (benchmarks/thresholds.py).
NGRAM_CHARACTERS = 25
_ODD = np.uint64(0x9E3779B97F4A7C15)
_NONE = np.zeros(0, np.uint64)
_UNSPACED = (
    ("\u0e00", "\u1000", "\u1780", "\u3040", "\u3400"),
    ("\u0f00", "\u10a0", "\u1800", "\u3100", "\ua000"),
)


class NGrams(NamedTuple):
    """Hashes of n-grams, with the index of the text of each, and of its first word in that text."""

    hashes: HashArray
    owners: IndexArray
    starts: IndexArray


def ngram_length(text: str) -> int:
    """Return the number of words in an n-gram of this text."""
    if text.isascii():
        return NGRAM_WORDS
    alone = sum(any(low <= c < high for low, high in zip(*_UNSPACED, strict=True)) for c in text)
    return NGRAM_CHARACTERS if 2 * alone > sum(c.isalnum() for c in text) else NGRAM_WORDS


def hash_ngrams(texts: Iterable[str]) -> Iterator[NGrams]:
    """Yield the n-grams of each batch, in order. Texts shorter than an n-gram have none."""
    first = 0
    for batch in batch_texts(texts):
        lengths = np.fromiter(map(ngram_length, batch), np.int64, len(batch))
        words, owners = hash_words(batch)
        yield _joined(
            [_of(words, owners, lengths, n) for n in (NGRAM_WORDS, NGRAM_CHARACTERS)], first
        )
        first += len(batch)


def _joined(found: Sequence[NGrams], first: int) -> NGrams:
    hashes, owners, starts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(owners, kind="stable")
    return NGrams(hashes[order], owners[order] + first, starts[order])


def _of(words: HashArray, owners: IndexArray, lengths: IndexArray, n: int) -> NGrams:
    """Hash the n-grams of the texts whose n-grams have n words."""
    if len(owners) < n:
        return NGrams(words[:0], owners[:0], owners[:0])
    whole = np.flatnonzero(
        (owners[: len(owners) - n + 1] == owners[n - 1 :])
        & (lengths[owners[: len(owners) - n + 1]] == n)
    )
    hashes = words[whole]
    for step in range(1, n):
        hashes = hashes * _ODD + words[whole + step]
    return NGrams(mix_bits(hashes), owners[whole], whole - np.searchsorted(owners, owners[whole]))


class NGramIndex:
    """The distinct n-grams of some texts, each with the first owner.

    `each` is the number of consecutive texts that belong to one owner.
    """

    def __init__(self, texts: Iterable[str], each: int = 1) -> None:
        found = [(some.hashes, some.owners) for some in hash_ngrams(texts)]
        hashes, owners = (
            (np.concatenate(parts) for parts in zip(*found, strict=True))
            if found
            else (_NONE, _NONE.astype(np.int64))
        )
        self.hashes, first = np.unique(hashes, return_index=True)
        self.firsts = owners[first] // each

    def without(self, common: HashArray) -> "NGramIndex":
        left = NGramIndex(())
        there = ~in_sorted(self.hashes, common)
        left.hashes, left.firsts = self.hashes[there], self.firsts[there]
        return left

    def has(self, hashes: HashArray) -> IndexArray:
        """Return for each n-gram its first owner, or -1."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        at = np.searchsorted(self.hashes, hashes)
        at[at == len(self.hashes)] = 0
        return np.where(self.hashes[at] == hashes, self.firsts[at], -1)


def in_sorted(hashes: HashArray, ordered: HashArray) -> NDArray[np.bool_]:
    """Return a mask of the hashes that are in the sorted ones.

    np.isin uses a hash table, which takes many times as long.
    """
    if not len(ordered):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == hashes
    return found


def common_ngrams(wanted: HashArray, texts: Iterable[tuple[int, str]], least: int) -> HashArray:
    """Return the sorted n-grams of `wanted` that the texts of at least `least` owners have."""
    owners: list[int] = []

    def named() -> Iterator[str]:
        for owner, text in texts:
            owners.append(owner)
            yield text

    every, whose = [_NONE], [_NONE]
    for found in hash_ngrams(named()):
        there = in_sorted(found.hashes, wanted)
        every.append(found.hashes[there])
        whose.append(np.array(owners, np.uint64)[found.owners[there]])
    hashes, of = np.concatenate(every), np.concatenate(whose)
    order = np.lexsort((of, hashes))
    hashes, of = hashes[order], of[order]
    new = np.flatnonzero(
        (np.diff(hashes, prepend=~hashes[:1]) != 0) | (np.diff(of, prepend=~of[:1]) != 0)
    )
    distinct, counts = np.unique(hashes[new], return_counts=True)
    return distinct[counts >= least]
