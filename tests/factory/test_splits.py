"""Which documents are held out: every one on exactly one side, versions together."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from factory.records import SPLITS, Document, Split
from factory.settings import SplitSettings
from factory.splits import split_documents, versions
from tests.world import FEW, LAW, OPENING, WASHING, document

LETTERS = "abcdefghijkl"
HALF = SplitSettings(val=0.25, test=0.25)


def library(count: int) -> list[Document]:
    """Documents of one length that share nothing."""
    return [document(f"{letter * 2}{i}" * 50, f"{letter}.md") for i, letter in enumerate(LETTERS[:count])]


def sides(documents: Sequence[Document], settings: SplitSettings = HALF, seed: int = 0, gold: Sequence[str] = ()) -> dict[str, Split]:
    found = split_documents(documents, settings, seed, frozenset(gold))
    return {d.ref.name: found[d.ref.digest] for d in documents}


@LAW
@given(st.integers(1, 12), st.integers(0, 1000))
def test_every_document_is_on_exactly_one_side(count: int, seed: int) -> None:
    documents = library(count)
    found = split_documents(documents, HALF, seed, frozenset())
    assert sorted(found) == sorted(d.ref.digest for d in documents)
    assert set(found.values()) <= set(SPLITS)


@FEW
@given(st.permutations(library(8)), st.integers(0, 1000))
def test_the_order_of_the_documents_does_not_matter(arrived: list[Document], seed: int) -> None:
    assert sides(arrived, seed=seed) == sides(library(8), seed=seed)


def test_the_seed_chooses_who_is_held_out() -> None:
    assert len({str(sorted(sides(library(8), seed=seed).items())) for seed in range(10)}) > 1


def test_the_sides_hold_their_shares_of_the_text() -> None:
    found = list(sides(library(8)).values())
    assert [found.count(split) for split in SPLITS] == [2, 0, 2, 4]


def test_a_share_of_zero_holds_nothing_out() -> None:
    assert set(sides(library(8), SplitSettings(val=0, test=0)).values()) == {"train"}


@LAW
@given(
    st.integers(1, 8),
    st.integers(0, 1000),
    st.sets(st.sampled_from(LETTERS[:8])),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_nothing_is_validated_on_while_nothing_is_trained_on(count: int, seed: int, gold: set[str], val: float, test: float) -> None:
    found = sides(library(count), SplitSettings(val=val, test=test), seed, [f"{letter}.md" for letter in gold])
    assert "train" in found.values() or set(found.values()) == {"test"}


def test_of_three_documents_the_one_that_gold_does_not_name_is_for_training() -> None:
    assert sides(library(3), SplitSettings(), gold=["a.md", "b.md"])["c.md"] == "train"


def test_two_documents_are_too_few_to_hold_any_out() -> None:
    assert set(sides(library(2)).values()) == {"train"}


@LAW
@given(st.integers(0, 1000))
def test_versions_of_a_document_stay_on_one_side(seed: int) -> None:
    old, new = document(f"{OPENING} {WASHING}", "old.md"), document(f"{OPENING} {WASHING} Trams rest.", "new.md")
    found = sides([old, *library(6), new], seed=seed)
    assert found["old.md"] == found["new.md"]


@LAW
@given(st.integers(0, 1000), st.sets(st.sampled_from([f"{letter}.md" for letter in LETTERS[:6]]), min_size=1))
def test_documents_that_gold_names_are_test(seed: int, gold: set[str]) -> None:
    found = sides(library(6), seed=seed, gold=sorted(gold))
    assert {found[name] for name in gold} == {"test"}


def test_a_version_of_a_document_that_gold_names_is_test() -> None:
    versions_of_one = [document(WASHING, "old.md"), document(f"{WASHING} Trams rest.", "new.md")]
    assert sides([*versions_of_one, *library(6)], gold=["old.md"])["new.md"] == "test"


def test_documents_that_hold_half_of_each_other_are_versions() -> None:
    one, other, third = (
        document(WASHING, "a.md"),
        document(f"{WASHING.upper()} Trams rest.", "b.md"),
        document(OPENING, "c.md"),
    )
    assert versions([one, third, other]) == [[0, 2], [1]]


def test_a_version_of_a_version_is_a_version() -> None:
    first, last = document(OPENING, "a.md"), document(WASHING, "c.md")
    between = document(f"{OPENING} {WASHING}", "b.md")
    assert versions([first, last, between]) == [[0, 1, 2]]


def test_documents_of_a_few_characters_are_no_versions_of_each_other() -> None:
    assert len(versions([document("Tram", "a.md"), document("Bus", "b.md")])) == 2
