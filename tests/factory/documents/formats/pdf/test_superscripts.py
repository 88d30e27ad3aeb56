"""Raised and lowered digits of a PDF page are kept as such; other small type is unchanged."""

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats.pdf.reader import read_pdf

TOP = A4[1] - 150
Run = tuple[str, float, float]  # its words, its rise and its size in parts of the line's size


def plain(words: str) -> Run:
    return (words, 0.0, 1.0)


def up(words: str) -> Run:
    return (words, 0.35, 0.62)


def down(words: str) -> Run:
    return (words, -0.15, 0.62)


def high(words: str) -> Run:
    """Raise digits as reportlab does, so far that pdfium takes them for separate lines."""
    return (words, 0.5, 0.8)


def low(words: str) -> Run:
    return (words, -0.5, 0.8)


def write(canvas: Canvas, runs: list[Run], y: float, left: float = 72.0) -> None:
    for words, rise, scale in runs:
        canvas.setFont("Helvetica", 11 * scale)
        canvas.drawString(left, y + 11 * rise, words)
        left += canvas.stringWidth(words, "Helvetica", 11 * scale)


def read(path: Path, *runs: Run) -> str:
    canvas = Canvas(str(path / "depot.pdf"), pagesize=A4)
    write(canvas, list(runs), TOP)
    canvas.save()
    return read_pdf(path / "depot.pdf").text


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (
            [plain("At least 10"), up("6"), plain(" cells are kept.")],
            "At least 10⁶ cells are kept.",
        ),
        (
            [plain("A leak above 2.5 x 10"), up("-3"), plain(" mbar is told.")],
            "A leak above 2.5 x 10⁻³ mbar is told.",
        ),
        ([plain("It boils at 250"), up("9"), plain(" degrees.")], "It boils at 250⁹ degrees."),
        ([plain("The flash point is 112"), up("4"), plain(".")], "The flash point is 112⁴."),
        ([plain("The trams are 40 m"), up("2"), plain(" wide.")], "The trams are 40 m² wide."),
        ([plain("Marks 250"), up("1,2"), plain(" are two.")], "Marks 250¹,² are two."),
        ([up("4"), plain(" Measured in a closed cup.")], "⁴ Measured in a closed cup."),
        ([plain("The isotope "), up("14"), plain("C is old.")], "The isotope ¹⁴C is old."),
        (
            [
                plain("H"),
                down("2"),
                plain("O and H"),
                down("2"),
                plain("SO"),
                down("4"),
                plain(" wash."),
            ],
            "H₂O and H₂SO₄ wash.",
        ),
        ([plain("Trams hold 10"), ("12", 0.35, 1.0), plain(" grains.")], "Trams hold 10¹² grains."),
        ([plain("x"), up("n+1"), plain(" is the next of them.")], "xⁿ⁺¹ is the next of them."),
    ],
)
def test_raised_and_lowered_digits_are_characters_of_their_own(
    tmp_path: Path, runs: list[Run], text: str
) -> None:
    assert read(tmp_path, *runs) == text


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        (
            [plain("On the 1"), up("st"), plain(" and 22"), up("nd"), plain(" of May.")],
            "On the 1st and 22nd of May.",
        ),
        ([plain("It costs 19"), (",50", 0.0, 0.7), plain(" euros.")], "It costs 19,50 euros."),
        ([plain("D"), ("EPOTS 10 AND 20", 0.0, 0.8), plain(" REST.")], "DEPOTS 10 AND 20 REST."),
        ([plain("See it"), up("[13]"), plain(" again.")], "See it[13] again."),
    ],
)
def test_other_small_or_raised_type_stays(tmp_path: Path, runs: list[Run], text: str) -> None:
    assert read(tmp_path, *runs) == text


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([plain("Cut "), up("3"), plain("/"), down("4"), plain(" inch off.")], "Cut 3/4 inch off."),
        (
            [plain("Cut 1"), up("1"), plain("/"), down("2"), plain(" inch off.")],
            "Cut 1 1/2 inch off.",
        ),
    ],
)
def test_a_fraction_is_written_with_a_slash(tmp_path: Path, runs: list[Run], text: str) -> None:
    assert read(tmp_path, *runs) == text


def test_a_fraction_with_a_bar_is_written_with_a_slash(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    write(canvas, [plain("Cut 2")], TOP)
    write(canvas, [up("3")], TOP, left=101)
    write(canvas, [("4", -0.3, 0.62)], TOP, left=101)
    canvas.line(100, TOP + 2.6, 106, TOP + 2.6)
    write(canvas, [plain("inch off.")], TOP, left=110)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "Cut 2 3/4 inch off."


@pytest.mark.parametrize("size", [26.0, 36.0])
def test_numbers_beside_a_drop_cap_are_no_exponents(tmp_path: Path, size: float) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.setFont("Helvetica", size)
    canvas.drawString(72, TOP, "5")
    write(canvas, [plain("20 trams of the depot are washed in the")], TOP + 13, left=96)
    write(canvas, [plain("12 weeks of summer, and 14 rest.")], TOP - 2, left=96)
    canvas.save()
    assert not set(read_pdf(tmp_path / "depot.pdf").text) & set("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉")


def test_a_page_that_scales_its_type_is_read_alike(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.translate(72, TOP)
    canvas.scale(11 / 100, 11 / 100)
    width = canvas.stringWidth("At least 10", "Helvetica", 100)
    for words, left, rise, size in (
        ("At least 10", 0.0, 0.0, 100.0),
        ("6", width, 35.0, 62.0),
        ("cells.", width + 60, 0.0, 100.0),
    ):
        canvas.setFont("Helvetica", size)
        canvas.drawString(left, rise, words)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "At least 10⁶ cells."


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([plain("It holds 10"), up("–3"), plain(" mol of salt.")], "It holds 10⁻³ mol of salt."),
        ([plain("Marks 250"), up("9–11"), plain(" are three.")], "Marks 250⁹–¹¹ are three."),
        ([plain("Keep it at 25"), up("o"), plain("C by night.")], "Keep it at 25°C by night."),
        ([plain("The Na"), up("+"), plain(" ion is small.")], "The Na⁺ ion is small."),
        (
            [plain("The SO"), low("4"), high("2−"), plain(" ion is large.")],
            "The SO₄²⁻ ion is large.",
        ),
        (
            [plain("A pipe of 1"), high("1"), plain("/"), low("2"), plain(" inches.")],
            "A pipe of 1 1/2 inches.",
        ),
    ],
)
def test_signs_and_temperatures_are_what_they_show(
    tmp_path: Path, runs: list[Run], text: str
) -> None:
    assert read(tmp_path, *runs) == text


def test_lowered_letters_stay_on_their_line(tmp_path: Path) -> None:
    runs = [plain("The load T"), low("max"), plain(" is 80 tons.")]
    assert read(tmp_path, *runs) == "The load Tmax is 80 tons."


def test_a_letter_with_a_raised_and_a_lowered_digit_is_no_fraction(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    write(canvas, [plain("The sum x"), up("2")], TOP)
    left = 72 + canvas.stringWidth("The sum x", "Helvetica", 11)
    write(canvas, [down("1")], TOP, left)
    write(canvas, [plain(" is known.")], TOP, left + 4)
    canvas.save()
    assert read_pdf(tmp_path / "depot.pdf").text == "The sum x²₁ is known."
