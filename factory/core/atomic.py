"""A file is written whole or not at all: beside its place first, then moved there at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from factory.core.errors import UserMistake


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file to write; it takes the place of `path` when the block ends, and leaves nothing where it fails.

    Raises UserMistake where a folder, a pipe or a device is there, and OSError where the system refuses to write.
    """
    _must_be_replaceable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _must_be_replaceable(path: Path) -> None:
    if path.is_dir():
        raise UserMistake(f"{path}: is a folder where a file must be written; remove it or name another file")
    if path.exists() and not path.is_file():
        raise UserMistake(f"{path}: is a pipe or a device, must be the path of a file")
