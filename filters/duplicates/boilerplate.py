"""Find the words that many documents share without being duplicates, such as a letter template."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from filters.duplicates.decontamination import ngram_words
from filters.duplicates.ngrams import (
    NGRAM_WORDS,
    NGramIndex,
    common_ngrams,
    hash_ngrams,
    in_sorted,
    ngram_length,
)
from filters.duplicates.shingles import HashArray

# One document in 5, 20 or 100 has the words. The most common ones are the likeliest boilerplate.
DOCUMENT_SHARES = (5, 20, 100)
MIN_DOCUMENTS = 3


class Boilerplate(NamedTuple):
    """The shared words, and the number of shared texts (`inside`) that have any of them.

    `words` maps a least number of documents to the word sequences that so many documents have.
    """

    words: dict[int, tuple[str, ...]]
    inside: int

    @property
    def text(self) -> str:
        """Return a text for the user, who deletes everything that is real content."""
        return "\n".join(
            f"# in {least} documents or more\n" + "".join(f"{one}\n" for one in some)
            for least, some in self.words.items()
        )


def find_boilerplate(
    held: Sequence[str], documents: Callable[[], Iterable[str]], shared: Iterable[str]
) -> Boilerplate:
    """Find the words of held-out chunks that many documents have.

    Also count the `shared` texts that have some of these words.
    """
    count, wanted = sum(1 for _ in documents()), NGramIndex(held).hashes
    levels = dict.fromkeys(max(MIN_DOCUMENTS, -(-count // share)) for share in DOCUMENT_SHARES)
    many = {least: common_ngrams(wanted, enumerate(documents()), least) for least in levels}
    seen: set[str] = set()
    words: dict[int, tuple[str, ...]] = {}
    for least, hashes in many.items():
        words[least] = tuple(
            dict.fromkeys(
                one for text in held for one in _stretches(text, hashes) if one not in seen
            )
        )
        seen.update(words[least])
    inside = {
        int(owner)
        for some in hash_ngrams(shared)
        for owner in some.owners[in_sorted(some.hashes, many[min(many)])]
    }
    return Boilerplate({least: some for least, some in words.items() if some}, len(inside))


def _stretches(text: str, many: HashArray) -> list[str]:
    """Join consecutive common n-grams of a text into one word sequence."""
    (some,) = hash_ngrams([text])
    starts = some.starts[in_sorted(some.hashes, many)]
    runs = np.split(starts, np.flatnonzero(np.diff(starts) > 1) + 1) if len(starts) else []
    said, n = ngram_words(text), ngram_length(text)
    return [(" " if n == NGRAM_WORDS else "").join(said[run[0] : run[-1] + n]) for run in runs]
