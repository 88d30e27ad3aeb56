"""Read and write JSON and JSON lines, for the whole project.

A line ends at `\\n` and nowhere else. Python's `splitlines` also cuts at U+0085, U+2028 and U+2029,
which JSON may hold unescaped inside a text; `json_line` escapes them, so that a reader that does
cut there still finds whole rows.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from factory.core.atomic import replacing
from factory.core.errors import UserMistake

MAX_DEPTH = 100  # levels of lists and objects; Python's own parser gives up at about 1,000
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # an escape that may be one half of a surrogate pair
_SEPARATORS = re.compile("[\x85\u2028\u2029]")
Model = TypeVar("Model", bound=BaseModel)


class BadJson(ValueError):
    """The text is not JSON that docstill can use; the message completes a sentence."""


def loads(raw: str | bytes) -> object:
    """Parse one JSON value that can be written again as JSON in UTF-8.

    Raises BadJson for bytes that are not UTF-8, broken JSON, NaN and infinite numbers, whole
    numbers of over 4,300 digits, half a surrogate pair, and more than MAX_DEPTH levels.
    """
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
        found: object = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise BadJson("is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise BadJson(f"is nested more than {MAX_DEPTH} levels deep") from error
    except BadJson:
        raise
    except ValueError as error:  # int() refuses very long numbers
        raise BadJson("holds a number of thousands of digits") from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _too_deep(found):
        raise BadJson(f"is nested more than {MAX_DEPTH} levels deep")
    if (_HALF.search(text) or isinstance(raw, str)) and not _encodable(found):
        raise BadJson("holds half a surrogate pair, which is no character")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson(f"holds {name}, which is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise BadJson(f"holds {digits[:20]}, which is too large a number")
    return number


def _too_deep(found: object) -> bool:
    level = [found]
    for _ in range(MAX_DEPTH + 1):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _encodable(found: object) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def json_line(row: object) -> str:
    """Return a row as a line of JSON with its `\\n`."""
    text = (
        row.model_dump_json() if isinstance(row, BaseModel) else json.dumps(row, ensure_ascii=False)
    )
    return _SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def write_jsonl(path: Path, rows: Iterable[object]) -> None:
    """Replace a file atomically. Raises UserMistake and OSError."""
    with replacing(path) as file:
        file.writelines(json_line(row) for row in rows)


def open_file(path: Path, mend: str) -> IO[bytes]:
    """Open a regular file to read bytes.

    Raises UserMistake, in which `mend` says what to do if the file can't be read.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):  # opening a pipe would wait for a writer
            kind = "a folder" if S_ISDIR(mode) else "a pipe or a device"
            raise UserMistake(f"{path}: is {kind}, not a file; {mend}")
        return open(path, "rb", opener=_without_waiting)  # Path.open takes no opener
    except FileNotFoundError as error:
        raise UserMistake(f"{path}: is missing; {mend}") from error
    except OSError as error:
        raise UserMistake(f"{path}: can't be read ({error.strerror}); {mend}") from error
    except ValueError as error:  # a NUL within the path
        raise UserMistake(f"{str(path)!r}: is not a path; {mend}") from error


def _without_waiting(path: str, flags: int) -> int:
    """Open without blocking: some files of /proc block a reader."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def numbered_lines(path: Path, mend: str) -> Iterator[tuple[int, bytes]]:
    """Yield the non-blank lines, numbered from 1. Raises UserMistake if the file can't be read."""
    with open_file(path, mend) as file:
        try:
            for number, raw in enumerate(file, start=1):
                if text := raw.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                    yield number, text
        except OSError as error:
            raise UserMistake(f"{path}: can't be read ({error.strerror}); {mend}") from error


def read_jsonl(path: Path, model: type[Model], mend: str) -> Iterator[Model]:
    """Yield every row of a file. Raises UserMistake with file, line, and `mend` as the remedy."""
    for number, raw in numbered_lines(path, mend):
        yield parse_row(raw, model, f"{path}:{number}", mend)


def read_json(path: Path, model: type[Model], mend: str) -> Model:
    """Read a file with one JSON value. Raises UserMistake, with `mend` as the remedy."""
    return parse_row(read_bytes(path, mend), model, str(path), mend)


def read_bytes(path: Path, mend: str) -> bytes:
    """Read a whole file. Raises UserMistake."""
    with open_file(path, mend) as file:
        try:
            return file.read() or b""  # None if reading would block
        except OSError as error:
            raise UserMistake(f"{path}: can't be read ({error.strerror}); {mend}") from error


def read_text(path: Path, mend: str) -> str:
    """Read a UTF-8 file with its line ends unchanged. Raises UserMistake."""
    try:
        return read_bytes(path, mend).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserMistake(f"{path}: is not UTF-8 text; {mend}") from error


def parse_row(raw: bytes, model: type[Model], place: str, mend: str) -> Model:
    """Parse a row; `place` is its file and line. Raises UserMistake."""
    try:
        return validate_row(loads(raw), model, place, mend)
    except BadJson as error:
        raise UserMistake(f"{place}: {error}; {mend}") from error


def validate_row(found: object, model: type[Model], place: str, mend: str) -> Model:
    """Validate a parsed row; `place` is its file and line. Raises UserMistake."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise UserMistake(f"{place}: {first_mistake(error)}; {mend}") from error


def read_object(raw: bytes, place: str, mend: str) -> dict[str, object]:
    """Parse a row of no fixed shape; `place` is its file and line. Raises UserMistake."""
    try:
        found = loads(raw)
    except BadJson as error:
        raise UserMistake(f"{place}: {error}; {mend}") from error
    if not isinstance(found, dict):
        raise UserMistake(f"{place}: is not an object; {mend}")
    return found


def first_mistake(error: ValidationError) -> str:
    """Return the first mistake that pydantic found, with its place in the row."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"][:1].lower() + first["msg"][1:]
    return f"{where}: {message}" if where else message


def intact_rows(path: Path, model: type[Model]) -> Iterator[Model]:
    """Yield the rows of a file that grows line by line, none if there is no file.

    A row that a kill left incomplete is skipped. Raises UserMistake if the file can't be read.
    """
    if path.exists():
        for _, raw in numbered_lines(path, "remove it and run the command again"):
            try:
                yield model.model_validate(loads(raw))
            except (BadJson, ValidationError):
                continue
