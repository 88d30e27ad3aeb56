"""Absurd numbers in Office files: a good file is read, a hostile one is refused in time."""

from pathlib import Path

import pytest

from factory.documents.formats import Unreadable
from factory.documents.formats.office import office_zip
from factory.documents.formats.office import pptx as pptx_reader
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from tests.office import (
    SPACES,
    drawing_run,
    math,
    office,
    p,
    relations,
    run,
    shape,
    slides,
    t,
    word,
)

MAIN: dict[str, str | bytes] = {"_rels/.rels": relations(("officeDocument", "word/document.xml"))}


def unreadable_reason(path: Path) -> str:
    with pytest.raises(Unreadable) as why:
        (read_pptx if path.suffix == ".pptx" else read_docx)(path)
    return str(why.value)


def table(*rows: str, columns: int = 0) -> str:
    grid = f"<w:tblGrid>{'<w:gridCol/>' * columns}</w:tblGrid>" if columns else ""
    return f"<w:tbl>{grid}{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(words: str, marks: str = "") -> str:
    return f"<w:tc><w:tcPr>{marks}</w:tcPr>{p(words)}</w:tc>"


@pytest.mark.parametrize("columns", [0, 2])
@pytest.mark.parametrize("span", ["50000000", "9" * 5000])
def test_a_cell_that_spans_millions_spans_its_table(
    tmp_path: Path, span: str, columns: int
) -> None:
    wide = f'<w:gridSpan w:val="{span}"/>'
    rows = (cell("zone") + cell("fare"), cell("A", wide) + cell("2"))
    text = read_docx(word(tmp_path / "a.docx", table(*rows, columns=columns))).text
    assert text.startswith("| zone | fare |")
    assert text.endswith(("| A | A | 2 |", "| A | 2 |"))


def test_a_row_that_begins_millions_of_columns_later_begins_within_its_table(
    tmp_path: Path,
) -> None:
    late = f'<w:trPr><w:gridBefore w:val="90000000"/></w:trPr>{cell("2")}'
    text = read_docx(word(tmp_path / "a.docx", table(cell("zone") + cell("fare"), late))).text
    assert len(text) < 100
    assert "2" in text


def test_many_wide_rows_are_no_more_text_than_a_table_may_repeat(tmp_path: Path) -> None:
    span = '<w:gridSpan w:val="5000"/>'
    row = cell("a" * 150, span) + cell("b" * 150, span)
    text = read_docx(word(tmp_path / "a.docx", table(*[row] * 3000, columns=5000))).text
    assert len(text) < 30_000_000


def test_text_boxes_inside_one_another_stand_once(tmp_path: Path) -> None:
    inside = p("deep")
    for n in range(25):
        box = f"<w:txbxContent>{inside}</w:txbxContent>"
        inside = p(f"{n}.", f"<w:r><w:pict><v:textbox>{box}</v:textbox></w:pict></w:r>")
    text = read_docx(word(tmp_path / "a.docx", inside)).text
    assert text.split("\n\n") == [*(f"{n}." for n in reversed(range(25))), "deep"]


def test_fields_that_never_end_hide_nothing_after_them(tmp_path: Path) -> None:
    begun = "".join(
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate")
    )
    assert read_docx(word(tmp_path / "a.docx", p(begun * 500, "Trams run."))).text == "Trams run."


def test_styles_based_on_one_another_without_end_are_read(tmp_path: Path) -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="s{n}"><w:basedOn w:val="s{n + 1}"/></w:style>'
        for n in range(3000)
    )
    path = word(tmp_path / "a.docx", p("Trams run.", marks='<w:pStyle w:val="s0"/>'), styles=styles)
    assert read_docx(path).text == "Trams run."


def test_a_paragraph_of_very_many_attributes_is_read(tmp_path: Path) -> None:
    many = " ".join(f'w:a{n}="1"' for n in range(20_000))
    body = f"<w:p {many}>{run('Trams run.')}</w:p>"
    assert read_docx(word(tmp_path / "a.docx", body)).text == "Trams run."


@pytest.mark.parametrize(
    "inside",
    [
        "<w:smartTag>" * 5000 + run("x") + "</w:smartTag>" * 5000,
        math("<m:rad><m:e>" * 5000 + t("x") + "</m:e></m:rad>" * 5000),
        "<mc:AlternateContent><mc:Choice>" * 5000
        + run("x")
        + "</mc:Choice></mc:AlternateContent>" * 5000,
    ],
)
def test_elements_nested_without_end_are_reported(tmp_path: Path, inside: str) -> None:
    reason = "it is a broken DOCX file; open it and save it again (nested too deeply)"
    assert unreadable_reason(word(tmp_path / "a.docx", p(inside))) == reason


def test_a_part_of_too_many_elements_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_zip, "MAX_TREE_ELEMENTS", 500)
    notes = f"<w:footnotes {SPACES}>{'<w:x/>' * 500}</w:footnotes>"
    path = word(
        tmp_path / "a.docx",
        p("x"),
        linked=(("footnotes", "footnotes.xml"),),
        parts={"word/footnotes.xml": notes},
    )
    assert (
        unreadable_reason(path)
        == "word/footnotes.xml holds over 500 elements, too many to read at once; split the file"
    )


@pytest.mark.parametrize("where", ["<w:body><w:p>{}</w:p></w:body>", "{}<w:body/>"])
def test_a_block_of_too_many_elements_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(office_zip, "MAX_BLOCK_ELEMENTS", 500)
    main = f"<w:document {SPACES}>{where.format('<w:x/>' * 500)}</w:document>"
    path = office(MAIN | {"word/document.xml": main}, tmp_path / "a.docx")
    assert (
        unreadable_reason(path)
        == "word/document.xml holds a block of over 500 elements, too many to read at once; split it"
    )


def test_many_small_blocks_are_no_large_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_zip, "MAX_BLOCK_ELEMENTS", 50)
    assert read_docx(word(tmp_path / "a.docx", *[p("x")] * 50)).text.count("x") == 50


@pytest.mark.parametrize("ending", ["docx", "pptx"])
def test_more_text_than_any_document_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(office_zip, "MAX_TEXT_CHARACTERS", 1 << 20)
    words = "Trams run. " * 2000
    path = tmp_path / f"a.{ending}"
    made = (
        slides(path, *[shape(drawing_run(words))] * 60)
        if ending == "pptx"
        else word(path, *[p(words)] * 60)
    )
    assert unreadable_reason(made) == "its text is longer than 1 million characters; split it"


@pytest.mark.parametrize("level", ["50000000", "-3", "9" * 5000])
def test_a_bullet_of_a_silly_level_is_a_bullet(tmp_path: Path, level: str) -> None:
    point = f'<a:pPr lvl="{level}"><a:buChar char="-"/></a:pPr>{drawing_run("x")}'
    text = read_pptx(slides(tmp_path / "a.pptx", shape(point))).text
    assert text.split() == ["#", "Slide", "1", "-", "x"]
    assert len(text) < 50


def test_a_silly_start_of_a_slides_list_is_a_number(tmp_path: Path) -> None:
    point = f'<a:pPr><a:buAutoNum type="arabicPeriod" startAt="{"9" * 4000}"/></a:pPr>{drawing_run("x")}'
    text = read_pptx(slides(tmp_path / "a.pptx", shape(point))).text
    assert text == "# Slide 1\n\n99999. x"


def test_a_cell_of_a_slide_that_spans_millions_spans_its_table(tmp_path: Path) -> None:
    spans = 'gridSpan="9000000" rowSpan="9000000"'
    cells = [
        f"<a:tc {spans if n == 0 else ''}><a:txBody><a:p>{drawing_run(str(n))}</a:p></a:txBody></a:tc>"
        for n in range(3)
    ]
    row = f"<a:tr>{''.join(cells)}</a:tr>"
    text = read_pptx(
        slides(tmp_path / "a.pptx", f"<p:graphicFrame><a:tbl>{row * 2}</a:tbl></p:graphicFrame>")
    ).text
    assert text.startswith("# Slide 1\n\n| 0 | 0 | 0 | 1 | 2 |")
    assert len(text) < 200


def test_a_slide_that_is_listed_many_times_is_read_once(tmp_path: Path) -> None:
    listed = "".join('<p:sldId r:id="rId1"/>' for _ in range(300))
    deck = f"<p:presentation {SPACES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    found = read_pptx(
        slides(tmp_path / "a.pptx", shape(drawing_run("One")), parts={"ppt/presentation.xml": deck})
    )
    assert (found.text, len(found.pages)) == ("# Slide 1\n\nOne", 300)


def test_too_many_slides_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pptx_reader, "MAX_SLIDES", 2)
    made = slides(tmp_path / "a.pptx", *[shape(drawing_run("x"))] * 3)
    assert (
        unreadable_reason(made)
        == "it has 3 slides, at most 2 are read; split it into several files"
    )


@pytest.mark.parametrize(
    "text", ["&#xD800;", "&#0;", "&#x1F;", "&undefined;", "a\x0eb", "\ud800", "<w:t>", "]]>"]
)
@pytest.mark.parametrize("part", ["word/document.xml", "word/footnotes.xml", "word/styles.xml"])
def test_characters_that_are_no_xml_are_reported(tmp_path: Path, text: str, part: str) -> None:
    broken = f"<w:x {SPACES}>{text}</w:x>".encode("utf-8", "surrogatepass")
    path = word(
        tmp_path / "a.docx",
        p("Trams run."),
        linked=(("footnotes", "footnotes.xml"),),
        parts={part: broken},
    )
    if part == "word/footnotes.xml":
        found = read_docx(path)
        assert found.text == "Trams run."
        assert found.unread[0].startswith("word/footnotes.xml is broken (")
    else:
        assert unreadable_reason(path).startswith(
            "it is a broken DOCX file; open it and save it again ("
        )


@pytest.mark.parametrize("char", ["D800", "DFFF", "110000", "FFFFFFFFFF", "-1", "0", "1F", ""])
def test_a_symbol_that_is_no_character_is_left_out(tmp_path: Path, char: str) -> None:
    symbol = f'<w:r><w:sym w:font="Arial" w:char="{char}"/></w:r>'
    text = read_docx(word(tmp_path / "a.docx", p("a", symbol, "b"))).text
    assert text == "ab"
    text.encode()


def test_text_of_a_part_in_utf_16_with_half_a_surrogate_is_reported(tmp_path: Path) -> None:
    main = f'<?xml version="1.0" encoding="utf-16"?><w:document {SPACES}><w:body>{p("x")}</w:body></w:document>'
    raw = main.replace("x</w:t>", "\ud800</w:t>").encode("utf-16", "surrogatepass")
    path = office(MAIN | {"word/document.xml": raw}, tmp_path / "a.docx")
    assert unreadable_reason(path).startswith(
        "it is a broken DOCX file; open it and save it again ("
    )


def test_a_note_and_an_included_part_that_are_referred_to_very_often_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def included(raw: bytes, part: str, _: object) -> str:
        read.append(part)
        return "Inside."

    monkeypatch.setattr("factory.documents.formats.office.docx.read_alt_chunk", included)
    notes = (
        f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("Or fewer.")}</w:footnote></w:footnotes>'
    )
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    path = word(
        tmp_path / "a.docx",
        *['<w:altChunk r:id="rId1"/>'] * 200,
        p("250", mark * 200),
        linked=(("aFChunk", "a.htm"), ("footnotes", "footnotes.xml")),
        parts={"word/a.htm": "<p>x</p>", "word/footnotes.xml": notes},
    )
    text = read_docx(path).text
    assert (text.count("Inside."), text.count("Or fewer."), read) == (200, 200, ["word/a.htm"])


def test_a_bomb_in_a_part_that_nobody_reads_costs_the_document_nothing(tmp_path: Path) -> None:
    bomb = b"<a>" + b" " * (20 << 20) + b"</a>"
    found = read_docx(word(tmp_path / "a.docx", p("Trams run."), parts={"word/newpart.xml": bomb}))
    assert (found.text, found.unread) == (
        "Trams run.",
        ("word/newpart.xml unpacks to more than 400 times its size: it is a zip bomb",),
    )
