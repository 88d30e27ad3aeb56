"""Malformed questions and answers are rejected."""

import json
from pathlib import Path

import pytest

from factory.core.records import Verdict
from filters.schema.schema import schema
from tests.world import chunk, example

SHAPES = [
    json.loads(line)
    for line in Path(__file__).with_name("shapes.jsonl").read_text("utf-8").splitlines()
]
MOST_MISSED = 0.05  # of the labelled examples


def test_a_plain_question_with_a_plain_answer_passes() -> None:
    assert schema(example()) == Verdict(filter="schema", passed=True)


@pytest.mark.parametrize(
    ("instruction", "response"),
    [
        ("When does the Marrow Street depot open?", "at 6:00"),
        ("When does the Marrow Street depot open?", "6 am"),
        ("When are the trams of the depot washed?", "Monday"),
        ("How many drivers does a tram of the depot need?", "3 drivers"),
        ("How many seats must a tram of the depot have?", "3 seats"),
        ("How many keys does the chief of the depot keep at the depot gate?", "3 keys"),
        ("How many drivers does each night tram carry?", "one driver"),
        (
            "May trams of the Marrow Street depot rest?",
            "No, trams of the Marrow Street depot never rest.",
        ),
    ],
)
def test_a_good_question_with_its_answer_passes(instruction: str, response: str) -> None:
    assert schema(example(instruction=instruction, response=response)).reason == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instruction": " "}, "The question is empty."),
        ({"response": "\n"}, "The answer is empty."),
        ({"response": "Lorem ipsum"}, 'It contains a placeholder ("Lorem ipsum").'),
        (
            {"instruction": "Within how many days is ___ washed at the depot?"},
            'It contains a placeholder ("___").',
        ),
        (
            {"instruction": "Tell me how often trams are washed"},
            "The question does not end with a question mark.",
        ),
        (
            {"instruction": "When is the tram washed? And who washes the tram?"},
            "There is more than one question.",
        ),
        (
            {"instruction": "When washed?"},
            "The question has fewer than 5 words, too few to name its subject.",
        ),
        (
            {"instruction": "The chief washes every tram of the depot?"},
            "The question has no question word, it is a statement with a question mark.",
        ),
        (
            {"instruction": "According to the excerpt, within how many days is a tram washed?"},
            'It speaks of the text instead of its subject ("the excerpt").',
        ),
        (
            {"response": "14 days, as the passage says"},
            'It speaks of the text instead of its subject ("the passage").',
        ),
        ({"response": "tram " * 121}, "The answer has 121 words, at most 120 are allowed."),
        (
            {"instruction": "When is it washed at the depot?"},
            'The question leans on its sentence ("it"); name the subject in full.',
        ),
        (
            {"instruction": "Within how many days is it washed again?"},
            'The question leans on its sentence ("it"); name the subject in full.',
        ),
        (
            {"instruction": "Is every tram of the depot washed within 14 days?"},
            'The question contains its own answer ("within 14 days").',
        ),
        (
            {
                "instruction": "Why does the depot wash a dirty tram?",
                "response": "The depot washes a dirty tram.",
            },
            "The answer only restates the question.",
        ),
        (
            {"instruction": "Who washes the trams of the depot?", "response": "a washer " * 13},
            "The question asks for a value and the answer is a long text; answer with the value.",
        ),
        (
            {"response": "a bucket of clean water"},
            "The question asks for a number and the answer gives none.",
        ),
        (
            {
                "instruction": "When does the Marrow Street depot open?",
                "response": "a bucket of clean water",
            },
            "The question asks for a time and the answer gives none.",
        ),
        (
            {"response": "14 hours"},
            "The question asks for days and the answer counts something else.",
        ),
        (
            {
                "instruction": "How many passengers does a tram of the depot carry?",
                "response": "14 days",
            },
            "The question asks how many passengers and the answer counts something else.",
        ),
    ],
)
def test_what_is_malformed_is_rejected_in_a_sentence(changes: dict[str, str], reason: str) -> None:
    assert schema(example(**changes)) == Verdict(filter="schema", passed=False, reason=reason)


def test_labelled_examples_are_classified_as_labelled() -> None:
    judged = [
        (
            row["fault"],
            schema(
                example(
                    instruction=row["question"], response=row["answer"], chunk=chunk(row["source"])
                ),
                closed_book=row["closed_book"],
            ),
        )
        for row in SHAPES
    ]
    good = [verdict for fault, verdict in judged if not fault]
    faulty = [verdict for fault, verdict in judged if fault]
    assert sum(not v.passed for v in good) <= MOST_MISSED * len(good)
    assert sum(v.passed for v in faulty) <= MOST_MISSED * len(faulty)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"response": "within 14 days of the"},
            'The answer breaks off: it ends with "14 days of the".',
        ),
        ({"response": "Answer: 14 days"}, 'The answer repeats its prompt ("Answer:").'),
        (
            {"response": "Die Bahnen werden von dem Fahrer und der Leitung gewaschen."},
            'The answer is in another language than its source ("German").',
        ),
        (
            {"instruction": "When does the last tram leave?", "response": "6:00"},
            'The question leans on its sentence ("the last")',
        ),
    ],
)
def test_broken_endings_echoes_and_unresolved_references_are_rejected(
    changes: dict[str, str], reason: str
) -> None:
    assert schema(example(**changes)).reason.startswith(reason)


def test_a_question_without_its_document_must_say_which_agreement() -> None:
    asked = example(instruction="How long does the agreement last in all?", response="14 days")
    reason = 'The question can\'t be asked without its document ("the agreement"); say which one.'
    assert schema(asked) == Verdict(filter="schema", passed=True)
    assert schema(asked, closed_book=True) == Verdict(filter="schema", passed=False, reason=reason)


def test_an_example_without_an_instruction_is_judged_by_its_answer() -> None:
    assert schema(example(instruction=""), asked=False) == Verdict(filter="schema", passed=True)
    assert schema(example(instruction="", response="Lorem ipsum"), asked=False).passed is False


def test_an_object_is_a_sound_answer() -> None:
    assert schema(example(response='{"days": "14", "chief": null}'), asked=False) == Verdict(
        filter="schema", passed=True
    )


def test_eight_words_of_the_prompt_in_the_answer_are_an_echo() -> None:
    prompts = ("Write one question that a driver of the tram depot would ask.",)
    reason = 'The answer repeats its prompt ("one question that a driver of the tram").'
    copied, own = (
        example(response=text)
        for text in ("one question that a driver of the tram depot", "a driver of the tram depot")
    )
    assert [schema(e, False, prompts=prompts).reason for e in (copied, own)] == [reason, ""]
