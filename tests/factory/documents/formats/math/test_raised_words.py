"""Raised and lowered runs: a number keeps its value, and words stay words."""

import pytest

from factory.documents.formats.math.raised_words import down, formula, resolved, up


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("10" + up("6"), "10⁶"),
        ("10" + up("−") + up("6"), "10⁻⁶"),
        ("250" + up("9") + " rooms", "250⁹ rooms"),
        ("250" + up("1,2"), "250¹,²"),
        ("250" + up("9–11"), "250⁹–¹¹"),
        ("250" + up("1)"), "250¹⁾"),
        ("10" + up("0.5"), "10^0.5"),
        ("10" + up("2x"), "10^(2x)"),
        ("10" + up("x"), "10^x"),
        ("250" + up("[1]"), "250^[1]"),
        ("1" + up("st"), "1st"),
        ("1" + up("s") + up("t"), "1st"),
        ("25" + up("o") + "C", "25°C"),
        ("Ca" + up("2+"), "Ca²⁺"),
        ("trams" + up("TM"), "tramsTM"),
        (up("14") + "C", "¹⁴C"),
    ],
)
def test_what_is_raised_never_joins_the_number_before_it(words: str, written: str) -> None:
    assert resolved(words) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("H" + down("2") + "O", "H₂O"),
        ("log" + down("2") + "8", "log₂8"),
        ("101" + down("2"), "101₂"),
        ("v" + down("max"), "vmax"),
        ("5" + down("1.5"), "5_1.5"),
    ],
)
def test_what_is_lowered_never_joins_the_number_beside_it(words: str, written: str) -> None:
    assert resolved(words) == written


def test_a_run_that_is_only_moved_is_raised_right_behind_a_word_alone() -> None:
    moved = up("6", sure=False)
    assert [resolved(f"10{moved}"), resolved(f"Total: {moved}")] == ["10⁶", "Total: 6"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("2" + formula("3/4") + "5", "2 3/4 5"),
        ("10" + formula("⁶") + " cells", "10⁶ cells"),
        ("2" + formula("⁵√3"), "2 ⁵√3"),
        ("is " + formula("√25") + ".", "is √25."),
    ],
)
def test_a_formula_never_joins_the_digits_beside_it(words: str, written: str) -> None:
    assert resolved(words) == written


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (f"10{up('–6')}", "10⁻⁶"),
        (f"SO{down('4')}{up('2–')}", "SO₄²⁻"),
        (f"250{up('9–11')}", "250⁹–¹¹"),
        (f"37 {up('0')}C", "37 °C"),
        (f"37{up('0')} C", "37° C"),
        (f"20 {up('o')}C", "20 °C"),
        (f"10{up('0')} Cells", "10⁰ Cells"),
        (f"10{up('−3', sure=False)}", "10⁻³"),
        (f"25{up('o', sure=False)}C", "25°C"),
    ],
)
def test_a_dash_is_a_minus_and_a_raised_zero_before_c_is_a_degree(words: str, written: str) -> None:
    assert resolved(words) == written
