"""Words and n-grams hashed over one buffer."""

from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates.shingles import hash_shingles, hash_words
from filters.text.segment import words
from tests.world import FEW, TEXT


def found(*texts: str) -> list[list[int]]:
    """The hashes of the words of each text."""
    hashes, owners = hash_words(texts)
    return [hashes[owners == i].tolist() for i in range(len(texts))]


def counts(n: int, *texts: str) -> list[int]:
    return [int(count) for count in hash_shingles(texts, n).counts]


LETTERS = st.text(st.sampled_from("abzAZ09äÖßé'’.-/_,;: \n–"), max_size=40)


@FEW
@given(st.lists(LETTERS, max_size=8))
def test_words_are_those_of_the_other_filters(texts: list[str]) -> None:
    assert [len(hashes) for hashes in found(*texts, TEXT)] == [
        len(words(text)) for text in (*texts, TEXT)
    ]


def test_equal_words_have_one_hash_wherever_they_stand_and_others_another() -> None:
    (one, other) = found("Tram depot tram", "the TRAM, don't depot-master")
    assert (one[0] == one[2] == other[1], one[1] in other, len(set(one + other))) == (
        True,
        False,
        5,
    )


def test_a_character_of_a_script_without_spaces_is_a_word() -> None:
    assert [len(hashes) for hashes in found("清洗 tram清洗", "ตู้", "каждый трамвай", "हिन्दी")] == [
        5,
        3,
        2,
        1,
    ]


def test_full_width_letters_are_letters() -> None:
    assert found("ＴＲ１２") == found("tr12")


def test_a_text_of_fewer_words_than_a_shingle_is_one() -> None:
    assert counts(5, "", "tram", "red tram rests", "a b c d e", "a b c d e f", "?!") == [
        0,
        1,
        1,
        1,
        2,
        0,
    ]


def test_a_shingle_counts_once() -> None:
    assert counts(2, "a b a b a b") == [2]


def test_shingles_of_one_text_do_not_reach_into_the_next() -> None:
    together, alone = hash_shingles(["a b c", "d e f"], 2), hash_shingles(["d e f"], 2)
    assert together.hashes[2:].tolist() == alone.hashes.tolist()


def test_the_content_is_that_of_the_words_in_any_order_without_the_weightless() -> None:
    content = hash_shingles(
        ["the red tram", "tram a red", "red tram tram"], 2, hash_words(["a the"])[0]
    ).content
    assert (content[0] == content[1], content[0] == content[2]) == (True, False)


def test_no_texts_have_no_shingles() -> None:
    assert [len(hash_shingles([], 2).hashes), len(hash_words([])[0])] == [0, 0]
