"""Filled PDF forms: values and ticks are next to their labels; nothing unticked reads as true."""

import re
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from factory.documents.formats import Unreadable
from factory.documents.formats.pdf.reader import read_pdf
from tests.factory.documents.formats.pdf.annotated import annotate
from tests.factory.documents.formats.pdf.raw_pdf import TEXT, page

TOP = A4[1] - 150


def form(path: Path) -> Path:
    """Write a form with a field of each kind, some of them empty."""
    canvas = Canvas(str(path / "permit.pdf"), pagesize=A4)
    fields, size = canvas.acroForm, {"width": 200, "height": 18}
    for row, label in enumerate(
        ("Place:", "Guard:", "Water off:", "Alarm off:", "Gas level", "Shift:", "Crew:")
    ):
        canvas.drawString(72, TOP - 30 * row, label)
    fields.textfield(name="place", value="Boiler house", x=200, y=TOP - 4, **size)
    fields.textfield(name="guard", value="", x=200, y=TOP - 34, **size)
    fields.checkbox(name="water", checked=True, x=200, y=TOP - 62, size=14)
    fields.checkbox(name="alarm", checked=False, x=200, y=TOP - 92, size=14)
    for left, level in ((160, "low"), (230, "high")):
        fields.radio(
            name="gas", value=level, selected=level == "high", x=left, y=TOP - 122, size=14
        )
        canvas.drawString(left + 18, TOP - 120, level)
    fields.choice(
        name="shift",
        value="Night",
        options=[("Day", "d"), ("Night", "n")],
        x=200,
        y=TOP - 154,
        **size,
    )
    fields.textfield(name="secret", value="1234", fieldFlags="password", x=200, y=TOP - 400, **size)
    fields.listbox(
        name="crew",
        value="Osier",
        options=["Marrow", "Osier", "Quay"],
        x=200,
        y=TOP - 214,
        width=90,
        height=50,
    )
    canvas.save()
    return path / "permit.pdf"


FILLED = [
    "Place: Boiler house",
    "Guard:",
    "Water off: \u2612",
    "Alarm off: \u2610",
    "Gas level \u2610 low \u2612 high",
    "Shift: Night",
    "Crew: Osier",
]


def without_appearance(path: Path, states: bool) -> Path:
    """Fill in nothing but values, as some programs do. `states`: keep the buttons' states."""
    raw = path.read_bytes().replace(b"/AP <<", b"/XX <<")
    path.write_bytes(
        raw if states else re.sub(rb"/AS /\w+", lambda found: b" " * len(found.group()), raw)
    )
    return path


def test_values_ticks_and_choices_stand_beside_their_labels(tmp_path: Path) -> None:
    assert read_pdf(form(tmp_path)).text.split("\n\n") == FILLED


def test_a_form_without_appearances_reads_alike(tmp_path: Path) -> None:
    assert read_pdf(without_appearance(form(tmp_path), states=True)).text.split("\n\n") == FILLED


def test_buttons_without_a_state_are_told_of_and_never_ticked(tmp_path: Path) -> None:
    found = read_pdf(without_appearance(form(tmp_path), states=False))
    assert found.text.split("\n\n") == [*FILLED[:4], "Gas level low high", *FILLED[5:]]
    assert found.unread == ("buttons whose state the file does not give (2)",)


def test_ticks_before_their_labels_begin_the_lines(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "list.pdf"), pagesize=A4)
    for row, label in enumerate(("wash the tram", "grease the doors", "count the keys")):
        canvas.acroForm.checkbox(name=label, checked=row != 1, x=72, y=TOP - 22 * row - 2, size=12)
        canvas.drawString(90, TOP - 22 * row, label)
    canvas.save()
    assert (
        read_pdf(tmp_path / "list.pdf").text
        == "\u2612 wash the tram\n\n\u2610 grease the doors\n\n\u2612 count the keys"
    )


def test_fields_in_a_table_are_its_cells(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "table.pdf"), pagesize=A4)
    for column, head in enumerate(("Part", "Count", "Price")):
        canvas.drawString(72 + 120 * column, TOP, head)
    for row in range(1, 4):
        canvas.drawString(72, TOP - 22 * row, f"Door {row}")
        for column, value in ((1, str(row + 2)), (2, f"{row}.50")):
            canvas.acroForm.textfield(
                name=f"{row}{column}",
                value=value,
                x=72 + 120 * column,
                y=TOP - 22 * row - 4,
                width=60,
                height=18,
            )
    canvas.save()
    assert read_pdf(tmp_path / "table.pdf").text == (
        "| Part | Count | Price |\n| --- | --- | --- |\n| Door 1 | 3 | 1.50 |\n| Door 2 | 4 | 2.50 |\n| Door 3 | 5 | 3.50 |"
    )


def test_text_that_was_put_on_a_page_is_content_and_comments_are_told_of(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "depot.pdf"), pagesize=A4)
    canvas.drawString(72, TOP, "Name of the chief:")
    canvas.save()
    annotate(tmp_path / "depot.pdf", 3, (200, TOP - 3, 300, TOP + 10), "Osier")
    annotate(tmp_path / "depot.pdf", 3, (200, TOP - 43, 300, TOP - 30), "unseen", hidden=True)
    annotate(tmp_path / "depot.pdf", 1, (400, TOP, 420, TOP + 20), "Is this right?")
    found = read_pdf(tmp_path / "depot.pdf")
    assert (found.text, found.unread) == ("Name of the chief: Osier", ("comments (1)",))


@pytest.mark.parametrize(
    ("catalogue", "content"),
    [
        (b"/NeedsRendering true /AcroForm << /Fields [] /XFA 7 0 R >>", TEXT),
        (b"/AcroForm << /Fields [] /XFA 7 0 R >>", TEXT.replace(b"Trams", b"Please wait... trams")),
    ],
)
def test_a_form_that_only_adobe_shows_is_one_sentence(
    tmp_path: Path, catalogue: bytes, content: bytes
) -> None:
    xfa = b"<< /Length 10 >>\nstream\n<xdp:xdp/>\nendstream"
    (tmp_path / "form.pdf").write_bytes(page(content, catalogue, [b"<< >>", xfa]))
    with pytest.raises(
        Unreadable,
        match="^it is an XFA form, whose text only Adobe's programs show; open it in one of them and print",
    ):
        read_pdf(tmp_path / "form.pdf")
