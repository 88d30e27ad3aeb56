"""What documents share: the commonest first, as the longest stretches, in the words that decontamination compares."""

from filters.duplicates.boilerplate import find_boilerplate
from filters.duplicates.decontamination import find_overlaps
from tests.filters.duplicates.test_decontamination import OTHER, SENTENCE, common, held, row

SHARED = f"Dear chief. {SENTENCE}."


def test_what_several_documents_share_is_told_and_what_two_share_is_not() -> None:
    found = find_boilerplate(
        [SHARED],
        lambda: iter([SHARED, f"Well, {SENTENCE}", SENTENCE, OTHER, OTHER]),
        [SENTENCE, OTHER],
    )
    assert (found.words, found.inside) == ({3: (SENTENCE.casefold(),)}, 1)
    assert found.text == f"# in 3 documents or more\n{SENTENCE.casefold()}\n"


def test_the_commonest_stands_first_and_once() -> None:
    documents = [*[SENTENCE] * 20, *[OTHER] * 5, *["-"] * 75]
    found = find_boilerplate([f"{OTHER}. {SENTENCE}"], lambda: iter(documents), [])
    assert found.words == {20: (SENTENCE.casefold(),), 5: (OTHER.casefold(),)}


def test_of_texts_that_share_nothing_there_is_no_form() -> None:
    assert find_boilerplate([OTHER], lambda: iter([SENTENCE] * 9), [OTHER]) == ({}, 0)


def test_what_is_named_as_form_is_no_overlap_of_chunks_and_stays_one_of_answers() -> None:
    told = find_boilerplate([SHARED], lambda: iter([SHARED] * 3), []).text
    assert list(find_overlaps([row(chunk=SENTENCE)], [held(chunk=SENTENCE)], common())) == [0]
    assert find_overlaps([row(chunk=SENTENCE)], [held(chunk=SENTENCE)], common(), [told]) == {}
    assert list(
        find_overlaps([row(response=SENTENCE)], [held(response=SENTENCE)], common(), [told])
    ) == [0]
