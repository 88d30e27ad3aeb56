"""Preference: the kept answer over another value to the same question, of training examples alone."""

from factory.core.records import Attempt, Verdict
from factory.core.task_settings import TaskSettings
from factory.dataset.preference_pairs import preference_pairs
from factory.tasks.qa import QA
from tests.world import QUESTION, draws, example

TASKS = {"qa": QA(TaskSettings(), False, 3)}
FELL = (Verdict(filter="grounding", passed=False, reason="It is not in the chunk."),)


def rejected(**changes: object) -> list[object]:
    return [row["rejected"] for row in preference_pairs([example(**changes)], TASKS)]


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def test_an_outvoted_draw_of_another_value_is_rejected() -> None:
    assert rejected(draws=draws("within 14 days", "within 15 days", "14 days")) == [
        said("within 15 days")
    ]


def test_an_earlier_answer_to_the_same_question_is_rejected_and_its_reason_stands_beside_it() -> (
    None
):
    fallen = Attempt(instruction=QUESTION, response="within 30 days", verdicts=FELL)
    (row,) = preference_pairs([example(attempts=(fallen,))], TASKS)
    assert row["rejected"] == said("within 30 days")
    assert row["meta"] == {
        "id": "e1",
        "task": "qa",
        "lost": "grounding",
        "reason": "It is not in the chunk.",
    }


def test_an_answer_to_another_question_makes_no_pair() -> None:
    assert (
        rejected(
            attempts=(Attempt(instruction="When is it open?", response="at 6:00", verdicts=FELL),)
        )
        == []
    )


def test_the_same_value_in_other_words_makes_no_pair() -> None:
    assert (
        rejected(attempts=(Attempt(instruction=QUESTION, response="14 days", verdicts=FELL),)) == []
    )


def test_what_is_held_out_makes_no_pair() -> None:
    assert rejected(split="test", draws=draws("within 14 days", "within 15 days", "14 days")) == []
