"""Dedup: foreign rows in, the same rows out, each with the id of the earlier row that it repeats."""

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import line as json_line
from factory.core.jsonl import open_file, read_object
from factory.core.schemas import Embed
from factory.core.unicode import nfc
from factory.standalone.foreign_rows import MEND, read_foreign
from filters.duplicates.duplicates import duplicates
from filters.duplicates.same_facts import Pair

TEXTS = ("instruction", "response")


class Found(NamedTuple):
    """How many rows there were, and how many of them repeat an earlier one."""

    rows: int
    repeated: int


def dedup(path: Path, out: Path, embed: Embed | None = None) -> Found:
    """Writes each row as it stands with `duplicate_of` behind it: an id or null. Raises UserMistake.

    Rows are read from the file when they are needed: a row takes some bytes of memory for each of its words.
    """
    if out.exists() and path.exists() and out.samefile(path):
        raise UserMistake(f"--out {out}: is the file that is read, must be another one")
    with _Rows(path) as rows:
        found = array("q", (-1 if earlier is None else earlier for earlier in duplicates(rows, embed=embed)))
        try:
            with replacing(out) as file:
                file.buffer.writelines(rows.marked(i, earlier) for i, earlier in enumerate(found))
        except OSError as error:
            raise UserMistake(f"--out {out}: can't be written ({error.strerror}), must be a file in a folder that can") from error
    return Found(len(found), sum(earlier >= 0 for earlier in found))


class _Rows(Sequence[Pair]):
    """The rows of a file. Going through them for the first time checks them; after that each is read where it stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: array[int] = array("Q")

    def __enter__(self) -> "_Rows":
        self._file = open_file(self._path, MEND)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Pair]:
        self._starts = array("Q")
        for line in read_foreign(self._path, TEXTS):
            self._starts.append(line.start)
            yield _pair(line.row)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...
    def __getitem__(self, index: int | slice) -> "Pair | list[Pair]":
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return _pair(self._row(index))

    def marked(self, index: int, earlier: int) -> bytes:
        """The line of a row with its verdict; the rest of it stays byte for byte, unless it has such a verdict already."""
        line = self._line(index)
        repeated = json.dumps(None if earlier < 0 else self._row(earlier)["id"], ensure_ascii=False).encode()
        if b'"duplicate_of"' in line:
            row = {**self._row(index), "duplicate_of": None if earlier < 0 else self._row(earlier)["id"]}
            return json_line(row).encode()
        return line.rstrip()[:-1].rstrip() + b', "duplicate_of": ' + repeated + b"}\n"

    def _row(self, index: int) -> dict[str, object]:
        return read_object(self._line(index), str(self._path), MEND)

    def _line(self, index: int) -> bytes:
        self._file.seek(self._starts[index])
        return self._file.readline().removeprefix(b"\xef\xbb\xbf").lstrip()


def _pair(row: dict[str, object]) -> Pair:
    """In NFC: a text composed in another way is the same text."""
    question, answer = (nfc(str(row[key])) for key in TEXTS)
    return question, answer
