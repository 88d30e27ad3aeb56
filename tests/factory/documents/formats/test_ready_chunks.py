"""Each line of a JSONL file is a passage with the right offsets."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats import Extracted, ExtractedPassage, Unreadable
from factory.documents.formats.encodable import writable
from factory.documents.formats.ready_chunks import read_ready_chunks


def read(home: Path, *lines: object) -> Extracted:
    (home / "a.jsonl").write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    return read_ready_chunks(home / "a.jsonl")


def test_each_line_is_a_passage_with_its_headings(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"text": "Trams run.", "headings": ["Fares", "Day"]},
        "",
        {"text": "Buses rest.", "heading": "Night", "id": 7},
    )
    assert found.text == "Trams run.\n\nBuses rest."
    assert found.passages == (
        ExtractedPassage(0, 10, ("Fares", "Day")),
        ExtractedPassage(12, 23, ("Night",)),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            '{"text": "a',
            "line 2 is not a chunk (Invalid JSON: EOF while parsing a string at line 1 column 11); "
            'expected {"text": "…", "headings": ["…"]}',
        ),
        (
            '{"words": "a"}',
            'line 2 is not a chunk (text: Field required); expected {"text": "…", "headings": ["…"]}',
        ),
        (
            '{"text": 5}',
            'line 2 is not a chunk (text: Input should be a valid string); expected {"text": "…", "headings": ["…"]}',
        ),
        ('{"text": " \\n"}', 'line 2 has an empty "text"'),
        ('{"text": ""}', 'line 2 has an empty "text"'),
        (
            '["a"]',
            'line 2 is not a chunk (Input should be an object); expected {"text": "…", "headings": ["…"]}',
        ),
        (
            '{"text": "a", "headings": "Fares"}',
            'line 2 is not a chunk (headings: Input should be a valid array); expected {"text": "…", "headings": ["…"]}',
        ),
    ],
)
def test_a_broken_line_is_reported_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(Unreadable) as told:
        read(tmp_path, {"text": "Trams run."}, line)
    assert str(told.value) == reason


def test_a_file_without_a_line_is_empty(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="^it is empty$"):
        read(tmp_path, "", " ")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1).filter(
            lambda s: bool(writable(s).strip())
        ),
        min_size=1,
    )
)
def test_a_passage_points_at_its_own_text_whatever_precedes_it(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    found = read(tmp_path_factory.mktemp("a"), *({"text": text} for text in texts))
    alone = [read(tmp_path_factory.mktemp("b"), {"text": text}).text for text in texts]
    assert [found.text[p.start : p.end] for p in found.passages] == alone
