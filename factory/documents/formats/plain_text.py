"""Plain text: the text as it is, without the numbers of its lines."""

from pathlib import Path

from factory.documents.formats import Extracted, Unreadable, margin_numbers
from factory.documents.formats.encoding import decoded


def read_plain(path: Path) -> Extracted:
    """Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return Extracted(margin_numbers.without(decoded(raw)))
