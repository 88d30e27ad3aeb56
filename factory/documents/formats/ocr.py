"""OCR by a command of the client's: a file that is a picture goes in, its text comes back."""

import hashlib
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from factory.core.errors import UserMistake
from factory.documents.formats import Extracted, Unreadable, markdown_blocks

SECONDS = 1800.0  # for one file: a page takes some seconds, and a scan may have hundreds
SHOWN = 160  # characters of what a command says of its failure


def checked(command: str) -> list[str]:
    """Its words. Raises UserMistake where it does not say what goes in."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UserMistake(f"documents.ocr: {error}, must be a command such as {SUCH}") from error
    if not any("{input}" in word for word in words):
        raise UserMistake(f"documents.ocr: {{input}} is missing, must be a command such as {SUCH}")
    return words


SUCH = '"ocrmypdf --sidecar {output} {input} -" or "tesseract {input} stdout"'


def recognised(words: list[str], path: Path, kept: Path | None = None) -> Extracted:
    """What the command writes into {output}, or says where it names none; pages are parted by form feeds. Raises Unreadable.

    `kept`: a folder in which it is looked for first, by the digests of the command and of the file, and put for the next time.
    """
    place = kept / f"{_digest(words, path)}.txt" if kept else None
    if place and place.is_file():
        raw = place.read_bytes()
    else:
        raw = _said(words, path)
        if place:
            _put(place, raw)
    return _paged(markdown_blocks.normal(raw.decode("utf-8", "replace")))


def _digest(words: list[str], path: Path) -> str:
    """Raises Unreadable."""
    try:
        with path.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return hashlib.sha256("\0".join((*words, own)).encode("utf-8", "surrogateescape")).hexdigest()


def _put(place: Path, raw: bytes) -> None:
    """Raises UserMistake."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        part.write_bytes(raw)
        os.replace(part, place)
    except OSError as error:
        raise UserMistake(f"{place.parent}: can't be written ({error.strerror}), must be a folder that you may write to") from error


def _said(words: list[str], path: Path) -> bytes:
    """Raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="docstill-ocr-") as folder:
        output = Path(folder) / "text.txt"
        filled = [word.replace("{input}", str(path)).replace("{output}", str(output)) for word in words]
        try:
            done = subprocess.run(filled, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
        except FileNotFoundError as error:
            raise UserMistake(f"documents.ocr: there is no command {words[0]}, must be one that is installed") from error
        except subprocess.TimeoutExpired as error:
            raise Unreadable(f"documents.ocr took more than {SECONDS:,.0f} seconds") from error
        if done.returncode:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[-SHOWN:]
            raise Unreadable(f"documents.ocr ended with {done.returncode}: {said}")
        return output.read_bytes() if output.is_file() else done.stdout


def _paged(text: str) -> Extracted:
    """Raises Unreadable where it is none."""
    pages = [page.strip() for page in text.removesuffix("\f").split("\f")]
    starts, whole = [], ""
    for page in pages:
        starts.append(len(whole) + (2 if whole and page else 0))
        whole += f"\n\n{page}" if whole and page else page
    if not whole:
        raise Unreadable("documents.ocr found no text in it")
    return Extracted(whole, pages=tuple(starts))
