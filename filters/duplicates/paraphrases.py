"""Paraphrases: the same question in other words, told by sentence embeddings among examples that share evidence or answer.

Guarded as near-identical ones are: the answers must say the same, the questions hold the same values, names and denials; and
where two questions have most of their words in common, the rest of them is a fact, not a paraphrase.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from factory.core.records import Example
from factory.core.schemas import Embed
from filters.duplicates.same_facts import Pair, plainly, same_answers, told
from filters.english.negation import negated
from filters.english.ordinals_directions import opposed
from filters.text.names import bare, names
from filters.text.segment import sentences
from filters.text.values import values

SIMILARITY = 0.5  # cosine; of 20 paraphrases in benchmarks/duplicates.py 14 reach it, of 20 other questions none
COMMON = 0.5  # share of the shorter question's words that the other has; from it on, the words decide and not the embedding
AT_MOST = 1_000  # kept examples of one answer that a further one is held against, the latest ones


class Paraphrases:
    """The kept examples so far, by evidence and by answer. `embed` is the only thing that knows a model."""

    def __init__(self, embed: Embed, similarity: float = SIMILARITY) -> None:
        self._embed, self._similarity = embed, similarity
        self._kept: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._pairs: dict[int, Pair] = {}
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def repeated(self, index: int, pair: Pair, evidence: Sequence[str]) -> int | None:
        """The first kept example that this one says again in other words; if there is none, this one is kept under its index."""
        pair = plainly(pair)
        keys = _keys(pair, evidence)
        there = sorted({i for key in keys for i in self._kept[key][-AT_MOST:]})
        vector = self._embed([pair[0]])[0] if keys else np.zeros(1, np.float32)
        near = [i for i in there if float(self._vectors[i] @ vector) >= self._similarity]
        found = next((i for i in near if same_question(self._pairs[i], pair)), None)
        if found is None and keys:
            self._pairs[index], self._vectors[index] = pair, vector.astype(np.float16)
            for key in keys:
                self._kept[key].append(index)
        return found


def _keys(pair: Pair, evidence: Sequence[str]) -> list[tuple[str, ...]]:
    """What two examples must share one of. An answer of one word, a label or "yes", is shared by chance."""
    if not pair[0].strip() or not pair[1].strip():
        return []
    answer = told(pair[1])
    telling = len(answer) > 1 or " " in answer[0]  # a value stands there with its kind
    return [*(("evidence", sentence) for sentence in evidence), *([("answer", *answer)] if telling else [])]


def evidence_of(example: Example) -> tuple[str, ...]:
    """The sentences that the spans of an example touch, in lower case: of two versions of a document they may be the same."""
    there = _sentences(example.chunk.text)
    touched = (text for start, end, text in there if any(s.start < end and start < s.end for s in example.spans))
    return tuple(dict.fromkeys(touched))


@lru_cache(maxsize=256)
def _sentences(text: str) -> list[tuple[int, int, str]]:
    return [(s.start, s.end, " ".join(s.text.casefold().split())) for s in sentences(text)]


def same_question(one: Pair, other: Pair) -> bool:
    """Whether two examples may be paraphrases of each other, as far as code can tell."""
    asked, also = one[0], other[0]
    if _facts(asked) != _facts(also) or opposed(asked, also) or _common(told(asked), told(also)) >= COMMON:
        return False
    return same_answers(told(one[1]), told(other[1]), told(asked) + told(also))


def _facts(text: str) -> tuple[object, ...]:
    typed = sorted((v.kind, v.text, v.unit) for v in values(text) if v.kind != "name")
    named = sorted({bare(m.group()) for m in names(text)})
    return typed, named, negated(text)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return len(set(one) & set(other)) / min(len(set(one)), len(set(other)))
