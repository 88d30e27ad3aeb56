"""OMML formulas are written in one line, or marked as a formula."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from factory.documents.formats.office.omml import MAX_FORMULA_NESTING, omml_text
from tests.office import t


def tree(source: str) -> Element:
    """Parse elements with the local names and plain attributes that the reader sees."""
    return ElementTree.fromstring(re.sub(r"(?<=[</])[mw]:", "", source))


def shown(inside: str) -> str:
    return omml_text(tree(f"<oMath>{inside}</oMath>"))


def e(inside: str, name: str = "e") -> str:
    return f"<m:{name}>{inside if inside.startswith('<') else t(inside)}</m:{name}>"


def sup(base: str, exponent: str) -> str:
    return f"<m:sSup>{e(base)}{e(exponent, 'sup')}</m:sSup>"


def frac(above: str, below: str, kind: str = "bar") -> str:
    marks = f'<m:fPr><m:type val="{kind}"/></m:fPr>'
    return f"<m:f>{marks}{e(above, 'num')}{e(below, 'den')}</m:f>"


def rad(inside: str, degree: str = "") -> str:
    hidden = "" if degree else '<m:radPr><m:degHide val="1"/></m:radPr>'
    return f"<m:rad>{hidden}{e(degree, 'deg') if degree else '<m:deg/>'}{e(inside)}</m:rad>"


NARY = f'<m:nary><m:naryPr><m:chr val="∑"/></m:naryPr>{e("i=1", "sub")}{e("n", "sup")}{e("i")}</m:nary>'
MATRIX = f"<m:m><m:mr>{e('a')}{e('b')}</m:mr><m:mr>{e('c')}{e('d')}</m:mr></m:m>"
BRACE = f"<m:groupChr>{e('a+a')}</m:groupChr>"
CASES = f"<m:eqArr>{e('x,&amp; x&gt;0')}{e('−x,&amp; x≤0')}</m:eqArr>"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (sup("10", "6"), "10⁶"),
        (sup("10", "−6"), "10⁻⁶"),
        (sup("e", "x+1"), "e^(x+1)"),
        (sup("25", "∘"), "25°"),
        (sup(frac("3", "4"), "2"), "(3/4)²"),
        (sup(rad("25"), "2"), "(√25)²"),
        (f"<m:sSub>{e('H')}{e('2', 'sub')}</m:sSub>{t('O')}", "H₂O"),
        (f"<m:sSubSup>{e('x')}{e('i', 'sub')}{e('2', 'sup')}</m:sSubSup>", "x_i²"),
        (f"<m:sPre>{e('6', 'sub')}{e('14', 'sup')}{e('C')}</m:sPre>", "¹⁴₆C"),
        (frac("3", "4"), "3/4"),
        (frac("3", "4", "skw"), "3/4"),
        (t("2") + frac("3", "4"), "2 3/4"),
        (frac("a+b", "c") + t("=1"), "(a+b)/c=1"),
        (frac(frac("1", "2"), "3"), "(1/2)/3"),
        (rad("25"), "√25"),
        (rad("a+b"), "√(a+b)"),
        (rad("x", "3"), "∛x"),
        (t("2") + rad("3", "5"), "2 ⁵√3"),
        (NARY, "∑_(i=1)^n i"),
        (f"<m:func>{e('sin', 'fName')}{e('x')}</m:func>", "sin x"),
        (
            f"<m:func><m:fName><m:limLow>{e('lim')}{e('x→0', 'lim')}</m:limLow></m:fName>{e('x')}</m:func>",
            "lim_(x→0) x",
        ),
        (
            f'<m:d><m:dPr><m:begChr val="["/><m:endChr val="]"/></m:dPr>{e("a")}{e("b")}</m:d>',
            "[a|b]",
        ),
        (f"<m:d>{e(MATRIX)}</m:d>", "(a, b; c, d)"),
        (MATRIX, "[a, b; c, d]"),
        (
            f'<m:d><m:dPr><m:begChr val="{{"/><m:endChr val=""/></m:dPr>{e(CASES)}</m:d>',
            "{x, x>0; −x, x≤0",
        ),
        (f'<m:acc><m:accPr><m:chr val="⃗"/></m:accPr>{e("v")}</m:acc>', "v⃗"),
        (f'<m:bar><m:barPr><m:pos val="top"/></m:barPr>{e("16")}</m:bar>', "1̅6̅"),
        (f"<m:box>{e('a')}</m:box>", "a"),
        ('<m:r><w:sym font="Symbol" char="F0A3"/></m:r>' + t("5"), "≤5"),
        ("<m:r><m:t>𝑥ℎ</m:t></m:r>", "xh"),
        (f"<m:phant><m:phantPr><m:show val='0'/></m:phantPr>{e('9')}</m:phant>{t('1')}", "1"),
        (t("a") + "<m:ins>" + t("+b") + "</m:ins><m:del>" + t("9") + "</m:del>", "a+b"),
        ("<m:r><m:rPr/><w:rPr><w:strike/></w:rPr><m:t>9</m:t></m:r>" + t("1"), "1"),
    ],
)
def test_a_formula_is_written_in_a_line(source: str, written: str) -> None:
    assert shown(source) == written


@pytest.mark.parametrize(
    "source",
    [
        frac("n", "k", "noBar"),
        t("x") + f"<m:newStructure>{e('a')}</m:newStructure>",
        f"<m:limUpp>{e(BRACE)}{e('n times', 'lim')}</m:limUpp>",
        "<m:rad><m:deg/><m:e>" * (MAX_FORMULA_NESTING + 1)
        + t("2")
        + "</m:e></m:rad>" * (MAX_FORMULA_NESTING + 1),
        t("1+" * 3000),
    ],
)
def test_what_can_not_be_written_in_a_line_is_marked(source: str) -> None:
    assert shown(source) == "[formula]"


def test_the_lines_of_a_displayed_formula_stay_apart() -> None:
    lines = f"<m:oMathPara><m:oMath>{t('a=1')}</m:oMath><m:oMath>{t('b=2')}</m:oMath></m:oMathPara>"
    assert omml_text(tree(lines)) == "a=1\nb=2"
