"""NFC: a text composed in another way is the same text, and its places are found again."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from factory.core.unicode import NFCText

MARKS = "e\u0301\u0323aäo\u0308\u1100\u1161\u11a8각ab \u0915\u093c"
given_texts = st.text(st.one_of(st.sampled_from(MARKS), st.characters(exclude_categories=["Cs"])))


@given(given_texts, st.integers(0, 60), st.integers(0, 60))
def test_a_stretch_of_the_composed_text_is_the_same_text_where_it_was_given(
    text: str, start: int, end: int
) -> None:
    found = NFCText(text)
    start, end = sorted((min(start, len(found.text)), min(end, len(found.text))))
    before = found.given[found.before(start) : found.before(end)]
    assert found.text[start:end] in unicodedata.normalize("NFC", before) or found.before(
        start
    ) == found.before(end)
    assert found.before(len(found.text)) == len(text)


def test_places_move_by_the_marks_that_were_composed() -> None:
    found = NFCText("cafe\u0301 at 9")
    assert (found.text, found.before(5), found.after(6)) == ("café at 9", 6, 5)


def test_a_composed_text_keeps_its_places() -> None:
    found = NFCText("café")
    assert [found.before(n) for n in range(5)] == [found.after(n) for n in range(5)] == [*range(5)]
