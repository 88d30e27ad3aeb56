"""Which document is for training and which is held out: decided before anything is generated."""

from collections.abc import Sequence

from factory.overlap import Overlap
from factory.records import Document, Split, digest
from factory.settings import SplitSettings


def split_documents(documents: Sequence[Document], settings: SplitSettings, seed: int, gold: frozenset[str]) -> dict[str, Split]:
    """Split by document digest. Near-repeating documents stay on one side; those that gold names (by name) are test.

    `settings` are shares of the characters; groups are taken in an order that the seed and their names alone decide.
    """
    measured = [(d.ref, len(d.text)) for d in documents]
    refs, sizes = [ref for ref, _ in measured], [size for _, size in measured]
    groups = sorted(versions(documents), key=lambda g: min(digest(seed, refs[i].name) for i in g))
    total = sum(sizes)
    wanted: dict[Split, float] = {"test": settings.test * total, "val": settings.val * total}
    named = [g for g in groups if any(refs[i].name in gold for i in g)]
    free = [g for g in groups if g not in named]
    filled: dict[Split, int] = {"test": sum(sizes[i] for g in named for i in g), "val": 0, "shift": 0, "train": 0}
    given: dict[str, Split] = {refs[i].digest: "test" for g in named for i in g}
    for group in free:
        size = sum(sizes[i] for i in group)
        spare = len(groups) > 2 and (group is not free[-1] or filled["train"])  # something is always left to train on
        side = _side(size, wanted, filled) if spare else "train"
        filled[side] += size
        given |= {refs[i].digest: side for i in group}
    return given


def _side(size: int, wanted: dict[Split, float], filled: dict[Split, int]) -> Split:
    for side, share in wanted.items():
        if share and not filled[side]:
            return side
        if filled[side] + size / 2 <= share:
            return side
    return "train"


def versions(documents: Sequence[Document]) -> list[list[int]]:
    """Places of documents, with those that hold at least half of their 5-character shingles, directly or through others."""
    overlap = Overlap(d.text for d in documents)
    earlier = list(range(len(documents)))  # one of its group; the first is its own

    def first(place: int) -> int:
        while earlier[place] != place:
            earlier[place] = earlier[earlier[place]]
            place = earlier[place]
        return place

    for one, other in overlap.likely():
        low, high = sorted((first(one), first(other)))
        if low != high and overlap.there(one, other):
            earlier[high] = low
    groups: dict[int, list[int]] = {}
    for place in range(len(documents)):
        groups.setdefault(first(place), []).append(place)
    return list(groups.values())
