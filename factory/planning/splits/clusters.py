"""Cluster texts that must stay in one split, because what repeats in one of them must not be tested
on another.

First, versions are found by their whole texts. Then chunks that are nearly equal in many version
groups, such as forms and standard clauses, count as boilerplate and link nothing. Groups that share
half of the smaller one's remaining words form one cluster.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from factory.documents.shingle_overlap import OverlapIndex, word_shingles
from filters.duplicates.minhash import find_near_pairs

# The Jaccard similarity of word pairs that makes a chunk a near-copy, as for duplicates.
COPY = 0.6
PAIRS = 2  # words of a shingle
BOILERPLATE = 0.05  # share of the version groups; a chunk in as many of them is boilerplate
LEAST = 3  # groups, where there are few

Places = Sequence[int]


@dataclass(frozen=True)
class Clusters:
    """Indexes of texts, by cluster; the boilerplate chunks of each text; and the number of version
    groups.
    """

    clusters: Sequence[Places]
    boilerplate: Sequence[frozenset[int]]
    versions: int
    group_of: Mapping[int, int] = field(default_factory=dict)  # of each text its version group


def cluster_texts(texts: Sequence[str], pieces: Callable[[int], Sequence[str]]) -> Clusters:
    """Cluster the texts. They are read more than once, and `pieces` gives the chunks of one: all of
    them may exceed memory.
    """
    groups = _joined(len(texts), _overlapping(OverlapIndex(texts)))
    group_of = {place: number for number, group in enumerate(groups) for place in group}
    boilerplate = _boilerplate(len(texts), pieces, group_of, len(groups))

    def rest(group: Places) -> str:
        return "\n".join(
            p for place in group for n, p in enumerate(pieces(place)) if n not in boilerplate[place]
        )

    linked = _joined(
        len(groups), _overlapping(OverlapIndex(map(rest, groups), word_shingles, mutual=False))
    )
    clusters = [sorted(place for number in link for place in groups[number]) for link in linked]
    return Clusters(sorted(clusters), boilerplate, len(groups), group_of)


def _overlapping(overlap: OverlapIndex) -> Iterator[tuple[int, int]]:
    return (pair for pair in overlap.candidate_pairs() if overlap.overlaps(*pair))


def _boilerplate(
    count: int, pieces: Callable[[int], Sequence[str]], group_of: dict[int, int], groups: int
) -> list[frozenset[int]]:
    """Return for each text the chunks whose near-copies occur in at least LEAST version groups, or
    in a BOILERPLATE share of them.
    """
    sizes = [len(pieces(place)) for place in range(count)]
    owners = np.repeat(np.arange(count), sizes)
    found = find_near_pairs(
        (piece for place in range(count) for piece in pieces(place)), COPY, PAIRS
    )
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
    """Group indexes that are paired, directly or through others, in order."""
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
