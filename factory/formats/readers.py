"""Which reader takes which file, by its ending; each is imported when the first such file comes."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from factory.formats import Extracted
from factory.formats.apart import Apart, Read

READERS: Mapping[str, tuple[str, str]] = {
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
NATIVE = (".pdf",)  # read by a library in C++, which a broken file may crash
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")  # only with a command for OCR


def extracted(path: Path, apart: Apart) -> Extracted:
    """The file's text. Raises Unreadable."""
    ending = path.suffix.lower()
    module, name = READERS[ending]
    reader = cast("Read", getattr(import_module(f"factory.formats.{module}"), name))
    return apart.read(reader, path) if ending in NATIVE else reader(path)
