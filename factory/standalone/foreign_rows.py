"""Read a JSONL file of examples from another tool; errors name file and line."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory.core.errors import UserMistake
from factory.core.jsonl import open_file, read_object

EXPECTED = "expected a JSONL file with one object per line"


class ForeignRow(NamedTuple):
    """One row, its byte offset in the file, and its place as `file:line`."""

    row: dict[str, object]
    start: int
    place: str


def read_foreign(path: Path, texts: tuple[str, ...]) -> Iterator[ForeignRow]:
    """Yield every row. `texts`: keys that must hold a text, possibly empty. Raises UserMistake."""
    ids: set[object] = set()
    start = 0
    try:
        with open_file(path, EXPECTED) as file:
            for number, line in enumerate(file, 1):
                if line.strip() not in (b"", b"\xef\xbb\xbf"):
                    place = f"{path}:{number}"
                    row = read_object(line, place, EXPECTED)
                    _check(row, texts, place)
                    if row["id"] in ids:
                        raise UserMistake(
                            f"{place}: id {row['id']!r} was used before; ids must differ"
                        )
                    ids.add(row["id"])
                    yield ForeignRow(row, start, place)
                start += len(line)
    except OSError as error:
        raise UserMistake(f"{path}: can't be read ({error.strerror}); {EXPECTED}") from error


def _check(row: dict[str, object], texts: tuple[str, ...], place: str) -> None:
    if "id" not in row:
        raise UserMistake(f'{place}: has no "id"; every row needs one')
    if isinstance(row["id"], bool) or not isinstance(row["id"], str | int):
        raise UserMistake(f'{place}: "id" must be a text or a whole number')
    for key in texts:
        if key not in row:
            raise UserMistake(f'{place}: has no "{key}"; add it, even if it is empty')
        if not isinstance(row[key], str):
            raise UserMistake(f'{place}: "{key}" must be a text, even if it is empty')
