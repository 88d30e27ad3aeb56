"""Turns of a conversation in one instruction, and the filters that judge each of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Example, Span
from filters.answers.conversation import (
    collapse_whitespace,
    conversation_grounding_filter,
    conversation_schema_filter,
    join_turns,
    read_turns,
    split_turns,
    turn_field,
)
from filters.text.corpus_names import no_known_names
from tests.world import LAW, OPENING, chunk, example, span

FIRST = "At what time does the Marrow Street depot open?"
OPENS, KEYS = (f"{s}." for s in OPENING.rstrip(".").split(". "))
CHIEF = "the depot chief Ada Finch"


def of_turn(text: str, number: int) -> Span:
    return span(text, OPENING).model_copy(update={"field": turn_field(number)})


def talk(
    answer: str = "at 6:00", second: str = "And who keeps its 3 keys?", last: str = CHIEF
) -> Example:
    spans = (of_turn(OPENS, 1), of_turn(KEYS, 2))
    return example(
        instruction=join_turns([FIRST, answer, second]),
        response=last,
        spans=spans,
        chunk=chunk(OPENING),
    )


@LAW
@given(st.lists(st.text(), min_size=1, max_size=7).filter(lambda lines: len(lines) % 2))
def test_what_was_said_comes_back_from_the_instruction(lines: list[str]) -> None:
    assert split_turns(join_turns(lines)) == [collapse_whitespace(line) for line in lines]


@pytest.mark.parametrize(
    "instruction", ["", "How long?", "User: How long?\nAssistant: 3 days.", "Assistant: 3 days."]
)
def test_what_is_no_conversation_is_refused(instruction: str) -> None:
    with pytest.raises(ValueError, match="is not a conversation"):
        split_turns(instruction)


def test_each_turn_has_its_own_answer_and_evidence() -> None:
    found = read_turns(talk())
    assert [(t.answer, [s.text for s in t.spans]) for t in found] == [
        ("at 6:00", [OPENS]),
        (CHIEF, [KEYS]),
    ]
    assert [t.before for t in found] == ["", FIRST]


def test_a_right_conversation_passes_with_the_spans_of_all_turns() -> None:
    judged = conversation_grounding_filter(0.6, no_known_names)(talk())
    assert conversation_schema_filter(())(talk()).reason == ""
    assert (judged.reason, [s.field for s in judged.evidence]) == ("", ["turn 1", "turn 2"])


def test_a_wrong_value_in_an_earlier_turn_rejects_the_whole() -> None:
    assert conversation_grounding_filter(0.6, no_known_names)(talk("at 7:00")).reason.startswith(
        'Turn 1: The answer says "7:00", but its evidence does not'
    )


def test_a_wrong_last_answer_is_rejected_by_its_own_evidence() -> None:
    assert conversation_grounding_filter(0.6, no_known_names)(
        talk(last="the driver Bo Lund")
    ).reason.startswith('Turn 2: The answer says "Bo"')


def test_only_the_first_question_must_stand_alone() -> None:
    assert conversation_schema_filter(())(talk(second="And who keeps them?")).reason == ""
    leaning = example(
        instruction=join_turns(
            ["Within how many days are they washed in the depot?", "within 14 days", "And why?"]
        ),
        response="Sunday",
    )
    assert conversation_schema_filter(())(leaning).reason.startswith(
        'Turn 1: The question leans on its sentence ("they")'
    )


def test_a_single_turn_is_no_conversation() -> None:
    assert (
        conversation_schema_filter(())(example(instruction=join_turns([FIRST]))).reason
        == "The conversation has 1 turn, must have 2 or more."
    )


def test_a_question_that_is_asked_twice_is_rejected() -> None:
    assert (
        conversation_schema_filter(())(talk(second=FIRST, last="at 6:00")).reason
        == "Two questions of the conversation are the same."
    )
