"""Office files that can't be used give one sentence each before they fill the memory."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pptx
import pytest
from openpyxl import Workbook

from factory.documents.formats import Extracted, Unreadable
from factory.documents.formats.office import office_zip
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from factory.documents.formats.office.spreadsheets import read_xlsx

READERS: dict[str, Callable[[Path], Extracted]] = {
    "docx": read_docx,
    "pptx": read_pptx,
    "xlsx": read_xlsx,
}
MAIN = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
EVERY = pytest.mark.parametrize("kind", READERS)
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def office(home: Path, kind: str) -> Path:
    """Write a complete file of this kind."""
    path = home / f"whole.{kind}"
    if kind == "docx":
        made = docx.Document()
        made.add_paragraph("Trams run daily.")
        made.save(str(path))
    elif kind == "pptx":
        deck = pptx.Presentation()
        title = deck.slides.add_slide(deck.slide_layouts[0]).shapes.title
        assert title
        title.text = "Trams run daily."
        deck.save(str(path))
    else:
        book = Workbook()
        book.active.append(["Trams run", "daily."])
        book.save(path)
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """Return a copy with one part replaced."""
    changed = path.with_name(f"changed{path.suffix}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, content)
    return changed


def unreadable_reason(path: Path) -> str:
    with pytest.raises(Unreadable) as why:
        READERS[path.suffix[1:]](path)
    return str(why.value)


@EVERY
def test_a_whole_file_is_read(tmp_path: Path, kind: str) -> None:
    assert "Trams run" in READERS[kind](office(tmp_path, kind)).text


@EVERY
@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"", "it is empty"),
        (b"\0" * 5000, "it is empty"),
        (b"<!DOCTYPE html><p>Trams", "it is HTML, not {kind}; give it the ending .html"),
        (b"%PDF-1.7", "it is PDF, not {kind}; give it the ending .pdf"),
        (b"Trams run daily.", "it is not a {kind} file, although its ending says so"),
        (
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "it is encrypted; save it without a password",
        ),
        (
            b"PK\3\4 and no more",
            "it is a broken {kind} file; open it and save it again (File is not a zip file)",
        ),
    ],
)
def test_another_kind_of_file_is_reported(
    tmp_path: Path, kind: str, written: bytes, reason: str
) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(written)
    assert unreadable_reason(path) == reason.format(kind=kind.upper())


@pytest.mark.parametrize(("kind", "old"), [("docx", "doc"), ("pptx", "ppt"), ("xlsx", "xls")])
def test_an_old_binary_file_is_to_be_saved_as_the_new_kind(
    tmp_path: Path, kind: str, old: str
) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(OLE + b"\0" * 600)
    assert unreadable_reason(path) == f"it is in the old binary format (.{old}); save it as .{kind}"


@EVERY
def test_half_a_file_is_broken(tmp_path: Path, kind: str) -> None:
    path = office(tmp_path, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert (
        unreadable_reason(path)
        == f"it is a broken {kind.upper()} file; open it and save it again (File is not a zip file)"
    )


@EVERY
def test_a_zip_of_something_else_has_no_main_part(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trams.txt", "Trams run daily.")
    assert (
        unreadable_reason(path)
        == f"it is a broken {kind.upper()} file; open it and save it again (it has no main part)"
    )


@EVERY
def test_a_part_of_zeros_is_a_zip_bomb(tmp_path: Path, kind: str) -> None:
    bomb = with_part(office(tmp_path, kind), MAIN[kind], b" " * (20 << 20))
    assert bomb.stat().st_size < 100_000
    assert (
        unreadable_reason(bomb)
        == f"{MAIN[kind]} unpacks to more than 400 times its size: it is a zip bomb"
    )


@EVERY
def test_more_than_fits_in_memory_is_refused_before_it_is_unpacked(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_zip, "MAX_READ_BYTES", 500)
    assert (
        unreadable_reason(office(tmp_path, kind))
        == "it takes 0 MB when unpacked, which is too much to read (a zip bomb?); split it"
    )


def test_a_part_that_declares_less_than_it_holds_is_read_no_further_than_it_declares(
    tmp_path: Path,
) -> None:
    path = with_part(office(tmp_path, "docx"), MAIN["docx"], b"<a>" + b" " * (20 << 20) + b"</a>")
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", (20 << 20) + 7), struct.pack("<I", 3000)))
    assert unreadable_reason(path).startswith(
        "it is a broken DOCX file; open it and save it again ("
    )


@EVERY
def test_too_many_parts_are_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_zip, "MAX_ENTRIES", 3)
    assert unreadable_reason(office(tmp_path, kind)).endswith(
        " files inside, at most 3 are allowed (a zip bomb?)"
    )


@EVERY
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path: Path, kind: str, encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    source = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'
    assert unreadable_reason(
        with_part(office(tmp_path, kind), MAIN[kind], source.encode(encoding))
    ) == (
        f"{MAIN[kind]} declares its own XML entities, which no office program writes; "
        "open the file and save it again"
    )


@EVERY
def test_entities_behind_a_long_comment_are_not_expanded_either(tmp_path: Path, kind: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    source = f'<?xml version="1.0"?><!--{"x" * 9000}--><!DOCTYPE a [<!ENTITY l0 "{"ha" * 500}">{laughs}]><a>&l9;</a>'
    assert "limit on input amplification factor" in unreadable_reason(
        with_part(office(tmp_path, kind), MAIN[kind], source.encode())
    )


def test_a_file_that_an_entity_names_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    entity = f'<!--{"x" * 9000}--><!DOCTYPE a [<!ENTITY f SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f"{entity}<w:document {space}><w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>"
    assert "undefined entity" in unreadable_reason(
        with_part(office(tmp_path, "docx"), MAIN["docx"], body.encode())
    )


def test_tables_inside_one_another_without_end_are_reported(tmp_path: Path) -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    deep = "<w:tbl><w:tr><w:tc><w:p/>" * 3000 + "</w:tc></w:tr></w:tbl>" * 3000
    path = with_part(
        office(tmp_path, "docx"),
        MAIN["docx"],
        f"<w:document {space}><w:body>{deep}</w:body></w:document>".encode(),
    )
    assert (
        unreadable_reason(path)
        == "it is a broken DOCX file; open it and save it again (nested too deeply)"
    )


@EVERY
def test_a_file_that_may_not_be_read_is_told_without_its_path(tmp_path: Path, kind: str) -> None:
    assert (
        unreadable_reason(tmp_path / f"nowhere.{kind}")
        == "it can't be read: No such file or directory"
    )
