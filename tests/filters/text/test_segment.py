"""Sentences, words and stems, with their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.text.segment import (
    TEXT_CACHE_SIZE,
    content_overlap,
    content_stems,
    sentences,
    stem,
    strip_span,
    text_cache,
    words,
)
from tests.world import LAW, WASHING

FRAGMENTS = [
    "The depot opens at 6:00. ",
    "Wash it! ",
    "# Depot\n",
    "- ",
    "1. ",
    "| a | b |\n",
    "\n",
    "\n\n",
    " ",
    "é",
    "e\u0301",
    "😀",
    "\u2028",
    "No. 5",
]
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wash the tram. Then park it.", ["Wash the tram.", "Then park it."]),
        ("Is it clean? Park it!", ["Is it clean?", "Park it!"]),
        ("It costs 2.50 crowns a day.", ["It costs 2.50 crowns a day."]),
        (
            "Dr. Finch and A. Brook drive tram No. 5 on Monday.",
            ["Dr. Finch and A. Brook drive tram No. 5 on Monday."],
        ),
        (
            "Every tram is washed\non Monday. Trams rest.",
            ["Every tram is washed\non Monday.", "Trams rest."],
        ),
        ("- wash it\n- park it", ["- wash it", "- park it"]),
        ("| tram | 4 |\n| bus | 5 |", ["| tram | 4 |", "| bus | 5 |"]),
        ("# Depot\nIt opens at 6:00.", ["# Depot", "It opens at 6:00."]),
        ("2.1 Washing\n   2.1.1 Trams are washed.", ["2.1 Washing", "2.1.1 Trams are washed."]),
        ("wash the tram\n\npark the tram", ["wash the tram", "park the tram"]),
        (" \n\t\n", []),
    ],
)
def test_a_text_is_split_into_its_sentences(text: str, expected: list[str]) -> None:
    assert [s.text for s in sentences(text)] == expected


@LAW
@given(TEXTS)
def test_sentences_are_slices_of_the_text(text: str) -> None:
    assert [text[s.start : s.end] for s in sentences(text)] == [s.text for s in sentences(text)]


@LAW
@given(TEXTS)
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(s.text.split()) for s in sentences(text)) == "".join(text.split())


@LAW
@given(TEXTS)
def test_sentences_are_in_order_and_do_not_overlap(text: str) -> None:
    found = sentences(text)
    assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))


@LAW
@given(st.text(alphabet=" \n\tab"), st.integers(0, 5), st.integers(0, 5))
def test_a_stripped_span_is_a_slice_without_white_space_at_its_ends(
    text: str, start: int, length: int
) -> None:
    end = min(len(text), start + length)
    start = min(start, end)
    span = strip_span(text, start, end)
    assert (span.text, text[span.start : span.end]) == (text[start:end].strip(),) * 2


def test_words_are_in_lower_case_and_keep_their_inner_marks() -> None:
    assert words("Ada's 24-hour tram, No. 5!") == ["ada's", "24-hour", "tram", "no", "5"]


@pytest.mark.parametrize(
    "forms",
    [
        "wash washed washes washing",
        "time times timed timing",
        "name names named naming",
        "case cases",
        "size sizes sized",
        "bus buses",
        "tax taxes taxed taxing",
        "plan plans planned planning",
        "run runs running",
        "load loads loaded loading",
        "store stores stored storing",
        "feel feels feeling feelings",
        "material materials",
        "final finally",
        "family families",
    ],
)
def test_the_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(w) for w in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("cared", "cars"), ("rated", "rats"), ("buses", "used")]
)
def test_two_words_have_two_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_content_leaves_out_words_without_meaning() -> None:
    assert content_stems("Which of the trams are washed on it?") == ["tram", "wash"]


def test_the_share_counts_the_words_of_the_first_text() -> None:
    assert content_overlap("green trams", WASHING) == 0.5


def test_a_text_without_content_overlaps_fully_with_any_other() -> None:
    assert content_overlap("It is.", WASHING) == 1.0


def test_many_short_texts_do_not_push_out_a_source() -> None:
    read: list[str] = []

    @text_cache
    def size(text: str) -> int:
        read.append(text)
        return len(text)

    source = "Crews wash trams. " * 50
    assert [size(t) for t in (source, *(str(i) for i in range(2 * TEXT_CACHE_SIZE)), source)][
        -1
    ] == len(source)
    assert read.count(source) == 1


def test_a_date_with_blanks_does_not_end_a_sentence() -> None:
    found = [s.text for s in sentences("Bis 7. 2. 2027 gilt es. Es waren 7. 2027 kamen mehr.")]
    assert found == ["Bis 7. 2. 2027 gilt es.", "Es waren 7.", "2027 kamen mehr."]
