"""Text files are decoded in the right encoding, or one sentence says why not."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats import Unreadable
from factory.documents.formats.encoding import decode_text, encoding_by_label, verified_encoding
from factory.documents.formats.html.reader import _encoding, html_text
from tests.world import LAW

WORDS = "Die Größe der Halle beträgt 5 Meter.\nПравила дома"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(codec: str) -> None:
    assert decode_text(WORDS.encode(codec)) == WORDS


@pytest.mark.parametrize(
    "raw", [b"a\0b c\0d", b"\0" * 100, bytes(range(256)) * 4, b"PK\x03\x04\0\0\0\0"]
)
def test_a_file_with_nulls_that_is_no_utf_16_is_reported_as_binary(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="it is a binary file, not text"):
        decode_text(raw)


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("UTF8", "utf-8"),
        ("latin-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("x-sjis", "cp932"),
        ("gb2312", "gb18030"),
        ("undefined", ""),
        ("unicode_escape", ""),
        ("raw_unicode_escape", ""),
        ("idna", ""),
        ("punycode", ""),
        ("rot13", ""),
        ("base64", ""),
        ("utf-7", ""),
        ("klingon", ""),
        ("a\0b", ""),
    ],
)
def test_only_encodings_of_texts_are_known(named: str, codec: str) -> None:
    assert encoding_by_label(named) == codec


def test_utf_8_that_declares_a_one_byte_encoding_is_read_as_utf_8() -> None:
    assert verified_encoding("Größe".encode(), "cp1252") == "utf-8"
    assert verified_encoding("Größe".encode("cp1252"), "cp1252") == "cp1252"
    assert verified_encoding("運賃".encode("cp932"), "cp932") == "cp932"


@pytest.mark.parametrize(
    "charset", ["undefined", "unicode_escape", "klingon", "utf-16", "none", "iso-8859-1"]
)
def test_a_page_in_utf_8_is_read_whatever_it_declares(charset: str) -> None:
    raw = f"<meta charset={charset}><p>Größe \\ud800".encode()
    assert html_text(decode_text(raw, _encoding(raw))) == "Größe \\ud800"


@LAW
@given(
    st.binary(max_size=200),
    st.sampled_from(["utf-8", "undefined", "idna", "hz", "iso2022_kr", "utf-16", "x"]),
)
def test_any_bytes_give_text_without_half_surrogates_or_a_sentence(
    raw: bytes, charset: str
) -> None:
    page = f"<meta charset={charset}>".encode() + raw
    with suppress(Unreadable):
        decode_text(page, _encoding(page)).encode()
