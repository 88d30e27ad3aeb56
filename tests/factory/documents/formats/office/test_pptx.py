"""Slide decks: a slide is a page, its title is a heading, and no text on it is lost."""

from collections.abc import Callable
from pathlib import Path

import pptx
import pytest
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Inches

from factory.documents.formats import Extracted, Unreadable
from factory.documents.formats.office.pptx import read_pptx
from tests.office import drawing_run, shape, slides

HERE, WIDE = Inches(0), Inches(4)


def deck(home: Path, *write: Callable[[Presentation], object]) -> Extracted:
    made = pptx.Presentation()
    for step in write:
        step(made)
    made.save(str(home / "a.pptx"))
    return read_pptx(home / "a.pptx")


def slide(
    title: str,
    *points: tuple[int, str],
    layout: int = 1,
    change: Callable[[Slide], object] | None = None,
) -> Callable[[Presentation], object]:
    """Write a slide with a title and points of a level; `change` edits it."""

    def write(made: Presentation) -> None:
        one = made.slides.add_slide(made.slide_layouts[layout])
        if title:
            one.shapes.title.text = title
        for n, (level, words) in enumerate(points):
            frame = one.placeholders[1].text_frame
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            paragraph.text, paragraph.level = words, level
        if change:
            change(one)

    return write


def table(one: Slide) -> None:
    cells = one.shapes.add_table(3, 3, HERE, HERE, WIDE, WIDE).table
    for row, words in enumerate(("zone fare -", "A 2 3", "- 4 5|6")):
        for column, word in enumerate(words.split()):
            cells.cell(row, column).text = "" if word == "-" else word
    cells.cell(0, 1).merge(cells.cell(0, 2))
    cells.cell(1, 0).merge(cells.cell(2, 0))


def test_a_slide_is_a_page_with_its_title_as_heading(tmp_path: Path) -> None:
    found = deck(
        tmp_path,
        slide("Fares", (0, "day"), (1, "noon"), (0, "night")),
        slide("Refunds", (0, "None.")),
    )
    assert found.text == "# Fares\n\n- day\n  - noon\n- night\n\n# Refunds\n\nNone."
    assert [found.text[at:].split("\n")[0] for at in found.pages] == ["# Fares", "# Refunds"]


def test_below_the_decks_own_title_the_slides_are_a_level_deeper(tmp_path: Path) -> None:
    assert (
        deck(tmp_path, slide("Trams", (0, "2026"), layout=0), slide("Fares")).text
        == "# Trams\n\n2026\n\n## Fares"
    )


def test_a_slide_without_a_title_is_named_by_its_number(tmp_path: Path) -> None:
    text = deck(tmp_path, slide("Fares"), slide("", layout=6, change=table)).text
    assert (
        text
        == "# Fares\n\n# Slide 2\n\n| zone | fare | fare |\n| --- | --- | --- |\n| A | 2 | 3 |\n| A | 4 | 5\\|6 |"
    )


def test_a_hidden_slide_is_counted_but_left_out(tmp_path: Path) -> None:
    found = deck(
        tmp_path,
        slide("Fares"),
        slide("Secret", change=lambda one: one._element.set("show", "0")),
        slide("Refunds"),
    )
    assert (found.text, found.pages) == ("# Fares\n\n# Refunds", (0, 7, 9))


def test_the_speakers_notes_stand_under_a_heading_of_their_own(tmp_path: Path) -> None:
    def noted(one: Slide) -> None:
        frame = one.notes_slide.notes_text_frame
        assert frame
        frame.text = "Mention the harbour line."

    assert (
        deck(tmp_path, slide("Fares", change=noted)).text
        == "# Fares\n\n## Notes\n\nMention the harbour line."
    )


def test_text_boxes_in_groups_are_read_and_hidden_shapes_are_not(tmp_path: Path) -> None:
    def boxes(one: Slide) -> None:
        for place, words in (
            (one.shapes.add_group_shape().shapes, "Grouped."),
            (one.shapes, "Secret."),
        ):
            box = place.add_textbox(HERE, HERE, WIDE, WIDE)
            box.text_frame.text = words
        box._element.nvSpPr.cNvPr.set("hidden", "1")

    assert deck(tmp_path, slide("Fares", change=boxes)).text == "# Fares\n\nGrouped."


def boxes(*placed: tuple[str, float, float]) -> Callable[[Slide], object]:
    """Write text boxes of three by two inches at these places, in drawing order."""

    def write(one: Slide) -> None:
        for words, left, top in placed:
            one.shapes.add_textbox(*map(Inches, (left, top, 3, 2))).text_frame.text = words

    return write


@pytest.mark.parametrize(
    ("drawn", "read"),
    [
        ([("b", 0, 1), ("A", 0, 0.5)], "b A"),  # they overlap: nobody can tell
        ([("b", 0, 9), ("A", 0, 0), ("B", 0, 6), ("a", 0, 3)], "A a B b"),
        ([("A", 0, 0), ("a", 0, 3), ("B", 4, 0), ("b", 4, 3)], "A a B b"),  # columns stay together
        ([("A", 0, 0), ("B", 4, 0), ("a", 0, 3), ("b", 4, 3)], "A B a b"),
        ([("a", 0, 3), ("b", 4, 3), ("A", 0, 0), ("B", 4, 0)], "A a B b"),
        ([("b", 4, 0), ("a", 0, 0)], "b a"),
    ],
)
def test_a_shape_is_read_after_those_that_stand_above_it(
    drawn: list[tuple[str, float, float]], read: str, tmp_path: Path
) -> None:
    found = deck(tmp_path, slide("Fares", layout=5, change=boxes(*drawn)))
    assert found.text.split("\n\n")[1:] == read.split()


def test_shapes_of_a_group_are_read_from_top_to_bottom_too(tmp_path: Path) -> None:
    def grouped(one: Slide) -> None:
        group = one.shapes.add_group_shape()
        for words, top in (("text", 3), ("heading", 0)):
            group.shapes.add_textbox(*map(Inches, (0, top, 3, 2))).text_frame.text = words

    assert (
        deck(tmp_path, slide("Fares", layout=5, change=grouped)).text
        == "# Fares\n\nheading\n\ntext"
    )


def test_a_deck_without_text_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="^it holds no text"):
        deck(tmp_path, slide("", layout=6))


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("alphaLcParenBoth", ["(a)", "(b)"]),
        ("romanUcPeriod", ["I.", "II."]),
        ("alphaUcParenR", ["A)", "B)"]),
        ("arabicPlain", ["1", "2"]),
        ("circleNumDbPlain", ["①", "②"]),
    ],
)
def test_points_of_a_slide_have_the_labels_that_powerpoint_shows(
    tmp_path: Path, kind: str, shown: list[str]
) -> None:
    point = f'<a:pPr><a:buAutoNum type="{kind}"/></a:pPr>{drawing_run("x")}'
    text = read_pptx(slides(tmp_path / "a.pptx", shape(point, point))).text
    assert text == "# Slide 1\n\n" + "\n".join(f"{label} x" for label in shown)


def test_a_list_of_a_slide_that_changes_its_kind_begins_anew(tmp_path: Path) -> None:
    kinds = ("arabicPeriod", "arabicPeriod", "alphaLcPeriod")
    points = (f'<a:pPr><a:buAutoNum type="{kind}"/></a:pPr>{drawing_run("x")}' for kind in kinds)
    text = read_pptx(slides(tmp_path / "a.pptx", shape(*points))).text
    assert text == "# Slide 1\n\n1. x\n2. x\na. x"


def test_struck_words_of_a_slide_are_left_out_and_reported(tmp_path: Path) -> None:
    def write(presentation: Presentation) -> None:
        frame = (
            presentation.slides.add_slide(presentation.slide_layouts[6])
            .shapes.add_textbox(0, 0, 9, 9)
            .text_frame
        )
        for words, strike in (
            ("Washed within ", None),
            ("30 ", "sngStrike"),
            ("45 days", "noStrike"),
        ):
            run = frame.paragraphs[0].add_run()
            run.text = words
            if strike:
                run._r.get_or_add_rPr().set("strike", strike)

    found = deck(tmp_path, write)
    assert found.text.endswith("Washed within 45 days")
    assert found.unread == ("struck-through text (paragraphs: 1)",)


def test_a_strict_file_gives_the_height_of_raised_words_in_percent(tmp_path: Path) -> None:
    def write(presentation: Presentation) -> None:
        frame = (
            presentation.slides.add_slide(presentation.slide_layouts[6])
            .shapes.add_textbox(0, 0, 9, 9)
            .text_frame
        )
        for words, baseline in (("About 10", None), ("6", "30%"), (" cells", None)):
            run = frame.paragraphs[0].add_run()
            run.text = words
            if baseline:
                run._r.get_or_add_rPr().set("baseline", baseline)

    assert deck(tmp_path, write).text.endswith("About 10⁶ cells")
