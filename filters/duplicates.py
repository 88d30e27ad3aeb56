"""Duplicates: near-identical examples by MinHash, never two that differ in a number, date, name or negation."""

import re
from collections.abc import Iterable, Iterator, Sequence

from factory.records import SPLITS, Example, Slot, Verdict
from filters.denial import negated
from filters.marks import marks
from filters.names import bare, starts_sentence
from filters.text import STOP, stem, words
from filters.values import values

JACCARD = 0.6  # over word bigrams of question and answer
PERMUTATIONS = 128
_CAPITAL = re.compile(r"\b[A-Z][\w’'-]*")


def shingles(text: str) -> set[bytes]:
    """Word bigrams; a lone word stands for itself."""
    found = words(text)
    return {f"{a} {b}".encode() for a, b in zip(found, found[1:], strict=False)} or {w.encode() for w in found}


def same_facts(one: str, other: str) -> bool:
    """Whether two texts hold the same values in the same order, the same marks and polarity; only then may they be duplicates."""
    return _signature(one) == _signature(other) and not _other_marks(one, other) and not _other_beginnings(one, other)


def _signature(text: str) -> tuple[tuple[tuple[str, str, str], ...], bool]:
    return tuple((v.kind, v.text, v.unit) for v in values(text)), negated(text)


def _other_marks(one: str, other: str) -> bool:
    """Whether both say how often, which or where, and say it differently; one that adds "daily" may still be a rewording."""
    return any(a and b and a != b for a, b in zip(marks(one), marks(other), strict=True))


def _other_beginnings(one: str, other: str) -> bool:
    """Whether each begins a sentence with a word that the other lacks: it may be a name, and a missed repeat costs less."""
    return bool(_beginnings(one) - _stems(other)) and bool(_beginnings(other) - _stems(one))


def _beginnings(text: str) -> set[str]:
    found = (m for m in _CAPITAL.finditer(text) if starts_sentence(text, m.start()))
    return {stem(bare(m.group())) for m in found if bare(m.group()) not in STOP}


def _stems(text: str) -> set[str]:
    return {stem(w) for w in words(text)}


def duplicates(texts: Sequence[str], jaccard: float = JACCARD) -> Iterator[int | None]:
    """For each text in order, the index of the earlier kept text that it repeats, or None."""
    from datasketch import MinHash, MinHashLSH  # brings scipy along, seconds that other commands need not wait for

    index = MinHashLSH(threshold=jaccard, num_perm=PERMUTATIONS)
    kept: dict[int, set[bytes]] = {}
    hashes = MinHash.generator((shingles(t) for t in texts), num_perm=PERMUTATIONS, seed=1)
    for i, (text, hashed) in enumerate(zip(texts, hashes, strict=True)):
        mine = shingles(text)
        candidates = sorted(int(c) for c in index.query(hashed)) if mine else []
        found = next((c for c in candidates if _jaccard(mine, kept[c]) >= jaccard and same_facts(text, texts[c])), None)
        if found is None and mine:
            index.insert(str(i), hashed)
            kept[i] = mine
        yield found


def _jaccard(one: set[bytes], other: set[bytes]) -> float:
    return len(one & other) / len(one | other)


def file_order(slot: Example | Slot) -> tuple[int, str]:
    """Held-out ones first, then by id: the order in which the first of several equal examples is kept."""
    return SPLITS.index(slot.split), slot.id


def drop_duplicates(examples: Iterable[Example], jaccard: float = JACCARD) -> list[Example]:
    """The same examples in order of split (held-out first) and id, each with its verdict."""
    return list(marked(sorted(examples, key=file_order), jaccard))


def marked(ordered: Sequence[Example], jaccard: float = JACCARD) -> Iterator[Example]:
    """The same for examples that are in order already, one at a time: they may be more than memory holds."""
    found = duplicates([f"{e.instruction} {e.response}" for e in ordered], jaccard)
    return (e.judged(_verdict(e, None if i is None else ordered[i])) for e, i in zip(ordered, found, strict=True))


def _verdict(example: Example, earlier: Example | None) -> Verdict:
    reason = f'It repeats example {earlier.id} ("{earlier.instruction}").' if earlier else ""
    return Verdict(filter="duplicates", passed=not reason, reason=reason)
