"""A web page gives the text that a reader sees, and nothing of what surrounds it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats import Unreadable
from factory.documents.formats.html.reader import html_text, read_html


def page(body: str, head: str = "") -> str:
    return html_text(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")


def test_headings_paragraphs_and_links_are_markdown() -> None:
    assert page(
        "<h1>Fares</h1><p>A <a href='/x'>ride</a> costs\n 2&nbsp;coins.</p><h3>Refunds</h3>None."
    ) == ("# Fares\n\nA ride costs 2 coins.\n\n### Refunds\n\nNone.")


def test_the_title_is_the_heading_of_a_page_that_has_none() -> None:
    assert (
        page("<p>Trams run.</p>", "<title>Fares &amp; rules</title>")
        == "# Fares & rules\n\nTrams run."
    )
    assert (
        page("<h1>Fares</h1><p>Trams run.</p>", "<title>Depot | Fares</title>")
        == "# Fares\n\nTrams run."
    )


def test_the_title_of_front_matter_heads_a_page_that_is_not_built_yet() -> None:
    assert (
        html_text("---\ntitle: Fares\nlayout: page\n---\n<p>Trams run.</p>")
        == "# Fares\n\nTrams run."
    )


def test_lists_keep_their_levels_and_numbers() -> None:
    assert page(
        "<ul><li>day<ul><li>noon</ul><li><p>night</p><p>late</p></ul><ol start=3><li>c<li>d</ol>"
    ) == ("- day\n  - noon\n- night\n  late\n\n3. c\n4. d")


def test_a_table_is_markdown_and_its_merged_cells_stand_in_every_place_they_cover() -> None:
    rows = (
        "<tr><th>zone<th colspan=2>fare</tr><tr><td rowspan=2>A<td>2<td>3|4</tr><tr><td>5<td>6</tr>"
    )
    assert page(f"<table><caption>Fares</caption>{rows}</table>") == (
        "Fares\n\n| zone | fare | fare |\n| --- | --- | --- |\n| A | 2 | 3\\|4 |\n| A | 5 | 6 |"
    )


def test_a_table_that_lays_out_the_page_is_no_table() -> None:
    assert (
        page("<table><tr><td><h2>Fares</h2><p>Trams run.</p></td><td>Side.</td></tr></table>")
        == "## Fares\n\nTrams run.\n\nSide."
    )


def test_preformatted_text_keeps_its_lines() -> None:
    assert page("<pre>zone  fare\n  A   2</pre>") == "```\nzone  fare\n  A   2\n```"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var x = 'secret'</script>",
        "<style>.secret {}</style>",
        "<noscript>secret</noscript>",
        "<template><p>secret</p></template>",
        "<p hidden>secret</p>",
        "<p style='color: red; DISPLAY : none'>secret</p>",
        "<span aria-hidden=true>secret</span>",
        "<svg><text>secret</text></svg>",
        "<button onclick='secret()'>secret</button>",
        "<a title='secret' onclick='secret()'></a>",
        "<select><option>secret</select>",
        "<!-- secret -->",
        "<dialog>secret</dialog>",
        "<iframe src='x.html'>secret</iframe>",
    ],
)
def test_what_a_page_does_not_show_is_no_text(hidden: str) -> None:
    assert page(f"<p>Trams run.</p>{hidden}<p>Daily.</p>") == "Trams run.\n\nDaily."


@pytest.mark.parametrize(
    "around",
    [
        "<nav><ul><li>Home</ul></nav>",
        "<header><p>Slogan</p></header>",
        "<footer>Imprint</footer>",
        "<aside>Advertisement</aside>",
        "<div role=navigation>Home</div>",
        "<div class='site cookie-banner'>We use cookies.</div>",
        "<div id=onetrust-consent-sdk>We use cookies.</div>",
        "<ol class=breadcrumb><li>Home</ol>",
        "<div role=dialog>Subscribe</div>",
    ],
)
def test_what_stands_around_the_text_is_left_out(around: str) -> None:
    assert (
        page(f"{around}<p>Trams run daily from the depot to the harbour.</p>")
        == "Trams run daily from the depot to the harbour."
    )


def test_the_heading_in_a_pages_head_stays_where_it_is_the_only_one() -> None:
    assert (
        page("<header><nav>Home</nav><h1>Fares</h1></header><main><p>Trams run.</p></main>")
        == "# Fares\n\nTrams run."
    )


def test_a_head_and_a_side_note_inside_the_text_belong_to_it() -> None:
    assert page(
        "<article><header><h1>Fares</h1><p>Of 2026</p></header><aside>Mind the gap.</aside><p>Trams run.</p></article>"
    ) == ("# Fares\n\nOf 2026\n\nMind the gap.\n\nTrams run.")


def test_a_page_about_cookies_is_not_taken_for_a_banner() -> None:
    assert page(
        "<div id=cookie-notice><h1>Cookies</h1><p>We keep two cookies for a day.</p></div>"
    ) == ("# Cookies\n\nWe keep two cookies for a day.")


def test_raised_digits_stay_apart_from_what_they_raise() -> None:
    assert (
        page("<p>10<sup>6</sup> m<sup>2</sup>, the 1<sup>st</sup> H<sub>2</sub>O</p>")
        == "10⁶ m², the 1st H₂O"
    )


def test_terms_stand_with_what_they_mean() -> None:
    assert (
        page("<dl><dt>Tram</dt><dd>runs on rails</dd><dt>Bus</dt><dd>does not</dd></dl>")
        == "Tram\n: runs on rails\n\nBus\n: does not"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>Größe".encode(), "Größe"),
        (b"<meta charset=windows-1252><p>Gr\xf6\xdfe \x80 5", "Größe € 5"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>\x80 5',
            "€ 5",
        ),
        (b"<p>Gr\xf6\xdfe", "Größe"),
        ("<p>Größe".encode("utf-16"), "Größe"),
        (b"\xef\xbb\xbf<p>Gr\xc3\xb6\xc3\x9fe", "Größe"),
        ("<meta charset=shift_jis><p>運賃".encode("shift_jis"), "運賃"),
    ],
)
def test_the_encoding_is_the_one_that_the_page_names(
    tmp_path: Path, written: bytes, shown: str
) -> None:
    (tmp_path / "a.html").write_bytes(written)
    assert read_html(tmp_path / "a.html").text == shown


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"", "it is empty"),
        (b"<meta charset=utf-8><p>Gr\xf6\xdfe", "it is not UTF-8 (byte 25); save it as UTF-8"),
        (
            b"<meta charset=klingon><p>Gr\xf6\xdfe",
            "it declares an encoding that is not known (klingon); save it as UTF-8",
        ),
        (
            b"<script>x</script><button>y</button>",
            "it holds no text outside of scripts, menus and pictures",
        ),
        (b"<p>a\0b", "it is a binary file, not text"),
    ],
)
def test_a_page_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, written: bytes, reason: str
) -> None:
    (tmp_path / "a.html").write_bytes(written)
    with pytest.raises(Unreadable) as told:
        read_html(tmp_path / "a.html")
    assert str(told.value) == reason


PIECES = "<p> </p> <table> <tr> <td> </table> <ul> <li> <dl> <dt> <dd> <div> <b> x <h1> <pre> <blockquote> </b>".split()


@given(st.lists(st.sampled_from(PIECES)))
def test_no_tangle_of_elements_loses_or_doubles_a_word(pieces: list[str]) -> None:
    assert page(" ".join(pieces)).count("x") == pieces.count("x")
