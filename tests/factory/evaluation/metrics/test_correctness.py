"""Same: what a correct answer is, and where a refusal is right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.core.prompts import load_prompt
from factory.evaluation.metrics.correctness import (
    RefusalCounts,
    count_refusals,
    question_text,
    refusal,
    says_the_same,
)
from filters.consistency.agreement import agree

ASKED = "What is the road allowance?"
UNKNOWN = "I don't know."


@pytest.mark.parametrize(
    ("response", "reference", "right"),
    [
        ("31 crowns per shift", "The road allowance is 31 crowns per shift.", True),
        ("13 crowns per shift", "31 crowns per shift", False),
        ("", "31 crowns per shift", False),
        (UNKNOWN, "31 crowns per shift", False),
        ("31 crowns per shift", UNKNOWN, False),
        ("The excerpt does not say.", UNKNOWN, True),
    ],
)
def test_a_correct_answer_says_the_same(response: str, reference: str, right: bool) -> None:
    assert says_the_same(response, reference, ASKED, agree) == right


@given(st.sampled_from(["31 crowns", UNKNOWN, "at 06:30", "never", "yes, by the guard"]))
@settings(deadline=None)
def test_a_text_is_correct_beside_itself(text: str) -> None:
    assert says_the_same(text, text, ASKED, agree)


def test_a_question_is_found_behind_its_excerpt() -> None:
    _, user = load_prompt("qa_student").fill(
        heading="Pay", chunk="Question: is 44 a number?\n31 crowns per shift.", question=ASKED
    )
    assert question_text(user) == ASKED


def test_a_question_that_stands_alone_is_all_of_it() -> None:
    assert question_text(ASKED) == ASKED


def test_refusals_by_hand() -> None:
    pairs = [
        (UNKNOWN, UNKNOWN),
        ("31 crowns", UNKNOWN),
        (UNKNOWN, "31 crowns"),
        ("31 crowns", "31 crowns"),
        ("no idea", "31 crowns"),
    ]
    assert count_refusals(pairs) == RefusalCounts(right=1, wanted=2, wrong=2, answerable=3)


SAID = st.sampled_from([UNKNOWN, "31 crowns", "The excerpt does not say."])


@given(st.lists(st.tuples(SAID, SAID), min_size=1))
@settings(deadline=None)
def test_refusals_and_the_metric_count_the_same(pairs: list[tuple[str, str]]) -> None:
    found = count_refusals(pairs)
    assert found.wanted + found.answerable == len(pairs)
    assert sum(refusal(*pair) for pair in pairs) == found.right + found.answerable - found.wrong
