"""Find near-identical chunks of two documents, and whether they agree or contradict each other.

Questions are made from only one of two chunks that agree. If a sentence has another value in the
other chunk, questions are made from both, and the client is informed: one of the documents is out
of date.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from factory.core.records import Chunk
from filters.duplicates.contradictions import (
    Contradiction,
    blank_clause_number,
    find_contradictions,
)
from filters.duplicates.minhash import find_near_pairs
from filters.duplicates.same_facts import fact_tokens
from filters.duplicates.shingles import IndexArray
from filters.text.segment import sentences, words

# Over word bigrams of two chunks: a version with another value in every third sentence reaches it.
VERSION_JACCARD = 0.6
FORM_MIN_COPIES = 5  # near-identical chunks in other documents that make a chunk a filled-in form
_PERSONS = frozenset(
    "i me my mine we us our ours you your yours he him his she her hers "
    "they them their theirs".split()
)

Related = Callable[[Chunk, Chunk], bool]


@dataclass(frozen=True)
class VersionPair:
    """The indices of two near-identical chunks, whether they agree, and their contradictions."""

    earlier: int
    later: int
    same: bool
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def conflict(self) -> bool:
        return bool(self.contradictions)


def find_versions(
    chunks: Sequence[Chunk], related: Related = lambda one, other: True
) -> Iterator[VersionPair]:
    """Yield every pair of near-identical chunks of two documents, in order of the later one.

    `related` says whether the documents of two chunks may be versions of each other; only then are
    contradictions looked for. About 4 bytes for each word stay in memory.
    """
    later, earlier = _pairs(chunks)
    crowd = np.bincount(np.concatenate((later, earlier)), minlength=len(chunks))
    for i, j in zip(later.tolist(), earlier.tolist(), strict=True):
        one, other = chunks[j], chunks[i]
        if _same(one.text, other.text):
            yield VersionPair(j, i, True)
        elif max(crowd[i], crowd[j]) < FORM_MIN_COPIES and related(one, other):
            yield VersionPair(
                j,
                i,
                False,
                tuple(
                    find_contradictions(
                        one.text, other.text, _begins(chunks, i) and _begins(chunks, j)
                    )
                ),
            )


def _pairs(chunks: Sequence[Chunk]) -> tuple[IndexArray, IndexArray]:
    """Return the later and the earlier chunk of each near-identical pair of two documents.

    The same text under two headings counts as well.
    """
    numbers: dict[str, int] = {}
    of_chunk: list[int] = []

    def texts() -> Iterator[str]:
        for chunk in chunks:
            of_chunk.append(numbers.setdefault(chunk.document.name, len(numbers)))
            yield chunk.text

    found = find_near_pairs(texts(), VERSION_JACCARD, 2)
    copies = np.flatnonzero(found.copies >= 0)
    later, earlier = (
        np.concatenate((found.later, copies)),
        np.concatenate((found.earlier, found.copies[copies])),
    )
    documents = np.array(of_chunk, np.int64)
    apart = documents[later] != documents[earlier]
    later, earlier = later[apart], earlier[apart]
    order = np.lexsort((earlier, later))
    return later[order], earlier[order]


def _same(one: str, other: str) -> bool:
    """Return whether two texts state the same facts in the same order.

    Personal pronouns count, unlike in two answers to one question.
    """
    if one == other:
        return True
    mine, theirs = _sentences(one), _sentences(other)
    return len(mine) == len(theirs) and all(
        a == b or _meant(a) == _meant(b) for a, b in zip(mine, theirs, strict=True)
    )


@lru_cache(maxsize=1024)  # of chunks near to several others
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(s.text for s in sentences(text))


def _meant(sentence: str) -> tuple[tuple[str, ...], list[str]]:
    bare = blank_clause_number(sentence)
    return fact_tokens(bare), [word for word in words(bare) if word in _PERSONS]


def _begins(chunks: Sequence[Chunk], place: int) -> bool:
    """Return whether the chunk is the first of its document and comes before its first section."""
    chunk = chunks[place]
    return len(chunk.headings) <= 1 and (place == 0 or chunks[place - 1].document != chunk.document)
