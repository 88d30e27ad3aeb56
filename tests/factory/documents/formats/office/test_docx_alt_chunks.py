"""Included parts (altChunk) are read in their place, or reported in one phrase."""

from pathlib import Path

import docx as python_docx
import pytest

from factory.documents.formats import Unreadable
from factory.documents.formats.office.docx import read_docx
from tests.office import p, word

MHT = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\nContent-Type: text/html; charset="iso-8859-1"\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><body><p>A ride costs 3 =E9cus.</p></body></html>\r\n--x--\r\n"
)


def read(home: Path, name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    chunk = '<w:altChunk r:id="rId1"/>'
    path = word(
        home / "a.docx",
        p("Before."),
        chunk,
        p("After."),
        linked=(("aFChunk", name),),
        parts={f"word/{name}": content},
    )
    found = read_docx(path)
    return found.text, found.unread


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "afchunk1.htm",
            b"<html><body><p>A ride costs <b>3</b> coins.</p></body></html>",
            "A ride costs 3 coins.",
        ),
        (
            "afchunk.dat",
            b"\xef\xbb\xbf<html><body><p>A ride costs 3 \xc3\xa9cus.</p></body></html>",
            "A ride costs 3 écus.",
        ),
        ("afchunk1.html", b"<p>A ride costs 3 coins.</p>", "A ride costs 3 coins."),
        (
            "afchunk1.txt",
            b"A ride costs 3 coins.\r\n\r\n# not a heading",
            "A ride costs 3 coins.\n\n\\# not a heading",
        ),
        ("afchunk1.txt", "Zürich, 3 Münzen".encode("cp1252"), "Zürich, 3 Münzen"),
        ("afchunk1.txt", "Zürich".encode("utf-16"), "Zürich"),
        ("afchunk1.mht", MHT, "A ride costs 3 écus."),
    ],
)
def test_an_included_part_is_read_where_it_stands(
    tmp_path: Path, name: str, content: bytes, text: str
) -> None:
    assert read(tmp_path, name, content) == (f"Before.\n\n{text}\n\nAfter.", ())


def test_an_included_word_document_is_read_with_its_own_styles(tmp_path: Path) -> None:
    inner = python_docx.Document()
    inner.add_heading("Fares", 1)
    inner.add_paragraph("A ride costs 3 coins.")
    inner.save(str(tmp_path / "inner.docx"))
    found = read(tmp_path, "afchunk1.docx", (tmp_path / "inner.docx").read_bytes())
    assert found == ("Before.\n\n# Fares\n\nA ride costs 3 coins.\n\nAfter.", ())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.rtf", b"{\\rtf1 A ride}", "it is RTF; open the document in Word and save it again"),
        (
            "a.bin",
            b"\x01\x02",
            "its format is not supported; open the document in Word and save it again",
        ),
        ("a.htm", b"<script>1</script>", "it holds no text outside of scripts, menus and pictures"),
        (
            "a.docx",
            b"PK\3\4",
            "it is a broken DOCX file; open it and save it again (File is not a zip file)",
        ),
        ("a.txt", b"", "it is empty"),
    ],
)
def test_an_included_part_that_can_not_be_read_is_told_and_the_rest_is_text(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    assert read(tmp_path, name, content) == (
        "Before.\n\nAfter.",
        (f"an included file (word/{name}): {reason}",),
    )


def test_documents_that_include_one_another_come_to_an_end(tmp_path: Path) -> None:
    inner = word(
        tmp_path / "inner.docx",
        p("Inner."),
        '<w:altChunk r:id="rId1"/>',
        linked=(("aFChunk", "b.htm"),),
        parts={"word/b.htm": b"<p>Deep.</p>"},
    )
    text, unread = read(tmp_path, "a.docx", inner.read_bytes())
    assert text == "Before.\n\nInner.\n\nAfter."
    assert unread == ("a file that an included document includes (word/b.htm)",)


def test_an_included_part_that_is_missing_is_reported(tmp_path: Path) -> None:
    found = read_docx(word(tmp_path / "a.docx", p("Before."), '<w:altChunk r:id="rId9"/>'))
    assert (found.text, found.unread) == (
        "Before.",
        ("an included file that is missing (altChunk)",),
    )


def test_a_document_of_nothing_but_an_unread_part_says_so(tmp_path: Path) -> None:
    path = word(
        tmp_path / "a.docx",
        '<w:altChunk r:id="rId1"/>',
        linked=(("aFChunk", "a.rtf"),),
        parts={"word/a.rtf": b"{\\rtf1 A}"},
    )
    with pytest.raises(
        Unreadable,
        match=r"^none of its text can be read: an included file \(word/a.rtf\): it is RTF",
    ):
        read_docx(path)


def test_a_part_that_a_cell_includes_is_read_in_the_cell(tmp_path: Path) -> None:
    cell = '<w:tc><w:altChunk r:id="rId1"/></w:tc>'
    table = f"<w:tbl><w:tr><w:tc>{p('fare')}</w:tc>{cell}</w:tr></w:tbl>"
    parts = {"word/a.htm": b"<p>3 coins</p>"}
    path = word(tmp_path / "a.docx", table, linked=(("aFChunk", "a.htm"),), parts=parts)
    assert read_docx(path).text == "| fare | 3 coins |\n| --- | --- |"
