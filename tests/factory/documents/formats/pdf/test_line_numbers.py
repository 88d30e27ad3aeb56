"""Line numbers in the margin are left out; numbers of tables and lists stay."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats.pdf.reader import read_pdf

TOP, PITCH = 730, 24
LINES = (
    "The plaintiff says that on the first of May a tram",
    "of the depot was washed without leave of the chief",
    "and that the gate was closed to all but the night",
    "crew, which had 14 keys of the 28 that were made",
)
PAGES, ROWS = 2, 20


def paper(
    path: Path, step: int = 1, number_at: float = 60.0, restart: bool = True, text_at: float = 100.0
) -> Path:
    """Write pages of running text with line numbers, and a short last page."""
    canvas = Canvas(str(path / "paper.pdf"), pagesize=A4)
    count = 0
    for page in range(PAGES + 1):
        canvas.setFont("Helvetica", 11)
        for row in range(ROWS if page < PAGES else 4):
            count = row + 1 if restart else count + 1
            if count % step == 0:
                canvas.drawRightString(number_at + 12, TOP - PITCH * row, str(count))
            canvas.drawString(text_at, TOP - PITCH * row, LINES[row % len(LINES)])
        canvas.showPage()
    canvas.save()
    return path / "paper.pdf"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"restart": False},
        {"number_at": 530.0, "text_at": 72.0},
        {"step": 2},
        {"step": 5, "restart": False, "number_at": 50.0},
    ],
)
def test_line_numbers_are_left_out(tmp_path: Path, given: dict[str, float]) -> None:
    text = read_pdf(paper(tmp_path, **given)).text  # type: ignore[arg-type]
    assert "|" not in text
    assert " ".join(text.split()) == " ".join(LINES * (PAGES * ROWS // len(LINES) + 1))


def test_line_numbers_between_two_columns_are_left_out(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "patent.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", 9)
    for row in range(40):
        for left in (60, 325):
            canvas.drawString(left, 780 - 16 * row, LINES[row % len(LINES)])
        if row % 5 == 4:
            canvas.drawCentredString(300, 780 - 16 * row, str(row + 1))
    canvas.save()
    assert " ".join(read_pdf(tmp_path / "patent.pdf").text.split()) == " ".join(LINES * 20)


def test_the_numbers_of_a_list_and_of_a_table_stay(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "rules.pdf"), pagesize=A4)
    for head in (True, False):
        canvas.setFont("Helvetica", 11)
        cells = [("No.", "Rule")] if head else []
        cells += [
            (str(n), f"Wash tram {n} of the depot at night" if head else f"grease door {n}")
            for n in range(1, 11)
        ]
        for row, (number, rule) in enumerate(cells):
            canvas.drawString(60, TOP - PITCH * row, number)
            canvas.drawString(100, TOP - PITCH * row, rule)
        canvas.showPage()
    canvas.save()
    text = read_pdf(tmp_path / "rules.pdf").text
    assert [f"| {n} | Wash tram {n} of the depot at night |" in text for n in range(1, 11)] == [
        True
    ] * 10
    assert [f"| {n} | grease door {n} |" in text for n in range(1, 11)] == [True] * 10


def columned(path: Path, head: str, entry: str) -> str:
    """Write two pages with the same line numbers next to lines that all begin in upper case."""
    canvas = Canvas(str(path / "paper.pdf"), pagesize=A4)
    for page in range(2):
        canvas.setFont("Helvetica", 11)
        canvas.drawString(60, TOP + PITCH, head)
        for row in range(ROWS):
            canvas.drawString(60, TOP - PITCH * row, str(row + 1))
            canvas.drawString(100, TOP - PITCH * row, entry.format(page * ROWS + row))
        canvas.showPage()
    canvas.save()
    return read_pdf(path / "paper.pdf").text


def test_numbers_that_every_page_shows_in_the_same_places_are_line_numbers(tmp_path: Path) -> None:
    text = columned(tmp_path, "", "The chief of the depot says that tram {} was washed")
    assert "|" not in text
    assert text.startswith("The chief of the depot says that tram 0 was washed The chief")


def test_the_days_of_a_sheet_that_repeats_are_no_line_numbers(tmp_path: Path) -> None:
    text = columned(tmp_path, "Day", "The doors of tram {} are greased and signed for")
    assert "| 1 | The doors of tram 0 are greased and signed for |" in text
