"""A question of a small teacher is a sound sentence that names its subject."""

import pytest

from factory.core.records import Verdict
from filters.schema.grammar import wording
from tests.world import example


@pytest.mark.parametrize(
    "question",
    [
        "Within how many days of its last wash is a tram of the Marrow Street depot washed?",
        "Every tram of the Marrow Street depot is washed every how many days?",
        "Who keeps the keys of the tram depot at Marrow Street?",
        "How many crowns does the depot chief need for a new tram bell?",
    ],
)
def test_a_sound_question_passes(question: str) -> None:
    assert wording(example(instruction=question)) == Verdict(filter="wording", passed=True)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            "The night fare on the Marrow Street tram line is per cent?",
            "The question has no question word, it is a statement with a question mark.",
        ),
        (
            "A driver rests for 18 hours at the depot, of which at least 18 hours follow the night line?",
            "The question has no question word, it is a statement with a question mark.",
        ),
        (
            "The depot chief washes (how many) trams of the Marrow Street line?",
            "The question has brackets; write it without the hint.",
        ),
        (
            "How many days does a quarrel that the drivers cannot settle within have to go to Ada Finch?",
            'The question breaks off at "within have".',
        ),
        (
            "How many weeks of night leave does a tram driver entitled to?",
            'The verb is wrong in "does a tram driver entitled".',
        ),
        (
            "How many years does the inspectors keep their old tram records?",
            'The verb is wrong in "does the inspectors keep".',
        ),
        (
            "How many trams does the depot chief list by line, driver and colour for as many as?",
            'The question breaks off at "as many as?".',
        ),
        (
            "What share of the red trams of Marrow Street is painted to on Monday?",
            'The question breaks off at "to on".',
        ),
        (
            "Which red trams of Marrow Street must be painted within how many days?",
            "The question asks for two things; ask for one.",
        ),
        (
            "How long does the red tram rest for 2 days and the blue tram for how many days?",
            "The question asks for two things; ask for one.",
        ),
        (
            "A driver who keeps more than how many percentage of the fares must tell Ada Finch?",
            '"how many percentage" is no English, ask "what percentage".',
        ),
        ("How many of how many trams rest?", 'The question says "how many" twice.'),
        (
            "How many days does the red tram of the red tram rest?",
            'The question says "red tram" twice.',
        ),
        (
            "How often is every tram is washed on Monday?",
            "The question has two main verbs; write one plain question.",
        ),
        (
            "How many days does every tram needs to rest?",
            "The question has two main verbs; write one plain question.",
        ),
        (
            "How many trams rest for more than days at the depot?",
            'The question leaves out a value ("than days"); ask for it or name it.',
        ),
        (
            "Within how many days is every tram washed within?",
            'The question says "within" at its beginning and at its end.',
        ),
        (
            "What does the text say of the night tram?",
            "The question speaks of the text instead of its subject.",
        ),
        (
            "The night fare is how many crowns?",
            "The question does not name its subject in full; keep all words of the fact.",
        ),
    ],
)
def test_an_unsound_question_is_rejected_with_its_fault(question: str, reason: str) -> None:
    assert wording(example(instruction=question)) == Verdict(
        filter="wording", passed=False, reason=reason
    )
