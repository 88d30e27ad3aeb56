"""When two labels are one."""

import pytest

from filters.consistency.labels import same_label


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("late_tram", "Late tram."),
        ("LateTram", "late-tram"),
        ("late, dirty", "Dirty; Late"),
        ('["late", "dirty"]', "dirty, late"),
    ],
)
def test_labels_are_one_but_for_their_spelling(one: str, other: str) -> None:
    assert same_label(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("late", "not late"),
        ("C", "C++"),
        ("1.1", "11"),
        ("1", "-1"),
        ("late, dirty", "late"),
        ("", ""),
    ],
)
def test_other_labels_are_not(one: str, other: str) -> None:
    assert not same_label(one, other)
