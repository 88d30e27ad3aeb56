"""Read plain text, without line numbers in its margin."""

from pathlib import Path

from factory.documents.formats import Extracted, Unreadable, margin_numbers
from factory.documents.formats.encoding import decode_text


def read_plain(path: Path) -> Extracted:
    """Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return Extracted(margin_numbers.remove_line_numbers(decode_text(raw)))
