"""Read the metadata of a GGUF file without its weights."""

import struct
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

# The format's value types by number: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_SCALARS = dict(enumerate("BbHhIif?", 0)) | {10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


def read_gguf_metadata(path: Path, wanted: Collection[str]) -> dict[str, object]:
    """Return the values of the wanted keys.

    Raises ValueError if the file is not a GGUF file of version 2 or 3, or is cut short.
    """
    with path.open("rb") as file:
        magic, version, _, count = struct.unpack("<4sIQQ", _read_exactly(file, 24))
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError(f"{path} is not a GGUF file of version 2 or 3")
        found = (
            (
                _read_string(file).decode("utf-8", "replace"),
                _read_value(file, *struct.unpack("<I", _read_exactly(file, 4))),
            )
            for _ in range(count)
        )
        return {key: value for key, value in found if key in wanted}


def _read_exactly(file: BinaryIO, size: int) -> bytes:
    if len(found := file.read(size)) < size:
        raise ValueError(f"{file.name} is cut short")
    return found


def _read_string(file: BinaryIO) -> bytes:
    return _read_exactly(file, int.from_bytes(_read_exactly(file, 8), "little"))


def _read_value(file: BinaryIO, kind: int) -> object:
    if kind == _STRING:
        return _read_string(file).decode("utf-8", "replace")
    if kind == _ARRAY:
        element, count = struct.unpack("<IQ", _read_exactly(file, 12))
        if element in _SCALARS:
            form = f"<{count}{_SCALARS[element]}"
            return struct.unpack(form, _read_exactly(file, struct.calcsize(form)))
        return tuple(_read_value(file, element) for _ in range(count))
    if kind not in _SCALARS:
        raise ValueError(f"{file.name} holds a value of the unknown type {kind}")
    return struct.unpack(
        f"<{_SCALARS[kind]}", _read_exactly(file, struct.calcsize(f"<{_SCALARS[kind]}"))
    )[0]
