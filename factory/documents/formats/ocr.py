"""Run the user's OCR command: a picture goes in, its text comes back."""

import hashlib
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from factory.core.errors import UserMistake
from factory.documents.formats import Extracted, Unreadable, markdown_blocks

# For one file: a page takes seconds, and a scan may have hundreds of pages.
TIMEOUT_SECONDS = 1800.0
MAX_STDERR = 160  # characters quoted of the output of a failed command


def parse_ocr_command(command: str) -> list[str]:
    """Split the command into words. Raises UserMistake if it has no {input}."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UserMistake(
            f"documents.ocr: {error}, must be a command such as {EXAMPLES}"
        ) from error
    if not any("{input}" in word for word in words):
        raise UserMistake(
            f"documents.ocr: the command has no {{input}}, must be one such as {EXAMPLES}"
        )
    return words


EXAMPLES = '"ocrmypdf --sidecar {output} {input} -" or "tesseract {input} stdout"'


def run_ocr(words: list[str], path: Path, kept: Path | None = None) -> Extracted:
    """Return what the command writes into {output}, or prints if it has no {output}.

    Form feeds separate pages. `kept` is a cache folder, with keys from the command and the file.
    Raises Unreadable.
    """
    place = kept / f"{_digest(words, path)}.txt" if kept else None
    if place and place.is_file():
        raw = place.read_bytes()
    else:
        raw = _run_command(words, path)
        if place:
            _save(place, raw)
    return _split_pages(markdown_blocks.normalize_block(raw.decode("utf-8", "replace")))


def _digest(words: list[str], path: Path) -> str:
    """Raises Unreadable."""
    try:
        with path.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return hashlib.sha256("\0".join((*words, own)).encode("utf-8", "surrogateescape")).hexdigest()


def _save(place: Path, raw: bytes) -> None:
    """Raises UserMistake."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        part.write_bytes(raw)
        os.replace(part, place)
    except OSError as error:
        raise UserMistake(
            f"{place.parent}: can't be written ({error.strerror}); make the folder writable"
        ) from error


def _run_command(words: list[str], path: Path) -> bytes:
    """Raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="docstill-ocr-") as folder:
        output = Path(folder) / "text.txt"
        filled = [
            word.replace("{input}", str(path)).replace("{output}", str(output)) for word in words
        ]
        try:
            finished = subprocess.run(
                filled,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise UserMistake(
                f"documents.ocr: the command {words[0]} is not installed; "
                "install it or name another"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise Unreadable(
                f"documents.ocr took more than {TIMEOUT_SECONDS:,.0f} seconds"
            ) from error
        if finished.returncode:
            message = " ".join(finished.stderr.decode("utf-8", "replace").split())[-MAX_STDERR:]
            raise Unreadable(
                f"documents.ocr failed with exit code {finished.returncode}: {message}"
            )
        return output.read_bytes() if output.is_file() else finished.stdout


def _split_pages(text: str) -> Extracted:
    """Split at form feeds. Raises Unreadable if there is no text."""
    pages = [page.strip() for page in text.removesuffix("\f").split("\f")]
    starts, whole = [], ""
    for page in pages:
        starts.append(len(whole) + (2 if whole and page else 0))
        whole += f"\n\n{page}" if whole and page else page
    if not whole:
        raise Unreadable("documents.ocr found no text in it")
    return Extracted(whole, pages=tuple(starts))
