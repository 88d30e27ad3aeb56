"""Neighbours: other chunks of an example's side that lie near its question and can't answer it, the nearest first."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice

from factory.core.records import Chunk, Example, Split
from factory.documents.bm25 import Nearest
from factory.documents.shingle_overlap import SAME, SHINGLE
from filters.text.segment import content, sentences, share_in, words
from filters.text.values import Value, values

WORDS_OF_EVIDENCE = 4  # a shorter sentence of it stands in many chunks by chance
ANSWER = 0.7  # share of an answer's words, where it has no value to look for, from which on a chunk may hold it
ASKED = 0.6  # share of a question's words in two neighbouring sentences from which on they may answer it, be it otherwise
NEAREST = 8  # a chunk that answers a question is rarely farther away
READ = 2048  # chunks whose reading is kept: neighbours are near to many questions


class Neighbours:
    """Of all chunks of a plan. `side`: which one a chunk is on; never is one handed out for an example of another side."""

    def __init__(self, chunks: Sequence[Chunk], side: Callable[[Chunk], Split | None]) -> None:
        self._chunks, self._side = chunks, side
        self._indices: dict[Split, Nearest] = {}

    def of(self, example: Example) -> Iterator[Chunk]:
        """Those that do not hold the example's answer or evidence, nor repeat its chunk, nor speak of what it asks."""
        own = example.chunk
        for place in self._index(example.split).to(example.instruction):
            chunk = self._chunks[self._places[example.split][place]]
            if chunk.digest != own.digest and not near_copy(chunk.text, own.text) and not may_answer(chunk, example):
                yield chunk

    def tells(self, example: Example, side: Split) -> bool:
        """Whether a chunk of another side holds the answer and speaks of what is asked; the nearest ones are read."""
        nearest = (self._chunks[self._places[side][place]] for place in islice(self._index(side).to(example.instruction), NEAREST))
        return any(_holds(chunk, example) and speaks_of(chunk, example) for chunk in nearest)

    @cached_property
    def _places(self) -> "dict[Split, array[int]]":
        found: dict[Split, array[int]] = {}
        for place, chunk in enumerate(self._chunks):
            if side := self._side(chunk):
                found.setdefault(side, array("L")).append(place)
        return found

    def _index(self, side: Split) -> Nearest:
        if side not in self._indices:
            mine = (self._chunks[place] for place in self._places.get(side, ()))
            self._indices[side] = Nearest(" ".join((*chunk.headings, chunk.text)) for chunk in mine)
        return self._indices[side]


def near_copy(one: str, other: str) -> bool:
    """Whether the shorter of two chunks stands in the other for the most part."""
    a, b = _shingles(one), _shingles(other)
    return len(a & b) >= SAME * min(len(a), len(b))


@lru_cache(READ)
def _shingles(text: str) -> frozenset[str]:
    flat = _flat(text)
    return frozenset(flat[place : place + SHINGLE] for place in range(max(1, len(flat) - SHINGLE + 1)))


def may_answer(chunk: Chunk, example: Example) -> bool:
    """Whether a chunk holds the example's answer, or speaks of what it asks."""
    return _holds(chunk, example) or speaks_of(chunk, example)


def _holds(chunk: Chunk, example: Example) -> bool:
    """A sentence of the evidence, the answer's words, or all of its values."""
    flat = f" {_flat(chunk.text)} "
    proofs = [_flat(sentence.text) for span in example.spans for sentence in sentences(span.text)]
    proofs = [proof for proof in proofs if len(proof.split()) >= WORDS_OF_EVIDENCE]
    told = values(example.response)
    words_told = content(example.response)
    if any(f" {words} " in flat for words in (*proofs, *([_flat(example.response)] if words_told else []))):
        return True
    if told and all(any(found.carries(value) for found in _values(chunk.text)) for value in told):
        return True
    return bool(words_told) and not told and share_in(example.response, chunk.text) >= ANSWER


def speaks_of(chunk: Chunk, example: Example) -> bool:
    asked = frozenset(content(example.instruction))
    return any(len(asked & passage) >= ASKED * len(asked) for passage in _passages(chunk))


@lru_cache(READ)
def _values(text: str) -> tuple[Value, ...]:
    return tuple(values(text))


@lru_cache(READ)
def _passages(chunk: Chunk) -> tuple[frozenset[str], ...]:
    """The words of every two neighbouring sentences, under their headings."""
    above = content(" ".join(chunk.headings))
    told = [content(sentence.text) for sentence in sentences(chunk.text)]
    return tuple(frozenset((*above, *first, *second)) for first, second in zip(told, [*told[1:], []], strict=True))


def _flat(text: str) -> str:
    return " ".join(words(text))
