"""Find near-identical examples by MinHash, but never two that differ in a fact; keep the first."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import overload

from factory.core.records import SPLITS, Example, Slot, Verdict
from factory.core.schemas import Embed
from filters.duplicates.minhash import find_near_pairs
from filters.duplicates.paraphrases import ParaphraseIndex, evidence_sentences
from filters.duplicates.same_facts import WEIGHTLESS_WORDS, InstructionResponse, same_facts
from filters.duplicates.shingles import HashArray, hash_words
from filters.english.question_frames import strip_frames

# Over word bigrams. On short examples they find 97 % of what character 5-grams find; word 5-grams
# at 0.7 find 56 %.
DUPLICATE_JACCARD = 0.6
DUPLICATE_SHINGLE = 2  # words of a shingle: most questions are too short for more
SHOWN_CHARACTERS = 300  # characters of an earlier example in a reason


def no_evidence(_: int) -> tuple[str, ...]:
    return ()


def find_duplicates(
    pairs: Sequence[InstructionResponse],
    jaccard: float = DUPLICATE_JACCARD,
    embed: Embed | None = None,
    evidence: Callable[[int], Sequence[str]] = no_evidence,
) -> Iterator[int | None]:
    """Yield for each pair, in order, the index of the earlier kept pair that it repeats, or None.

    The pairs are read once in order, and again if two are near to each other: they may be on disk.
    With `embed`, paraphrases are found as well, among pairs that share evidence (by index) or
    answer.
    """
    paraphrases = ParaphraseIndex(embed) if embed else None
    found = find_near_pairs(
        (f"{strip_frames(instruction)}\n{response}" for instruction, response in pairs),
        jaccard,
        DUPLICATE_SHINGLE,
        weightless_hashes(),
    )
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
def weightless_hashes() -> HashArray:
    return hash_words(sorted(WEIGHTLESS_WORDS))[0]


def file_order(slot: Example | Slot) -> tuple[int, str]:
    """Sort held-out examples first, then by id: of several equal examples the first is kept."""
    return SPLITS.index(slot.split), slot.id


def _instruction(example: Example) -> str:
    return example.instruction


def judge_duplicates(
    ordered: Sequence[Example],
    jaccard: float = DUPLICATE_JACCARD,
    embed: Embed | None = None,
    asked: Callable[[Example], str] = _instruction,
) -> Iterator[Example]:
    """Yield sorted examples with their verdicts, one at a time: they may not fit into memory.

    `asked` returns what the student is asked if that is more than the instruction: the text to be
    labelled is in the chunk.
    """
    found = find_duplicates(
        _Pairs(ordered, asked), jaccard, embed, lambda i: evidence_sentences(ordered[i])
    )
    return (
        e.judged(_verdict(None if i is None else ordered[i], asked))
        for e, i in zip(ordered, found, strict=True)
    )


class _Pairs(Sequence[InstructionResponse]):
    """The instruction and response of each example, read when they are needed."""

    def __init__(self, examples: Sequence[Example], asked: Callable[[Example], str]) -> None:
        self._examples, self._asked = examples, asked

    @overload
    def __getitem__(self, index: int) -> InstructionResponse: ...
    @overload
    def __getitem__(self, index: slice) -> "_Pairs": ...
    def __getitem__(self, index: int | slice) -> "InstructionResponse | _Pairs":
        if isinstance(index, slice):
            return _Pairs(self._examples[index], self._asked)
        example = self._examples[index]
        return self._asked(example), example.response

    def __len__(self) -> int:
        return len(self._examples)


def _verdict(earlier: Example | None, asked: Callable[[Example], str]) -> Verdict:
    reason = (
        f'It repeats example {earlier.id} ("{asked(earlier)[:SHOWN_CHARACTERS]}").'
        if earlier
        else ""
    )
    return Verdict(filter="duplicates", passed=not reason, reason=reason)
