"""An answer stands or falls with its evidence."""

import pytest

from factory.core.records import Span
from filters.grounding.grounding import grounding
from tests.world import WASHED, WASHING, chunk, example, span


def test_an_answer_that_its_evidence_says_passes_with_it() -> None:
    verdict = grounding(example())
    assert (verdict.passed, verdict.reason, verdict.score, verdict.evidence) == (
        True,
        "",
        1.0,
        (span(WASHED),),
    )


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
        (
            {"response": "within 15 days"},
            f'The answer says "15 days", but its evidence does not ("{WASHED}").',
        ),
        (
            {"response": "within 14 hours"},
            f'The answer says "14 hours", but its evidence does not ("{WASHED}").',
        ),
        (
            {"response": "by washer Brook"},
            f'The answer says "Brook", but its evidence does not ("{WASHED}").',
        ),
        (
            {"response": "on 31 March"},
            f'The answer says "31 March", but its evidence does not ("{WASHED}").',
        ),
        (
            {"response": "with cold soapy water"},
            f'The answer is not borne out by its evidence ("{WASHED}").',
        ),
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
def test_what_the_source_does_not_say_is_rejected_in_a_sentence(
    changes: dict[str, object], reason: str
) -> None:
    verdict = grounding(example(**changes))
    assert (verdict.passed, verdict.reason) == (False, reason)


def test_the_share_of_words_that_must_stand_in_the_evidence_can_be_set() -> None:
    wordy = example(response="Every dirty smelly tram is washed within 14 days.")
    assert [grounding(wordy, support).passed for support in (0.5, 0.9)] == [True, False]


def test_a_value_outside_the_quoted_words_does_not_count() -> None:
    narrow = example(spans=(span("Trams are not washed on Sunday.", WASHING),))
    assert (
        grounding(narrow).reason
        == 'The answer says "14 days", but its evidence does not ("Trams are not washed on Sunday.").'
    )


def test_a_quote_that_does_not_bear_on_the_answer_is_rejected() -> None:
    idle = example(
        spans=(span(WASHED), span("Trams are not washed on Sunday.")), response="14 days"
    )
    assert grounding(idle).reason == ""
    text = f"{WASHING} Soup costs 3 crowns."
    strange = example(chunk=chunk(text), spans=(span(WASHED), span("Soup costs 3 crowns.", text)))
    assert (
        grounding(strange).reason == 'The quote "Soup costs 3 crowns." does not bear on the answer.'
    )


def test_a_strangers_question_may_name_what_does_not_stand_in_the_chunk() -> None:
    asked = example(instruction="Within how many days is Ben's tram washed, I wonder?")
    assert [grounding(asked, of_chunk=of_chunk).passed for of_chunk in (True, False)] == [
        False,
        True,
    ]


RULE = "Which rule of the depot holds for trams?"


def judged(response: str, source: str, instruction: str = RULE) -> str:
    """The reason against an answer whose evidence is the whole of a source."""
    return grounding(
        example(
            instruction=instruction,
            response=response,
            chunk=chunk(source),
            spans=(span(source, source),),
        )
    ).reason


@pytest.mark.parametrize(
    ("response", "source", "missing"),
    [
        ("It waits 5-12 days.", "It waits 5-10 days.", "12 days"),
        ("A tram costs 5 thousand crowns.", "A tram costs 5 million crowns.", "5 thousand crowns"),
        ("The depot opens at 6 pm.", "The depot opens at 6 am.", "6 pm"),
        ("A tram has two seats.", "A tram has two hundred seats.", "two"),
        ("A toolbox weighs 5kg.", "A toolbox weighs 5g.", "5kg"),
        ("Brook keeps the keys of the depot.", "Finch keeps the keys of the depot.", "Brook"),
        ("Trams are washed twice a week.", "Trams are washed once a week.", "twice"),
        (
            "The depot keeps trams on the third floor.",
            "The depot keeps trams on the first floor.",
            "third",
        ),
        (
            "Trams rest under clause 3.3 of the depot.",
            "Trams rest under clause 3.2 of the depot.",
            "clause 3.3",
        ),
        (
            "The depot keeps 24 trams for 24 hours.",
            "The depot keeps 24 trams for 24 days.",
            "24 hours",
        ),
    ],
)
def test_an_answer_with_another_value_than_its_evidence_is_rejected(
    response: str, source: str, missing: str
) -> None:
    assert (
        judged(response, source)
        == f'The answer says "{missing}", but its evidence does not ("{source}").'
    )


@pytest.mark.parametrize(
    ("response", "source"),
    [
        ("Trams may rest at the depot.", "Trams may not rest at the depot."),
        ("Trams are removed.", "Trams are never removed."),
        ("A tram rests at the depot.", "No tram rests at the depot."),
    ],
)
def test_an_answer_that_says_what_its_evidence_denies_is_rejected(
    response: str, source: str
) -> None:
    assert judged(response, source) == f'The answer says what its evidence denies ("{source}").'


def test_a_bound_without_the_denial_of_its_evidence_is_rejected() -> None:
    source = "Trams of the depot are long, but trams may not exceed 5 metres."
    reason = f'The answer says "exceed 5 metres", but its evidence sets another bound ("{source}").'
    assert judged("Trams may exceed 5 metres.", source) == reason


@pytest.mark.parametrize(
    ("response", "source", "fault"),
    [
        (
            "Trams rest at least 5 days at the depot.",
            "Trams rest at most 5 days at the depot.",
            '"at least 5 days", but its evidence sets another bound',
        ),
        (
            "Trams may rest at the depot.",
            "Trams must rest at the depot.",
            '"may", but its evidence states another duty or leave',
        ),
        (
            "The number of trams increases.",
            "The number of trams decreases.",
            '"increases", but its evidence says the contrary',
        ),
    ],
)
def test_an_answer_that_turns_its_evidence_round_is_rejected(
    response: str, source: str, fault: str
) -> None:
    assert judged(response, source) == f'The answer says {fault} ("{source}").'


def test_a_clause_that_the_evidence_does_not_hold_is_named() -> None:
    source = "Trams of the depot are washed within 14 days."
    reason = judged(
        "Trams of the depot are washed within 14 days, and the chief pays the fine.", source
    )
    assert (
        reason
        == f'The answer\'s claim "and the chief pays the fine." is not borne out by its evidence ("{source}").'
    )


def test_a_yes_to_what_the_evidence_denies_is_rejected() -> None:
    source = "Trams may not rest at the depot."
    reason = judged("Yes, they may rest at the depot.", source, "May trams rest at the depot?")
    assert reason == f'The answer says what its evidence denies ("{source}").'


@pytest.mark.parametrize(
    ("response", "source"),
    [
        ("Notices are never removed.", "Notices are removed."),
        ("No notices are removed.", "Notices are removed."),
        ("No.", "A tram rests at the depot."),
        ("No, trams never rest.", "Trams rest at the depot."),
    ],
)
def test_a_denial_that_the_evidence_does_not_bear_out_is_rejected(
    response: str, source: str
) -> None:
    assert (
        judged(response, source) == "The answer denies something that its evidence does not deny."
    )


@pytest.mark.parametrize(
    ("response", "source"),
    [
        ("within fourteen days", "Every tram of the depot is washed within 14 days."),
        ("on 31 March", "The rule of the depot for trams holds on 31 March 2025."),
        ("tram No. 5", "The rule of the depot holds for tram 5."),
        ("1 driver", "The rule of the depot is one driver for all trams."),
        ("14 days", "Trams of the depot may not rest for 14 days."),
        ("No.", "Trams may not rest at the depot."),
        ("No.", "It is forbidden to park trams at the depot."),
        (
            "at most 80 people",
            "Trams of the depot carry not more than 80 people, at most 80 people.",
        ),
        (
            "Trams carry at most 80 people.",
            "Trams of the depot carry most people, not more than 80.",
        ),
        (
            "Trams are washed within 14 days.",
            "Trams of the depot are washed within 14 days, and they are not washed on Sunday.",
        ),
        ("Larkmoor's trams rest at the depot.", "Larkmoor's trams of the depot rest."),
        (
            "Trams may rest after 6:00.",
            "Trams of the depot may not rest before 6:00, but after 6:00.",
        ),
        ("Trams rest if washed.", "Trams of the depot do not rest unless washed."),
        ("Staff must rest at the depot.", "Drivers of trams must rest at the depot."),
        ("No more than 2 trams rest.", "The rule of the depot: at most 2 trams rest."),
        ("90 minutes", "Trams of the depot rest for 1.5 hours."),
        (
            "The depot's chief gives approval.",
            "A tram's rest is approved by the chief of the depot.",
        ),
    ],
)
def test_an_answer_that_its_evidence_bears_out_in_other_words_passes(
    response: str, source: str
) -> None:
    assert judged(response, source) == ""


def test_a_question_may_use_the_words_of_the_tables_head() -> None:
    rows = chunk("| Ash | 12 |").model_copy(
        update={"header": "| Tram | Yearly fee in Crowns |\n|---|---|"}
    )
    asked = "What is the Yearly fee in Crowns of tram Ash?"
    assert (
        grounding(
            example(
                instruction=asked,
                response="12",
                chunk=rows,
                spans=(span("| Ash | 12 |", rows.text),),
            )
        ).reason
        == ""
    )
