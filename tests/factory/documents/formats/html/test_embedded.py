"""Frames with their page in an attribute and shadow trees in templates are part of a page."""

from html import escape

from factory.documents.formats.html.reader import html_text


def page(body: str) -> str:
    return html_text(f"<!doctype html><html><body><h1>Fares</h1>{body}</body></html>")


def test_the_page_of_a_frame_is_text() -> None:
    inside = escape(
        '<!doctype html><html><head><title>x</title></head><body><p class="a">A ride costs 2 coins.</p></body>'
    )
    assert page(
        f'<p>See:</p><iframe src="about:blank" srcdoc="{inside}">no frames</iframe><p>End.</p>'
    ) == ("# Fares\n\nSee:\n\nA ride costs 2 coins.\n\nEnd.")
    assert page(f"<IFRAME srcdoc='{inside}'></IFRAME>") == "# Fares\n\nA ride costs 2 coins."


def test_a_frame_inside_a_frame_is_text() -> None:
    inner = escape("<p>A ride costs 2 coins.</p>")
    outer = escape(f'<iframe srcdoc="{inner}"></iframe>')
    assert page(f'<iframe srcdoc="{outer}"></iframe>') == "# Fares\n\nA ride costs 2 coins."


def test_a_frame_of_one_point_is_no_text() -> None:
    assert (
        page('<iframe srcdoc="&lt;p&gt;Counted.&lt;/p&gt;" width="1" height="1"></iframe>')
        == "# Fares"
    )


def test_a_shadow_tree_is_text_and_another_template_is_none() -> None:
    shadow = "<template shadowrootmode=open><p>Trams run.</p><template><p>{{fare}}</p></template></template>"
    assert page(
        f"<depot-card>{shadow}<p>By day.</p></depot-card><template><p>Row.</p></template>"
    ) == ("# Fares\n\nTrams run.\n\nBy day.")


def test_a_table_of_roles_is_a_table() -> None:
    rows = (
        "<div role=row><span role=columnheader>zone</span><span role=columnheader>fare</span></div>"
        "<div role=rowgroup><div role=row><div role=gridcell>A</div><div role=gridcell><p>2 coins</p></div></div></div>"
    )
    want = "# Fares\n\n| zone | fare |\n| --- | --- |\n| A | 2 coins |"
    assert page(f"<div role=table>{rows}</div>") == want
    assert page(f"<div role=grid>{rows}</div>") == want


def test_a_page_with_both_kinds_of_mathjax_shows_both_formulas() -> None:
    third = (
        "<mjx-container><mjx-math aria-hidden=true></mjx-math><mjx-assistive-mml>"
        "<math><msup><mn>10</mn><mn>6</mn></msup></math></mjx-assistive-mml></mjx-container>"
    )
    second = "<span class=MathJax_Preview>10^7</span><script type='math/tex'>10^7</script>"
    assert page(f"<p>{third} and {second}</p>") == "# Fares\n\n10⁶ and 10⁷"
