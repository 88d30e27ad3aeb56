"""Word documents: the text is what Word shows."""

from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from factory.documents.formats import Unreadable
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.docx_numbering import format_number

WORD = nsdecls("w")
CONTENTS = (  # how a table of contents begins
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \\o</w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
)


def read(home: Path, *write: Callable[[Document], object]) -> str:
    """Return the text of a document that was written step by step."""
    made = docx.Document()
    for step in write:
        step(made)
    made.save(str(home / "a.docx"))
    return read_docx(home / "a.docx").text


def says(words: str, style: str | None = None) -> Callable[[Document], object]:
    return lambda made: made.add_paragraph(words, style=style)


def xml(source: str) -> Callable[[Document], None]:
    """Parse WordprocessingML of the body; `w:` is declared on its outermost element."""

    def append(made: Document) -> None:
        tag, rest = (
            source[1:].split(" ", 1) if " " in source.split(">", 1)[0] else source[1:].split(">", 1)
        )
        joint = " " if " " in source.split(">", 1)[0] else ">"
        made.element.body.insert(
            len(made.element.body) - 1, parse_xml(f"<{tag} {WORD}{joint}{rest}")
        )

    return append


def clauses(*levels: str) -> Callable[[Document], None]:
    """Add a numbered list with these levels (`format pattern`) as list 77."""

    def append(made: Document) -> None:
        rules = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
            for n, (form, pattern) in enumerate(level.split() for level in levels)
        )
        lists = made.part.numbering_part.element
        lists.insert(
            0, parse_xml(f'<w:abstractNum {WORD} w:abstractNumId="77">{rules}</w:abstractNum>')
        )
        lists.append(parse_xml(f'<w:num {WORD} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))

    return append


def clause(words: str, level: int = 0) -> Callable[[Document], None]:
    marks = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr></w:pPr>'
    return xml(f"<w:p>{marks}<w:r><w:t>{words}</w:t></w:r></w:p>")


def test_headings_have_the_level_of_their_style(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        says("Fares", "Heading 1"),
        says("Trams run daily."),
        says("Refunds", "Heading 2"),
        says("None."),
    )
    assert text == "# Fares\n\nTrams run daily.\n\n## Refunds\n\nNone."


def test_below_a_title_every_heading_is_a_level_deeper(tmp_path: Path) -> None:
    assert (
        read(tmp_path, says("Rules", "Title"), says("Fares", "Heading 1")) == "# Rules\n\n## Fares"
    )


def test_a_style_of_the_clients_own_is_a_heading_by_what_it_is_based_on_or_by_its_outline(
    tmp_path: Path,
) -> None:
    def styles(made: Document) -> None:
        made.styles.element.append(
            parse_xml(
                f'<w:style {WORD} w:type="paragraph" w:styleId="Kop"><w:name w:val="Kop"/><w:basedOn w:val="Heading2"/></w:style>'
            )
        )
        outline = '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>'
        made.styles.element.append(
            parse_xml(
                f'<w:style {WORD} w:type="paragraph" w:styleId="Rubrik"><w:name w:val="Rubrik"/>{outline}</w:style>'
            )
        )

    assert (
        read(tmp_path, styles, says("Fares", "Kop"), says("Refunds", "Rubrik"))
        == "## Fares\n\n### Refunds"
    )


def test_a_whole_clause_that_is_styled_as_a_heading_is_text(tmp_path: Path) -> None:
    long = "The carrier pays back the fare within fourteen days of the day on which the tram did not run, unless the passenger chose another."
    assert read(tmp_path, says(long, "Heading 2")) == long


def test_clauses_have_the_numbers_that_word_makes_for_them(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        clauses("decimal %1.", "decimal %1.%2", "lowerLetter (%3)"),
        clause("Fares"),
        clause("A ride costs 2 coins.", 1),
        clause("by day;", 2),
        clause("by night.", 2),
        clause("Children ride free.", 1),
        clause("Refunds"),
        clause("None by night.", 1),
        clause("ever.", 2),
    )
    assert text.split("\n\n") == [
        "1. Fares",
        "1.1 A ride costs 2 coins.",
        "(a) by day;",
        "(b) by night.",
        "1.2 Children ride free.",
        "2. Refunds",
        "2.1 None by night.",
        "(a) ever.",
    ]


@pytest.mark.parametrize(
    ("n", "form", "written"),
    [
        (4, "upperRoman", "IV"),
        (1994, "lowerRoman", "mcmxciv"),
        (28, "lowerLetter", "bb"),
        (7, "decimalZero", "07"),
        (22, "ordinal", "22nd"),
        (12, "ordinal", "12th"),
        (2, "cardinalText", "Two"),
        (21, "cardinalText", "Twenty-one"),
        (3, "decimalEnclosedCircle", "③"),
        (5, "someNewFormat", "5"),
        (0, "upperRoman", "0"),
    ],
)
def test_a_number_is_written_as_its_format_says(n: int, form: str, written: str) -> None:
    assert format_number(n, form) == written


def test_a_list_is_one_block_with_its_levels_and_another_list_is_another(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        says("day", "List Bullet"),
        says("night", "List Bullet"),
        says("one", "List Number"),
        says("two", "List Number"),
        says("End."),
    )
    assert text == "- day\n- night\n\n1. one\n2. two\n\nEnd."


def test_a_list_that_begins_anew_counts_from_its_start(tmp_path: Path) -> None:
    def again(made: Document) -> None:
        override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        made.part.numbering_part.element.append(
            parse_xml(f'<w:num {WORD} w:numId="78"><w:abstractNumId w:val="77"/>{override}</w:num>')
        )

    second = xml(
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="78"/></w:numPr></w:pPr><w:r><w:t>c</w:t></w:r></w:p>'
    )
    text = read(tmp_path, clauses("upperLetter %1)"), again, clause("a"), clause("b"), second)
    assert text == "A) a\nB) b\n\nA) c"


def test_a_table_is_markdown_and_its_merged_cells_stand_in_every_row(tmp_path: Path) -> None:
    def table(made: Document) -> None:
        cells = made.add_table(3, 3)
        for row, words in enumerate(("zone fare fare", "A 2 3", "A 4 5|6")):
            for column, word in enumerate(words.split()):
                cells.cell(row, column).text = word
        cells.cell(1, 0).merge(cells.cell(2, 0)).text = "A"
        cells.cell(0, 1).merge(cells.cell(0, 2)).text = "fare"

    assert (
        read(tmp_path, table)
        == "| zone | fare | fare |\n| --- | --- | --- |\n| A | 2 | 3 |\n| A | 4 | 5\\|6 |"
    )


def test_a_table_in_a_cell_keeps_its_words_in_that_cell(tmp_path: Path) -> None:
    def nested(made: Document) -> None:
        outer = made.add_table(1, 2)
        outer.cell(0, 0).text = "Fares"
        inner = outer.cell(0, 1).add_table(2, 2)
        for place, word in enumerate("day 2 night 3".split()):
            inner.cell(place // 2, place % 2).text = word

    assert read(tmp_path, nested) == "| Fares | day, 2; night, 3 |\n| --- | --- |"


def test_a_frame_of_one_cell_is_no_table(tmp_path: Path) -> None:
    def frame(made: Document) -> None:
        made.add_table(1, 1).cell(0, 0).text = "Trams run daily."

    assert read(tmp_path, frame) == "Trams run daily."


def test_tracked_changes_count_as_accepted(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        xml(
            "<w:p><w:r><w:t>A ride costs </w:t></w:r><w:del><w:r><w:delText>2</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:t>3</w:t></w:r></w:ins><w:r><w:t> coins.</w:t></w:r></w:p>"
        ),
        xml("<w:p><w:moveFrom><w:r><w:t>Moved.</w:t></w:r></w:moveFrom></w:p>"),
        xml("<w:p><w:moveTo><w:r><w:t>Moved.</w:t></w:r></w:moveTo></w:p>"),
    )
    assert text == "A ride costs 3 coins.\n\nMoved."


def test_a_paragraph_whose_end_was_deleted_goes_on_with_the_next(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        xml("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>Trams run </w:t></w:r></w:p>"),
        says("daily."),
    )
    assert text == "Trams run daily."


def test_hidden_text_comments_and_prompts_are_left_out(tmp_path: Path) -> None:
    prompt = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>Click here</w:t></w:r></w:sdtContent></w:sdt>"
    text = read(
        tmp_path,
        xml(
            f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t>shown</w:t></w:r>{prompt}</w:p>"
        ),
    )
    assert text == "shown"


def test_a_fields_result_is_text_and_its_instruction_is_not(tmp_path: Path) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code = "<w:r><w:instrText>REF clause \\h</w:instrText></w:r>"
    text = read(
        tmp_path,
        xml(
            f"<w:p><w:r><w:t>See </w:t></w:r>{mark('begin')}{code}{mark('separate')}<w:r><w:t>2.1</w:t></w:r>{mark('end')}</w:p>"
        ),
    )
    assert text == "See 2.1"


def test_a_table_of_contents_is_left_out(tmp_path: Path) -> None:
    text = read(
        tmp_path,
        xml(f"<w:p>{CONTENTS}<w:r><w:t>Fares 1</w:t></w:r></w:p>"),
        xml(
            '<w:p><w:r><w:t>Refunds 2</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        ),
        says("Fares", "Heading 1"),
    )
    assert text == "# Fares"


def test_a_table_of_contents_that_never_ends_swallows_nothing_after_the_first_heading(
    tmp_path: Path,
) -> None:
    assert (
        read(
            tmp_path, xml(f"<w:p>{CONTENTS}</w:p>"), says("Fares", "Heading 1"), says("Trams run.")
        )
        == "# Fares\n\nTrams run."
    )


def test_links_line_breaks_and_raised_digits_are_text(tmp_path: Path) -> None:
    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r>'
    text = read(
        tmp_path,
        xml(
            f"<w:p><w:hyperlink><w:r><w:t>here</w:t></w:r></w:hyperlink><w:r><w:br/><w:t>10</w:t></w:r>{raised}</w:p>"
        ),
    )
    assert text == "here\n10⁶"


def test_a_text_box_follows_the_paragraph_that_holds_it_and_stands_once(tmp_path: Path) -> None:
    inside = "<w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent>"
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    choice, fallback = (
        f"<mc:Choice><w:drawing>{inside}</w:drawing></mc:Choice>",
        f"<mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback>",
    )
    both = f"<mc:AlternateContent {space}>{choice}{fallback}</mc:AlternateContent>"
    assert (
        read(
            tmp_path,
            xml(f"<w:p><w:r><w:t>Before.</w:t></w:r><w:r>{both}</w:r></w:p>"),
            says("After."),
        )
        == "Before.\n\nBoxed.\n\nAfter."
    )


def test_headers_and_footers_of_the_page_are_left_out(tmp_path: Path) -> None:
    def around(made: Document) -> None:
        made.sections[0].header.paragraphs[0].text = "Confidential"
        made.sections[0].footer.paragraphs[0].text = "Page 1"

    assert read(tmp_path, around, says("Trams run daily.")) == "Trams run daily."


def test_a_line_that_only_looks_like_markdown_is_escaped(tmp_path: Path) -> None:
    assert (
        read(tmp_path, says("# of trams"), says("```"), says("Fare\n-----"))
        == "\\# of trams\n\n\\```\n\nFare\n\\-----"
    )


def test_a_document_without_text_is_reported(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"^it holds no text \(only pictures\?\); a scan needs OCR first$"
    ):
        read(tmp_path)
