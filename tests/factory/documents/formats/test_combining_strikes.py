"""Words whose letters are all struck through are removed; a single struck letter is kept."""

from pathlib import Path

import pytest

from factory.core.settings import DocumentSettings
from factory.documents.formats import combining_strikes, data_uris
from factory.documents.reader import read_documents


def struck(words: str, stroke: str = "\u0336") -> str:
    return "".join(letter + stroke for letter in words)


def without(text: str) -> str:
    return data_uris.remove_spans(text, combining_strikes.struck_spans(text))[0]


@pytest.mark.parametrize("stroke", ["\u0336", "\u0335"])
def test_letters_with_strokes_are_left_out(stroke: str) -> None:
    assert (
        without(f"A ride costs {struck('14 coins', stroke)} 19 coins.") == "A ride costs 19 coins."
    )
    assert without(f"{struck('14', stroke)} {struck('coins', stroke)} 19 coins") == "19 coins"


def test_one_letter_with_a_stroke_stays() -> None:
    text = f"The letter {struck('b')} and {struck('d')} here"
    assert without(text) == text


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.html", "a.csv"])
def test_a_document_of_any_format_tells_what_is_struck_so(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(f"fare;note\nA ride costs {struck('14 coins')} 19 coins;x\n")
    (found,), _ = read_documents(DocumentSettings(paths=[str(tmp_path)]), tmp_path)
    assert "A ride costs 19 coins" in found.text
    assert found.unread == ("struck-through text (stretches: 1)",)
