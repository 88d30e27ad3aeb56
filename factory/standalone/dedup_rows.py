"""Mark each row of a JSONL file with the id of the earlier row that it repeats."""

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import json_line as json_line
from factory.core.jsonl import open_file, read_object
from factory.core.schemas import Embed
from factory.core.unicode import nfc
from factory.standalone.foreign_rows import EXPECTED, read_foreign
from filters.duplicates.duplicates import find_duplicates
from filters.duplicates.same_facts import InstructionResponse

COMPARED_KEYS = ("instruction", "response")


class DedupCounts(NamedTuple):
    """The number of rows, and of those that repeat an earlier one."""

    rows: int
    repeated: int


def dedup(path: Path, out: Path, embed: Embed | None = None) -> DedupCounts:
    """Write each row unchanged but for a last key `duplicate_of`: an id or null.

    Rows are read again when needed, so a row takes only some bytes of memory per word. Raises
    UserMistake.
    """
    if out.exists() and path.exists() and out.samefile(path):
        raise UserMistake(f"--out {out}: is the input file; choose another file")
    with _Rows(path) as rows:
        found = array(
            "q",
            (-1 if earlier is None else earlier for earlier in find_duplicates(rows, embed=embed)),
        )
        try:
            with replacing(out) as file:
                file.buffer.writelines(rows.marked(i, earlier) for i, earlier in enumerate(found))
        except OSError as error:
            raise UserMistake(
                f"--out {out}: can't be written ({error.strerror}); choose a file in a folder that "
                "you may write to"
            ) from error
    return DedupCounts(len(found), sum(earlier >= 0 for earlier in found))


class _Rows(Sequence[InstructionResponse]):
    """The rows of a file. The first pass checks them; after that each is read by its position."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: array[int] = array("Q")

    def __enter__(self) -> "_Rows":
        self._file = open_file(self._path, EXPECTED)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[InstructionResponse]:
        self._starts = array("Q")
        for line in read_foreign(self._path, COMPARED_KEYS):
            self._starts.append(line.start)
            yield _pair(line.row)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> InstructionResponse: ...
    @overload
    def __getitem__(self, index: slice) -> list[InstructionResponse]: ...
    def __getitem__(self, index: int | slice) -> "InstructionResponse | list[InstructionResponse]":
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return _pair(self._row(index))

    def marked(self, index: int, earlier: int) -> bytes:
        """Return the row's line with `duplicate_of`, otherwise byte for byte.

        A row that already has that key is written anew.
        """
        line = self._line(index)
        repeated = json.dumps(
            None if earlier < 0 else self._row(earlier)["id"], ensure_ascii=False
        ).encode()
        if b'"duplicate_of"' in line:
            row = {
                **self._row(index),
                "duplicate_of": None if earlier < 0 else self._row(earlier)["id"],
            }
            return json_line(row).encode()
        return line.rstrip()[:-1].rstrip() + b', "duplicate_of": ' + repeated + b"}\n"

    def _row(self, index: int) -> dict[str, object]:
        return read_object(self._line(index), str(self._path), EXPECTED)

    def _line(self, index: int) -> bytes:
        self._file.seek(self._starts[index])
        return self._file.readline().removeprefix(b"\xef\xbb\xbf").lstrip()


def _pair(row: dict[str, object]) -> InstructionResponse:
    """Return question and answer in NFC, so that equal texts compare equal."""
    question, answer = (nfc(str(row[key])) for key in COMPARED_KEYS)
    return question, answer
