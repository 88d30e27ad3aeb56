"""Personal data is masked alike everywhere, dropped with its paragraph, or kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import UserMistake
from factory.core.settings import DocumentSettings
from factory.documents.pii.masking import PiiMasker, build_pii_masker

EMAIL, PHONE, CARD, IBAN = (
    "ada.berg@larkmoor.example",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
)


def masks(**rules: str) -> PiiMasker:
    found = build_pii_masker(
        DocumentSettings.model_validate({"paths": ["x"], "personal_data": rules})
    )
    assert found
    return found


ALL = {"email": "mask", "phone": "mask", "card": "mask", "iban": "mask"}


def test_one_word_is_for_every_kind() -> None:
    settings = DocumentSettings.model_validate({"paths": ["x"], "personal_data": "mask"})
    assert settings.personal_data == ALL


def test_where_all_is_kept_nothing_is_looked_for() -> None:
    assert build_pii_masker(DocumentSettings(paths=("x",))) is None


def test_each_kind_is_masked() -> None:
    text = f"Write to {EMAIL} or call {PHONE}. Card {CARD}, account {IBAN}."
    assert (
        masks(**ALL).clean(text).text
        == "Write to [EMAIL_1] or call [PHONE_1]. Card [CARD_1], account [IBAN_1]."
    )


def test_the_same_value_has_the_same_mask_in_all_documents_however_it_is_written() -> None:
    own = masks(**ALL)
    assert (
        own.clean("Call +44 20 7946 0958 or bob@larkmoor.example.").text
        == "Call [PHONE_1] or [EMAIL_1]."
    )
    again = own.clean("Mail ADA@larkmoor.example, then Bob@Larkmoor.example; 020 7946 0958.").text
    assert again == "Mail [EMAIL_2], then [EMAIL_1]; [PHONE_1]."


@pytest.mark.parametrize(
    "text",
    [
        "A grant of +3 percent and 12 + 4 5 6 7 8 9 0 1 stays.",
        "The claim is paid within 30 days, at most 1,234,567.89 dollars, under 10 CFR 395.8 and 45 CFR 164.308(a)(1)(ii)(A).",
        "Order 4500012345 of 2024-05-20, part 90210-4455, ISBN 978-3-16-148410-0, section 3.2.1, NDA 212345 / 2023.",
        "Meter 4111 1111 1111 1112 reads 20.05.2024; account GB82 WEST 1234 5698 7654 33; write to user @ desk.",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert masks(**ALL).clean(text).text == text


@pytest.mark.parametrize(
    "phone",
    [
        "(555) 123-4567",
        "212-555-0123",
        "555-0199",
        "1-800-555-1212",
        "+49 30 901820",
        "phone 030 901820",
    ],
)
def test_phone_numbers_as_people_write_them_are_found(phone: str) -> None:
    assert "[PHONE_1]" in masks(phone="mask").clean(f"For help: {phone}, day and night.").text


def test_what_is_dropped_takes_its_paragraph_along() -> None:
    text = f"Before.\n\nAsk for Ada\nat {EMAIL}.\n\nAfter."
    assert masks(email="drop").clean(text).text == "Before.\n\n\n\nAfter."


def test_what_is_dropped_in_a_list_or_a_table_takes_its_line_along() -> None:
    text = f"- one\n- {EMAIL}\n- three\n\n| name | mail |\n| --- | --- |\n| Ada | {EMAIL} |\n| Bob | |\n"
    assert (
        masks(email="drop").clean(text).text
        == "- one\n- three\n\n| name | mail |\n| --- | --- |\n| Bob | |\n"
    )


def test_a_kind_that_is_kept_stays_beside_others() -> None:
    assert (
        masks(email="keep", phone="mask").clean(f"{EMAIL}, {PHONE}").text == f"{EMAIL}, [PHONE_1]"
    )


def test_what_was_found_is_counted() -> None:
    own = masks(email="mask", phone="drop")
    own.clean(f"{EMAIL} and {EMAIL}\n\n{PHONE}")
    assert own.found == {("email", "mask"): 2, ("phone", "drop"): 1}


WORDS = st.lists(
    st.sampled_from(
        ["Ask", EMAIL, PHONE, CARD, IBAN, "e\u0301t\u00e9", "🙂", "שלום", "\n\n", "- ", "12 days"]
    ),
    max_size=20,
)


@given(WORDS, st.sampled_from(["mask", "drop"]))
def test_nothing_that_is_looked_for_is_left_and_all_else_stands_where_it_moved(
    words: list[str], rule: str
) -> None:
    text = " ".join(words)
    cleaned = masks(**dict.fromkeys(ALL, rule)).clean(text)
    assert not any(value in cleaned.text for value in (EMAIL, PHONE, CARD, IBAN))
    for m in re.finditer(r"Ask|🙂|שלום", text):
        if not any(edit.start <= m.start() < edit.end for edit in cleaned.edits):
            at = cleaned.moved(m.start())
            assert cleaned.text[at : at + len(m.group())] == m.group()


@given(WORDS)
def test_cleaning_twice_changes_nothing_more(words: list[str]) -> None:
    once = masks(**ALL).clean(" ".join(words)).text
    assert masks(**ALL).clean(once).text == once


def test_an_unknown_kind_is_one_sentence_and_without_the_extra_it_names_that() -> None:
    with pytest.raises(
        UserMistake,
        match=r'"height" is not a known kind of personal data|height needs a package .* pip install "docstill\[personal\]"',
    ):
        masks(height="mask")


def test_identity_numbers_are_found_with_the_extra() -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra personal is not installed")
    text = "Her social security number is 078-05-1121, her passport 912803456. 10.0.0.12 asked."
    cleaned = masks(us_ssn="mask", ip_address="mask", us_passport="mask")
    assert (
        cleaned.clean(text).text
        == "Her social security number is [US_SSN_1], her passport [US_PASSPORT_1]. [IP_ADDRESS_1] asked."
    )
    assert (
        cleaned.clean("The depot sent 912803457 crates.").text == "The depot sent 912803457 crates."
    )


def test_names_need_a_model() -> None:
    pytest.importorskip("presidio_analyzer", reason="the extra personal is not installed")
    with pytest.raises(UserMistake, match="person needs a spaCy model"):
        masks(person="mask")
