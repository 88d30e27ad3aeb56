"""Hash the shingles of many texts at once, over one buffer and without a Python loop over words.

Words are those of `filters.text`. In scripts without spaces (Chinese, Japanese, Thai, Lao, Burmese,
Khmer) each character is a word, so that n-grams are of characters.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

HashArray = NDArray[np.uint64]
IndexArray = NDArray[np.int64]

_OTHER, _LETTER, _ALONE, _JOINER = range(4)  # what a character does to the word around it
_JOINERS = "'’.-/"  # part of the word between two letters or digits
_WITHOUT_SPACES = (
    (0x0E00, 0x0F00),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x3040, 0x3100),
    (0x3400, 0xA000),
    (0xF900, 0xFB00),
)
_LAST = 0x20000  # all letters beyond it are ideographs
_ODD = 0x9E3779B97F4A7C15  # any odd number would do: it has an inverse modulo 2 ** 64


@dataclass(frozen=True)
class Shingles:
    """The distinct n-grams of all texts, one text after the other.

    Those of each text are sorted 32-bit hashes, `counts[i]` of them for text i. `content` has one
    hash for each text, of its words in any order without weightless ones.
    """

    hashes: NDArray[np.uint32]
    counts: IndexArray
    content: HashArray


def hash_shingles(texts: Sequence[str], n: int, weightless: HashArray | None = None) -> Shingles:
    """Hash the n-grams of some thousand texts.

    A text of fewer than n words is one shingle; a text without words has none.
    """
    words, owners = hash_words(texts)
    grams = sorted_unique(_grams(words, owners, n))
    counts = np.bincount((grams >> np.uint64(32)).astype(np.int64), minlength=len(texts))
    weights = (
        words if weightless is None else np.where(np.isin(words, weightless), np.uint64(0), words)
    )
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(weights, dtype=np.uint64)))
    ends = np.searchsorted(owners, np.arange(len(texts) + 1))
    return Shingles(grams.astype(np.uint32), counts, sums[ends[1:]] - sums[ends[:-1]])


def hash_words(texts: Sequence[str]) -> tuple[HashArray, IndexArray]:
    """Return the hash of every word in order, and the index of its text."""
    buffer, lengths = _buffer(texts)
    kinds = _kinds()[np.minimum(buffer, _LAST)]
    inside = (kinds == _LETTER) | (kinds == _ALONE)
    joiners = np.flatnonzero(kinds[1:-1] == _JOINER) + 1
    inside[joiners[(kinds[joiners - 1] == _LETTER) & (kinds[joiners + 1] == _LETTER)]] = True
    begins, alone = inside.copy(), kinds == _ALONE
    begins[1:] &= ~inside[:-1] | alone[1:] | alone[:-1]
    ends = inside.copy()
    ends[:-1] &= ~inside[1:] | begins[1:]
    starts, stops = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    there, back = _powers(1 << len(buffer).bit_length())
    sums = np.concatenate(
        (
            np.zeros(1, np.uint64),
            np.cumsum(_letters()[buffer] * there[: len(buffer)], dtype=np.uint64),
        )
    )
    hashes = mix_bits((sums[stops] - sums[starts]) * back[starts])  # a polynomial modulo 2 ** 64
    return hashes, np.repeat(np.arange(len(texts)), lengths)[starts]


def sorted_unique(hashes: HashArray) -> HashArray:
    """Sort the hashes and remove duplicates.

    np.unique uses a hash table for integers, which takes eight times as long.
    """
    ordered = np.sort(hashes)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))]


def mix_bits(hashes: HashArray) -> HashArray:
    """Make every bit of the result depend on every bit of the hash (splitmix64's finaliser)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def _buffer(texts: Sequence[str]) -> tuple[NDArray[np.uint32], IndexArray]:
    """Return the code points of all texts in lower case, a space after each, and their lengths."""
    folded = [
        f"{t if t.isascii() else unicodedata.normalize('NFKC', t)} ".casefold() for t in texts
    ]
    lengths = np.fromiter(map(len, folded), np.int64, len(folded))
    return np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), np.uint32), lengths


def _grams(words: HashArray, owners: IndexArray, n: int) -> HashArray:
    """Return every n-gram as the index of its text (upper half) and its hash (lower half)."""
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    counts = np.diff(np.append(first, len(owners)))
    whole = (
        np.flatnonzero(owners[: len(owners) - n + 1] == owners[n - 1 :])
        if len(owners) >= n
        else first[:0]
    )
    found = [_gram(words, owners, whole, n)]
    found += [_gram(words, owners, first[counts == fewer], fewer) for fewer in range(1, n)]
    return np.concatenate(found)


def _gram(words: HashArray, owners: IndexArray, starts: IndexArray, n: int) -> HashArray:
    hashes = words[starts]
    for step in range(1, n):
        hashes = hashes * np.uint64(_ODD) + words[starts + step]
    return (owners[starts].astype(np.uint64) << np.uint64(32)) | (mix_bits(hashes) >> np.uint64(32))


@cache
def _kinds() -> NDArray[np.uint8]:
    characters = [chr(point) for point in range(_LAST)]
    letters = [c.isalnum() or unicodedata.category(c).startswith("M") for c in characters]
    kinds = np.where(letters, np.uint8(_LETTER), np.uint8(_OTHER))
    for start, end in _WITHOUT_SPACES:
        kinds[start:end][kinds[start:end] == _LETTER] = _ALONE
    kinds[[ord(c) for c in _JOINERS]] = _JOINER
    return np.append(kinds, np.uint8(_ALONE))


@cache
def _letters() -> HashArray:
    return mix_bits(np.arange(1, 0x110001, dtype=np.uint64) * np.uint64(_ODD))


@cache
def _powers(count: int) -> tuple[HashArray, HashArray]:
    """Return the powers of an odd number modulo 2 ** 64, and those of its inverse."""
    steps = np.full((2, count), [[_ODD], [pow(_ODD, -1, 1 << 64)]], np.uint64)
    steps[:, 0] = 1
    there, back = np.cumprod(steps, axis=1, dtype=np.uint64)
    return there, back
