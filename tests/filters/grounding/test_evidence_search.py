"""Which sentences bear an answer out."""

from hypothesis import given
from hypothesis import strategies as st

from filters.grounding.evidence_search import best_evidence, find_claim_evidence
from filters.text.segment import sentences
from tests.world import LAW, OPENING, QUESTION, WASHED, WASHING, span


def test_the_sentence_that_holds_the_values_of_the_answer_is_its_evidence() -> None:
    assert best_evidence(WASHING, QUESTION, "14 days") == (span(WASHED),)


def test_two_neighbours_are_evidence_where_only_both_hold_the_values() -> None:
    assert best_evidence(OPENING, "Who keeps how many keys and when?", "3 keys from 6:00") == tuple(
        sentences(OPENING)
    )


def test_of_two_sentences_with_the_value_the_one_asked_about_is_evidence() -> None:
    text = "Buses rest for 30 minutes. Trams of the yard rest for 30 minutes."
    assert best_evidence(text, "How long do trams of the yard rest?", "30 minutes") == (
        span("Trams of the yard rest for 30 minutes.", text),
    )


def test_a_strangers_answer_may_have_its_values_far_apart() -> None:
    text = f"{OPENING} Soup is hot. Buses are cold. Bread is dry. {WASHING}"
    answer = "Ada Finch keeps 3 keys of the depot, and trams are washed within 14 days."
    found = find_claim_evidence(text, "", answer, widely=True)
    assert [s.text for one in found for s in one.spans] == [sentences(OPENING)[1].text, WASHED]


def test_an_empty_text_holds_no_evidence() -> None:
    assert best_evidence("", QUESTION, "14 days") == ()


@LAW
@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_evidence_is_made_of_slices_of_the_text(text: str, instruction: str, response: str) -> None:
    found = best_evidence(text, instruction, response)
    assert [text[s.start : s.end] for s in found] == [s.text for s in found]
