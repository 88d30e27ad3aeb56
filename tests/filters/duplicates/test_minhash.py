"""Which texts share most of their shingles."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates.minhash import find_near_pairs
from filters.text.segment import words
from tests.world import FEW

Found = list[tuple[int, int]]
TALK = st.lists(st.sampled_from("a b c d e tram depot".split()), max_size=12).map(" ".join)


def pairs(texts: Sequence[str], jaccard: float, n: int) -> Found:
    found = find_near_pairs(texts, jaccard, n)
    return list(zip(found.later.tolist(), found.earlier.tolist(), strict=True))


def exactly(texts: Sequence[str], jaccard: float, n: int) -> Found:
    """By looking at all pairs."""
    sets = [_grams(words(text), n) for text in texts]
    first = [i for i, text in enumerate(texts) if text not in texts[:i] and sets[i]]
    return [
        (i, j)
        for i in first
        for j in first
        if j < i and len(sets[i] & sets[j]) >= jaccard * len(sets[i] | sets[j])
    ]


def _grams(found: list[str], n: int) -> set[tuple[str, ...]]:
    return {tuple(found[i : i + n]) for i in range(max(1, len(found) - n + 1))} if found else set()


@FEW
@given(st.lists(TALK, max_size=30))
def test_nothing_is_near_that_is_not(texts: list[str]) -> None:
    assert set(pairs(texts, 0.6, 2)) <= set(exactly(texts, 0.6, 2))


@pytest.mark.parametrize(("jaccard", "n"), [(0.6, 2), (0.7, 5)])
def test_nearly_all_that_is_near_is_found(jaccard: float, n: int) -> None:
    story = [f"w{i * i % 601}" for i in range(4000)]
    texts = [
        " ".join(story[i : i + 25]) for start in range(0, 3900, 40) for i in range(start, start + 8)
    ]
    there = set(exactly(texts, jaccard, n))
    assert (len(there) > 300, len(set(pairs(texts, jaccard, n)) & there) >= 0.99 * len(there)) == (
        True,
        True,
    )


def test_a_copy_is_named_with_its_first_and_is_in_no_pair() -> None:
    found = find_near_pairs(["red tram", "Red tram!", "red tram"], 0.6, 2)
    assert (found.copies.tolist(), found.later.tolist(), found.earlier.tolist()) == (
        [-1, -1, 0],
        [1],
        [0],
    )


def test_no_texts_are_near() -> None:
    found = find_near_pairs([], 0.6, 2)
    assert [len(found.later), len(found.copies), found.ends().tolist()] == [0, 0, []]
