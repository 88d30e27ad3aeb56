"""Which documents and sections are held out: each on exactly one side, and near copies together."""

from collections.abc import Sequence
from functools import partial
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import SPLITS, Document, Split
from factory.core.settings import SplitSettings
from factory.documents.chunker import chunk
from factory.planning.splits.assignment import SplitAssignment
from factory.planning.splits.split import SplitRequest, split_documents
from tests.world import FEW, LAW, OPENING, WASHING, document

LETTERS = "abcdefghijkl"
HALF = SplitSettings(val=0.25, test=0.25, shift=0)
WORDS = ["".join(Random(n).choices("abcdefghijklmnop", k=6)) for n in range(4000)]


def words(first: int, count: int) -> str:
    return " ".join(WORDS[first : first + count])


def library(count: int) -> list[Document]:
    """Documents of one length that share nothing."""
    return [
        document(words(100 * i, 50), f"{letter}.md") for i, letter in enumerate(LETTERS[:count])
    ]


def division(
    documents: Sequence[Document],
    settings: SplitSettings = HALF,
    seed: int = 0,
    gold: Sequence[str] = (),
) -> SplitAssignment:
    return split_documents(
        documents, partial(chunk, settings=40), SplitRequest(settings, seed, frozenset(gold))
    )


def sides(
    documents: Sequence[Document],
    settings: SplitSettings = HALF,
    seed: int = 0,
    gold: Sequence[str] = (),
) -> dict[str, Split]:
    """Of documents that are not cut."""
    found = division(documents, settings, seed, gold)
    return {d.ref.name: found.whole[d.ref.digest] for d in documents}


@LAW
@given(st.integers(1, 12), st.integers(0, 1000))
def test_every_document_is_on_exactly_one_side(count: int, seed: int) -> None:
    documents = library(count)
    found = division(documents, HALF, seed).whole
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
    assert [found.count(split) for split in SPLITS] == [2, 0, 0, 2, 4]


def test_a_share_of_zero_holds_nothing_out() -> None:
    assert set(sides(library(8), SplitSettings(val=0, test=0, shift=0)).values()) == {"train"}


@LAW
@given(
    st.integers(1, 8),
    st.integers(0, 1000),
    st.sets(st.sampled_from(LETTERS[:8])),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_nothing_is_validated_on_while_nothing_is_trained_on(
    count: int, seed: int, gold: set[str], val: float, test: float
) -> None:
    found = sides(
        library(count),
        SplitSettings(val=val, test=test, shift=0),
        seed,
        [f"{letter}.md" for letter in gold],
    )
    assert "train" in found.values() or set(found.values()) == {"test"}


def test_of_three_documents_the_one_that_gold_does_not_name_is_for_training() -> None:
    assert sides(library(3), HALF, gold=["a.md", "b.md"])["c.md"] == "train"


def test_two_documents_are_too_few_to_hold_any_out() -> None:
    assert set(sides(library(2)).values()) == {"train"}


@LAW
@given(st.integers(0, 1000))
def test_versions_of_a_document_stay_on_one_side(seed: int) -> None:
    old, new = (
        document(f"{OPENING} {WASHING}", "old.md"),
        document(f"{OPENING} {WASHING} Trams rest.", "new.md"),
    )
    found = sides([old, *library(6), new], seed=seed)
    assert found["old.md"] == found["new.md"]


@LAW
@given(
    st.integers(0, 1000),
    st.sets(st.sampled_from([f"{letter}.md" for letter in LETTERS[:6]]), min_size=1),
)
def test_documents_that_gold_names_are_test(seed: int, gold: set[str]) -> None:
    found = sides(library(6), seed=seed, gold=sorted(gold))
    assert {found[name] for name in gold} == {"test"}


def test_a_version_of_a_document_that_gold_names_is_test() -> None:
    versions_of_one = [document(WASHING, "old.md"), document(f"{WASHING} Trams rest.", "new.md")]
    assert sides([*versions_of_one, *library(6)], gold=["old.md"])["new.md"] == "test"


def manual(sections: int, name: str = "manual.md") -> Document:
    """One document of sections that share nothing, of three chunks each."""
    parts = [
        f"## Part {n}\n\n" + "\n\n".join(words(300 * n + 100 * i, 20) for i in range(3))
        for n in range(sections)
    ]
    return document("# Manual\n\n" + "\n\n".join(parts) + "\n", name)


def placed(documents: Sequence[Document], found: SplitAssignment) -> list[list[Split | None]]:
    """The sides of the chunks of each document."""
    return [[found.of(c) for c in chunk(d, 40)] for d in documents]


def test_a_document_that_stands_alone_is_divided_by_section_one_chunk_apart_and_it_is_said() -> (
    None
):
    found = division([manual(12)])
    (chunks,) = placed([manual(12)], found)
    assert (
        found.division.why
        == "the documents are 1 cluster of what repeats, fewer than 5: divided by top-level section"
    )
    assert (found.division.rule, {"test", "val", "train", None} == set(chunks)) == (
        "sections",
        True,
    )
    assert chunks.count(None) == found.division.gap_chunks


@LAW
@given(st.integers(3, 12), st.integers(0, 1000), st.integers(1, 3))
def test_two_sides_of_a_document_never_touch(sections: int, seed: int, copies: int) -> None:
    documents = [manual(sections, f"{n}.md") for n in range(copies)]
    for chunks in placed(documents, division(documents, seed=seed)):
        assert all(
            one == other or None in (one, other)
            for one, other in zip(chunks, chunks[1:], strict=False)
        )
        assert "train" in chunks


def test_a_text_without_sections_is_divided_by_stretches() -> None:
    found = division([document("\n\n".join(words(30 * n, 25) for n in range(60)))])
    assert (found.division.rule, found.division.why.rpartition(": ")[2]) == (
        "stretches",
        "divided by stretches of neighbouring chunks",
    )


@LAW
@given(st.integers(0, 1000), st.integers(0, 5), st.integers(6, 11))
def test_a_section_that_another_repeats_is_on_its_side(seed: int, one: int, other: int) -> None:
    text = manual(12).text
    parts = text.split("\n\n## ")
    parts[other + 1] = parts[one + 1].replace(
        WORDS[300 * one], "trams"
    )  # near copies, under another heading
    copied = document("\n\n## ".join(parts))
    found = division([copied], seed=seed)
    (chunks,) = placed([copied], found)
    sides_of = [{side for side in chunks[3 * n : 3 * n + 3] if side} for n in (one, other)]
    assert len(sides_of[0] | sides_of[1]) == 1


def folders(*counts: int) -> list[Document]:
    return [
        document(words(100 * n + 1000 * f, 50), f"{LETTERS[f]}/{n}.md")
        for f, count in enumerate(counts)
        for n in range(count)
    ]


def test_every_folder_gives_of_its_own() -> None:
    documents = folders(8, 8, 8)
    found = sides(documents, HALF)
    for side in ("test", "val"):
        assert [sum(found[f"{folder}/{n}.md"] == side for n in range(8)) for folder in "abc"] == [
            2,
            2,
            2,
        ]


def test_a_folder_unlike_the_rest_is_held_out_as_the_family() -> None:
    alike = [document(words(30 * n, 50), f"{folder}/{n}.md") for n, folder in enumerate("abababab")]
    other = [document(words(2000 + 30 * n, 50), f"c/{n}.md") for n in range(2)]
    documents = [*alike, *other]
    found = division(documents, SplitSettings(shift=0.2))
    assert found.division.family == "c"
    assert {d.ref.name for d in documents if found.whole[d.ref.digest] == "shift"} == {
        "c/0.md",
        "c/1.md",
    }


def test_where_there_are_few_documents_no_family_is_spared() -> None:
    assert "shift" not in sides(library(5), SplitSettings(shift=0.2)).values()


def test_what_stands_in_many_documents_links_none_and_is_set_aside() -> None:
    clause = "This agreement ends when either party gives notice in writing to the other one day before the trams begin to run again."
    documents = [
        document(f"{d.text}\n\n{words(2000 + 60 * n, 25)}\n\n{clause}", d.ref.name)
        for n, d in enumerate(library(8))
    ]
    found = division(documents)
    asides = [[found.apart(c) for c in chunk(d, 40)] for d in documents]
    assert (found.division.clusters, found.division.boilerplate_chunks) == (8, 8)
    assert [[bool(reason) for reason in one] for one in asides] == [
        [False] * (len(one) - 1) + [True] for one in asides
    ]
    assert asides[0][-1] == "boilerplate: near copies of it stand in many documents"


CLAUSE = words(3900, 24)


@LAW
@given(
    st.integers(0, 1000),
    st.sets(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=3),
    st.sets(st.integers(0, 9)),
)
def test_no_near_copy_of_a_held_out_document_is_trained_on(
    seed: int, planted: set[tuple[int, int]], holders: set[int]
) -> None:
    """A copy has one word of its original changed; what stands in many documents is boilerplate, and makes copies of none."""
    texts = [words(100 * n, 75) + (f"\n\n{CLAUSE}" if n in holders else "") for n in range(10)]
    copies = [texts[n].replace(WORDS[100 * n + 5 * at], "trams") for n, at in planted]
    documents = [document(text, f"{n:02}.md") for n, text in enumerate([*texts, *copies])]
    found = sides(documents, SplitSettings(val=0.2, test=0.2), seed)
    for copy, (n, _) in enumerate(planted, len(texts)):
        assert found[f"{copy:02}.md"] == found[f"{n:02}.md"]


def test_each_side_tells_its_clusters_and_characters() -> None:
    documents = library(8)
    shares = division(documents).division.shares
    assert {side: one.clusters for side, one in shares.items()} == {"test": 2, "val": 2, "train": 4}
    assert sum(one.characters for one in shares.values()) == sum(len(d.text) for d in documents)


def test_where_sections_leave_one_cluster_too_large_it_is_said() -> None:
    forms = [document(words(0, 200).replace(WORDS[n], "trams"), f"{n}.md") for n in range(6)]
    sectioned = document(
        f"{words(0, 200)}\n\n# Annex\n\n{words(600, 20)}\n\n# Index\n\n{words(700, 20)}", "6.md"
    )
    others = [document(words(1000 + 100 * n, 30), f"x{n}.md") for n in range(5)]
    told = division([*forms, sectioned, *others]).division
    assert (told.rule, told.largest > 0.5) == ("sections", True)
    assert told.why.endswith(
        f": divided by top-level section, but one cluster still holds {told.largest:.0%}"
    )
