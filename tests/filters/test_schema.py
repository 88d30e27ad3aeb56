"""What is no well-formed question with a real answer."""

import pytest

from factory.records import Verdict
from filters.schema import schema
from tests.world import example


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
        ("May trams of the Marrow Street depot rest?", "No, trams of the Marrow Street depot never rest."),
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
        ({"instruction": "Within how many days is ___ washed at the depot?"}, 'It contains a placeholder ("___").'),
        ({"instruction": "Tell me how often trams are washed"}, "The question does not end with a question mark."),
        ({"instruction": "When is the tram washed? And who washes the tram?"}, "There is more than one question."),
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
        ({"response": "14 days, as the passage says"}, 'It speaks of the text instead of its subject ("the passage").'),
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
            {"instruction": "Why does the depot wash a dirty tram?", "response": "The depot washes a dirty tram."},
            "The answer only restates the question.",
        ),
        (
            {"instruction": "Who washes the trams of the depot?", "response": "a washer " * 13},
            "The question asks for a value and the answer is a long text; answer with the value.",
        ),
        ({"response": "a bucket of clean water"}, "The question asks for a number and the answer gives none."),
        (
            {"instruction": "When does the Marrow Street depot open?", "response": "a bucket of clean water"},
            "The question asks for a time and the answer gives none.",
        ),
        ({"response": "14 hours"}, "The question asks for days and the answer counts something else."),
        (
            {"instruction": "How many passengers does a tram of the depot carry?", "response": "14 days"},
            "The question asks how many passengers and the answer counts something else.",
        ),
    ],
)
def test_what_is_malformed_is_rejected_in_a_sentence(changes: dict[str, str], reason: str) -> None:
    assert schema(example(**changes)) == Verdict(filter="schema", passed=False, reason=reason)
