"""Pages and tables that are set sideways keep their rows and columns."""

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats.pdf.reader import read_pdf

WIDTH, HEIGHT = A4
ROWS = (
    ("Depot", "Trams", "Rule"),
    ("Marrow Street", "40", "washed at night"),
    ("Quay", "12", "rests on Sunday"),
    ("Osier", "7", "closed"),
)
TABLE = (
    "| Depot | Trams | Rule |\n| --- | --- | --- |\n| Marrow Street | 40 | washed at night |\n"
    "| Quay | 12 | rests on Sunday |\n| Osier | 7 | closed |"
)


def table(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 11)
    for row, cells in enumerate(ROWS):
        for column, text in enumerate(cells):
            canvas.drawString(100 + 150 * column, 400 - 18 * row, text)


def counterclockwise(canvas: Canvas) -> None:
    canvas.translate(WIDTH, 0)
    canvas.rotate(90)


def clockwise(canvas: Canvas) -> None:
    canvas.translate(0, HEIGHT)
    canvas.rotate(-90)


def upside_down(canvas: Canvas) -> None:
    canvas.translate(WIDTH, HEIGHT)
    canvas.rotate(180)


@pytest.mark.parametrize("turn", [counterclockwise, clockwise, upside_down])
@pytest.mark.parametrize("shown", [0, 90])
def test_a_table_that_is_set_sideways_keeps_its_columns(
    tmp_path: Path, turn: Callable[[Canvas], None], shown: int
) -> None:
    size = (HEIGHT, WIDTH) if shown else A4  # reportlab swaps the sides of a page that it rotates
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=size)
    canvas.setPageRotation(shown)
    turn(canvas)
    table(canvas)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == TABLE


def test_a_sideways_table_stands_below_the_text_of_its_page(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", 11)
    for row in range(6):
        canvas.drawString(72, 780 - 14 * row, "the depot is closed to all but the crew and")
    canvas.translate(650, 100)
    canvas.rotate(90)
    table(canvas)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text.endswith(f"the crew and\n\n{TABLE}")


def test_running_headers_of_sideways_pages_are_left_out(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    for page in range(4):
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, HEIGHT - 30, "Larkmoor Handbook")
        canvas.drawString(280, 25, f"Page {page + 1} of 4")
        counterclockwise(canvas)
        canvas.drawString(100, 450, f"Table {page} of the depots and of their many trams")
        table(canvas)
        canvas.showPage()
    canvas.save()
    text = read_pdf(tmp_path / "depot.pdf").text
    assert (text.count(TABLE), text.count("Handbook"), text.count("Page")) == (4, 0, 0)
