"""JSON from outside and files of JSON lines: what is written is read back, and what can't be read is one sentence."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.jsonl import (
    MAX_DEPTH,
    BadJson,
    intact_rows,
    json_line,
    loads,
    read_jsonl,
    read_text,
    write_jsonl,
)

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # all that str.splitlines cuts at
texts = st.text(st.one_of(st.sampled_from(BREAKS), st.characters(exclude_categories=["Cs"])))


class Row(BaseModel, frozen=True):
    id: int
    text: str


@given(st.lists(texts))
def test_rows_with_any_line_break_are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, said: list[str]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows = [Row(id=number, text=text) for number, text in enumerate(said)]
    write_jsonl(path, rows)
    assert list(read_jsonl(path, Row, "")) == list(intact_rows(path, Row)) == rows
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(rows)  # other tools cut there


@pytest.mark.parametrize("mark", BREAKS)
def test_a_raw_separator_of_another_tool_ends_no_line(tmp_path: Path, mark: str) -> None:
    raw = mark if mark >= "\x80" else {"\n": "\\n", "\r": "\\r"}.get(mark, f"\\u{ord(mark):04x}")
    (tmp_path / "rows.jsonl").write_text(f'{{"id": 1, "text": "a{raw}b"}}\n', encoding="utf-8")
    assert list(read_jsonl(tmp_path / "rows.jsonl", Row, "")) == [Row(id=1, text=f"a{mark}b")]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts,
        st.lists,
        max_leaves=9,
    )
)
def test_what_is_written_as_a_line_is_loaded_as_it_was(value: object) -> None:
    assert loads(json_line(value)) == value


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff", "is not UTF-8 text"),
        ("{", "is not JSON (Expecting property name enclosed in double quotes)"),
        ("", "is not JSON (Expecting value)"),
        ("[" * 100_000, f"is nested more than {MAX_DEPTH} levels deep"),
        ('{"a":' * 500 + "1" + "}" * 500, f"is nested more than {MAX_DEPTH} levels deep"),
        ("9" * 5_000, "holds a number of thousands of digits"),
        ("-1e999999", "holds -1e999999, which is too large a number"),
        ("[Infinity]", "holds Infinity, which is not a JSON number"),
        (r'"\ud83d"', "holds half a surrogate pair, which is no character"),
        (r'{"\udc00": 1}', "holds half a surrogate pair, which is no character"),
        ('"\ud83d"', "holds half a surrogate pair, which is no character"),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason(raw: str | bytes, said: str) -> None:
    with pytest.raises(BadJson) as refused:
        loads(raw)
    assert str(refused.value) == said


@pytest.mark.parametrize("depth", [1, MAX_DEPTH])
def test_json_of_as_many_levels_as_are_allowed_is_read(depth: int) -> None:
    found: object = []
    for _ in range(depth - 1):
        found = [found]
    assert loads("[" * depth + "]" * depth) == found


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert loads(rb'"\ud83d\ude8b"') == "\N{TRAM CAR}"


def test_a_torn_line_is_left_out_of_the_intact_ones(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(
        b'{"id": 1, "text": "a"}\n{"id": 2, "te\n\n[1]\n{"id": 3, "text": "c"}'
    )
    assert list(intact_rows(tmp_path / "rows.jsonl", Row)) == [
        Row(id=1, text="a"),
        Row(id=3, text="c"),
    ]
    assert list(intact_rows(tmp_path / "none.jsonl", Row)) == []


def test_a_folder_a_pipe_and_a_missing_file_are_each_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    said = []
    for name in ("folder", "pipe", "none", "nul\0"):
        with pytest.raises(UserMistake) as refused:
            read_text(tmp_path / name, "mend it")
        said.append(str(refused.value).replace(str(tmp_path), ""))
    assert said == [
        "/folder: is a folder, not a file; mend it",
        "/pipe: is a pipe or a device, not a file; mend it",
        "/none: is missing; mend it",
        "'/nul\\x00': is not a path; mend it",
    ]
