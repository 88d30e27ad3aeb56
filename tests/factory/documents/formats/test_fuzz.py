"""Damaged files never hang or crash a reader: it returns text or says why not."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pptx import Presentation
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats import Extracted, Unreadable
from factory.documents.formats.readers import READERS
from tests.world import WASHING

ROWS = [["depot", "trams"], ["Marrow Street", "40"], ["Quay", "12"]]


def docx() -> bytes:
    document, file = Document(), io.BytesIO()
    document.add_heading("Washing", 1)
    document.add_paragraph(WASHING)
    table = document.add_table(len(ROWS), 2)
    for row, cells in zip(table.rows, ROWS, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(file)
    return file.getvalue()


def pptx() -> bytes:
    deck, file = Presentation(), io.BytesIO()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Washing", WASHING
    deck.save(file)
    return file.getvalue()


def xlsx() -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in ROWS:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def pdf() -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    for place, line in enumerate(WASHING.split(". ")):
        canvas.drawString(72, 700 - 14 * place, line)
    canvas.save()
    return file.getvalue()


def table() -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(ROWS)
    return file.getvalue().encode()


def page() -> bytes:
    return f"<html><head><title>Washing</title></head><body><h1>Washing</h1><p>{WASHING}</p><ul><li>doors</li></ul></body></html>".encode()


KINDS: dict[str, Callable[[], bytes]] = {
    ".docx": docx,
    ".pptx": pptx,
    ".xlsx": xlsx,
    ".pdf": pdf,
    ".csv": table,
    ".html": page,
}


def read(ending: str, raw: bytes, folder: Path) -> Extracted | Unreadable:
    module, name = READERS[ending]
    (path := folder / f"damaged{ending}").write_bytes(raw)
    try:
        found: Extracted = getattr(
            __import__(f"factory.documents.formats.{module}", fromlist=[name]), name
        )(path)
    except Unreadable as error:
        return error
    return found


FLIPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), min_size=1, max_size=8)
FEW = settings(
    max_examples=40,
    deadline=timedelta(seconds=10),
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def flipped(raw: bytes, flips: list[tuple[int, int]]) -> bytes:
    damaged = bytearray(raw)
    for place, bits in flips:
        damaged[place % len(raw)] ^= bits
    return bytes(damaged)


def answered(found: Extracted | Unreadable) -> bool:
    return bool(str(found)) if isinstance(found, Unreadable) else isinstance(found.text, str)


@pytest.mark.parametrize("ending", sorted(KINDS))
def test_a_damaged_file_gives_text_or_a_sentence(ending: str, tmp_path: Path) -> None:
    whole = KINDS[ending]()
    assert isinstance(read(ending, whole, tmp_path), Extracted)

    @FEW
    @given(FLIPS, st.integers(0, len(whole)) | st.just(len(whole)))
    def law(flips: list[tuple[int, int]], end: int) -> None:
        assert answered(read(ending, flipped(whole, flips)[:end], tmp_path))

    law()


@pytest.mark.parametrize("ending", [".docx", ".pptx", ".xlsx"])
def test_a_damaged_part_of_a_sound_package_gives_text_or_a_sentence(
    ending: str, tmp_path: Path
) -> None:
    with ZipFile(io.BytesIO(KINDS[ending]())) as package:
        parts = {name: package.read(name) for name in package.namelist()}

    @FEW
    @given(st.sampled_from([name for name in parts if name.endswith((".xml", ".rels"))]), FLIPS)
    def law(name: str, flips: list[tuple[int, int]]) -> None:
        file = io.BytesIO()
        with ZipFile(file, "w") as damaged:
            for part, raw in parts.items():
                damaged.writestr(part, flipped(raw, flips) if part == name else raw)
        assert answered(read(ending, file.getvalue(), tmp_path))

    law()
