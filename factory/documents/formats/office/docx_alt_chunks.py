"""Read parts of another format that a Word document includes (altChunk)."""

import email
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from factory.documents.formats import Unreadable, markdown_blocks
from factory.documents.formats.encoding import bom_encoding, decode_text
from factory.documents.formats.html.reader import read_html

ChunkKind = Literal["docx", "rtf", "mht", "html", "text", "unknown"]
ReadDocument = Callable[[Path], str]
_HEAD = 4096  # bytes that show the kind of a part


def read_alt_chunk(raw: bytes, part: str, read_document: ReadDocument) -> str:
    """Return the text of a part that a document includes. Raises Unreadable."""
    match _kind(raw, part):
        case "docx":
            return _through(raw, "a.docx", read_document)
        case "html":
            return _through(raw, "a.html", _page)
        case "mht":
            return _through(_saved_page(raw), "a.html", _page)
        case "text":
            text = decode_text(raw, _encoding(raw)).replace("\r\n", "\n").split("\n\n")
            return markdown_blocks.join_blocks(map(markdown_blocks.paragraph, text))
        case "rtf":
            raise Unreadable("it is RTF; open the document in Word and save it again")
        case _:
            raise Unreadable(
                "its format is not supported; open the document in Word and save it again"
            )


def _kind(raw: bytes, part: str) -> ChunkKind:
    """Detect the kind of a part by its first bytes, because file names are not reliable."""
    head = raw[:_HEAD].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    ending = part.rpartition(".")[2].lower()
    if head.startswith(b"pk\3\4"):
        return "docx"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if b"mime-version:" in head.partition(b"<")[0]:
        return "mht"
    if head.startswith(b"<") or ending in ("htm", "html", "xhtml"):
        return "html"
    return "text" if ending in ("txt", "text", "dat") or bom_encoding(raw) else "unknown"


def _encoding(raw: bytes) -> str:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _page(path: Path) -> str:
    return read_html(path).text


def _saved_page(raw: bytes) -> bytes:
    """Return the page of a web archive (MHTML) as UTF-8."""
    message = email.message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("html", "plain")) if isinstance(message, EmailMessage) else None
    if body is None:
        raise Unreadable("it is a web archive without a page")
    try:
        content = body.get_content()
    except (LookupError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable(
            "it is a broken web archive; open the document in Word and save it again"
        ) from error
    return b"\xef\xbb\xbf" + str(content).encode("utf-8", "replace")


def _through(raw: bytes, name: str, read: Callable[[Path], str]) -> str:
    """Read bytes with a reader that takes a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(raw)
        return read(path)
