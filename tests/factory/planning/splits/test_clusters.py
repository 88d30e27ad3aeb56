"""Clusters of what repeats: versions first, then what has half of the rest in common beside boilerplate."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from factory.planning.splits.clusters import cluster_texts
from tests.factory.planning.splits.test_split import words
from tests.world import FEW, OPENING, WASHING


def clusters(*texts: str) -> list[list[int]]:
    return [list(one) for one in cluster_texts(texts, lambda n: texts[n].split("\n\n")).clusters]


def test_documents_that_have_half_of_each_other_are_versions() -> None:
    assert clusters(WASHING, OPENING, f"{WASHING.upper()} Trams rest.") == [[0, 2], [1]]


def test_a_version_of_a_version_is_a_version() -> None:
    assert clusters(OPENING, WASHING, f"{OPENING} {WASHING}") == [[0, 1, 2]]


def test_documents_of_a_few_characters_are_no_versions_of_each_other() -> None:
    assert clusters("Tram", "Bus") == [[0], [1]]


def test_a_document_that_a_larger_one_quotes_whole_is_of_its_cluster() -> None:
    assert clusters(words(0, 400), words(100, 40), words(1000, 40)) == [[0, 1], [2]]


@FEW
@given(st.integers(0, 10**6))
def test_the_order_of_the_texts_changes_no_cluster(seed: int) -> None:
    dice = Random(seed)
    clause = words(3000, 30)
    texts = [f"{words(dice.randrange(0, 2000), 60)}\n\n{clause}" for _ in range(8)]
    shuffled = dice.sample(range(8), 8)
    there = {frozenset(shuffled[n] for n in one) for one in clusters(*(texts[n] for n in shuffled))}
    assert there == {frozenset(one) for one in clusters(*texts)}
