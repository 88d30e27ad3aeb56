"""Clusters of texts that stand or fall together: what repeats in one of them must not be tested on another.

First versions, by whole texts. Then what stands nearly alike in many version groups is boilerplate, as forms and standard clauses are,
and links nothing; groups that have half of the rest of the smaller in common are one cluster.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from factory.documents.shingle_overlap import Overlap, of_words
from filters.duplicates.minhash import near

COPY = 0.6  # Jaccard similarity of word pairs from which on a chunk is a near-copy: as of duplicates
PAIRS = 2  # words of a shingle
BOILERPLATE = 0.05  # of the version groups; a chunk that stands in as many is boilerplate
LEAST = 3  # groups, where there are few

Places = Sequence[int]


@dataclass(frozen=True)
class Clusters:
    """Places of texts, cluster by cluster; of each text which of its chunks are boilerplate; how many version groups there are."""

    clusters: Sequence[Places]
    boilerplate: Sequence[frozenset[int]]
    versions: int
    group_of: Mapping[int, int] = field(default_factory=dict)  # of each text its version group


def clustered(texts: Sequence[str], pieces: Callable[[int], Sequence[str]]) -> Clusters:
    """`texts` are read more than once, and `pieces` gives the chunks of one: all of them may be more than memory holds."""
    groups = _joined(len(texts), _overlapping(Overlap(texts)))
    group_of = {place: number for number, group in enumerate(groups) for place in group}
    boilerplate = _boilerplate(len(texts), pieces, group_of, len(groups))

    def rest(group: Places) -> str:
        return "\n".join(p for place in group for n, p in enumerate(pieces(place)) if n not in boilerplate[place])

    linked = _joined(len(groups), _overlapping(Overlap(map(rest, groups), of_words, mutual=False)))
    clusters = [sorted(place for number in link for place in groups[number]) for link in linked]
    return Clusters(sorted(clusters), boilerplate, len(groups), group_of)


def _overlapping(overlap: Overlap) -> Iterator[tuple[int, int]]:
    return (pair for pair in overlap.likely() if overlap.there(*pair))


def _boilerplate(count: int, pieces: Callable[[int], Sequence[str]], group_of: dict[int, int], groups: int) -> list[frozenset[int]]:
    """Of each text the places of its chunks whose near-copies stand in at least LEAST version groups, or BOILERPLATE of them."""
    sizes = [len(pieces(place)) for place in range(count)]
    owners = np.repeat(np.arange(count), sizes)
    found = near((piece for place in range(count) for piece in pieces(place)), COPY, PAIRS)
    pairs = zip(found.later.tolist(), found.earlier.tolist(), strict=True)
    copies = ((place, first) for place, first in enumerate(found.copies.tolist()) if first >= 0)
    least = max(LEAST, BOILERPLATE * groups)
    marked: list[set[int]] = [set() for _ in range(count)]
    starts = (np.cumsum(sizes) - sizes).tolist()
    for alike in _joined(len(owners), (*pairs, *copies)):
        holders = {group_of[int(owners[n])] for n in alike} if len(alike) > 1 else ()
        if len(holders) >= least:
            for n in alike:
                marked[owners[n]].add(n - starts[owners[n]])
    return [frozenset(one) for one in marked]


def _joined(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Places that are paired, directly or through others, in order."""
    first = list(range(count))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = place = first[first[place]]
        return place

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        first[high] = low
    groups: dict[int, list[int]] = {}
    for place in range(count):
        groups.setdefault(root(place), []).append(place)
    return list(groups.values())
