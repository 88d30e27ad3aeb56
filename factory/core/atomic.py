"""Write files atomically: to a temporary file first, which then replaces the target."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from factory.core.errors import UserMistake


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a text file that replaces `path` when the block ends, and vanishes if the block fails.

    Raises UserMistake if `path` is a folder, a pipe or a device, and OSError if it can't be
    written.
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
        raise UserMistake(f"{path} is a folder; remove it or name another file")
    if path.exists() and not path.is_file():
        raise UserMistake(f"{path} is a pipe or a device; name a regular file")
