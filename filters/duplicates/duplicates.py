"""Duplicates: near-identical examples by MinHash, never two that differ in a fact; the first in order is kept."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import overload

from factory.core.records import SPLITS, Example, Slot, Verdict
from factory.core.schemas import Embed
from filters.duplicates.minhash import near
from filters.duplicates.paraphrases import Paraphrases, evidence_of
from filters.duplicates.same_facts import WEIGHTLESS, Pair, same_facts
from filters.duplicates.shingles import Hashes, hashed_words
from filters.english.question_frames import unframed

JACCARD = 0.6  # over word bigrams: on short examples word 5-grams at 0.7 find 56 % of what character 5-grams do, these 97 %
WORDS = 2  # of a shingle
SHOWN = 300  # characters of an earlier example in a reason


def no_evidence(_: int) -> tuple[str, ...]:
    return ()


def duplicates(
    pairs: Sequence[Pair],
    jaccard: float = JACCARD,
    embed: Embed | None = None,
    evidence: Callable[[int], Sequence[str]] = no_evidence,
) -> Iterator[int | None]:
    """For each pair of instruction and response in order, the index of the earlier kept one that it repeats, or None.

    The pairs are read once in order, and again where two are near to each other: they may lie on disk. Paraphrases are looked for
    where there is an `embed`, among pairs that share evidence (by index) or answer.
    """
    paraphrases = Paraphrases(embed) if embed else None
    found = near((f"{unframed(instruction)}\n{response}" for instruction, response in pairs), jaccard, WORDS, weightless())
    earlier, at = found.earlier.tolist(), 0
    ends = found.ends().tolist()
    repeats: list[int | None] = []
    for i, (copied, end) in enumerate(zip(found.copies.tolist(), ends, strict=True)):
        candidates, at = earlier[at:end], end
        if copied >= 0:
            first = repeats[copied]
            repeats.append(copied if first is None else first)
        else:
            unique = (j for j in candidates if repeats[j] is None)
            repeats.append(next((j for j in unique if same_facts(pairs[i], pairs[j])), None))
        if paraphrases and repeats[-1] is None:
            repeats[-1] = paraphrases.repeated(i, pairs[i], evidence(i))
        yield repeats[-1]


@cache
def weightless() -> Hashes:
    return hashed_words(sorted(WEIGHTLESS))[0]


def file_order(slot: Example | Slot) -> tuple[int, str]:
    """Held-out ones first, then by id: the order in which the first of several equal examples is kept."""
    return SPLITS.index(slot.split), slot.id


def _instruction(example: Example) -> str:
    return example.instruction


def marked(
    ordered: Sequence[Example],
    jaccard: float = JACCARD,
    embed: Embed | None = None,
    asked: Callable[[Example], str] = _instruction,
) -> Iterator[Example]:
    """The same for examples that are in order already, one at a time: they may be more than memory holds.

    `asked`: what the student is asked, where that is more than the instruction; a label's text stands in its chunk.
    """
    found = duplicates(_Pairs(ordered, asked), jaccard, embed, lambda i: evidence_of(ordered[i]))
    return (e.judged(_verdict(None if i is None else ordered[i], asked)) for e, i in zip(ordered, found, strict=True))


class _Pairs(Sequence[Pair]):
    """What is held against each other of examples, read when it is looked at."""

    def __init__(self, examples: Sequence[Example], asked: Callable[[Example], str]) -> None:
        self._examples, self._asked = examples, asked

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> "_Pairs": ...
    def __getitem__(self, index: int | slice) -> "Pair | _Pairs":
        if isinstance(index, slice):
            return _Pairs(self._examples[index], self._asked)
        example = self._examples[index]
        return self._asked(example), example.response

    def __len__(self) -> int:
        return len(self._examples)


def _verdict(earlier: Example | None, asked: Callable[[Example], str]) -> Verdict:
    reason = f'It repeats example {earlier.id} ("{asked(earlier)[:SHOWN]}").' if earlier else ""
    return Verdict(filter="duplicates", passed=not reason, reason=reason)
