"""Which document is for training and which is held out: decided before anything is generated."""

from collections.abc import Sequence

from factory.recipe import SplitSettings
from factory.records import Document, Split, digest

SHINGLE = 5  # characters
SAME = 0.5  # containment of one document in another from which on they are versions of each other


def split_documents(documents: Sequence[Document], settings: SplitSettings, seed: int, gold: frozenset[str]) -> dict[str, Split]:
    """Split by document digest. Near-repeating documents stay on one side; those that gold names (by name) are test.

    `settings` are shares of the characters; groups are taken in an order that the seed and their names alone decide.
    """
    groups = sorted(versions(documents), key=lambda g: min(digest(seed, d.ref.name) for d in g))
    total = sum(len(d.text) for d in documents)
    wanted: dict[Split, float] = {"test": settings.test * total, "val": settings.val * total}
    named = [g for g in groups if any(d.ref.name in gold for d in g)]
    free = [g for g in groups if g not in named]
    filled: dict[Split, int] = {"test": sum(len(d.text) for g in named for d in g), "val": 0, "train": 0}
    given: dict[str, Split] = {d.ref.digest: "test" for g in named for d in g}
    for group in free:
        spare = len(groups) > 2 and (group is not free[-1] or filled["train"])  # something is always left to train on
        side = _side(group, wanted, filled) if spare else "train"
        filled[side] += sum(len(d.text) for d in group)
        given |= {d.ref.digest: side for d in group}
    return given


def _side(group: list[Document], wanted: dict[Split, float], filled: dict[Split, int]) -> Split:
    for side, share in wanted.items():
        if share and not filled[side]:
            return side
        if filled[side] + sum(len(d.text) for d in group) / 2 <= share:
            return side
    return "train"


def versions(documents: Sequence[Document]) -> list[list[Document]]:
    """Documents grouped with those that hold at least half of their 5-character shingles, directly or through others."""
    shingles = [_shingles(d.text) for d in documents]
    group = list(range(len(documents)))
    for i in range(len(documents)):
        for j in range(i):
            if group[i] != group[j] and _containment(shingles[i], shingles[j]) >= SAME:
                group = [group[j] if g == group[i] else g for g in group]
    return [[documents[i] for i in range(len(documents)) if group[i] == g] for g in dict.fromkeys(group)]


def _shingles(text: str) -> set[int]:
    flat = " ".join(text.casefold().split())
    return {hash(flat[i : i + SHINGLE]) for i in range(max(1, len(flat) - SHINGLE + 1))}


def _containment(one: set[int], other: set[int]) -> float:
    return len(one & other) / min(len(one), len(other))
