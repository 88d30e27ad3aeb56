"""PDF files give the text as a person would copy it, with its pages, or one sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats import Extracted, NoText, Unreadable
from factory.documents.formats.pdf.reader import read_pdf

WIDTH, HEIGHT = A4
LINE = 14.0  # points from one line to the next
Draw = Callable[[Canvas], None]


def pdf(path: Path, *pages: Draw, encrypt: StandardEncryption | None = None) -> Path:
    canvas = Canvas(str(path), pagesize=A4, encrypt=encrypt)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return path


def lines(*texts: str, left: float = 72, top: float = HEIGHT - 150, size: float = 11) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        for n, text in enumerate(texts):
            canvas.drawString(left, top - n * LINE, text)

    return draw


def together(*parts: Draw) -> Draw:
    def draw(canvas: Canvas) -> None:
        for part in parts:
            part(canvas)

    return draw


def read(path: Path, *pages: Draw) -> Extracted:
    return read_pdf(pdf(path / "depot.pdf", *pages))


FIRST = (
    "Every tram of the Marrow Street depot is washed",
    "within 14 days of its last wash by the night",
    "crew, and its doors are greased in the same week.",
)
SECOND = (
    "Trams are not washed on Sunday, when the depot",
    "is closed to all but the chief, who keeps its 3",
    "keys and may open it in a case of emergency.",
)


def test_lines_are_joined_to_paragraphs(tmp_path: Path) -> None:
    found = read(tmp_path, together(lines(*FIRST), lines(*SECOND, top=HEIGHT - 150 - 5 * LINE)))
    assert found.text == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"


def test_one_column_is_read_after_the_other(tmp_path: Path) -> None:
    left = [f"The left column says in line {n} what the depot does" for n in range(8)]
    right = [f"The right column says in line {n} what it does not" for n in range(8)]
    tops = [HEIGHT - 150 - n * LINE for n in range(8)]
    by_row = [
        part
        for a, b, top in zip(left, right, tops, strict=True)
        for part in (lines(a, top=top), lines(b, left=330, top=top))
    ]
    assert read(tmp_path, together(*by_row)).text == f"{' '.join(left)}\n\n{' '.join(right)}"


def test_running_headers_footers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    def page(n: int) -> Draw:
        head, foot = (
            lines("Larkmoor Handbook", top=HEIGHT - 40),
            lines(f"Page {n} of 4", left=280, top=30),
        )
        return together(head, lines(f"Depot {n} opens at {n}:30 and has {n} keys."), foot)

    found = read(tmp_path, *(page(n) for n in range(1, 5)))
    assert found.text == "\n\n".join(
        f"Depot {n} opens at {n}:30 and has {n} keys." for n in range(1, 5)
    )
    assert [found.text[start:].split(" opens")[0] for start in found.pages] == [
        f"Depot {n}" for n in range(1, 5)
    ]


def numbered(edge: Draw, n: int) -> Draw:
    return together(edge, lines(f"Depot {n} opens at {n}:30 and has {n} keys."))


def test_a_heading_at_the_top_of_each_page_stays(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        *(numbered(lines(f"Chapter {n}", top=HEIGHT - 60, size=20), n) for n in range(1, 5)),
    )
    assert [line for line in found.text.split("\n") if line.startswith("#")] == [
        f"# Chapter {n}" for n in range(1, 5)
    ]


def test_a_list_element_at_the_foot_of_each_page_stays(tmp_path: Path) -> None:
    found = read(
        tmp_path, *(numbered(lines(f"{n}. Count the keys.", top=80), n) for n in range(1, 5))
    )
    assert [f"{n}. Count the keys." in found.text for n in range(1, 5)] == [True] * 4


def test_a_sum_at_the_foot_of_each_page_stays(tmp_path: Path) -> None:
    def foot(n: int) -> Draw:
        return together(lines("Total", top=80), lines(str(100 * n), left=300, top=80))

    found = read(tmp_path, *(numbered(foot(n), n) for n in range(1, 5)))
    assert [f"Total {100 * n}" in found.text for n in range(1, 5)] == [True] * 4


def test_a_header_whose_page_number_runs_ahead_is_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        *(
            numbered(lines(f"Handbook, version 3, {n + 16}", top=HEIGHT - 40), n)
            for n in range(1, 5)
        ),
    )
    assert "Handbook" not in found.text


def test_a_word_that_was_cut_is_whole_again_and_a_hyphen_of_its_own_stays(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        lines(
            "A part-time driver has leave, and each depart-",
            "ment says when a part-",
            "time driver may take it.",
        ),
    )
    assert (
        found.text
        == "A part-time driver has leave, and each department says when a part-time driver may take it."
    )


def test_a_sentence_goes_on_over_the_end_of_a_page(tmp_path: Path) -> None:
    found = read(
        tmp_path, lines("The chief keeps the keys of"), lines("the depot. Guests sign a list.")
    )
    assert found.text == "The chief keeps the keys of the depot. Guests sign a list."
    assert found.text[found.pages[1] :].startswith("the depot.")


def test_larger_type_is_a_heading(tmp_path: Path) -> None:
    top, below = lines("Depots", size=20), lines("Washing", size=15, top=HEIGHT - 190)
    found = read(tmp_path, together(top, below, lines(*FIRST, top=HEIGHT - 220)))
    assert found.text == f"# Depots\n\n## Washing\n\n{' '.join(FIRST)}"


def test_a_heading_of_two_lines_is_one(tmp_path: Path) -> None:
    def title(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 20)
        for n, text in enumerate(("Washing of trams and", "care of their doors")):
            canvas.drawString(72, HEIGHT - 150 - 24 * n, text)

    found = read(tmp_path, together(title, lines(*FIRST, top=HEIGHT - 220)))
    assert found.text == f"# Washing of trams and care of their doors\n\n{' '.join(FIRST)}"


def test_an_outline_gives_the_levels_of_headings(tmp_path: Path) -> None:
    def marked(canvas: Canvas) -> None:
        for title, level in (("Depots", 0), ("Washing", 1)):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)

    found = read(
        tmp_path,
        together(
            marked,
            lines("1 Depots"),
            lines("1.1 Washing", top=HEIGHT - 180),
            lines(*FIRST, top=HEIGHT - 210),
        ),
    )
    assert found.text == f"# 1 Depots\n\n## 1.1 Washing\n\n{' '.join(FIRST)}"


def test_cells_under_each_other_are_a_table(tmp_path: Path) -> None:
    rows = [("Depot", "Keys"), ("Marrow Street", "3"), ("Quay", "12")]
    cells = [
        lines(text, left=72 + 200 * at, top=HEIGHT - 150 - n * LINE)
        for n, row in enumerate(rows)
        for at, text in enumerate(row)
    ]
    assert (
        read(tmp_path, together(*cells)).text
        == "| Depot | Keys |\n| --- | --- |\n| Marrow Street | 3 |\n| Quay | 12 |"
    )


def test_a_cell_of_two_lines_is_one_cell_and_an_empty_one_stays_empty(tmp_path: Path) -> None:
    table = [
        ("Depot", "Rule", "Keys"),
        ("Marrow", "every", "3"),
        ("", "week", ""),
        ("Quay", "", "12"),
    ]
    places = [
        (n, left, text)
        for n, row in enumerate(table)
        for left, text in zip((72, 200, 350), row, strict=True)
        if text
    ]
    found = read(
        tmp_path,
        together(
            *(lines(text, left=left, top=HEIGHT - 150 - n * LINE) for n, left, text in places)
        ),
    )
    assert (
        found.text
        == "| Depot | Rule | Keys |\n| --- | --- | --- |\n| Marrow | every week | 3 |\n| Quay | | 12 |"
    )


def test_elements_of_a_list_stand_apart(tmp_path: Path) -> None:
    listed = [
        "• wash every tram and",
        "  grease its doors",
        "• count the keys",
        "(a) first the large",
        "(b) then the small",
    ]
    assert (
        read(tmp_path, lines(*listed)).text
        == "- wash every tram and grease its doors\n\n- count the keys\n\n(a) first the large\n\n(b) then the small"
    )


def picture(canvas: Canvas) -> None:
    canvas.rect(100, 100, 300, 400, fill=1)


def test_pages_without_text_are_a_scan(tmp_path: Path) -> None:
    with pytest.raises(
        NoText, match=r"^its 2 pages are pictures without text \(a scan\); run OCR on it"
    ):
        read(tmp_path, picture, picture)


def test_an_encrypted_file_is_told_of(tmp_path: Path) -> None:
    path = pdf(tmp_path / "depot.pdf", lines(*FIRST), encrypt=StandardEncryption("secret", "owner"))
    with pytest.raises(Unreadable, match="^it is encrypted; save it without a password$"):
        read_pdf(path)


@pytest.mark.parametrize("broken", [b"", b"%PDF-1.7\n", b"Trams rest.", b"\0" * 4000])
def test_what_is_no_pdf_is_told_of(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "depot.pdf").write_bytes(broken)
    with pytest.raises(Unreadable, match="^it is not a PDF or it is broken; "):
        read_pdf(tmp_path / "depot.pdf")


@pytest.mark.parametrize("place", range(0, 1000, 90))
def test_a_file_with_a_hole_gives_text_or_one_sentence(tmp_path: Path, place: int) -> None:
    raw = pdf(tmp_path / "depot.pdf", lines(*FIRST), lines(*SECOND)).read_bytes()
    (tmp_path / "depot.pdf").write_bytes(raw[:place] + raw[place + 60 :])
    outcome = ""
    try:
        outcome = read_pdf(tmp_path / "depot.pdf").text
    except Unreadable as error:
        outcome = str(error)
    assert outcome


def test_an_empty_document_is_told_of(tmp_path: Path) -> None:
    PdfDocument.new().save(tmp_path / "depot.pdf")
    with pytest.raises(Unreadable):
        read_pdf(tmp_path / "depot.pdf")


def test_five_hundred_pages_are_read_whole(tmp_path: Path) -> None:
    def page(n: int) -> Draw:
        return lines(f"Tram number {n} of the depot rests beside the gate.", *SECOND)

    found = read(tmp_path, *(page(n) for n in range(500)))
    assert [
        found.text[start:].startswith(f"Tram number {n} ") for n, start in enumerate(found.pages)
    ] == [True] * 500


def test_cells_that_stand_close_are_parted_where_the_rows_beside_them_are(tmp_path: Path) -> None:
    rows = (
        ("depot", 72.0, "kept", 165.0),
        ("Marrow Street Hall", 72.0, "140", 168.5),
        ("Quay", 72.0, "12", 174.6),
        ("Osier", 72.0, "7", 180.7),
    )
    cells = [
        lines(text, left=left, top=HEIGHT - 150 - n * LINE)
        for n, (a, x, b, y) in enumerate(rows)
        for text, left in ((a, x), (b, y))
    ]
    found = read(tmp_path, together(*cells))
    assert "| Marrow Street Hall | 140 |" in found.text


def test_a_justified_line_beside_a_table_stays_a_line(tmp_path: Path) -> None:
    def spaced(canvas: Canvas) -> None:
        text = canvas.beginText(72, HEIGHT - 150 - 3 * LINE)
        text.setFont("Helvetica", 11)
        text.setWordSpace(4)  # half an em and more between all of its words
        text.textLine("Trams that are not washed rest")
        canvas.drawText(text)

    rows = (("depot", "trams"), ("Quay", "12"), ("Osier", "7"))
    cells = [
        lines(text, left=72 + 88 * k, top=HEIGHT - 150 - n * LINE)
        for n, row in enumerate(rows)
        for k, text in enumerate(row)
    ]
    assert read(tmp_path, together(*cells, spaced)).text.endswith(
        "\n\nTrams that are not washed rest"
    )
