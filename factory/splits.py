"""Which document is for training and which is held out: decided before anything is generated."""

import os
from collections.abc import Iterable, Sequence
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from factory.recipe import SplitSettings
from factory.records import Document, Split, digest

SHINGLE = 5  # characters
SAME = 0.5  # containment of one document in another from which on they are versions of each other
# One shingle in 16 is compared first. Of a pair with SAME in common less than FAR of 250 sampled are equal once in a million times.
SAMPLED, ENOUGH, FAR = 16, 250, 0.35
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: spreads letters over all bits (Knuth, TAOCP 3, section 6.4)

Hashes = NDArray[np.uint64]


def split_documents(documents: Sequence[Document], settings: SplitSettings, seed: int, gold: frozenset[str]) -> dict[str, Split]:
    """Split by document digest. Near-repeating documents stay on one side; those that gold names (by name) are test.

    `settings` are shares of the characters; groups are taken in an order that the seed and their names alone decide.
    """
    groups = sorted(versions(documents), key=lambda g: min(digest(seed, d.ref.name) for d in g))
    total = sum(len(d.text) for d in documents)
    wanted: dict[Split, float] = {"test": settings.test * total, "val": settings.val * total}
    named = [g for g in groups if any(d.ref.name in gold for d in g)]
    free = [g for g in groups if g not in named]
    filled: dict[Split, int] = {"test": sum(len(d.text) for g in named for d in g), "val": 0, "train": 0}
    given: dict[str, Split] = {d.ref.digest: "test" for g in named for d in g}
    for group in free:
        spare = len(groups) > 2 and (group is not free[-1] or filled["train"])  # something is always left to train on
        side = _side(group, wanted, filled) if spare else "train"
        filled[side] += sum(len(d.text) for d in group)
        given |= {d.ref.digest: side for d in group}
    return given


def _side(group: list[Document], wanted: dict[Split, float], filled: dict[Split, int]) -> Split:
    for side, share in wanted.items():
        if share and not filled[side]:
            return side
        if filled[side] + sum(len(d.text) for d in group) / 2 <= share:
            return side
    return "train"


def versions(documents: Sequence[Document]) -> list[list[Document]]:
    """Documents grouped with those that hold at least half of their 5-character shingles, directly or through others."""
    shingles = _Shingles(d.text for d in documents)
    group = list(range(len(documents)))
    for i in range(len(documents)):
        for j in range(i):
            if group[i] != group[j] and shingles.alike(i, j):
                group = [group[j] if g == group[i] else g for g in group]
    return [[documents[i] for i in range(len(documents)) if group[i] == g] for g in dict.fromkeys(group)]


class _Shingles:
    """The shingles of each document in a file without a name, as in memory they would take many times the text; a part of them stays."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - open as long as this is
        self._places: list[tuple[int, int]] = []
        self._sampled: list[Hashes] = []
        for text in texts:
            found = _shingles(text)
            self._places.append((found.nbytes, self._file.tell()))
            self._file.write(found.data)
            self._sampled.append(found[found % SAMPLED == 0])

    def alike(self, one: int, other: int) -> bool:
        sampled = self._sampled[one], self._sampled[other]
        if min(map(len, sampled)) >= ENOUGH and _containment(*sampled) < FAR:
            return False
        return _containment(self._read(one), self._read(other)) >= SAME

    def _read(self, number: int) -> Hashes:
        return np.frombuffer(os.pread(self._file.fileno(), *self._places[number]), np.uint64)


def _shingles(text: str) -> Hashes:
    """Hashes of the shingles, in order and each once."""
    flat = " ".join(text.casefold().split())
    letters = np.frombuffer(flat.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    letters = np.pad(letters, (0, max(0, SHINGLE - len(letters))))
    hashed = np.zeros(len(letters) - SHINGLE + 1, np.uint64)
    for place in range(SHINGLE):
        hashed = (hashed ^ letters[place : place + len(hashed)]) * MIX
        hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed)


def _containment(one: Hashes, other: Hashes) -> float:
    return len(np.intersect1d(one, other, assume_unique=True)) / min(len(one), len(other))
