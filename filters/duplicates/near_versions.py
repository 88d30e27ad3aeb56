"""Versions: chunks of two documents that say nearly the same, and whether they tell the same or contradict each other.

Two chunks that tell the same are to be asked once. Where a sentence of one stands in the other with another value, both are to be
asked, and the client is to hear of it: one of the two documents is out of date.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from factory.core.records import Chunk
from filters.duplicates.contradictions import Contradiction, contradictions, unlabelled
from filters.duplicates.minhash import near
from filters.duplicates.same_facts import told
from filters.duplicates.shingles import Places
from filters.text.segment import sentences, words

JACCARD = 0.6  # over word bigrams of two chunks: a version with a changed value in every third sentence still reaches it
FORM = 5  # near chunks of other documents from which on they are a form, filled in for each with what is its own
_PERSONS = frozenset("i me my mine we us our ours you your yours he him his she her hers they them their theirs".split())

Related = Callable[[Chunk, Chunk], bool]


@dataclass(frozen=True)
class Versions:
    """Two near chunks by their places; `same` where they tell the same, else with what contradicts, if anything does."""

    earlier: int
    later: int
    same: bool
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def conflict(self) -> bool:
        return bool(self.contradictions)


def versions(chunks: Sequence[Chunk], related: Related = lambda one, other: True) -> Iterator[Versions]:
    """Every pair of near chunks of two documents, in order of the later one. Of each text some 4 bytes a word stay in memory.

    `related`: whether the documents of two chunks may be versions of each other; contradictions are looked for in no others.
    """
    later, earlier = _pairs(chunks)
    crowd = np.bincount(np.concatenate((later, earlier)), minlength=len(chunks))
    for i, j in zip(later.tolist(), earlier.tolist(), strict=True):
        one, other = chunks[j], chunks[i]
        if _same(one.text, other.text):
            yield Versions(j, i, True)
        elif max(crowd[i], crowd[j]) < FORM and related(one, other):
            yield Versions(j, i, False, tuple(contradictions(one.text, other.text, _begins(chunks, i) and _begins(chunks, j))))


def _pairs(chunks: Sequence[Chunk]) -> tuple[Places, Places]:
    """The later and the earlier chunk of each near pair of two documents, one text under two headings among them."""
    numbers: dict[str, int] = {}
    of_chunk: list[int] = []

    def texts() -> Iterator[str]:
        for chunk in chunks:
            of_chunk.append(numbers.setdefault(chunk.document.name, len(numbers)))
            yield chunk.text

    found = near(texts(), JACCARD, 2)
    copies = np.flatnonzero(found.copies >= 0)
    later, earlier = np.concatenate((found.later, copies)), np.concatenate((found.earlier, found.copies[copies]))
    documents = np.array(of_chunk, np.int64)
    apart = documents[later] != documents[earlier]
    later, earlier = later[apart], earlier[apart]
    order = np.lexsort((earlier, later))
    return later[order], earlier[order]


def _same(one: str, other: str) -> bool:
    """Whether two texts tell the same in the same order; who is meant counts, too, unlike in two answers to one question."""
    if one == other:
        return True
    mine, theirs = _sentences(one), _sentences(other)
    return len(mine) == len(theirs) and all(a == b or _meant(a) == _meant(b) for a, b in zip(mine, theirs, strict=True))


@lru_cache(maxsize=1024)  # of chunks near to several others
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(s.text for s in sentences(text))


def _meant(sentence: str) -> tuple[tuple[str, ...], list[str]]:
    bare = unlabelled(sentence)
    return told(bare), [word for word in words(bare) if word in _PERSONS]


def _begins(chunks: Sequence[Chunk], place: int) -> bool:
    """Whether the chunk is the first of its document, and stands before its first section."""
    chunk = chunks[place]
    return len(chunk.headings) <= 1 and (place == 0 or chunks[place - 1].document != chunk.document)
