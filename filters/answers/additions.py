"""Stretches: telling words in a row of one text of which another one has none, in no form and no synonym."""

from filters.english.word_roots import key
from filters.text.segment import STOP, sentences, words

LEAST = 3  # telling words in a row: who is addressed is one or two, a condition, a reason or an addition has more
# They speak to the reader, and state nothing.
COURTESY = frozenset(
    "please kindly thank thanks hello dear welcome sorry glad happy sure make take care note remember mind know like want wish just simply"
    " let let's us we're you're you'll don't can't it's that's need question".split()
)


def stretch(one: str, other: str) -> str:
    """The first stretch of a text that the other one lacks, as it stands there; "" where there is none."""
    there = frozenset(map(key, words(other)))
    for sentence in sentences(one):
        lacking: list[str] = []
        for word in words(sentence.text):
            if word in STOP or word in COURTESY:
                continue
            lacking = [] if key(word) in there else [*lacking, word]
            if len(lacking) == LEAST:
                return " ".join(lacking)
    return ""
