"""Every part that holds text and is not read is reported once, in a phrase."""

from pathlib import Path

import docx as python_docx
import pptx as python_pptx
import pytest

from factory.documents.formats.office import unread_parts
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from tests.office import SPACES, drawing_run, p, shape, slides, word

HEADER = f"<w:hdr {SPACES}>{p('Draft of May')}</w:hdr>"
COMMENTS = f'<w:comments {SPACES}><w:comment w:id="1">{p("Check this")}</w:comment><w:comment w:id="2"/></w:comments>'


def unread(home: Path, parts: dict[str, str | bytes]) -> tuple[str, ...]:
    return read_docx(word(home / "a.docx", p("Trams run."), parts=parts)).unread


@pytest.mark.parametrize(
    ("part", "content", "phrase"),
    [
        ("word/comments.xml", COMMENTS, "comments (2)"),
        ("word/header1.xml", HEADER, "the header and footer of pages (word/header1.xml)"),
        (
            "word/embeddings/Tariff.xlsx",
            "PK",
            "an embedded file (word/embeddings/Tariff.xlsx); save it on its own",
        ),
        (
            "word/embeddings/oleObject1.bin",
            "x",
            "an embedded file (word/embeddings/oleObject1.bin); save it on its own",
        ),
        ("word/newpart.xml", f"<w:new {SPACES}>{p('New words')}</w:new>", "word/newpart.xml"),
        ("word/notes.rtf", "{\\rtf1}", "word/notes.rtf"),
    ],
)
def test_a_part_with_text_that_is_not_read_is_reported(
    tmp_path: Path, part: str, content: str, phrase: str
) -> None:
    assert unread(tmp_path, {part: content}) == (phrase,)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("word/header1.xml", f"<w:hdr {SPACES}>{p('12')}</w:hdr>"),
        ("word/comments.xml", f"<w:comments {SPACES}/>"),
        ("word/glossary/document.xml", HEADER),
        ("word/theme/theme1.xml", HEADER),
        ("word/media/image1.png", "x"),
        ("customXml/item1.xml", HEADER),
    ],
)
def test_a_part_without_text_of_its_own_is_not_reported(
    tmp_path: Path, part: str, content: str
) -> None:
    assert unread(tmp_path, {part: content}) == ()


def test_files_as_word_and_powerpoint_write_them_have_nothing_to_tell(tmp_path: Path) -> None:
    document = python_docx.Document()
    document.add_paragraph("Trams run.")
    document.save(str(tmp_path / "a.docx"))
    deck = python_pptx.Presentation()
    one = deck.slides.add_slide(deck.slide_layouts[1])
    one.shapes.title.text = "Trams"
    one.notes_slide.notes_text_frame.text = "Noted."
    deck.save(str(tmp_path / "a.pptx"))
    assert read_docx(tmp_path / "a.docx").unread == read_pptx(tmp_path / "a.pptx").unread == ()


def test_comments_and_hidden_slides_of_a_deck_are_reported(tmp_path: Path) -> None:
    path = slides(
        tmp_path / "a.pptx",
        shape(drawing_run("Trams run.")),
        shape(drawing_run("Hidden.")),
        parts={
            "ppt/comments/comment1.xml": f"<p:cmLst {SPACES}><p:cm><p:text>Check</p:text></p:cm></p:cmLst>",
            "ppt/slides/slide2.xml": f'<p:sld {SPACES} show="0"><p:cSld/></p:sld>',
        },
    )
    found = read_pptx(path)
    assert (found.text, found.unread) == (
        "# Slide 1\n\nTrams run.",
        ("slide 2, which is hidden", "comments (1)"),
    )


def test_broken_notes_and_a_broken_slide_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    notes = {"word/footnotes.xml": "<w:footnotes>"}
    found = read_docx(
        word(
            tmp_path / "a.docx",
            p("Trams run."),
            linked=(("footnotes", "footnotes.xml"),),
            parts=notes,
        )
    )
    assert found.text == "Trams run."
    assert found.unread[0].startswith("word/footnotes.xml is broken (")
    deck = read_pptx(
        slides(
            tmp_path / "a.pptx", shape(drawing_run("One")), "<p:sp>", shape(drawing_run("Three"))
        )
    )
    assert (deck.text, len(deck.pages)) == ("# Slide 1\n\nOne\n\n# Slide 3\n\nThree", 3)
    assert deck.unread[0].startswith("ppt/slides/slide2.xml is broken (")


def test_no_file_fills_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_parts, "MAX_PHRASES", 3)
    phrases = unread(tmp_path, {f"word/notes{n}.rtf": "{\\rtf1}" for n in range(5)})
    assert phrases == ("word/notes0.rtf", "word/notes1.rtf", "3 further parts")
