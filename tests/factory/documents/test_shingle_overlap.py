"""Overlapping texts are found without comparing every pair, and no others."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.shingle_overlap import (
    OverlapIndex,
    ShingleHasher,
    character_shingles,
    word_shingles,
)
from tests.world import FEW

WORDS = ["".join(Random(n).choices("abcdefghijklmnop", k=6)) for n in range(4000)]


def text(first: int, count: int) -> str:
    """So many words from that one on: texts overlap as their stretches do."""
    return " ".join(WORDS[first : first + count])


def found(
    texts: list[str], shingled: ShingleHasher = character_shingles, mutual: bool = True
) -> set[tuple[int, int]]:
    overlap = OverlapIndex(texts, shingled, mutual)
    return {(min(pair), max(pair)) for pair in overlap.candidate_pairs() if overlap.overlaps(*pair)}


def every(
    texts: list[str], shingled: ShingleHasher = character_shingles, mutual: bool = True
) -> set[tuple[int, int]]:
    overlap = OverlapIndex(texts, shingled, mutual)
    return {pair for pair in combinations(range(len(texts)), 2) if overlap.overlaps(*pair)}


STRETCHES = st.lists(st.builds(text, st.integers(0, 3000), st.integers(0, 900)), max_size=6)


@FEW
@given(STRETCHES, st.sampled_from([1, 1000, 2**18]), st.sampled_from([20, 250]))
def test_what_is_found_is_what_comparing_every_two_finds(
    texts: list[str], held: int, enough: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "factory.documents.shingle_overlap.MAX_SHINGLES_IN_MEMORY", held
        )  # texts in one block, and in many
        patch.setattr(
            "factory.documents.shingle_overlap.ENOUGH", enough
        )  # texts compared by a sample first, and whole
        assert found(texts) == every(texts)
        assert found(texts, word_shingles, mutual=False) == every(
            texts, word_shingles, mutual=False
        )


def test_half_is_enough_and_less_is_not() -> None:
    assert found([text(0, 800), text(380, 800), text(1220, 800), text(1700, 800)]) == {(0, 1)}


def test_a_short_text_overlaps_the_long_one_that_holds_it_where_half_of_the_smaller_is_enough() -> (
    None
):
    texts = [text(0, 4000), text(100, 50)]
    assert (found(texts), found(texts, word_shingles, mutual=False)) == (set(), {(0, 1)})


def test_a_text_without_words_overlaps_none() -> None:
    assert found(["", "", text(0, 20)], word_shingles, mutual=False) == set()


def test_an_empty_text_among_texts_that_are_compared_one_by_one_overlaps_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("factory.documents.shingle_overlap.MAX_SHINGLES_IN_MEMORY", 1)
    assert found([text(0, 0), text(0, 4)], word_shingles, mutual=False) == set()


def test_texts_that_share_little_are_not_read_whole() -> None:
    assert list(OverlapIndex([text(n * 1000, 1000) for n in range(4)]).candidate_pairs()) == []
