"""Foreign rows: read line by line, and every mistake named with its line."""

import json
from pathlib import Path

import pytest

from factory.standalone.foreign_rows import EXPECTED, read_foreign
from tests.world import mistake

TEXTS = ("instruction", "response")
ROW = '{"id": "a", "instruction": "x", "response": ""}'


def read(folder: Path, *lines: str) -> list[dict[str, object]]:
    path = folder / "rows.jsonl"
    path.write_bytes("\n".join(lines).encode())
    return [line.row for line in read_foreign(path, TEXTS)]


def test_blank_lines_and_a_mark_of_byte_order_are_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, f"\ufeff{ROW}", "", "  ", ROW.replace('"a"', "7"), "") == [
        json.loads(ROW),
        {**json.loads(ROW), "id": 7},
    ]


def test_a_row_says_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"\n{ROW}\n{ROW.replace('a', 'é')}\n", encoding="utf-8")
    second = next(line for line in read_foreign(path, TEXTS) if line.row["id"] == "é")
    assert (second.place, path.read_bytes()[second.start :].decode()) == (
        f"{path}:3",
        f"{ROW.replace('a', 'é')}\n",
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", f"is not JSON (Expecting property name enclosed in double quotes); {EXPECTED}"),
        ("[1]", f"is not an object; {EXPECTED}"),
        (
            '{"id": "b\\ud800", "instruction": "", "response": ""}',
            f"holds half a surrogate pair, which is no character; {EXPECTED}",
        ),
        ('{"id": ' + "9" * 5_000 + "}", f"holds a number of thousands of digits; {EXPECTED}"),
        ('{"id": 1, "n": 1e999999}', f"holds 1e999999, which is too large a number; {EXPECTED}"),
        ('{"id": 1, "n": NaN}', f"holds NaN, which is not a JSON number; {EXPECTED}"),
        (
            '{"id": 1, "n": ' + "[" * 200 + "]" * 200 + "}",
            f"is nested more than 100 levels deep; {EXPECTED}",
        ),
        ("[" * 100_000, f"is nested more than 100 levels deep; {EXPECTED}"),
        ('{"instruction": "x", "response": "y"}', 'has no "id"; every row needs one'),
        (
            '{"id": true, "instruction": "x", "response": "y"}',
            '"id" must be a text or a whole number',
        ),
        (
            '{"id": "b", "instruction": "x"}',
            'has no "response"; add it, even if it is empty',
        ),
        (
            '{"id": "b", "instruction": null, "response": ""}',
            '"instruction" must be a text, even if it is empty',
        ),
        (ROW, "id 'a' was used before; ids must differ"),
    ],
)
def test_a_broken_line_is_named_with_what_would_be_right(
    tmp_path: Path, line: str, said: str
) -> None:
    assert mistake(lambda: read(tmp_path, ROW, line)) == f"{tmp_path / 'rows.jsonl'}:2: {said}"


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "\xff"}')
    assert (
        mistake(lambda: list(read_foreign(path, TEXTS)))
        == f"{path}:1: is not UTF-8 text; {EXPECTED}"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    assert mistake(lambda: list(read_foreign(path, TEXTS))) == f"{path}: is missing; {EXPECTED}"
