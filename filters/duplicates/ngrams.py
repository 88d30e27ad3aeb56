"""Word n-grams of many texts: which long ones stand in what is held out, by hash, a batch at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.duplicates.minhash import batches
from filters.duplicates.shingles import Hashes, Places, hashed_words, mixed

WORDS = 13  # of a shared n-gram that is a leak: Brown et al. 2020, appendix C
# The same where a script sets no spaces and each character is a word. 13 English words are 35 of them in Japanese and 21 in Chinese; 25
# find 99 % of 45 copied ones and remove 2 of 1,583 strange chunks, 30 find 94 % and remove none (benchmarks/thresholds.py).
CHARACTERS = 25
_ODD = np.uint64(0x9E3779B97F4A7C15)
_NONE = np.zeros(0, np.uint64)
_UNSPACED = ("\u0e00", "\u1000", "\u1780", "\u3040", "\u3400"), ("\u0f00", "\u10a0", "\u1800", "\u3100", "\ua000")


class Grams(NamedTuple):
    """Hashes of n-grams, with the place of the text that each stands in, and of its first word there."""

    hashes: Hashes
    owners: Places
    starts: Places


def length_of(text: str) -> int:
    """Words of an n-gram of such a text."""
    if text.isascii():
        return WORDS
    alone = sum(any(low <= c < high for low, high in zip(*_UNSPACED, strict=True)) for c in text)
    return CHARACTERS if 2 * alone > sum(c.isalnum() for c in text) else WORDS


def grams(texts: Iterable[str]) -> Iterator[Grams]:
    """In order of the texts and of the words in them; texts of fewer words than an n-gram has have none."""
    first = 0
    for batch in batches(texts):
        lengths = np.fromiter(map(length_of, batch), np.int64, len(batch))
        words, owners = hashed_words(batch)
        yield _joined([_of(words, owners, lengths, n) for n in (WORDS, CHARACTERS)], first)
        first += len(batch)


def _joined(found: Sequence[Grams], first: int) -> Grams:
    hashes, owners, starts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(owners, kind="stable")
    return Grams(hashes[order], owners[order] + first, starts[order])


def _of(words: Hashes, owners: Places, lengths: Places, n: int) -> Grams:
    """Those of the texts whose n-grams have n words."""
    if len(owners) < n:
        return Grams(words[:0], owners[:0], owners[:0])
    whole = np.flatnonzero((owners[: len(owners) - n + 1] == owners[n - 1 :]) & (lengths[owners[: len(owners) - n + 1]] == n))
    hashes = words[whole]
    for step in range(1, n):
        hashes = hashes * _ODD + words[whole + step]
    return Grams(mixed(hashes), owners[whole], whole - np.searchsorted(owners, owners[whole]))


class Held:
    """The distinct n-grams of some texts, each with the first text that has it; of several texts each, the first owner."""

    def __init__(self, texts: Iterable[str], each: int = 1) -> None:
        found = [(some.hashes, some.owners) for some in grams(texts)]
        hashes, owners = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else (_NONE, _NONE.astype(np.int64))
        self.hashes, first = np.unique(hashes, return_index=True)
        self.firsts = owners[first] // each

    def without(self, common: Hashes) -> "Held":
        left = Held(())
        there = ~among(self.hashes, common)
        left.hashes, left.firsts = self.hashes[there], self.firsts[there]
        return left

    def has(self, hashes: Hashes) -> Places:
        """Of each n-gram the first text that has it, or -1."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        at = np.searchsorted(self.hashes, hashes)
        at[at == len(self.hashes)] = 0
        return np.where(self.hashes[at] == hashes, self.firsts[at], -1)


def among(hashes: Hashes, ordered: Hashes) -> NDArray[np.bool_]:
    """Which of the hashes stand in the ordered ones. np.isin goes by a hash table, which takes many times as long."""
    if not len(ordered):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == hashes
    return found


def common(wanted: Hashes, texts: Iterable[tuple[int, str]], least: int) -> Hashes:
    """Which of these n-grams, in order, stand in the texts of at least so many owners."""
    owners: list[int] = []

    def named() -> Iterator[str]:
        for owner, text in texts:
            owners.append(owner)
            yield text

    every, whose = [_NONE], [_NONE]
    for found in grams(named()):
        there = among(found.hashes, wanted)
        every.append(found.hashes[there])
        whose.append(np.array(owners, np.uint64)[found.owners[there]])
    hashes, of = np.concatenate(every), np.concatenate(whose)
    order = np.lexsort((of, hashes))
    hashes, of = hashes[order], of[order]
    new = np.flatnonzero((np.diff(hashes, prepend=~hashes[:1]) != 0) | (np.diff(of, prepend=~of[:1]) != 0))
    distinct, counts = np.unique(hashes[new], return_counts=True)
    return distinct[counts >= least]
