"""An answer keeps the negations of its evidence and adds none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.english.negation import adds_negation, flips_negation
from tests.world import LAW


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (
            "Trams are not washed on Sunday.",
            "Trams are washed on Sunday, and the gate is not locked.",
        ),
        ("Trams are washed on Sunday.", "Trams are not washed on Sunday, and the gate is locked."),
        ("The gate is not locked.", "The gate is locked, and no tram rests."),
        ("Trams rest under all circumstances.", "Trams rest under no circumstances."),
        ("The box is not never washed.", "The box is never washed."),
        (
            "No, live cultures are not excluded.",
            "Live cultures and poisons are excluded; nothing else is.",
        ),
        (
            "Trams wait until they are not washed.",
            "Trams may not leave, and wait until they are washed.",
        ),
    ],
)
def test_a_flipped_negation_is_found_next_to_another_one(answer: str, evidence: str) -> None:
    assert flips_negation(answer, evidence)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("Yes.", "Trams may not rest here.", "May trams rest here?"),
        (
            "Yes, the bell counts.",
            "The bell of the depot counts, not the lamp in the yard.",
            "Does the lamp in the yard count?",
        ),
        (
            "Yes, only the chief may open it.",
            "The gate may be opened only by the chief.",
            "May a driver open the gate?",
        ),
        ("Yes, by rail only.", "Soup may travel by rail only.", "Can soup be sent by air?"),
        (
            "Yes, the tram must be washed as well.",
            "A rinse does not replace the wash that follows it.",
            "Does a rinse replace the wash of a tram?",
        ),
        (
            "No, but only after a wash.",
            "Trams may leave at any time after a wash.",
            "May trams leave at any time?",
        ),
        (
            "Yes, old trams are the exception.",
            "Trams are washed daily, with the exception of old trams.",
            "Are old trams washed daily?",
        ),
        (
            "Yes, soup is forbidden.",
            "Soup is forbidden at the depot.",
            "May I bring soup to the depot?",
        ),
    ],
)
def test_a_yes_to_what_is_negated_or_forbidden_is_flipped(
    answer: str, evidence: str, question: str
) -> None:
    assert flips_negation(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("Yes, only on Sunday.", "Trams may rest here only on Sunday.", "May trams rest here?"),
        (
            "Yes, only the chief may open it.",
            "Only the chief may open the gate.",
            "May the chief open the gate?",
        ),
        ("Yes, by rail only.", "Soup may travel by rail only.", "Can soup be sent by rail?"),
        (
            "Yes.",
            "Drivers may not open the gate unless the chief agrees.",
            "May drivers open the gate if the chief agrees?",
        ),
        ("Yes, it is exempt.", "Soup is exempt from the fee.", "Is soup exempt from the fee?"),
    ],
)
def test_a_yes_within_its_limits_is_not_flipped(answer: str, evidence: str, question: str) -> None:
    assert not flips_negation(answer, evidence, question)


def test_a_limit_without_a_number_that_may_be_exceeded_is_flipped() -> None:
    assert flips_negation(
        "Trams may exceed the number of drivers.", "The trams may not exceed the number of drivers."
    )


def test_a_no_needs_a_negation_a_refusal_or_a_limit() -> None:
    answer = "No, 3 crowns a day."
    assert [
        adds_negation(answer, e)
        for e in ("Soup costs 3 crowns a day.", "Soup costs only 3 crowns a day.")
    ] == [True, False]


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("On Sunday trams are not washed.", "Trams are not washed on Sunday."),
        ("Trams are washed on Monday.", "Trams are washed on Monday, not on Sunday."),
        ("at most 80 trams", "Not more than 80 trams rest."),
        (
            "Trams may start with the depot's consent.",
            "Trams may start without fuel if they have the depot's consent.",
        ),
        ("A lost box is invoiced.", "A box that is not returned is treated as lost and invoiced."),
        ("Trams rest after 6:00.", "Trams may not rest before 6:00."),
        ("14 days", "Trams may not rest for 14 days."),
    ],
)
def test_an_answer_that_keeps_the_negation_is_not_flipped(answer: str, evidence: str) -> None:
    assert not flips_negation(answer, evidence)


def test_a_refusal_supports_a_negation() -> None:
    assert not adds_negation("Trams do not rest here.", "It is forbidden to rest trams here.")


@LAW
@given(
    st.lists(
        st.sampled_from(
            "trams not are washed never, and no depot rests without keys unless".split()
        ),
        max_size=14,
    )
)
def test_no_text_flips_itself(words: list[str]) -> None:
    assert not flips_negation(" ".join(words), " ".join(words))


@pytest.mark.parametrize(
    ("answer", "evidence", "turned"),
    [
        ("Trams are hired with a deposit.", "Trams are hired without any deposit.", True),
        (
            "Trams are hired without a driver.",
            "Trams are hired with a driver, without a deposit.",
            True,
        ),
        (
            "Trams are hired with a driver.",
            "Trams are hired with a driver, without a deposit.",
            False,
        ),
        ("Nobody may not enter the depot.", "Nobody may enter the depot.", True),
    ],
)
def test_with_is_not_without(answer: str, evidence: str, turned: bool) -> None:
    assert flips_negation(answer, evidence) == turned
