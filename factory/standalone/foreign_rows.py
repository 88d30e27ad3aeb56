"""Foreign rows: a JSONL file of someone else's examples, read line by line; every mistake is named with its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory.core.errors import UserMistake
from factory.core.jsonl import open_file, read_object

MEND = "expected a JSONL file of one object a line"


class Line(NamedTuple):
    """One row, the byte of the file that it starts at, and where it stands (file and line)."""

    row: dict[str, object]
    start: int
    place: str


def read_foreign(path: Path, texts: tuple[str, ...]) -> Iterator[Line]:
    """Every row in order; `texts` are the keys that must hold a text, which may be empty. Raises UserMistake."""
    ids: set[object] = set()
    start = 0
    try:
        with open_file(path, MEND) as file:
            for number, line in enumerate(file, 1):
                if line.strip() not in (b"", b"\xef\xbb\xbf"):
                    place = f"{path}:{number}"
                    row = read_object(line, place, MEND)
                    _check(row, texts, place)
                    if row["id"] in ids:
                        raise UserMistake(f"{place}: id {row['id']!r} stands there for the second time, ids must differ")
                    ids.add(row["id"])
                    yield Line(row, start, place)
                start += len(line)
    except OSError as error:
        raise UserMistake(f"{path}: can't be read ({error.strerror}); {MEND}") from error


def _check(row: dict[str, object], texts: tuple[str, ...], place: str) -> None:
    if "id" not in row:
        raise UserMistake(f'{place}: has no "id", must have one')
    if isinstance(row["id"], bool) or not isinstance(row["id"], str | int):
        raise UserMistake(f'{place}: "id" must be a text or a whole number')
    for key in texts:
        if key not in row:
            raise UserMistake(f'{place}: has no "{key}", must have one, even if it is empty')
        if not isinstance(row[key], str):
            raise UserMistake(f'{place}: "{key}" must be a text, even if it is empty')
