"""Which reader takes which file, by its ending; all of them run in the process apart."""

from collections.abc import Mapping
from pathlib import Path

from factory.documents.formats import Extracted
from factory.documents.formats.subprocess_reader import Apart, ReaderFunction

READERS: Mapping[str, tuple[str, str]] = {
    ".md": ("markdown", "read_markdown"),
    ".markdown": ("markdown", "read_markdown"),
    ".txt": ("plain_text", "read_plain"),
    ".pdf": ("pdf.reader", "read_pdf"),
    ".docx": ("office.docx", "read_docx"),
    ".html": ("html.reader", "read_html"),
    ".htm": ("html.reader", "read_html"),
    ".pptx": ("office.pptx", "read_pptx"),
    ".xlsx": ("office.spreadsheets", "read_xlsx"),
    ".csv": ("office.spreadsheets", "read_csv"),
    ".tsv": ("office.spreadsheets", "read_csv"),
    ".jsonl": ("ready_chunks", "read_passages"),
}
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")  # only with a command for OCR


def extracted(path: Path, apart: Apart) -> Extracted:
    """The file's text. Raises Unreadable."""
    module, function = READERS[path.suffix.lower()]
    return apart.read(ReaderFunction(f"factory.documents.formats.{module}", function), path)
