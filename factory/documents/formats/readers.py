"""Choose the reader of a file by its ending, and run it in the subprocess."""

from collections.abc import Mapping
from pathlib import Path

from factory.documents.formats import Extracted
from factory.documents.formats.subprocess_reader import ReaderFunction, SubprocessReader

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
    ".jsonl": ("ready_chunks", "read_ready_chunks"),
}
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")  # need a command for OCR


def extract_text(path: Path, subprocess_reader: SubprocessReader) -> Extracted:
    """Return the file's text. Raises Unreadable."""
    module, function = READERS[path.suffix.lower()]
    return subprocess_reader.read(
        ReaderFunction(f"factory.documents.formats.{module}", function), path
    )
