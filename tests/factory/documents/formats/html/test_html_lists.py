"""Lists, struck words and form fields of web pages."""

import pytest

from factory.documents.formats.html.list_labels import counter_text
from factory.documents.formats.html.reader import html_text


def page(body: str, head: str = "") -> str:
    return html_text(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        ("<ol type=a><li>x<li>y<li>z</ol>", "(a) x\n(b) y\n(c) z"),
        ("<ol type=i><li>x<li>y</ol>", "(i) x\n(ii) y"),
        ("<ol type=A><li>x<li>y</ol>", "A. x\nB. y"),
        ("<ol type=I><li>x<li>y</ol>", "I. x\nII. y"),
        ("<ol start=5><li>x<li value=9>y<li>z</ol>", "5. x\n9. y\n10. z"),
        ("<ol reversed><li>x<li>y</ol>", "2. x\n1. y"),
        ("<ol type=a start=26><li>x<li>y</ol>", "(z) x\n(aa) y"),
        ("<ol type=a start=0><li>x</ol>", "0. x"),
        ("<ol><li type=i>x<li type=i>y</ol>", "(i) x\n(ii) y"),
        ("<ol style='list-style-type: lower-alpha'><li>x<li>y</ol>", "(a) x\n(b) y"),
        ("<ol style='list-style: inside upper-latin'><li>x</ol>", "A. x"),
        ("<ul style='list-style-type: lower-roman'><li>x<li>y</ul>", "(i) x\n(ii) y"),
        ("<ol type=a><li>x<ol type=i><li>y<li>z</ol></ol>", "(a) x\n  (i) y\n  (ii) z"),
        ("<ol type=a><li>(a) x<li>(b) y</ol>", "(a) x\n(b) y"),
        ("<ol><li>1. x<li>2. y</ol>", "1. x\n2. y"),
        ("<ol><li>a) x<li>b) y</ol>", "a) x\nb) y"),
        ("<ol><li>1.1 x<li>1.2 y</ol>", "1.1 x\n1.2 y"),
        ("<ol><li>7. off<li>x</ol>", "1. 7. off\n2. x"),
        ("<ol style='list-style:none'><li>(a) x<li>y</ol>", "(a) x\n- y"),
        ("<ul><li>x<li>y</ul>", "- x\n- y"),
        ("<ol class=q><li>x<li>y</ol>", "(a) x\n(b) y"),
        ("<ol class=c><li>x<li>y</ol>", "(i) x\n(ii) y"),
        ("<ol class=n><li>x<ol class=n><li>y<li>z</ol></ol>", "1 x\n  1.1 y\n  1.2 z"),
    ],
)
def test_items_have_the_labels_that_a_legal_text_refers_to(items: str, shown: str) -> None:
    sheet = (
        "<style>/* li */ ol.q { margin: 0; list-style: lower-alpha outside } "
        ".c > li:before { content: '(' counter(n, lower-roman) ') ' } "
        '.n > li::before { content: counters(item, ".") " " } @media print { ol { list-style: upper-roman } }</style>'
    )
    assert page(items, sheet) == shown


def test_letters_go_on_as_browsers_count() -> None:
    assert [counter_text(n, "lower-alpha") for n in (1, 26, 27, 52, 53, 702, 703)] == [
        "a",
        "z",
        "aa",
        "az",
        "ba",
        "zz",
        "aaa",
    ]
    assert (
        counter_text(4, "lower-greek"),
        counter_text(3, "decimal-leading-zero"),
        counter_text(1994, "upper-roman"),
    ) == ("δ", "03", "MCMXCIV")


@pytest.mark.parametrize(
    "struck",
    [
        "<s>14 euros</s>",
        "<strike>14 euros</strike>",
        "<del>14 <b>euros</b></del>",
        "<span style='text-decoration: line-through'>14 euros</span>",
        "<span style='color: red; text-decoration-line: underline line-through'>14 euros</span>",
        "<span class=old>14 euros</span>",
        "<span class='x y'><b>14</b> euros</span>",
        "<span id=gone>14 euros</span>",
        "<span class=text-decoration-line-through>14 euros</span>",
    ],
)
def test_struck_words_are_left_out(struck: str) -> None:
    sheet = "<style>.old, p .x.y, #gone { color: red; text-decoration: line-through 2px; }</style>"
    assert (
        page(f"<p>A copy costs {struck} <ins>19 euros</ins>.</p>", sheet)
        == "A copy costs 19 euros."
    )


def test_a_struck_paragraph_and_list_item_are_left_out() -> None:
    assert page("<del><p>Gone.</p></del><ul><li><s>Gone.</s><li>Here.</ul>") == "- Here."


def test_words_that_no_style_strikes_stay() -> None:
    sheet = (
        "<style>a { text-decoration: none } .old { text-decoration: line-through } .old { text-decoration: none } "
        "@media print { .now { text-decoration: line-through } } a:hover { text-decoration: line-through }</style>"
    )
    assert page("<p><u class=old>One</u> <a class=now href=x>two</a></p>", sheet) == "One two"


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("<label>Name <input value='Ada Byron'></label>", "Name Ada Byron"),
        ("Day <input type=date value=2026-11-15>", "Day 2026-11-15"),
        ("<textarea>Two keys\nlost</textarea>", "Two keys lost"),
        ("City <select><option>Ash<option selected>Birch</select>", "City Birch"),
        (
            "Days <select multiple><option selected>Mo<option>Tu<option selected>We</select>",
            "Days Mo, We",
        ),
        ("<input type=checkbox checked> Insured", "☒ Insured"),
        ("<input type=checkbox name=s> Smoker", "☐ Smoker"),
        ("<input type=radio> Monthly <input type=radio checked> Yearly", "☐ Monthly ☒ Yearly"),
        ("<span role=checkbox aria-checked=true>Insured</span>", "☒ Insured"),
        ("<span role=radio aria-checked=false>Smoker</span>", "☐ Smoker"),
        ("City <select><option>Ash<option>Birch</select>", "City"),
        ("City <select><option selected disabled>Choose</select>", "City"),
        (
            "Key <input type=hidden value=tok><input type=password value=pw><input type=submit value=Send>",
            "Key",
        ),
        (
            "Key <input type=text placeholder='your key'><input type=search value=trams><button>Go</button>",
            "Key",
        ),
        (
            "<input type=checkbox id=faq-toggle-1><label for=faq-toggle-1>Who pays?</label>",
            "Who pays?",
        ),
    ],
)
def test_fields_show_what_is_filled_in_chosen_and_ticked(field: str, shown: str) -> None:
    assert page(f"<form><p>{field}</p></form>") == shown


def test_a_data_uri_in_a_page_is_no_text() -> None:
    data = "data:image/png;base64," + "A" * 500
    sheet = f"<style>p {{ background: url({data}) }}</style>"
    assert page(
        f"<p>Trams run.<img src='{data}' alt=x></p><pre>url({data})</pre>", sheet
    ).startswith("Trams run.\n\n```\nurl(")
