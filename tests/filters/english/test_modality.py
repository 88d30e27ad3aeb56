"""Duties, permissions and bans are kept, however they are worded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.english.modality import changed_modality, find_modals
from tests.world import LAW


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Drivers must rest.", ["duty"]),
        ("Drivers SHALL rest.", ["duty"]),
        ("Drivers are required to rest.", ["duty"]),
        ("Drivers may rest.", ["leave"]),
        ("Drivers are entitled to rest.", ["leave"]),
        ("Drivers should rest.", ["advice"]),
        ("Drivers must not rest.", ["ban"]),
        ("Drivers cannot rest.", ["ban"]),
        ("Resting is prohibited.", ["ban"]),
        ("Drivers will rest.", ["will"]),
        ("Drivers should not rest.", ["advice"]),
        ("Drivers need not rest.", ["exempt"]),
        ("Drivers are not required to rest.", ["exempt"]),
        ("The depot opens in May 2025.", []),
        ("Drivers rest.", []),
    ],
)
def test_a_modal_is_of_one_kind(text: str, kinds: list[str]) -> None:
    assert [m.kind for m in find_modals(text)] == kinds


DUTY = "Drivers must wash the tram within 14 days."


@pytest.mark.parametrize(
    ("answer", "evidence", "changed"),
    [
        ("Drivers may wash the tram.", DUTY, "may"),
        ("Drivers should wash the tram.", DUTY, "should"),
        ("Drivers need not wash the tram.", DUTY, "need not"),
        ("Drivers are required to wash the tram.", DUTY, ""),
        ("Drivers wash the tram.", DUTY, ""),
        ("Drivers must wash the tram.", "Drivers may wash the tram.", "must"),
        ("Drivers must wear a vest.", "Drivers must wear a vest and may take off the cap.", ""),
        ("Drivers may wear a vest.", "Drivers must wear a vest and may take off the cap.", "may"),
        ("Drivers must wash the tram.", "Drivers wash the tram.", ""),
        ("Drivers may wash the tram.", "Drivers wash the tram.", "may"),
        ("Drivers should wash the tram.", "Drivers wash the tram.", "should"),
        ("You should wash the tram.", "Wash the tram.", ""),
        ("Drivers may wash the tram.", "Drivers will wash the tram.", "may"),
        ("Drivers shall wash the tram.", "Drivers will wash the tram.", ""),
        ("Drivers must not wash the tram.", "Drivers should not wash the tram.", "must not"),
        ("Drivers must log the wash.", "A tram may leave only after drivers log the wash.", ""),
        ("Only the workshop must change it.", "It may be changed only by the workshop.", "must"),
    ],
)
def test_a_changed_modal_is_named(answer: str, evidence: str, changed: str) -> None:
    assert changed_modality(answer, evidence) == changed


@pytest.mark.parametrize(
    ("answer", "question", "changed"),
    [
        ("Trams may rest for 6 hours.", "How long must trams rest?", "may"),
        ("Trams must rest for 6 hours.", "How long must trams rest?", ""),
        ("No, trams may rest for 6 hours.", "Must trams leave when they rest for 6 hours?", ""),
        ("Trams may rest for 6 hours.", "How long may trams rest?", ""),
    ],
)
def test_a_duty_is_not_a_permission(answer: str, question: str, changed: str) -> None:
    assert (
        changed_modality(answer, "Soup is served when trams rest for 6 hours.", question) == changed
    )


def test_what_the_question_asks_for_may_be_repeated() -> None:
    assert (
        changed_modality(
            "Drivers should wash the tram.", "Drivers wash the tram.", "What should drivers wash?"
        )
        == ""
    )


def test_a_stranger_may_say_less_than_is_stated_but_not_of_a_duty() -> None:
    assert (
        changed_modality("Drivers may wash the tram.", "Drivers wash the tram.", weaker=True) == ""
    )
    assert changed_modality("Drivers may wash the tram.", DUTY, weaker=True) == "may"


@LAW
@given(
    st.lists(
        st.sampled_from(
            "drivers must may should not need wash trams, and the depot shall can".split()
        ),
        max_size=14,
    )
)
def test_no_text_changes_its_own_modals(words: list[str]) -> None:
    assert changed_modality(" ".join(words), " ".join(words)) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("No driver may repair a tram.", "ban"),
        ("Nobody may approve it.", "ban"),
        ("No more than 3 trams may be washed.", "leave"),
        ("No one other than the chief may sign.", "leave"),
        ("The tram has no door and may be used.", "leave"),
        ("Please never wash it.", "ban"),
        ("Feel free to wash it.", "leave"),
    ],
)
def test_what_nobody_may_do_is_banned(text: str, kind: str) -> None:
    assert [modal.kind for modal in find_modals(text)] == [kind]


def test_a_plain_statement_is_not_a_permission() -> None:
    assert (
        changed_modality(
            "Feel free to hand the key in within 2 days.", "The key is handed in within 2 days."
        )
        == "Feel free"
    )
