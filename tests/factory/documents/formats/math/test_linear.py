"""In notation on one line no two numbers meet, and compound terms are in brackets."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.formats.math.linear import (
    Term,
    bracket,
    fraction,
    index,
    join_terms,
    power,
    root,
)
from tests.world import LAW


@pytest.mark.parametrize(
    ("above", "below", "written"),
    [
        ("3", "4", "3/4"),
        ("a+b", "c", "(a+b)/c"),
        ("1", "2x", "1/(2x)"),
        ("−5", "3", "−5/3"),
        ("1 000", "3,5", "1 000/3,5"),
        ("(a+b)", "(c)(d)", "(a+b)/((c)(d))"),
        ("x²", "y²", "x²/y²"),
        ("1/2", "3", "(1/2)/3"),
    ],
)
def test_a_fraction_has_brackets_around_what_is_compound(
    above: str, below: str, written: str
) -> None:
    assert fraction(above, below) == written


def test_a_unit_below_a_fraction_is_one_word() -> None:
    assert (fraction("mg", "ml", unit=True), fraction("mg", "ml")) == ("mg/ml", "mg/(ml)")


@pytest.mark.parametrize(
    ("degree", "radicand", "written"),
    [("", "25", "√25"), ("3", "x+1", "∛(x+1)"), ("5", "32", "⁵√32"), ("k", "2x", "(2x)^(1/k)")],
)
def test_a_root_has_the_sign_of_its_degree(degree: str, radicand: str, written: str) -> None:
    assert root(degree, radicand) == written


@pytest.mark.parametrize(
    ("exponent", "written"),
    [
        ("6", "10⁶"),
        ("−6", "10⁻⁶"),
        ("x", "10^x"),
        ("0.5", "10^0.5"),
        ("x+1", "10^(x+1)"),
        ("", "10"),
    ],
)
def test_an_exponent_is_raised_or_behind_a_mark(exponent: str, written: str) -> None:
    assert power("10", exponent) == written


def test_an_index_is_lowered_or_behind_a_mark() -> None:
    assert [index("H", "2"), index("v", "max"), index("x", "i+1")] == ["H₂", "v_max", "x_(i+1)"]


@pytest.mark.parametrize(
    ("terms", "written"),
    [
        (("2", "3/4"), "2 3/4"),
        (("x", "3/4"), "x(3/4)"),
        (("3/4", "x"), "(3/4)x"),
        (("+", "3/4", "="), "+3/4="),
        (("1/", "3/4"), "1/(3/4)"),
    ],
)
def test_a_fraction_never_runs_into_its_neighbours(terms: tuple[str, ...], written: str) -> None:
    assert join_terms(Term(term, fraction=term == "3/4") for term in terms) == written


@LAW
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)) | st.integers(1, 99), min_size=1))
def test_every_number_of_a_fraction_is_still_there(
    given_terms: list[tuple[int, int] | int],
) -> None:
    terms = [
        Term(fraction(str(one[0]), str(one[1])), fraction=True)
        if isinstance(one, tuple)
        else Term(f"+{one}+")
        for one in given_terms
    ]
    numbers = [n for one in given_terms for n in (one if isinstance(one, tuple) else [one])]
    assert [int(n) for n in re.findall(r"\d+", join_terms(terms))] == numbers


@LAW
@given(st.text("ab1+. ", min_size=1))
def test_a_group_is_never_grouped_twice(words: str) -> None:
    assert bracket(bracket(words)) == bracket(words)
