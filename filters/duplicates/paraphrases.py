"""Find paraphrased questions by sentence embeddings, among examples that share evidence or answer.

They are guarded as near-identical ones are: the answers must say the same, and the questions must
have the same values, names and negations. If two questions share most of their words, the other
words are a different fact and not a paraphrase.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from factory.core.records import Example
from factory.core.schemas import Embed
from filters.duplicates.same_facts import (
    InstructionResponse,
    fact_tokens,
    normalize_pair,
    same_answers,
)
from filters.english.negation import has_negation
from filters.english.ordinals_directions import has_opposite_words
from filters.text.names import find_proper_names, normalize_name
from filters.text.segment import sentences
from filters.text.values import find_values

# Cosine. In benchmarks/duplicates.py 14 of 20 paraphrases reach it, and none of 20 other questions.
MIN_SIMILARITY = 0.5
# If the other question has this share of the shorter one's words, the words decide and not the
# embedding.
MAX_COMMON_WORDS = 0.5
MAX_KEPT_PER_KEY = 1_000  # the latest kept examples of a key that a new one is compared with


class ParaphraseIndex:
    """The examples kept so far, by evidence and by answer. Only `embed` uses a model."""

    def __init__(self, embed: Embed, similarity: float = MIN_SIMILARITY) -> None:
        self._embed, self._similarity = embed, similarity
        self._kept: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._pairs: dict[int, InstructionResponse] = {}
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def repeated(
        self, index: int, pair: InstructionResponse, evidence: Sequence[str]
    ) -> int | None:
        """Return the index of the first kept example that this one paraphrases.

        If there is none, this one is kept under its index.
        """
        pair = normalize_pair(pair)
        keys = _keys(pair, evidence)
        there = sorted({i for key in keys for i in self._kept[key][-MAX_KEPT_PER_KEY:]})
        vector = self._embed([pair[0]])[0] if keys else np.zeros(1, np.float32)
        near = [i for i in there if float(self._vectors[i] @ vector) >= self._similarity]
        found = next((i for i in near if same_question(self._pairs[i], pair)), None)
        if found is None and keys:
            self._pairs[index], self._vectors[index] = pair, vector.astype(np.float16)
            for key in keys:
                self._kept[key].append(index)
        return found


def _keys(pair: InstructionResponse, evidence: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the keys of an example; two paraphrases share at least one.

    An answer of one word, such as a label or "yes", is no key: it is shared by chance.
    """
    if not pair[0].strip() or not pair[1].strip():
        return []
    answer = fact_tokens(pair[1])
    specific = len(answer) > 1 or " " in answer[0]  # a value has a space after its kind
    return [
        *(("evidence", sentence) for sentence in evidence),
        *([("answer", *answer)] if specific else []),
    ]


def evidence_sentences(example: Example) -> tuple[str, ...]:
    """Return the sentences that the spans of an example touch, in lower case.

    Two versions of a document may have the same sentences.
    """
    there = _sentences(example.chunk.text)
    touched = (
        text
        for start, end, text in there
        if any(s.start < end and start < s.end for s in example.spans)
    )
    return tuple(dict.fromkeys(touched))


@lru_cache(maxsize=256)
def _sentences(text: str) -> list[tuple[int, int, str]]:
    return [(s.start, s.end, " ".join(s.text.casefold().split())) for s in sentences(text)]


def same_question(one: InstructionResponse, other: InstructionResponse) -> bool:
    """Return whether two examples may be paraphrases of each other, as far as code can tell."""
    asked, also = one[0], other[0]
    if (
        _facts(asked) != _facts(also)
        or has_opposite_words(asked, also)
        or _common(fact_tokens(asked), fact_tokens(also)) >= MAX_COMMON_WORDS
    ):
        return False
    return same_answers(
        fact_tokens(one[1]), fact_tokens(other[1]), fact_tokens(asked) + fact_tokens(also)
    )


def _facts(text: str) -> tuple[object, ...]:
    typed = sorted((v.kind, v.text, v.unit) for v in find_values(text) if v.kind != "name")
    named = sorted({normalize_name(m.group()) for m in find_proper_names(text)})
    return typed, named, has_negation(text)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return len(set(one) & set(other)) / min(len(set(one)), len(set(other)))
