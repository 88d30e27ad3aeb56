"""BM25 ranks texts by its published formula."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from factory.documents.bm25 import K1, B, BM25Index
from tests.world import LAW

TEXTS = (
    "trams are washed at night",
    "the depot chief keeps keys",
    "trams leave the depot",
    "washing and washing of trams",
    "keys open doors",
    "a bell",
)
WORDS = st.lists(
    st.sampled_from("tram depot chief key wash night bell door".split()), min_size=1, max_size=8
).map(" ".join)


def score(question: str, text: str, texts: list[str]) -> float:
    """By the formula, word by word (Robertson and Zaragoza 2009); a word of more than half of the texts tells nothing."""
    mean = sum(len(t.split()) for t in texts) / len(texts)
    total = 0.0
    for word in set(question.split()):
        holding = sum(word in t.split() for t in texts)
        often = Counter(text.split())[word]
        if often and holding <= max(1, len(texts) / 2):
            room = often + K1 * (1 - B + B * len(text.split()) / mean)
            total += (
                math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
                * often
                * (K1 + 1)
                / room
            )
    return total


@LAW
@given(WORDS, st.lists(WORDS, min_size=1, max_size=9))
def test_texts_come_in_the_order_of_their_scores(question: str, texts: list[str]) -> None:
    scores = [score(question, text, texts) for text in texts]
    found = list(BM25Index(texts).rank(question))
    assert sorted(found) == list(range(len(texts)))
    assert all(scores[a] >= scores[b] - 1e-5 for a, b in zip(found, found[1:], strict=False))


def test_equally_near_texts_come_in_order_of_place() -> None:
    assert list(BM25Index(["a tram", "a bell", "a bell", "keys", "doors", "night"]).rank("bell"))[
        :2
    ] == [1, 2]


def test_many_texts_come_in_order_beyond_the_first_few() -> None:
    texts = [f"bell{' tram' * (number % 7)}" for number in range(200)] + ["night"] * 300
    found = list(BM25Index(texts).rank("bell"))
    assert [len(texts[place]) for place in found[:200]] == sorted(len(text) for text in texts[:200])
    assert found[200:] == list(range(200, 500))


def test_texts_without_a_word_of_the_question_come_as_they_stand() -> None:
    assert list(BM25Index(TEXTS).rank("bakery")) == list(range(len(TEXTS)))
    assert list(BM25Index([]).rank("tram")) == []
