"""The text of every reader can be written as UTF-8, and nothing else in it changes."""

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Document
from factory.documents.formats import Extracted, ExtractedPassage
from factory.documents.formats.encodable import writable
from factory.documents.formats.subprocess_reader import SubprocessReader
from factory.documents.reader import DocumentReader

ANY = st.text(st.characters())  # surrogates, too


@given(ANY)
def test_every_text_can_be_written(text: str) -> None:
    assert writable(text).encode().decode() == writable(text) == writable(writable(text))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])))
def test_a_text_without_surrogates_and_controls_is_the_same(text: str) -> None:
    assert writable(text) == text


def test_a_pair_is_its_character_a_half_is_unknown_and_controls_are_nothing() -> None:
    assert (
        writable("Trams\ud83d\ude8b rest\ud83d.\0\x9d\x1b\ufffe\t\n")
        == "Trams\U0001f68b rest\ufffd.\t\n"
    )


def test_a_document_of_any_text_can_be_written(tmp_path: Path) -> None:
    text = "Trams\ud83d rest.\0\n\nThey are e\x01\u0301ven washed."
    second = text.index("They")
    given_ = Extracted(
        text,
        (0, second),
        (ExtractedPassage(0, 13, ("Re\udc00st",)), ExtractedPassage(second, len(text))),
        ("a note\udfff",),
    )
    (tmp_path / "scan.png").touch()
    with SubprocessReader() as apart:
        found = DocumentReader(lambda _: given_, None, apart).read(
            tmp_path / "scan.png", "scan.png"
        )
    assert isinstance(found, Document)
    assert found.text == unicodedata.normalize(
        "NFC", "Trams\ufffd rest.\n\nThey are e\u0301ven washed."
    )
    assert [found.text[place:][:5] for place in found.pages] == ["Trams", "They "]
    assert ([p.headings for p in found.passages], found.unread) == (
        [("Re\ufffdst",), ()],
        ("a note\ufffd",),
    )
    assert found.model_dump_json().encode()
