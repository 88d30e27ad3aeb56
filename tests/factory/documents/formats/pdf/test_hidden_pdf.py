"""Text that a PDF file holds and its pages do not show is left out and reported."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats import Extracted
from factory.documents.formats.pdf.reader import read_pdf


def read(path: Path, change: Callable[[PdfDocument], object]) -> Extracted:
    """Write a page with a left and a right text and change it."""
    canvas = Canvas(str(path / "made.pdf"), pagesize=A4)
    canvas.drawString(60, 600, "The left page asks for 30 days.")
    canvas.drawString(340, 600, "The right page asks for 45 days.")
    canvas.save()
    document = PdfDocument((path / "made.pdf").read_bytes())
    change(document)
    document.save(path / "depot.pdf")
    return read_pdf(path / "depot.pdf")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_text_outside_of_a_cropped_page_is_left_out_and_reported(tmp_path: Path, turn: int) -> None:
    def crop(document: PdfDocument) -> None:
        document[0].set_cropbox(300, 0, A4[0], A4[1])
        document[0].set_rotation(turn)

    found = read(tmp_path, crop)
    assert found.text == "The right page asks for 45 days."
    assert found.unread == ("text outside of the visible page (1 places)",)


def test_a_page_whose_whole_text_lies_outside_of_it_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, lambda document: document[0].set_cropbox(0, 0, 50, 50))
    assert "45 days" in found.text
    assert not found.unread


def test_attached_files_are_reported(tmp_path: Path) -> None:
    found = read(tmp_path, lambda document: document.new_attachment("fees.csv").set_data(b"a,b"))
    assert "45 days" in found.text
    assert found.unread == ("attached files (1)",)
