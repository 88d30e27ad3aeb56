"""An answer stands or falls with its evidence."""

import pytest

from factory.records import Span
from filters.grounding import grounding
from tests.world import WASHED, WASHING, chunk, example, span


def test_an_answer_that_its_evidence_says_passes_with_it() -> None:
    verdict = grounding(example())
    assert (verdict.passed, verdict.reason, verdict.score, verdict.evidence) == (True, "", 1.0, (span(WASHED),))


def test_an_answer_without_spans_is_judged_by_the_best_sentence() -> None:
    verdict = grounding(example(spans=()))
    assert (verdict.passed, verdict.evidence) == (True, (span(WASHED),))


def test_a_number_in_words_is_borne_out_by_its_digits() -> None:
    assert grounding(example(response="washed within fourteen days")).reason == ""


def test_a_denial_is_borne_out_by_a_denial() -> None:
    denied = example(
        instruction="Are trams of the Marrow Street depot washed on Sunday?",
        response="Trams are not washed on Sunday.",
        spans=(span("Trams are not washed on Sunday."),),
    )
    assert grounding(denied).reason == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"chunk": chunk(""), "spans": ()}, "No evidence for the answer stands in the chunk."),
        (
            {"spans": (Span(start=0, end=14, text="within 15 days"),)},
            'The quote "within 15 days" does not stand in the chunk.',
        ),
        ({"response": "within 15 days"}, f'The answer says "15 days", but its evidence does not ("{WASHED}").'),
        ({"response": "within 14 hours"}, f'The answer says "14 hours", but its evidence does not ("{WASHED}").'),
        ({"response": "by washer Brook"}, f'The answer says "Brook", but its evidence does not ("{WASHED}").'),
        ({"response": "on 31 March"}, f'The answer says "31 March", but its evidence does not ("{WASHED}").'),
        ({"response": "with cold soapy water"}, f'The answer is not borne out by its evidence ("{WASHED}").'),
        (
            {"response": "Every tram is never washed within 14 days."},
            "The answer denies something that its evidence does not deny.",
        ),
        (
            {"instruction": "Within how many days of the visit of Ben Brook is a tram washed?"},
            'The question says "Ben", which does not stand in the source.',
        ),
        (
            {"instruction": "Within how many days does the canteen refund cold soup?"},
            "The question is about something else than its source; use the words of the source.",
        ),
    ],
)
def test_what_the_source_does_not_say_is_rejected_in_a_sentence(changes: dict[str, object], reason: str) -> None:
    verdict = grounding(example(**changes))
    assert (verdict.passed, verdict.reason) == (False, reason)


def test_the_share_of_words_that_must_stand_in_the_evidence_can_be_set() -> None:
    wordy = example(response="Every dirty smelly tram is washed within 14 days.")
    assert [grounding(wordy, support).passed for support in (0.5, 0.9)] == [True, False]


def test_a_value_outside_the_quoted_words_does_not_count() -> None:
    narrow = example(spans=(span("Trams are not washed on Sunday.", WASHING),))
    assert grounding(narrow).reason == 'The answer says "14 days", but its evidence does not ("Trams are not washed on Sunday.").'
