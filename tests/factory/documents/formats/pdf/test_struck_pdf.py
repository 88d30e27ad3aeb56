"""Struck-through words of a PDF page are left out and reported; other lines change nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats.pdf.reader import read_pdf

TOP, SIZE = A4[1] - 150, 11.0
Mark = Callable[[Canvas, float, float], None]  # draws over words from their left to their right


def line(height: float, beyond: float = 0.0) -> Mark:
    return lambda canvas, left, right: canvas.line(
        left - beyond, TOP + height, right + beyond, TOP + height
    )


def flat(canvas: Canvas, left: float, right: float) -> None:
    canvas.rect(left, TOP + 2.8, right - left, 0.7, stroke=0, fill=1)


def twice(canvas: Canvas, left: float, right: float) -> None:
    line(2.5)(canvas, left, right)
    line(4.0)(canvas, left, right)


def together_with_another(canvas: Canvas, left: float, right: float) -> None:
    path = canvas.beginPath()
    for height in (3, -300):
        path.moveTo(left, TOP + height)
        path.lineTo(right, TOP + height)
    canvas.drawPath(path)


def in_a_drawing(canvas: Canvas, left: float, right: float) -> None:
    canvas.beginForm("strike")
    canvas.line(0, 0, right - left, 0)
    canvas.endForm()
    canvas.translate(left, TOP + 3)
    canvas.doForm("strike")


def white(canvas: Canvas, left: float, right: float) -> None:
    canvas.setStrokeColorRGB(1, 1, 1)
    line(3)(canvas, left, right)


def highlighted(canvas: Canvas, left: float, right: float) -> None:
    canvas.setFillColorRGB(1, 1, 0)
    canvas.rect(left, TOP - 2, right - left, SIZE + 1, stroke=0, fill=1)


def pdf(
    path: Path,
    mark: Mark,
    before: str = "Pay within ",
    words: str = "30 days",
    after: str = " 45 days.",
) -> Path:
    canvas = Canvas(str(path / "depot.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", SIZE)
    canvas.drawString(72, TOP, before + words + after)
    left = 72 + canvas.stringWidth(before, "Helvetica", SIZE)
    mark(canvas, left, left + canvas.stringWidth(words, "Helvetica", SIZE))
    canvas.save()
    return path / "depot.pdf"


@pytest.mark.parametrize(
    "mark", [line(3), line(3, beyond=2), flat, twice, together_with_another, in_a_drawing]
)
def test_struck_words_are_left_out_and_told_of(tmp_path: Path, mark: Mark) -> None:
    found = read_pdf(pdf(tmp_path, mark))
    assert (found.text, found.unread) == (
        "Pay within 45 days.",
        ("struck-through text (1 places)",),
    )


@pytest.mark.parametrize("mark", [line(-1.5), line(9.5), line(3, beyond=80), white, highlighted])
def test_lines_that_strike_nothing_leave_the_words(tmp_path: Path, mark: Mark) -> None:
    found = read_pdf(pdf(tmp_path, mark))
    assert (found.text, found.unread) == ("Pay within 30 days 45 days.", ())


def test_a_struck_line_is_gone_with_its_blanks(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    for row, words in enumerate(("Trams wait for 25 minutes.", "Trams wait for 40 minutes.")):
        canvas.drawString(72, TOP - 16 * row, words)
    canvas.line(
        72,
        TOP + 3.5,
        72 + canvas.stringWidth("Trams wait for 25 minutes.", "Helvetica", 12),
        TOP + 3.5,
    )
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "Trams wait for 40 minutes."


def test_rules_of_a_table_and_of_a_form_strike_nothing(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", SIZE)
    for row in range(3):
        for column in range(3):
            canvas.drawString(76 + 100 * column, TOP - 16 * row, f"cell {row}{column}")
    for row in range(4):
        canvas.line(72, TOP + 12 - 16 * row, 372, TOP + 12 - 16 * row)
    canvas.drawString(72, TOP - 100, "Name: Osier")
    canvas.line(105, TOP - 101, 300, TOP - 101)
    canvas.save()
    found = read_pdf(tmp_path / "depot.pdf")
    assert found.text == (
        "| cell 00 | cell 01 | cell 02 |\n| --- | --- | --- |\n| cell 10 | cell 11 | cell 12 |\n"
        "| cell 20 | cell 21 | cell 22 |\n\nName: Osier"
    )
    assert found.unread == ()


def test_the_lines_of_a_drawing_strike_nothing(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.drawString(72, TOP, "Pay within 30 days.")
    for n in range(4000):
        canvas.line(72 + n % 40, TOP - 30 + n % 100, 72 + n % 40 + 15, TOP - 30 + n % 100)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "Pay within 30 days."


def test_words_that_an_annotation_strikes_are_left_out(tmp_path: Path) -> None:
    from tests.factory.documents.formats.pdf.annotated import annotate

    path = pdf(tmp_path, lambda *_: None)
    left = 72 + Canvas("").stringWidth("Pay within ", "Helvetica", SIZE)
    annotate(path, 12, (left, TOP - 3, left + 41, TOP + 9), "no longer")
    found = read_pdf(path)
    assert (found.text, found.unread) == (
        "Pay within 45 days.",
        ("struck-through text (1 places)", "comments (1)"),
    )


def test_the_gaps_of_struck_words_make_no_table(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    for row, (before, struck, behind) in enumerate(
        (
            ("Payable within ", "30 days ", "45 days."),
            ("Washed within ", "14 days ", "21 days."),
            ("Greased within ", "60 days ", "75 days."),
        )
    ):
        y = TOP - 20 * row
        canvas.setFont("Helvetica", SIZE)
        canvas.drawString(72, y, before + struck + behind)
        left = 72 + canvas.stringWidth(before, "Helvetica", SIZE)
        right = left + canvas.stringWidth(struck.strip(), "Helvetica", SIZE)
        canvas.line(left, y + 3.5, right, y + 3.5)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == (
        "Payable within 45 days. Washed within 21 days. Greased within 75 days."
    )
