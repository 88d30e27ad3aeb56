"""A hidden part of a web page is text if a click shows it."""

import pytest

from factory.documents.formats.html.reader import html_text

LONG = "We and our partners store and access information on a device. " * 40


def page(body: str, head: str = "") -> str:
    return html_text(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("folded", "shown"),
    [
        (
            "<details><summary>Who pays?</summary><p>The hirer.</p></details>",
            "Who pays?\n\nThe hirer.",
        ),
        (
            "<dl><dt>Who pays?</dt><dd style='display: none'>The hirer.</dd></dl>",
            "Who pays?\n: The hirer.",
        ),
        (
            "<button aria-expanded=false>Who pays?</button><div hidden>The hirer.</div>",
            "Who pays?\n\nThe hirer.",
        ),
        (
            "<button aria-expanded=false>Who pays?</button><div aria-hidden=true>The hirer.</div>",
            "Who pays?\n\nThe hirer.",
        ),
        (
            "<h3><button aria-expanded=false>Who pays?</button></h3><div hidden>The hirer.</div>",
            "### Who pays?\n\nThe hirer.",
        ),
        (
            "<h3>Who pays?</h3><div hidden=until-found>The hirer.</div>",
            "### Who pays?\n\nThe hirer.",
        ),
        (
            "<h3>Who pays?</h3><div style='visibility:hidden'>The hirer.</div>",
            "### Who pays?\n\nThe hirer.",
        ),
        ("<p>Who pays?</p><div style='display:none'>The hirer.</div>", "Who pays?\n\nThe hirer."),
        (
            "<h2><button class='btn collapsed' data-toggle=collapse data-target='#c'>Who pays?</button></h2>"
            "<div id=c class=collapse style='display:none'><div class=card-body>The hirer.</div></div>",
            "## Who pays?\n\nThe hirer.",
        ),
        (
            "<div class=et_pb_toggle><h5 class=et_pb_toggle_title>Who pays?</h5>"
            "<div class=et_pb_toggle_content style='display:none'><p>The hirer.</p></div></div>",
            "##### Who pays?\n\nThe hirer.",
        ),
        (
            "<a href='#more'>Terms</a><div id=more hidden>The hirer pays.</div>",
            "Terms\n\nThe hirer pays.",
        ),
        (
            "<a onclick=\"show('more')\">Terms</a> <div id=more style='display:none'>He pays.</div>",
            "Terms\n\nHe pays.",
        ),
    ],
)
def test_what_a_click_shows_is_text(folded: str, shown: str) -> None:
    assert (
        page(f"<p>Trams run daily from the depot to the harbour.</p>{folded}").partition("\n\n")[2]
        == shown
    )


def test_the_panels_of_tabs_are_text() -> None:
    tabs = "<ul role=tablist><li role=tab><a href='#a'>Fees</a></li><li role=tab><a href='#b'>Hours</a></li></ul>"
    panels = (
        "<div id=a role=tabpanel aria-hidden=false>The fee is 5.</div>"
        "<div id=b role=tabpanel aria-hidden=true style='display:none'>Open from 7.</div>"
    )
    assert page(tabs + panels) == "- Fees\n- Hours\n\nThe fee is 5.\n\nOpen from 7."


@pytest.mark.parametrize(
    "cover",
    [
        "<div role=dialog aria-modal=true>{}<button>Accept</button></div>",
        "<dialog open>{}</dialog>",
        "<div id=onetrust-consent-sdk><div>{}</div></div>",
        "<div class='modal fade show' style='display:block'>{}</div>",
    ],
)
@pytest.mark.parametrize(
    "covered", ["aria-hidden=true", "inert", "hidden", "style='visibility: hidden'"]
)
def test_a_page_under_a_dialog_is_read_and_the_dialog_is_not(cover: str, covered: str) -> None:
    text = "The fee is 5 euros for a day and 20 euros for a week."
    under = f"<div id=app {covered}><header><nav>Home</nav></header><main><h1>Fees</h1><p>{text}</p></main></div>"
    assert page(under + cover.format(f"<p>{LONG}</p>")) == f"# Fees\n\n{text}"


@pytest.mark.parametrize(
    "noise",
    [
        "<div class='modal fade' id=m aria-hidden=true>Log in here.</div><button data-toggle=modal data-target='#m'>Log in</button>",
        "<button aria-expanded=false aria-controls=mm>Menu</button><div id=mm class=mobile-menu hidden>Home About</div>",
        "<div class=sub-menu style='display:none'>Home About</div>",
        "<div class=error-message style='display:none'>Give a valid address.</div>",
        "<div class='slick-slide slick-cloned' aria-hidden=true>Trams run daily</div>",
        "<span style='display:none'>000012</span>",
        "<a class=anchor aria-hidden=true href='#x'>#</a>",
        "<i class=material-icons aria-hidden=true>expand_more</i>",
        "<template><p>Row</p></template>",
        "<a class=sr-only href='#main'>Skip to content</a>",
        "<a href='#c'>Skip to main content</a>",
        "<span class=visually-hidden>(opens in a new tab)</span>",
        "<div id=menu role=menu hidden>Home</div><a href='#menu'></a>",
        "<button aria-expanded=false>Show more</button>",
        "<button aria-haspopup=true aria-expanded=false>Share</button>",
        "<div id=cookie-banner class='cookie-banner' style='display:none'>We use cookies.</div>",
    ],
)
def test_what_nobody_is_meant_to_read_is_no_text(noise: str) -> None:
    text = "Trams run daily from the depot to the harbour and back again at night."
    assert page(f"<p>{text}</p>{noise}") == text


def test_what_only_screen_readers_say_is_kept_in_place_of_what_they_do_not_say() -> None:
    shown = "<span aria-hidden=true>5 €</span><span class=visually-hidden>5 euros</span>"
    assert page(f"<p>A ride costs {shown} a day.</p>") == "A ride costs 5 euros a day."


def test_a_second_layout_for_small_screens_is_not_read_twice() -> None:
    text = "<p>The office is open from 7 to 19 on weekdays.</p>"
    assert (
        page(f"<div>{text}</div><div class='tab-content small' style='display:none'>{text}</div>")
        == text[3:-4]
    )
