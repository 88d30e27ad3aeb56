"""Choose the family: documents of another kind than the rest, held out whole, so that a test shows
the cost of a shift.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.core.records import digest
from filters.duplicates.shingles import hash_words, sorted_unique

LEAST_CLUSTERS = 6  # of fewer, none is spared
LEAST, MOST = 0.5, 3.0  # times the wished share, that a family has at least and at most
Words = NDArray[np.uint64]


class Cluster(NamedTuple):
    """Documents that are held out together: their names, a key, their size in characters, and a
    function that reads their text.
    """

    names: Sequence[str]
    key: str
    size: int
    text: Callable[[], str]


def choose_family(clusters: Sequence[Cluster], share: float, seed: int) -> tuple[list[int], str]:
    """Return the clusters (by index) of the folder that shares the fewest words with the rest, and
    that folder's name.

    If no folder has a suitable size, a single cluster is chosen. Nothing is chosen if too few
    clusters would be left.
    """
    total = sum(c.size for c in clusters)
    if not share or len(clusters) < LEAST_CLUSTERS:
        return [], ""
    found = [
        (name, places)
        for name, places in _folders(clusters)
        if len(clusters) - len(places) >= LEAST_CLUSTERS - 1
    ]
    singles = [(", ".join(c.names), [place]) for place, c in enumerate(clusters)]

    def fits(one: tuple[str, list[int]]) -> bool:
        return (
            LEAST * share * total
            <= sum(clusters[place].size for place in one[1])
            <= MOST * share * total
        )

    candidates = list(filter(fits, found)) or list(filter(fits, singles))
    if not candidates:
        return [], ""
    known = _Vocabulary(clusters)
    name, places = min(candidates, key=lambda one: (known.shared(one[1]), digest(seed, one[0])))
    return places, name


def _folders(clusters: Sequence[Cluster]) -> Iterator[tuple[str, list[int]]]:
    """Yield top-level folders that share no cluster with another, if there are at least three."""
    by_folder: dict[str, list[int]] = {}
    torn: set[str] = set()
    for place, cluster in enumerate(clusters):
        folders = {folder_of(name) for name in cluster.names}
        torn |= folders if len(folders) > 1 else set()
        for folder in folders:
            by_folder.setdefault(folder, []).append(place)
    if len(by_folder) >= 3:
        yield from (
            (name, places) for name, places in by_folder.items() if name and name not in torn
        )


def folder_of(name: str) -> str:
    """Return the top-level folder that a document's name begins with, or an empty string."""
    return name.partition("/")[0] if "/" in name else ""


class _Vocabulary:
    """The number of clusters in which each word occurs."""

    def __init__(self, clusters: Sequence[Cluster]) -> None:
        self._words = [_words(c.text()) for c in clusters]
        every = np.sort(np.concatenate(self._words))
        first = np.flatnonzero(np.diff(every, prepend=~every[:1]))
        self._known, self._counts = every[first], np.diff(np.append(first, len(every)))

    def shared(self, places: Sequence[int]) -> float:
        """Return the share of these clusters' words that also occur in other clusters."""
        own = np.sort(np.concatenate([self._words[place] for place in places]))
        first = np.flatnonzero(np.diff(own, prepend=~own[:1]))
        if not len(first):
            return 1.0
        words, counts = own[first], np.diff(np.append(first, len(own)))
        return float(np.mean(self._counts[np.searchsorted(self._known, words)] > counts))


def _words(text: str) -> Words:
    return sorted_unique(hash_words([text])[0])
