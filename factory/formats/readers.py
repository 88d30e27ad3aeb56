"""Which reader takes which file, by its ending; all of them run in the process apart."""

from collections.abc import Mapping
from pathlib import Path

from factory.formats import Extracted
from factory.formats.apart import Apart, ReaderFunction

READERS: Mapping[str, tuple[str, str]] = {
    ".md": ("commonmark", "read_markdown"),
    ".markdown": ("commonmark", "read_markdown"),
    ".txt": ("plain", "read_plain"),
    ".pdf": ("pdf", "read_pdf"),
    ".docx": ("docx", "read_docx"),
    ".html": ("html", "read_html"),
    ".htm": ("html", "read_html"),
    ".pptx": ("pptx", "read_pptx"),
    ".xlsx": ("sheets", "read_xlsx"),
    ".csv": ("sheets", "read_csv"),
    ".tsv": ("sheets", "read_csv"),
    ".jsonl": ("passages", "read_passages"),
}
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")  # only with a command for OCR


def extracted(path: Path, apart: Apart) -> Extracted:
    """The file's text. Raises Unreadable."""
    module, function = READERS[path.suffix.lower()]
    return apart.read(ReaderFunction(f"factory.formats.{module}", function), path)
