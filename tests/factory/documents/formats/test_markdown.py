"""Markdown loses what a page does not show; everything else stays as it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats.markdown import visible_markdown
from tests.world import LAW

DATA = "data:image/png;base64," + "iVBORw0KGgo" * 40


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("---\ntitle: Badge rules\ntags: [access, badge]\n---\n", "Badge rules"),
        ("\ufeff---\r\ntitle: Badge rules\r\n---\r\n", "Badge rules"),
        ('---\ntitle: "Badge: rules" # of 2026\n...\n', "Badge: rules"),
        ("---\ntitle: >-\n  Badge\n  rules\ndate: 2026-13-45\n---\n", "Badge rules"),
        ("---\ntitle: 1.50\n---\n", "1.50"),
        ("--- \nTitle: No\n--- \n", "No"),
        ("+++\ntitle = 'Badge rules'\ndate = 2026-02-11\n[menu]\nx = 1\n+++\n", "Badge rules"),
        ('{\n  "title": "Badge rules"\n}\n\n', "Badge rules"),
        ("---\ntitle: Badge: rules: all\nx: [\n---\n", "Badge: rules: all"),
    ],
)
def test_the_title_of_front_matter_heads_the_text_and_the_block_is_left_out(
    head: str, title: str
) -> None:
    assert (
        visible_markdown(f"{head}\nEvery visitor wears a badge.\n")
        == f"# {title}\n\nEvery visitor wears a badge.\n"
    )


@pytest.mark.parametrize(
    "head",
    [
        "---\ndraft: true\n---\n",
        "---\n---\n",
        "---\n# none\n---\n",
        "---\ntitle: {{ page.title }}\n---\n",
    ],
)
def test_front_matter_without_a_title_is_left_out(head: str) -> None:
    assert visible_markdown(f"{head}Text.") == "Text."


@pytest.mark.parametrize(
    "own", ["# Own\n\nText.", "Own\n===\n\nText.", '<h1 align="center">Own</h1>\n\nText.']
)
def test_a_text_with_a_heading_of_its_own_keeps_that_one(own: str) -> None:
    assert visible_markdown(f"---\ntitle: Other\n---\n{own}") == own


@pytest.mark.parametrize(
    "text",
    [
        "---\nTrams rest.\n---\nText.",
        "---\n\nTrams rest.\n\n---\n",
        "Text.\n\n---\ntitle: x\n---\n",
        "+++\nTrams rest.\n+++\n",
        '{\n  "tram": 4\n}\n\nText.',
        "---\ntitle: never closed\n\nText.",
        "[[" * 30_000,
    ],
)
def test_what_is_no_front_matter_stays(text: str) -> None:
    assert visible_markdown(text) == text


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("Pay ~~14~~ 19 euros.", "Pay 19 euros."),
        ("Pay 19 euros~~(14)~~.", "Pay 19 euros~~(14)~~."),
        ("Pay <del>14</del> <s>15</s> 19 euros.", "Pay 19 euros."),
        ("~~Gone\nfor good.~~ Here.", "Here."),
        ("- ~~gone~~\n- here", "- here"),
        ("1. a\n2. ~~gone~~\n3. c", "1. a\n3. c"),
        ("> told ~~and\n> gone~~ here", "> told here"),
        ("## ~~Old~~ New", "## New"),
        ("| a | b |\n|---|---|\n| ~~1~~ | 2 |", "| a | b |\n|---|---|\n| | 2 |"),
        ("Here.\n\n<del>\n\nGone.\n\n</del>\n\nThere.", "Here.\n\n\nThere."),
        ("Here <!-- gone --> there.", "Here there."),
        ("<!--\n# gone\n-->\nHere.", "Here."),
        ("10<sup>6</sup> cells of H<sub>2</sub>O", "10⁶ cells of H₂O"),
        (f"![press]({DATA})", "![press]()"),
        (f'<img src="{DATA}" alt="press">', '<img src="" alt="press">'),
        (f"![press][1]\n\n[1]: <{DATA}>\n", "![press][1]\n\n"),
        (f"```css\na {{ background: url({DATA}) }}\n```", "```css\na { background: url() }\n```"),
        ("![dot](data:image/gif;base64,R0lGOD)", "![dot]()"),
        ("Pay ~14 euros~ 19 euros.", "Pay 19 euros."),
        ("&euro;5 &amp; m&sup2;, &lt; 10&nbsp;kg, &#8722;5", "€5 & m², < 10 kg, −5"),
        ("> - R&amp;D\n\n| a |\n|---|\n| &frac12; |", "> - R&D\n\n| a |\n|---|\n| ½ |"),
    ],
)
def test_what_a_page_does_not_show_is_left_out(written: str, left: str) -> None:
    assert visible_markdown(written) == left


@pytest.mark.parametrize(
    "text",
    [
        "`~~x~~` and ~5 to ~7 and H~2~O",
        "~~~\n~~x~~ <!-- y -->\n~~~",
        "    ~~x~~",
        r"\~~x~~ a",
        "```\n![dot](data:image/gif;base64,R0lGOD)\n```",
        "250[^9] and $10^6$ and $\\frac{3}{4}$\n\n[^9]: A note.",
        "a) one\n(b) two\n\n[1]: https://example.org\n",
        "See data: the table, and data:text/plain,short.",
        "x <del>never closed",
        "<del><!-- <sup>6</sup>",
        "a  b\n\n\n\nc\t\n",
        "~~~three~~~ and 5~10 mm or 20~30 mm and ~/a b~",
        "`&euro;` &#35; x and &nothing; and [a](b?x=1&copy=2)\n\n```\n&euro;\n```",
    ],
)
def test_what_is_shown_stays_as_it_is_written(text: str) -> None:
    assert visible_markdown(text) == text


PIECES = [
    "~~",
    "<del>",
    "</del>",
    "<!-- ",
    " -->",
    "\n",
    "\n\n",
    "> ",
    "- ",
    "word ",
    "`",
    "```\n",
    "    ",
    "\t",
    "<sup>6</sup>",
    "é",
    "|",
]


@LAW
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_leaving_out_only_leaves_out(text: str) -> None:
    rest = iter(text.replace("<sup>6</sup>", "⁶"))
    found = visible_markdown(text).replace("<sup>6</sup>", "⁶")
    assert all(any(c == other for other in rest) for c in found if not c.isspace())
    assert "\0" not in found
