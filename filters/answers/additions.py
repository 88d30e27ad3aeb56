"""Find consecutive content words of one text that another lacks in any form or synonym."""

from filters.english.word_roots import root_key
from filters.text.segment import STOP_WORDS, sentences, words

# Consecutive content words. A form of address has one or two; a condition, reason or addition more.
MIN_STRETCH_WORDS = 3
# These words address the reader and state nothing.
COURTESY_WORDS = frozenset(
    "please kindly thank thanks hello dear welcome sorry glad happy sure make take care note "
    "remember mind know like want wish just simply let let's us we're you're you'll don't can't "
    "it's that's need question".split()
)


def added_stretch(one: str, other: str) -> str:
    """Return the first consecutive content words of `one` that `other` lacks, or ""."""
    there = frozenset(map(root_key, words(other)))
    for sentence in sentences(one):
        lacking: list[str] = []
        for word in words(sentence.text):
            if word in STOP_WORDS or word in COURTESY_WORDS:
                continue
            lacking = [] if root_key(word) in there else [*lacking, word]
            if len(lacking) == MIN_STRETCH_WORDS:
                return " ".join(lacking)
    return ""
