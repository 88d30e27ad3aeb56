"""Next to raised and lowered runs a number keeps its value, and words stay words."""

import pytest

from factory.documents.formats.math.raised_words import (
    mark_formula,
    mark_lowered,
    mark_raised,
    resolve_marks,
)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("10" + mark_raised("6"), "10⁶"),
        ("10" + mark_raised("−") + mark_raised("6"), "10⁻⁶"),
        ("250" + mark_raised("9") + " rooms", "250⁹ rooms"),
        ("250" + mark_raised("1,2"), "250¹,²"),
        ("250" + mark_raised("9–11"), "250⁹–¹¹"),
        ("250" + mark_raised("1)"), "250¹⁾"),
        ("10" + mark_raised("0.5"), "10^0.5"),
        ("10" + mark_raised("2x"), "10^(2x)"),
        ("10" + mark_raised("x"), "10^x"),
        ("250" + mark_raised("[1]"), "250^[1]"),
        ("1" + mark_raised("st"), "1st"),
        ("1" + mark_raised("s") + mark_raised("t"), "1st"),
        ("25" + mark_raised("o") + "C", "25°C"),
        ("Ca" + mark_raised("2+"), "Ca²⁺"),
        ("trams" + mark_raised("TM"), "tramsTM"),
        (mark_raised("14") + "C", "¹⁴C"),
    ],
)
def test_what_is_raised_never_joins_the_number_before_it(words: str, written: str) -> None:
    assert resolve_marks(words) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("H" + mark_lowered("2") + "O", "H₂O"),
        ("log" + mark_lowered("2") + "8", "log₂8"),
        ("101" + mark_lowered("2"), "101₂"),
        ("v" + mark_lowered("max"), "vmax"),
        ("5" + mark_lowered("1.5"), "5_1.5"),
    ],
)
def test_what_is_lowered_never_joins_the_number_beside_it(words: str, written: str) -> None:
    assert resolve_marks(words) == written


def test_a_run_that_is_only_moved_is_raised_right_behind_a_word_alone() -> None:
    moved = mark_raised("6", sure=False)
    assert [resolve_marks(f"10{moved}"), resolve_marks(f"Total: {moved}")] == ["10⁶", "Total: 6"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("2" + mark_formula("3/4") + "5", "2 3/4 5"),
        ("10" + mark_formula("⁶") + " cells", "10⁶ cells"),
        ("2" + mark_formula("⁵√3"), "2 ⁵√3"),
        ("is " + mark_formula("√25") + ".", "is √25."),
    ],
)
def test_a_formula_never_joins_the_digits_beside_it(words: str, written: str) -> None:
    assert resolve_marks(words) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (f"10{mark_raised('–6')}", "10⁻⁶"),
        (f"SO{mark_lowered('4')}{mark_raised('2–')}", "SO₄²⁻"),
        (f"250{mark_raised('9–11')}", "250⁹–¹¹"),
        (f"37 {mark_raised('0')}C", "37 °C"),
        (f"37{mark_raised('0')} C", "37° C"),
        (f"20 {mark_raised('o')}C", "20 °C"),
        (f"10{mark_raised('0')} Cells", "10⁰ Cells"),
        (f"10{mark_raised('−3', sure=False)}", "10⁻³"),
        (f"25{mark_raised('o', sure=False)}C", "25°C"),
    ],
)
def test_a_dash_is_a_minus_and_a_raised_zero_before_c_is_a_degree(words: str, written: str) -> None:
    assert resolve_marks(words) == written
