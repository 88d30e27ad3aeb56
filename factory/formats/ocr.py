"""OCR by a command of the client's: a file that is a picture goes in, its text comes back."""

import shlex
import subprocess
import tempfile
from pathlib import Path

from factory.errors import UserMistake
from factory.formats import Extracted, Unreadable, markdown

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


def recognised(words: list[str], path: Path) -> Extracted:
    """What the command writes into {output}, or says where it names none; pages are parted by form feeds. Raises Unreadable."""
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
        raw = output.read_bytes() if output.is_file() else done.stdout
    text = markdown.normal(raw.decode("utf-8", "replace"))
    return _paged(text)


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
