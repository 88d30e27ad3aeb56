"""Find chunks that are similar to a question and do not answer it, the most similar first."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice

from factory.core.records import Chunk, Example, Split
from factory.documents.bm25 import BM25Index
from factory.documents.shingle_overlap import MIN_OVERLAP, SHINGLE_CHARACTERS
from filters.text.segment import content_overlap, content_stems, sentences, words
from filters.text.values import Value, find_values

MIN_EVIDENCE_WORDS = 4  # many chunks contain a shorter sentence by chance
# A chunk may contain an answer without values if it has this share of the answer's words.
MIN_ANSWER_SHARE = 0.7
# Two neighbouring sentences may answer a question, even differently, if they have this share of its
# words.
MIN_QUESTION_SHARE = 0.6
NEAREST_READ = 8  # a chunk that answers a question is rarely farther away
CACHE_SIZE = 2048  # parsed chunks; a chunk is similar to many questions


class SimilarChunks:
    """Index the chunks of a plan by split.

    `side` returns the split of a chunk. An example only gets chunks of its own split.
    """

    def __init__(self, chunks: Sequence[Chunk], side: Callable[[Chunk], Split | None]) -> None:
        self._chunks, self._side = chunks, side
        self._indices: dict[Split, BM25Index] = {}

    def not_answering(self, example: Example) -> Iterator[Chunk]:
        """Yield chunks that neither contain the example's answer or evidence, nor repeat its chunk,
        nor cover its question.
        """
        own = example.chunk
        for place in self._index(example.split).rank(example.instruction):
            chunk = self._chunks[self._places[example.split][place]]
            if (
                chunk.digest != own.digest
                and not is_near_copy(chunk.text, own.text)
                and not may_answer(chunk, example)
            ):
                yield chunk

    def answered_in(self, example: Example, side: Split) -> bool:
        """Check whether one of the nearest chunks of another split answers the question."""
        nearest = (
            self._chunks[self._places[side][place]]
            for place in islice(self._index(side).rank(example.instruction), NEAREST_READ)
        )
        return any(
            _holds_answer(chunk, example) and covers_question(chunk, example) for chunk in nearest
        )

    @cached_property
    def _places(self) -> "dict[Split, array[int]]":
        found: dict[Split, array[int]] = {}
        for place, chunk in enumerate(self._chunks):
            if side := self._side(chunk):
                found.setdefault(side, array("L")).append(place)
        return found

    def _index(self, side: Split) -> BM25Index:
        if side not in self._indices:
            mine = (self._chunks[place] for place in self._places.get(side, ()))
            self._indices[side] = BM25Index(
                " ".join((*chunk.headings, chunk.text)) for chunk in mine
            )
        return self._indices[side]


def is_near_copy(one: str, other: str) -> bool:
    """Check whether the other chunk contains most of the shorter one of the two."""
    a, b = _shingles(one), _shingles(other)
    return len(a & b) >= MIN_OVERLAP * min(len(a), len(b))


@lru_cache(CACHE_SIZE)
def _shingles(text: str) -> frozenset[str]:
    flat = _flat(text)
    return frozenset(
        flat[place : place + SHINGLE_CHARACTERS]
        for place in range(max(1, len(flat) - SHINGLE_CHARACTERS + 1))
    )


def may_answer(chunk: Chunk, example: Example) -> bool:
    """Check whether a chunk contains the example's answer or covers its question."""
    return _holds_answer(chunk, example) or covers_question(chunk, example)


def _holds_answer(chunk: Chunk, example: Example) -> bool:
    """Check for a sentence of the evidence, the answer's words, or all of its values."""
    flat = f" {_flat(chunk.text)} "
    proofs = [_flat(sentence.text) for span in example.spans for sentence in sentences(span.text)]
    proofs = [proof for proof in proofs if len(proof.split()) >= MIN_EVIDENCE_WORDS]
    answer_values = find_values(example.response)
    answer_words = content_stems(example.response)
    if any(
        f" {words} " in flat
        for words in (*proofs, *([_flat(example.response)] if answer_words else []))
    ):
        return True
    if answer_values and all(
        any(found.carries(value) for found in _values(chunk.text)) for value in answer_values
    ):
        return True
    return (
        bool(answer_words)
        and not answer_values
        and content_overlap(example.response, chunk.text) >= MIN_ANSWER_SHARE
    )


def covers_question(chunk: Chunk, example: Example) -> bool:
    asked = frozenset(content_stems(example.instruction))
    return any(
        len(asked & passage) >= MIN_QUESTION_SHARE * len(asked) for passage in _passages(chunk)
    )


@lru_cache(CACHE_SIZE)
def _values(text: str) -> tuple[Value, ...]:
    return tuple(find_values(text))


@lru_cache(CACHE_SIZE)
def _passages(chunk: Chunk) -> tuple[frozenset[str], ...]:
    """Return the words of every two neighbouring sentences and their headings."""
    above = content_stems(" ".join(chunk.headings))
    stems = [content_stems(sentence.text) for sentence in sentences(chunk.text)]
    return tuple(
        frozenset((*above, *first, *second))
        for first, second in zip(stems, [*stems[1:], []], strict=True)
    )


def _flat(text: str) -> str:
    return " ".join(words(text))
