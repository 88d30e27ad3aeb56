"""EQ fields, Word's old formulas, are written in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats.office.eq_fields import equation_text
from tests.world import LAW


@pytest.mark.parametrize(
    ("instruction", "written"),
    [
        (r" EQ \f(3;4) ", "3/4"),
        (r"EQ \f(3,4)", "3/4"),
        (r"eq 2\f(1;2)", "2 1/2"),
        (r"EQ \f(1,5;2)", "1,5/2"),
        (r"EQ \f(a+b;\r(;c))", "(a+b)/(√c)"),
        (r"EQ \r(;25)", "√25"),
        (r"EQ \r(25)", "√25"),
        (r"EQ \r(3;27)", "∛27"),
        (r"EQ 10\s\up8(6)", "10⁶"),
        (r"EQ H\s\do4(2)O", "H₂O"),
        (r"EQ \i\su(i=1;5;3i)", "∑_(i=1)^5 3i"),
        (r"EQ \b\bc\[(a)", "[a]"),
        (r"EQ f(x)=\f(x;2)", "f(x)=x/2"),
        (r"EQ \x(5)", "5"),
    ],
)
def test_a_field_is_written_in_a_line(instruction: str, written: str) -> None:
    assert equation_text(instruction) == written


@pytest.mark.parametrize(
    "instruction", [r"EQ \a\al(1;2)", r"EQ \o(a;b)", r"EQ \f(3;4", r"EQ \f", "EQ )" + "\\f(" * 99]
)
def test_what_can_not_be_written_in_a_line_is_marked(instruction: str) -> None:
    assert equation_text(instruction) == "[formula]"


@LAW
@given(st.text("\\frsbi(;,)1ab ", max_size=60))
def test_any_instruction_comes_to_an_end(source: str) -> None:
    assert isinstance(equation_text(f"EQ {source}"), str)
