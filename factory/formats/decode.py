"""Bytes of a text file as text: by the mark at its beginning, else UTF-8; nothing is guessed."""

import codecs

from factory.formats import Unreadable

# Marks at the beginning of a file that name its encoding; UTF-32's begin with UTF-16's, so they come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


def marked(raw: bytes) -> str:
    """The encoding that the file's first bytes name; empty where they name none."""
    return next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "")


def decoded(raw: bytes, otherwise: str = "utf-8") -> str:
    """The text, in the encoding `otherwise` where no mark names one. Raises Unreadable."""
    if not raw.strip():
        raise Unreadable("it is empty")
    encoding = marked(raw) or otherwise
    if not marked(raw) and b"\0" in raw:
        raise Unreadable("it is a binary file, not text")
    shown = encoding.upper().removesuffix("-SIG")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not {shown} (byte {error.start}); save it as UTF-8") from error
    if "\0" in text:
        raise Unreadable("it is a binary file, not text")
    return text
