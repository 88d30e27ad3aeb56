"""Form: words that many documents share though these count as versions of one another, such as the form of a letter."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from filters.duplicates.decontamination import tokens
from filters.duplicates.ngrams import WORDS, Held, among, common, grams, length_of
from filters.duplicates.shingles import Hashes

SHARES = (5, 20, 100)  # one document in so many has them at least: the commonest first, as they are the likeliest to be form
LEAST = 3


class Form(NamedTuple):
    """`words`: by how many documents have each n-gram of them at least; `inside`: how many texts have any."""

    words: dict[int, tuple[str, ...]]
    inside: int

    @property
    def text(self) -> str:
        """To be read, and cut off where content begins."""
        return "\n".join(f"# in {least} documents or more\n" + "".join(f"{one}\n" for one in some) for least, some in self.words.items())


def form(held: Sequence[str], documents: Callable[[], Iterable[str]], shared: Iterable[str]) -> Form:
    """Of the texts of held-out chunks what stands in many documents, and how many of the `shared` texts have some of it."""
    count, wanted = sum(1 for _ in documents()), Held(held).hashes
    levels = dict.fromkeys(max(LEAST, -(-count // share)) for share in SHARES)
    many = {least: common(wanted, enumerate(documents()), least) for least in levels}
    told: set[str] = set()
    words: dict[int, tuple[str, ...]] = {}
    for least, hashes in many.items():
        words[least] = tuple(dict.fromkeys(one for text in held for one in _stretches(text, hashes) if one not in told))
        told.update(words[least])
    inside = {int(owner) for some in grams(shared) for owner in some.owners[among(some.hashes, many[min(many)])]}
    return Form({least: some for least, some in words.items() if some}, len(inside))


def _stretches(text: str, many: Hashes) -> list[str]:
    """Where such n-grams follow on each other, their words as one."""
    (some,) = grams([text])
    starts = some.starts[among(some.hashes, many)]
    runs = np.split(starts, np.flatnonzero(np.diff(starts) > 1) + 1) if len(starts) else []
    said, n = tokens(text), length_of(text)
    return [(" " if n == WORDS else "").join(said[run[0] : run[-1] + n]) for run in runs]
