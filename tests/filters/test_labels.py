"""When two labels are one, and which are none of the client's."""

import pytest

from factory.records import Verdict
from filters.labels import labelled, same_label
from tests.world import example


@pytest.mark.parametrize(
    ("one", "other"),
    [("late_tram", "Late tram."), ("LateTram", "late-tram"), ("late, dirty", "Dirty; Late"), ('["late", "dirty"]', "dirty, late")],
)
def test_labels_are_one_but_for_their_spelling(one: str, other: str) -> None:
    assert same_label(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("late", "not late"), ("C", "C++"), ("1.1", "11"), ("1", "-1"), ("late, dirty", "late"), ("", "")]
)
def test_other_labels_are_not(one: str, other: str) -> None:
    assert not same_label(one, other)


@pytest.mark.parametrize("response", ["late tram", "Late_Tram", "dirty tram", "late_tram, dirty tram"])
def test_an_allowed_label_passes_in_any_spelling(response: str) -> None:
    assert labelled(("late_tram", "Dirty tram"))(example(response=response)) == Verdict(filter="labels", passed=True)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("early tram", '"early tram" is none of the labels; answer with one of: late_tram, Dirty tram.'),
        ("late_tram, broken", '"broken" is none of the labels; answer with one of: late_tram, Dirty tram.'),
        (" ", "The answer has no label; answer with one of: late_tram, Dirty tram."),
    ],
)
def test_a_label_outside_the_taxonomy_is_rejected(response: str, reason: str) -> None:
    assert labelled(("late_tram", "Dirty tram"))(example(response=response)) == Verdict(filter="labels", passed=False, reason=reason)
