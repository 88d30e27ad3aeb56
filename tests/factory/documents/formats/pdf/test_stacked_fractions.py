"""A number above and below a short bar is a fraction; rules of tables and sums are not."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats.pdf.reader import read_pdf

SIZE, LINE = 11.0, A4[1] - 150


def page(path: Path) -> Canvas:
    canvas = Canvas(str(path / "depot.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", SIZE)
    return canvas


def fraction(canvas: Canvas, over: str, under: str, behind: str) -> str:
    """Read a line with a fraction that is set as large as its text."""
    words = "The depot keeps "
    left = 72 + canvas.stringWidth(words, "Helvetica", SIZE)
    widths = [canvas.stringWidth(one, "Helvetica", SIZE) for one in (over, under)]
    right = left + max(widths)
    canvas.drawString(72, LINE, words)
    canvas.drawString((left + right - widths[0]) / 2, LINE + 6, over)
    canvas.setLineWidth(0.5)
    canvas.line(left - 1, LINE + 3, right + 1, LINE + 3)
    canvas.drawString((left + right - widths[1]) / 2, LINE - 7.5, under)
    canvas.drawString(right + 4, LINE, behind)
    canvas.save()
    return read_pdf(Path(canvas._filename)).text


@pytest.mark.parametrize(
    ("over", "under", "written"),
    [
        ("3", "4", "3/4"),
        ("7", "16", "7/16"),
        ("1.5", "2", "1.5/2"),
        ("a + b", "c + d", "(a + b)/(c + d)"),
    ],
)
def test_a_stacked_fraction_is_written_in_its_line(
    tmp_path: Path, over: str, under: str, written: str
) -> None:
    assert (
        fraction(page(tmp_path), over, under, "of all trams.")
        == f"The depot keeps {written} of all trams."
    )


def test_the_rule_above_a_sum_makes_no_fraction(tmp_path: Path) -> None:
    canvas = page(tmp_path)
    for row, (name, euros) in enumerate((("Rent", "1,200"), ("Heating", "300"), ("Sum", "1,500"))):
        canvas.drawString(72, LINE - 14 * row, name)
        canvas.drawRightString(200, LINE - 14 * row, euros)
    canvas.line(172, LINE - 17, 200, LINE - 17)
    canvas.save()
    text = read_pdf(tmp_path / "depot.pdf").text
    assert text == "| Rent | 1,200 |\n| --- | --- |\n| Heating | 300 |\n| Sum | 1,500 |"


def test_a_rule_between_two_rows_of_a_cell_makes_no_fraction(tmp_path: Path) -> None:
    canvas = page(tmp_path)
    canvas.drawString(72, LINE, "Bolt")
    canvas.line(94, LINE + 3, 140, LINE + 3)
    canvas.drawString(100, LINE + 7, "11")
    canvas.drawString(100, LINE - 7, "12")
    canvas.save()
    text = read_pdf(tmp_path / "depot.pdf").text
    assert "/" not in text
    assert "¹" not in text


def test_numbers_that_pdfium_sets_side_by_side_keep_both(tmp_path: Path) -> None:
    canvas = page(tmp_path)
    for column in range(3):
        left = 72 + 65 * column
        canvas.drawString(left, LINE, "Use")
        canvas.drawString(left + 24, LINE + 6, str(column + 1))
        canvas.setLineWidth(0.4)
        canvas.line(left + 23, LINE + 2.5, left + 31, LINE + 2.5)
        canvas.drawString(left + 24, LINE - 7, str(column + 2))
        canvas.drawString(left + 34, LINE, "cup")
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "Use 1/2 cup Use 2/3 cup Use 3/4 cup"
