"""Formulas, raised digits and notes of a complete Word file or deck keep their value."""

from pathlib import Path

import pytest

from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from tests.office import SPACES, drawing_run, math, p, run, shape, slides, t, word

POWER = f"<m:sSup><m:e>{t('10')}</m:e><m:sup>{t('6')}</m:sup></m:sSup>"
QUARTERS = f"<m:f><m:num>{t('3')}</m:num><m:den>{t('4')}</m:den></m:f>"
UP, DOWN = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'
RAISED = '<w:style w:type="character" w:styleId="Up"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'


def text(home: Path, *body: str) -> str:
    return read_docx(word(home / "a.docx", *body, styles=RAISED)).text


@pytest.mark.parametrize(
    ("inside", "written"),
    [
        (("at least ", math(POWER), " cells"), "at least 10⁶ cells"),
        (("2", math(QUARTERS), "5"), "2 3/4 5"),
        (("10", run("6", UP)), "10⁶"),
        (("10", run("−", UP), run("6", UP)), "10⁻⁶"),
        (("250", run("9", '<w:rStyle w:val="Up"/>'), " rooms"), "250⁹ rooms"),
        (("250", run("9", '<w:rStyle w:val="Up"/><w:vertAlign w:val="baseline"/>')), "2509"),
        (("H", run("2", DOWN), "O"), "H₂O"),
        (("10", run("6", '<w:position w:val="10"/>'), " cells"), "10⁶ cells"),
        (("x", run("2", '<w:position w:val="-6"/>')), "x₂"),
        (("the ", run("45", '<w:position w:val="4"/>'), " trams"), "the 45 trams"),
        (
            ("is ", "<w:r><w:object><o:OLEObject ProgID='Equation.3'/></w:object></w:r>", " here"),
            "is [formula] here",
        ),
        (
            ("is ", "<w:r><w:object><o:OLEObject ProgID='Equation.DSMT4'/></w:object></w:r>"),
            "is [formula]",
        ),
        (("is ", "<w:r><w:pict><v:shape equationxml='&lt;x&gt;'/></w:pict></w:r>"), "is [formula]"),
    ],
)
def test_notation_of_a_paragraph_is_written_in_a_line(
    tmp_path: Path, inside: tuple[str, ...], written: str
) -> None:
    assert text(tmp_path, p(*inside)) == written


def test_a_displayed_formula_is_a_paragraph_of_its_own(tmp_path: Path) -> None:
    display = f"<m:oMathPara>{math(POWER + t('=x'))}</m:oMathPara>"
    assert (
        text(tmp_path, p("So"), p(display), display, p("ends.")) == "So\n\n10⁶=x\n\n10⁶=x\n\nends."
    )


def test_a_struck_or_hidden_formula_is_left_out(tmp_path: Path) -> None:
    struck = "<m:r><w:rPr><w:strike/></w:rPr><m:t>9</m:t></m:r>"
    assert text(tmp_path, p("a ", math(struck), run("x", "<w:vanish/>"), "b")) == "a b"


def eq(*inside: str) -> str:
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end")]
    return marks[0] + "".join(inside) + marks[1]


def _code(words: str, marks: str = "") -> str:
    return run(words, marks).replace("w:t>", "w:instrText>").replace("<w:t ", "<w:instrText ")


def test_an_eq_field_is_its_formula(tmp_path: Path) -> None:
    split = eq(_code(r" EQ \f(3"), _code(";4) "))
    raised = eq(_code(r" EQ \f(10"), _code("6", UP), _code(";4) "))
    simple = r'<w:fldSimple w:instr="EQ \r(;25)"/>'
    assert text(tmp_path, p("a ", split, " b ", raised, " c ", simple)) == "a 3/4 b 10⁶/4 c √25"


def test_a_deleted_eq_field_shows_nothing(tmp_path: Path) -> None:
    assert text(tmp_path, p("a ", f"<w:del>{eq(_code('EQ x'))}</w:del>", "b")) == "a b"


@pytest.mark.parametrize("custom", ["", ' w:customMarkFollows="1"'])
def test_the_mark_of_a_note_never_joins_a_number(tmp_path: Path, custom: str) -> None:
    mark = f'<w:r><w:rPr>{UP}</w:rPr><w:footnoteReference{custom} w:id="2"/>{"<w:t>9</w:t>" if custom else ""}</w:r>'
    notes = (
        f'<w:footnotes {SPACES}><w:footnote w:id="2">{p("Or fewer.")}</w:footnote></w:footnotes>'
    )
    path = word(
        tmp_path / "a.docx",
        p("250", mark, " rooms"),
        linked=(("footnotes", "footnotes.xml"),),
        parts={"word/footnotes.xml": notes},
    )
    assert read_docx(path).text == "250[^1] rooms\n\n[^1]: Or fewer."


def slide(home: Path, *shapes: str) -> str:
    return read_pptx(slides(home / "a.pptx", "".join(shapes))).text.removeprefix("# Slide 1\n\n")


@pytest.mark.parametrize(
    ("inside", "written"),
    [
        (
            drawing_run("10") + drawing_run("6", 'baseline="30000"') + drawing_run(" cells"),
            "10⁶ cells",
        ),
        (drawing_run("H") + drawing_run("2", 'baseline="-25000"') + drawing_run("O"), "H₂O"),
        (drawing_run("250") + drawing_run("1,2", 'baseline="30000"'), "250¹,²"),
        (drawing_run("is ") + f"<a14:m>{math(POWER)}</a14:m>", "is 10⁶"),
        (
            drawing_run("is ") + f"<a14:m><m:oMathPara>{math(QUARTERS)}</m:oMathPara></a14:m>",
            "is 3/4",
        ),
        (
            f"<mc:AlternateContent><mc:Choice Requires='a14'><a14:m>{math(POWER)}</a14:m></mc:Choice>"
            f"<mc:Fallback>{drawing_run('106')}</mc:Fallback></mc:AlternateContent>",
            "10⁶",
        ),
    ],
)
def test_notation_of_a_slide_is_written_in_a_line(
    tmp_path: Path, inside: str, written: str
) -> None:
    assert slide(tmp_path, shape(inside)) == written


def test_a_shape_with_a_formula_is_read_in_its_newer_spelling(tmp_path: Path) -> None:
    choice = f"<mc:Choice Requires='a14'>{shape(f'<a14:m>{math(POWER)}</a14:m>')}</mc:Choice>"
    both = f"<mc:AlternateContent>{choice}<mc:Fallback>{shape(drawing_run('106'))}</mc:Fallback></mc:AlternateContent>"
    assert slide(tmp_path, both) == "10⁶"


def test_an_old_equation_object_on_a_slide_is_marked(tmp_path: Path) -> None:
    graphic = "<a:graphic><a:graphicData><p:oleObj progId='Equation.3' r:id='rId7'/></a:graphicData></a:graphic>"
    assert slide(tmp_path, f"<p:graphicFrame>{graphic}</p:graphicFrame>") == "[formula]"


@pytest.mark.parametrize(("whole", "written"), [("", "3/4"), ("2", "2 3/4"), ("x ", "x 3/4")])
def test_a_fraction_that_was_typed_by_hand_is_a_fraction(
    tmp_path: Path, whole: str, written: str
) -> None:
    typed = (run("3", UP), run("/"), run("4", DOWN))
    assert text(tmp_path, p("fill ", *([whole] if whole else []), *typed, " of it")) == (
        f"fill {written} of it"
    )


def test_a_formula_in_a_cell_a_note_and_a_heading_is_read(tmp_path: Path) -> None:
    table = f"<w:tbl><w:tr><w:tc>{p('cells')}</w:tc><w:tc>{p(math(POWER))}</w:tc></w:tr></w:tbl>"
    heading = p(math(POWER), " cells", marks='<w:outlineLvl w:val="0"/>')
    assert text(tmp_path, heading, table) == "# 10⁶ cells\n\n| cells | 10⁶ |\n| --- | --- |"


@pytest.mark.parametrize("code", ["LISTNUM", r"LISTNUM LegalDefault \l 2", "AUTONUM"])
def test_a_number_that_only_word_can_make_is_reported(tmp_path: Path, code: str) -> None:
    found = read_docx(word(tmp_path / "a.docx", p("The tenant ", eq(_code(code)), "pays.")))
    assert (found.text, found.unread) == (
        "The tenant pays.",
        ("numbers that LISTNUM and AUTONUM fields make (1)",),
    )


def test_the_words_of_a_drawing_that_was_pasted_into_word_are_a_text_box(tmp_path: Path) -> None:
    body = "<a:txBody><a:p><a:r><a:t>Boxed.</a:t></a:r></a:p></a:txBody>"
    drawing = f"<w:r><w:drawing><a:sp>{body}</a:sp></w:drawing></w:r>"
    assert text(tmp_path, p("Before.", drawing), p("After.")) == "Before.\n\nBoxed.\n\nAfter."
