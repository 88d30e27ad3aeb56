"""Struck-through text is left out like a tracked deletion, and reported."""

from pathlib import Path

import pytest

from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from tests.office import drawing_run, p, run, shape, slides, word

STYLES = (
    '<w:style w:type="character" w:styleId="Void"><w:rPr><w:strike/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Voider"><w:basedOn w:val="Void"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Gone"><w:rPr><w:dstrike/></w:rPr></w:style>'
)


def text(home: Path, *body: str) -> str:
    return (
        read_docx(word(home / "a.docx", p("Kept."), *body, styles=STYLES))
        .text.removeprefix("Kept.")
        .strip()
    )


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ("<w:strike/>", "payable in 45 days"),
        ('<w:strike w:val="1"/>', "payable in 45 days"),
        ("<w:dstrike/>", "payable in 45 days"),
        ('<w:rStyle w:val="Void"/>', "payable in 45 days"),
        ('<w:rStyle w:val="Voider"/>', "payable in 45 days"),
        ('<w:strike w:val="0"/>', "payable in 30 days 45 days"),
        ('<w:strike w:val="false"/>', "payable in 30 days 45 days"),
        ('<w:rStyle w:val="Void"/><w:strike w:val="0"/>', "payable in 30 days 45 days"),
        ("<w:rPrChange><w:rPr><w:strike/></w:rPr></w:rPrChange>", "payable in 30 days 45 days"),
    ],
)
def test_a_struck_run_is_left_out(tmp_path: Path, marks: str, shown: str) -> None:
    assert text(tmp_path, p("payable in ", run("30 days ", marks), "45 days")) == shown


def test_a_struck_paragraph_or_style_is_left_out_and_a_run_in_it_may_be_valid(
    tmp_path: Path,
) -> None:
    gone = '<w:pStyle w:val="Gone"/>'
    valid, struck_back = (
        run("Valid. ", '<w:dstrike w:val="0"/>'),
        run("Back.", '<w:rStyle w:val="Void"/>'),
    )
    assert text(tmp_path, p("Void.", marks=gone)) == ""
    assert text(tmp_path, p("Void. ", valid, struck_back, marks=gone)) == "Valid. Back."


def test_a_struck_clause_still_counts_in_its_list(tmp_path: Path) -> None:
    level = '<w:lvl w:ilvl="0"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%1)"/></w:lvl>'
    rules = f'<w:abstractNum w:abstractNumId="1">{level}</w:abstractNum>'
    numbering = f'{rules}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    marks = '<w:numPr><w:numId w:val="1"/></w:numPr>'
    body = (
        p("day;", marks=marks),
        p(run("noon;", "<w:strike/>"), marks=marks),
        p("night.", marks=marks),
    )
    assert (
        read_docx(word(tmp_path / "a.docx", *body, numbering=numbering)).text
        == "(a) day;\n(c) night."
    )


def test_struck_cells_notes_and_boxes_are_left_out_too(tmp_path: Path) -> None:
    void = run("9 coins", "<w:strike/>")
    table = f"<w:tbl><w:tr><w:tc>{p('fare')}</w:tc><w:tc>{p(void, '2 coins')}</w:tc></w:tr></w:tbl>"
    note = run("", "<w:strike/>").replace("<w:t", '<w:footnoteReference w:id="2"/><w:t')
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{p(void, 'Boxed.')}</w:txbxContent></v:textbox></w:pict></w:r>"
    assert (
        text(tmp_path, table, p("Noted", note), p("Box", box))
        == "| fare | 2 coins |\n| --- | --- |\n\nNoted\n\nBox\n\nBoxed."
    )


def test_what_was_struck_is_reported(tmp_path: Path) -> None:
    body = (
        p(run("a", "<w:strike/>"), "b", run("c", "<w:strike/>")),
        p(run("d", "<w:dstrike/>")),
        p(run(" ", "<w:strike/>"), "e"),
    )
    found = read_docx(word(tmp_path / "a.docx", *body))
    assert (found.text, found.unread) == ("b\n\ne", ("struck-through text (paragraphs: 2)",))


@pytest.mark.parametrize(
    "body",
    [
        f"<w:moveFromRangeStart/>{p('<w:moveFrom>' + run('Moved.') + '</w:moveFrom>')}<w:moveFromRangeEnd/>",
        f"<w:del>{p('Gone.')}</w:del>",
        p("<w:ins><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:ins>"),
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{p('Gone.')}</w:tc><w:tc/></w:tr></w:tbl>",
        f"<w:tbl><w:tr><w:tc><w:tcPr><w:cellDel/></w:tcPr>{p('Gone.')}</w:tc><w:tc/></w:tr></w:tbl>",
    ],
)
def test_what_a_tracked_change_takes_away_is_left_out(tmp_path: Path, body: str) -> None:
    assert text(tmp_path, body) == ""


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ('strike="sngStrike"', "45 days"),
        ('strike="dblStrike"', "45 days"),
        ('strike="noStrike"', "30 days 45 days"),
        ("", "30 days 45 days"),
    ],
)
def test_struck_words_of_a_slide_are_left_out(tmp_path: Path, marks: str, shown: str) -> None:
    path = slides(
        tmp_path / "a.pptx", shape(drawing_run("30 days ", marks) + drawing_run("45 days"))
    )
    assert read_pptx(path).text == f"# Slide 1\n\n{shown}"


def test_words_that_the_style_of_a_shape_strikes_are_left_out(tmp_path: Path) -> None:
    style = '<a:lvl1pPr><a:defRPr strike="sngStrike"/></a:lvl1pPr>'
    inside = drawing_run("Void. ") + drawing_run("Valid.", 'strike="noStrike"')
    assert (
        read_pptx(slides(tmp_path / "a.pptx", shape(inside, styles=style))).text
        == "# Slide 1\n\nValid."
    )
