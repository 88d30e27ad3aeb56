"""Numbers and dates match in any notation, and part of a number is not a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.consistency.agreement import agree
from filters.consistency.fields import same_fields
from filters.grounding.typed_values import TypedValue, supports_value
from filters.text.value_match import first_missing_value
from filters.text.values import decimal_mark, find_values
from tests.world import LAW

# Evidence and an answer that says the same; spaces may be thin or non-breaking.
SAME = [
    ("Sie kostet 5,13 %.", "5.13 %"),
    ("−5,13 % im Juni", "-5.13 %"),
    ("USD (5.13) million", "-5.13 million"),
    ("Der Betrag ist 1.500 Euro.", "1500 Euro"),
    ("Der Betrag ist 1.500 Euro.", "€ 1,500.00"),
    ("CHF 1'500.–", "CHF 1500"),
    ("CHF 1'500.–", "1,500 francs"),
    ("₹ 12,34,567 were paid", "1,234,567 rupees"),
    ("12 500 t", "12,500 t"),
    ("12 500 tonnes", "12500 tonnes"),
    ("12 500 tonnes", "12 500 tonnes"),
    ("10⁶ cells", "10^6 cells"),
    ("10⁶ cells", "1,000,000 cells"),
    ("10⁶ cells", "10 to the power of 6 cells"),
    ("10⁶ cells", "1e6 cells"),
    ("10⁶ cells", "1 million cells"),
    ("2.5 × 10⁻³ mbar", "0.0025 mbar"),
    ("2.5 × 10⁻³ mbar", "2.5e-3 mbar"),
    ("1,5 Mio. Euro", "1.5 million euros"),
    ("1,5 Mio. Euro", "1,500,000 euros"),
    ("the limit is 250⁹ trams", "250 trams"),
    ("½ hour", "0.5 hours"),
    ("3/4 of the trams", "0.75 of the trams"),
    ("1½ hours", "90 minutes"),
    ("ends 31.12.2027", "31 December 2027"),
    ("ends 31.12.2027", "December 31, 2027"),
    ("ends 31.12.2027", "2027-12-31"),
    ("ends 31.12.2027", "12/31/2027"),
    ("ends 31.12.2027", "31/12/2027"),
    ("am 31. Dezember 2027", "31.12.2027"),
    ("le 31 décembre 2027", "31 December 2027"),
    ("le 1er mars 2027", "1 March 2027"),
    ("on 03/04/2027", "3 April 2027"),
    ("on 03/04/2027", "March 4, 2027"),
    ("um 8.30 Uhr", "8:30"),
    ("à 18 h 30", "18:30"),
    ("10–20 %", "20 %"),
    ("von 10 bis 20 %", "10 %"),
    ("version 1.10 of it", "1.10"),
    ("0,5 ‰ Alkohol", "0.05 %"),
    ("1.5M users", "1,500,000 users"),
    ("$1.5m", "1.5 million dollars"),
    ("fell by 5,13 %", "−5.13 %"),
    ("Es sind 12.500 Stück", "12500 Stück"),
    ("See 3.2.1 there", "3.2.1"),
    ("+49 30 901820", "+49 30 90 18 20"),
    ("Rs. 2.5 crore", "25,000,000 rupees"),
    ("5 m²", "5 square metres"),
    ("3.000 m", "3000 m"),
    ("1 250,50 €", "1,250.50 euros"),
    ("5 m long", "5 metres long"),
    ("5 × 10^-4 M", "0.0005 M"),
    ("5 × 10^-4 M", "5e-4 M"),
    ("a titre of 6.02E23.", "6.02 × 10²³"),
    ("2,5 M €", "2.5 million euros"),
    ("1,2 Md€", "1.2 billion euros"),
    ("Gültig ab 01.04.26.", "1. April 2026"),
    ("ab 1. April 2026", "1 April 2026"),
    ("bis 7. 2. 2027", "7 February 2027"),
    ("The loss was $(12,300).", "a loss of $12,300"),
    ("Der Verlust betrug −5,13 %.", "5.13 %"),
]
OTHER = [
    ("5,13 %", "13 %"),
    ("1,57 %", "57 %"),
    ("1,57 %", "157 %"),
    ("10⁶ cells", "10 cells"),
    ("10⁶ cells", "10⁷ cells"),
    ("10⁶ cells", "6 cells"),
    ("10^6 cells", "106 cells"),
    ("12 500 tonnes", "500 tonnes"),
    ("12 500 tonnes", "12 tonnes"),
    ("2.237.500 EUR", "500 EUR"),
    ("2.237.500 EUR", "237 EUR"),
    ("2.237.500 EUR", "2.2375 EUR"),
    ("−18 °C", "18 °C"),
    ("10–20 %", "-20 %"),
    ("250⁹ trams", "2509 trams"),
    ("3/4 of", "34 of"),
    ("3/4 of", "3 of"),
    ("1½ hours", "1 hour"),
    ("1'500 francs", "500 francs"),
    ("12,34,567 rupees", "567 rupees"),
    ("31.12.2027", "31 November 2027"),
    ("31.12.2027", "13 December 2027"),
    ("version 1.10 of it", "version 1.1"),
    ("version 1.10 of it", "1.1"),
    ("€45k", "45 euros"),
    ("1,5 Mio. Euro", "1.5 euros"),
    ("2.5 × 10⁻³ mbar", "2.5 mbar"),
    ("2.5 × 10⁻³ mbar", "0.025 mbar"),
    ("8:15", "15"),
    ("1.500 Euro", "1.5 euros"),
    ("0.5 ‰", "0.5 %"),
    ("between 1.500 and 2.500 kg", "between 1500 and 2.5 kg"),
    ("03/04/2027", "5 April 2027"),
    ("clause 3.2.1", "3.2"),
    ("5 million euros", "5 euros"),
    ("1,234.56 dollars", "234.56 dollars"),
    ("1.234,56 Euro", "56 Euro"),
    ("5,13 %", "5 %"),
    ("$(1,234)", "$1,234"),
    ("5 m long", "5 million"),
    ("5 × 10^-4 M", "5 × 10^4 M"),
    ("a titre of 6.02E23.", "6.02"),
    ("ab 1. April 2026", "2 April 2026"),
    ("bis 7. 2. 2027", "7. 12. 2027"),
    ("The profit was $(12,300).", "$12,300"),
]


@pytest.mark.parametrize(("evidence", "answer"), SAME)
def test_a_number_is_confirmed_in_another_notation(evidence: str, answer: str) -> None:
    assert first_missing_value(answer, evidence) == ""


@pytest.mark.parametrize(("evidence", "answer"), OTHER)
def test_another_number_is_not_confirmed(evidence: str, answer: str) -> None:
    assert first_missing_value(answer, evidence) != ""


@LAW
@given(st.integers(1000, 99_999_999), st.integers(0, 99))
def test_a_number_is_the_same_in_every_notation(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    spelled = [english.translate(str.maketrans(",.", marks)) for marks in (".,", "\u202f,", "’.")]
    assert [
        first_missing_value(f"{one} euros", f"It costs {english} euros.") for one in spelled
    ] == [""] * 3


@LAW
@given(st.integers(1, 999), st.integers(0, 99))
def test_a_part_of_a_decimal_is_not_confirmed(whole: int, rest: int) -> None:
    evidence = f"It rose by {whole},{rest:02d} % in June."
    assert first_missing_value(f"{rest + 1000} %", evidence)
    if rest != whole:
        assert first_missing_value(f"{rest} %", evidence)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("It fell by 1,57 %.", ","),
        ("2.237.500 EUR", ","),
        ("It takes 1.5 hours.", "."),
        ("1,234.50", "."),
        ("1,500 trams", ""),
        ("see 3.2", ""),
    ],
)
def test_a_numeral_with_one_reading_shows_the_decimal_mark(text: str, mark: str) -> None:
    assert decimal_mark(text) == mark


def test_the_documents_notation_decides_what_its_own_sentence_leaves_open() -> None:
    assert first_missing_value("1.5 tonnes", "It weighs 1.500 tonnes.", mark=",") == "1.5 tonnes"
    assert first_missing_value("1.5 tonnes", "It weighs 1.500 tonnes.") == ""


def test_draws_fields_and_arguments_compare_numbers_in_any_notation() -> None:
    assert agree("−5,13 %", "-5.13 %")
    assert not agree("5,13 %", "13 %")
    assert not agree("10⁶ cells", "10 cells")
    assert same_fields('{"volume": "2.237.500 EUR"}', '{"volume": "2,237,500 EUR"}')
    assert supports_value("Es kostet 2.237.500 Euro.", TypedValue("number", 2237500))
    assert not supports_value("Es sind 5,13 %.", TypedValue("number", 13))
    assert supports_value("endet am 31. Dezember 2027", TypedValue("date", "2027-12-31"))


@pytest.mark.parametrize(
    "unit",
    [
        "7",
        "1,1,",
        "a.a.",
        "(",
        "1/",
        "5 May ",
        "-1 ",
        "Ab ",
        "一,",
        " ",
        "\n",
        "1 234 ",
        "[1]",
        "!?",
    ],
)
def test_values_of_a_very_long_text_are_read(unit: str) -> None:
    text = (unit * 300_000)[:300_000]
    assert all(v.end <= len(text) for v in find_values(text))
