"""Characters of a PDF page can be encoded, whatever its fonts' maps say."""

from pathlib import Path

import pytest

from factory.documents.formats.pdf.reader import read_pdf
from tests.factory.documents.formats.pdf.raw_pdf import mapped

FIRST = "Trams of the depot rest at night. "


def read(path: Path, raw: bytes) -> str:
    (path / "depot.pdf").write_bytes(raw)
    return read_pdf(path / "depot.pdf").text


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        ({"A": "D83D", "B": "0058"}, "\ufffdX"),
        ({"A": "DC00", "B": "0058"}, "\ufffdX"),
        ({"A": "D83DDE00", "B": "0058"}, "\U0001f600X"),
        ({"A": "0001", "B": "0058"}, "X"),
        ({"A": "E123", "B": "0058"}, "\ufffdX"),
    ],
)
def test_a_character_map_of_halves_and_controls_gives_text_that_can_be_written(
    tmp_path: Path, codes: dict[str, str], text: str
) -> None:
    assert read(tmp_path, mapped(codes)) == FIRST + text


@pytest.mark.parametrize(
    ("font", "code", "text"),
    [
        ("Symbol", "F061", "\u03b1"),
        ("Symbol", "F0A3", "\u2264"),
        ("Wingdings-Regular", "F0FE", "\u2612"),
        ("Wingdings-Regular", "F06F", "\u2610"),
        ("Wingdings2", "F052", "\u2612"),
    ],
)
def test_private_characters_of_symbol_fonts_are_their_signs(
    tmp_path: Path, font: str, code: str, text: str
) -> None:
    assert read(tmp_path, mapped({"A": code}, font)) == FIRST + text


def test_half_a_pair_in_an_outline_is_no_error(tmp_path: Path) -> None:
    assert read(tmp_path, mapped({"A": "0058"}, title="D83D00410042")) == f"{FIRST}X"
