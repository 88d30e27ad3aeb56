"""Hostile HTML is limited before a parser takes quadratic time, and no text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats.html.nesting_limits import MAX_ATTRIBUTES, MAX_NESTING, limit_nesting
from factory.documents.formats.html.reader import html_text
from tests.world import LAW


def test_a_usual_page_stays_as_it_is() -> None:
    page = "<div><p class=a>x<br>y</p></div>" * 2000 + "<svg>" + "<path d='m'/>" * 2000 + "</svg>"
    assert limit_nesting(page) == page


def test_elements_nested_too_deep_are_left_out_but_not_their_text() -> None:
    found = limit_nesting("<div>" * 20_000 + "x" + "</div>" * 20_000)
    assert (found.count("<div>"), found.count("</div>"), "x" in found) == (
        MAX_NESTING,
        MAX_NESTING,
        True,
    )


def test_text_behind_a_deep_part_keeps_its_tags() -> None:
    assert limit_nesting("<div>" * 2000 + "</div>" * 2000 + "<div><b>x</b></div>").endswith(
        "<div><b>x</b></div>"
    )


def test_attributes_beyond_a_number_are_left_out() -> None:
    found = limit_nesting("<p " + " ".join(f'a{n}="1"' for n in range(5000)) + ">x</p>")
    assert (found.count("="), found.endswith("x</p>")) == (MAX_ATTRIBUTES, True)


def test_a_long_attribute_stays() -> None:
    tag = f'<img src="data:image/png;base64,{"A" * 50_000}" alt="x">'
    assert limit_nesting(tag) == tag


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 5000 + "x",
        "<table><tr><td>" * 1000 + "x",
        "<ul><li>" * 1000 + "x",
        "<b>" * 1000 + "x",
        "<span><p>" * 1000 + "x",
        "<dl><div>" * 1000 + "x",
        "<blockquote>" * 1000 + "x",
        "<sup>" * 1000 + "x",
        "<pre>" * 1000 + "x",
    ],
)
def test_the_text_of_elements_nested_too_deep_is_read(page: str) -> None:
    assert html_text(page).count("x") == 1


def test_a_cell_over_a_hundred_million_columns_is_one_row() -> None:
    cells = "<tr><td colspan=100000000 rowspan=999999999>a<td>b</tr>" * 3
    assert len(html_text(f"<table>{cells}</table>")) < 10_000


PIECES = "<div> <span> <table> <tr> <td> <li> </div> </table> <p> < <a </b> x".split()


@LAW
@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_bounding_loses_no_word(page: str) -> None:
    assert limit_nesting("<i>" * 600 + page).count("x") == page.count("x")
