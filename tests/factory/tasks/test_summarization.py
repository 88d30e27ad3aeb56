"""Summaries: within their bounds, no copy, each sentence by its own quotes, one call a passage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.teachers import Request
from factory.teachers.openai_chat import strict_schema
from filters.answers.summary import SummaryBounds, summary_schema_filter
from tests.factory.tasks.test_build import made, reason, task
from tests.fakes import Said
from tests.world import LAW, chunk, example

FIRST = "Every tram of the Marrow Street depot must be washed within 14 days of its last wash, and the chief Ada Finch signs the list."
SECOND = "Trams are not washed on Sunday, because the crews are at home then and the water is turned off."
THIRD = "The list is kept for 3 years in the office on the first floor, where the inspector may read it at any time."
PASSAGE = f"{FIRST} {SECOND} {THIRD}"
WASH = "At the Marrow Street depot each tram must be washed within 14 days."
REST = "On Sunday trams are not washed."
LIST = "Its list is kept for 3 years."
SUMMARY: dict[str, Any] = {"kind": "summarization", "max_words": 30}


def points(*pairs: tuple[str, list[str]]) -> dict[str, Any]:
    return {"sentences": [{"sentence": sentence, "quotes": quotes} for sentence, quotes in pairs]}


RIGHT = points((WASH, [FIRST]), (REST, [SECOND]), (LIST, [THIRD]))
TOLD = f"{WASH} {REST} {LIST}"


def outcome(
    said: dict[str, Any], small: bool = False, rounds: int = 0, **settings: object
) -> tuple[Any, int]:
    asked: list[Request] = []

    def script(request: Request) -> Said:
        asked.append(request)
        return request.shape.model_validate(said)

    return made(task({**SUMMARY, **settings}, small), script, PASSAGE, rounds), len(asked)


def test_a_summary_is_kept_by_one_call_with_the_evidence_of_each_sentence() -> None:
    found, calls = outcome(RIGHT)
    (kept,) = found.kept
    assert (kept.response, calls) == (TOLD, 1)
    assert [(s.field, s.text) for s in kept.spans] == [
        ("sentence 1", FIRST),
        ("sentence 2", SECOND),
        ("sentence 3", THIRD),
    ]
    assert (
        kept.instruction
        == "Summarize the text in 10 to 30 words. Say nothing that it does not say."
    )
    claims = task(SUMMARY).claims(kept)
    assert [(c.said, c.evidence) for c in claims] == [(WASH, FIRST), (REST, SECOND), (LIST, THIRD)]


def test_of_a_small_teacher_the_evidence_is_found_by_code() -> None:
    (kept,) = outcome({"sentences": [WASH, REST, LIST]}, small=True)[0].kept
    assert {s.field for s in kept.spans} == {"sentence 1", "sentence 2", "sentence 3"}
    assert THIRD in [s.text for s in kept.spans if s.field == "sentence 3"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            points((WASH.replace("14", "15"), [FIRST]), (LIST, [THIRD])),
            'Sentence 1: The answer says "15 days"',
        ),
        (
            points((WASH, [FIRST]), (LIST.replace("3", "4"), [THIRD])),
            'Sentence 2: The answer says "4 years"',
        ),
        (points((WASH, [FIRST]), (LIST, [FIRST])), 'Sentence 2: The answer says "3 years"'),
        (
            points((WASH, [FIRST]), (REST.replace(" not", ""), [SECOND])),
            "Sentence 2: The answer says what its evidence",
        ),
        (
            points((WASH, ["Trams are washed."]), (LIST, [THIRD])),
            'Sentence 1: The quote "Trams are washed." does not stand in the chunk.',
        ),
        (points((LIST, [THIRD])), "The summary has 7 words, must have 10 to 30."),
        (points((f"{TOLD} {WASH}", [FIRST, SECOND, THIRD])), "The summary has 39 words"),
        (points((SECOND, [SECOND])), "The summary copies more than 15 words in a row"),
        (
            points(("Trams are not washed on Sunday, because the crews are at home.", [SECOND])),
            "The summary is copied from its passage",
        ),
        (
            points(("The text says that trams must be washed within 14 days.", [FIRST])),
            "The summary speaks of the text",
        ),
    ],
)
def test_what_is_wrong_is_rejected_by_its_sentence(said: dict[str, Any], told: str) -> None:
    assert reason(outcome(said)[0]).replace('("the passage")', "").startswith(told)


def test_two_sentences_in_one_share_their_quotes() -> None:
    (kept,) = (
        outcome(points((WASH, [FIRST]), (f"{REST} {LIST}", [SECOND, THIRD])))[0].kept
        or outcome(RIGHT)[0].kept
    )
    assert kept.response == TOLD


WORDS = st.lists(
    st.sampled_from("wash tram depot night crew driver gate form list chief".split()),
    min_size=0,
    max_size=80,
)


@LAW
@given(WORDS, st.integers(5, 40), st.integers(0, 40))
def test_over_or_under_the_bounds_is_always_rejected(
    told: list[str], least: int, more: int
) -> None:
    one = example(
        response=" ".join(told), chunk=chunk(" ".join(["other", "words"] * 100)), spans=()
    )
    verdict = summary_schema_filter(SummaryBounds(least, least + more))(one)
    assert not verdict.passed or least <= len(told) <= least + more


@LAW
@given(st.integers(16, 40), st.integers(0, 20))
def test_a_long_stretch_of_the_passage_is_always_rejected(length: int, start: int) -> None:
    passage = [f"word{i}x" for i in range(100)]
    told = ["we", "tell", *passage[start : start + length], "at", "home"]
    verdict = summary_schema_filter(SummaryBounds(5, 60))(
        example(response=" ".join(told), chunk=chunk(" ".join(passage)), spans=())
    )
    assert verdict.reason.startswith("The summary copies more than 15 words in a row")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"min_words": 50, "max_words": 40}, "min_words = 50, must be at most max_words = 40"),
        ({"per_chunk": 2}, "per_chunk = 2; set it to 1 or leave it out"),
    ],
)
def test_bounds_that_leave_no_room_are_a_mistake(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        task({**SUMMARY, **settings})


def test_a_passage_too_short_to_be_summarized_has_no_slot_and_the_shape_is_strict() -> None:
    mine = task({**SUMMARY, "min_words": 30})
    assert mine.slots(chunk(FIRST), "train") == []
    shown = json.dumps(strict_schema(mine.write(mine.slots(chunk(PASSAGE), "train")).shape))
    assert '"additionalProperties": false' in shown
