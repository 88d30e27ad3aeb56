"""Values that the evidence contains in another spelling, and values that it does not contain."""

import pytest

from filters.text.value_match import first_missing_value


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("90 minutes", "1.5 hours"),
        ("two weeks", "14 days"),
        ("24 hours", "24 h"),
        ("1,000 crowns", "1000 crowns"),
        ("ten crowns", "10.0 crowns"),
        ("10 %", "ten per cent"),
        ("forty hours", "forty (40) hours"),
        ("in 2025", "on 31 March 2025"),
        ("in March", "on 31 March 2025"),
        ("31 March", "Mar. 31, 2025"),
        ("clause 3.2", "3.2 Trams rest."),
        ("3.2", "see section 3.2"),
        ("half an hour", "30 minutes"),
        ("noon", "at 12:00"),
        ("the European depot", "a depot in Europe"),
        ("at the DCT", "at the Depot Council of Trams"),
        ("by Loads", "by each load"),
        ("with Newton John", "with Olivia Newton-John"),
    ],
)
def test_a_value_in_another_spelling_is_contained(part: str, whole: str) -> None:
    assert first_missing_value(part, whole) == ""


@pytest.mark.parametrize(
    ("part", "whole", "missing"),
    [
        ("24 days", "24 h", "24 days"),
        ("1 day", "24 hours", "1 day"),
        ("24 hours", "24 pallets", "24 hours"),
        ("1 per cent", "one party", "1 per cent"),
        ("5 euros", "5 dollars", "5 euros"),
        ("in 2024", "on 31 March 2025", "2024"),
        ("clause 3.3", "3.2 Trams rest.", "clause 3.3"),
        ("clause 5", "5 days", "clause 5"),
        ("Annex B", "Annex A", "Annex B"),
        ("by Brook", "by Finch", "Brook"),
        ("10 calendar days", "10 working days", "10 calendar days"),
    ],
)
def test_another_value_is_not_contained(part: str, whole: str, missing: str) -> None:
    assert first_missing_value(part, whole) == missing


def test_a_name_of_question_and_source_may_be_missing_from_the_evidence() -> None:
    assert (
        first_missing_value(
            "by Finch within 14 days",
            "within 14 days",
            "Ada Finch washes.",
            "When does Finch wash?",
        )
        == ""
    )
    assert (
        first_missing_value(
            "by Brook within 14 days",
            "within 14 days",
            "Ada Finch washes.",
            "When does Brook wash?",
        )
        == "Brook"
    )
