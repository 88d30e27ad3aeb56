"""`data:` URIs are removed from every text, and its pages and passages keep their offsets."""

from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats.data_uris import remove_data_uris
from tests.world import LAW

URI = "data:image/png;base64," + "A1b+" * 30 + "="


def test_long_ones_are_left_out_and_short_ones_stay() -> None:
    assert (
        remove_data_uris(f"a {URI} b data:text/plain,hello c")[0] == "a  b data:text/plain,hello c"
    )


def test_lines_of_wrapped_data_are_left_out_up_to_the_words_behind() -> None:
    lines = "\n".join(["A1b+" * 19] * 3)
    assert (
        remove_data_uris(f'<img src="data:image/png;base64,{lines}\nAb=="> The guard')[0]
        == '<img src=""> The guard'
    )
    assert remove_data_uris(f"data:image/png;base64,{lines}\nThe guard")[0] == "The guard"
    assert remove_data_uris(f"![x](data:image/png;base64,\n{lines}=) y")[0] == "![x]() y"


def test_a_drawing_written_out_between_quotes_is_left_out() -> None:
    drawing = "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='10'><path d='M0 0 L10 10 L20 20'/></svg>"
    assert remove_data_uris(f'<img src="{drawing}"> x')[0] == '<img src=""> x'


@LAW
@given(
    st.lists(st.sampled_from([URI, "word ", "é", "\n", "data:", URI.upper()]), max_size=12),
    st.data(),
)
def test_places_outside_of_them_stay_true(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    left, moved = remove_data_uris(text)
    place = data.draw(st.integers(0, len(text)))
    assert 0 <= moved(place) <= len(left)
    assert moved(len(text)) == len(left)
    assert text[place : place + 1] != "é" or left[moved(place)] == "é"
    assert left.count("é") == text.count("é")
