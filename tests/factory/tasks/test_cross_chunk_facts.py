"""Facts of other chunks: of the same side and document, handed out once, and never answered where they are asked for."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Chunk, DocumentRef, Slot, Split, Verdict, digest
from factory.core.settings import FilterSettings, RepairSettings
from factory.generation.engine import GenerationEngine, Outcome
from factory.tasks.cross_chunk_facts import (
    BEFORE,
    CrossChunkFacts,
    chunk_does_not_answer,
    fact_with_hint,
)
from factory.tasks.qa import Asked
from factory.teachers import Request
from filters.text.values import find_values
from tests.factory.tasks.test_build import REFUSAL, task
from tests.fakes import FakeTeacher, asker
from tests.world import LAW, example

SMALL = {"kind": "unanswerable"}
WASH = "The crews of the Marrow Street depot wash every yellow tram of the line within 14 days."
GATE = (
    "The crews of the Marrow Street depot lock the northern gate of the yard behind the last tram."
)
RIGHT = "Within how many days do the crews of the Marrow Street depot wash every yellow tram of the line?"
STRANGE = (
    "Bakers near the harbour shape their rye loaves by hand and sell them on the quay before noon."
)


def chunk(text: str, document: str = "depot.md") -> Chunk:
    return Chunk(
        digest=digest(text),
        document=DocumentRef(digest=document, name=document),
        start=0,
        end=len(text),
        text=text,
    )


def given_to(chunks: Sequence[Chunk], side: Split = "train") -> list[list[Slot]]:
    mine, elsewheres = task(SMALL, small=True), CrossChunkFacts(frozenset({"unanswerable"}))
    return [elsewheres.given(mine.slots(c, side), c, side) for c in chunks]


def asked(slots: list[list[Slot]]) -> list[list[str]]:
    return [[one.sentence for slot in some for one in slot.elsewhere] for some in slots]


def test_a_chunk_is_asked_for_a_fact_of_one_before_it() -> None:
    found = given_to([chunk(WASH), chunk(GATE)])
    assert asked(found) == [[], [WASH]]
    assert fact_with_hint(found[1][0].elsewhere[0]) == WASH.replace("14", "[how many]")


@pytest.mark.parametrize(
    "other",
    [
        f"{GATE} They do it in 14 days.",
        "All crews of the Marrow Street depot wash every yellow tram of the line before long, as the chief says.",
        STRANGE,
    ],
)
def test_a_chunk_that_may_state_it_or_is_about_something_else_is_not_asked(other: str) -> None:
    assert asked(given_to([chunk(WASH), chunk(other)])) == [[], []]


def test_no_fact_is_asked_for_beside_another_document_or_side_or_twice() -> None:
    assert asked(given_to([chunk(WASH), chunk(GATE, "other.md")])) == [[], []]
    elsewheres, mine = CrossChunkFacts(frozenset({"unanswerable"})), task(SMALL, small=True)
    elsewheres.given(mine.slots(chunk(WASH), "test"), chunk(WASH), "test")
    assert elsewheres.given(mine.slots(chunk(GATE), "train"), chunk(GATE), "train") == []
    assert asked(given_to([chunk(WASH), chunk(GATE), chunk(GATE.replace("gate", "door"))])) == [
        [],
        [WASH],
        [],
    ]


def test_slots_of_other_tasks_stay_as_they_are() -> None:
    slots = task({"kind": "conversation"}).slots(chunk(WASH), "train")
    assert CrossChunkFacts(frozenset()).given(slots, chunk(WASH), "train") == slots
    assert CrossChunkFacts(frozenset({"unanswerable"})).given(slots, chunk(WASH), "train") == slots


@LAW
@given(
    st.lists(
        st.tuples(st.sampled_from(["wash", "paint", "grease"]), st.integers(11, 99)),
        min_size=2,
        max_size=2 * BEFORE,
    )
)
def test_no_chunk_holds_the_value_that_it_is_asked_for(told: list[tuple[str, int]]) -> None:
    crews = "The crews of the Marrow Street depot"
    texts = [
        f"{crews} {verb} every yellow tram of line {n} within {days} days."
        for n, (verb, days) in enumerate(told)
    ]
    for slots in given_to([chunk(text) for text in texts]):
        for slot in slots:
            stated = find_values(slot.chunk.text)
            assert not any(
                v.carries(w)
                for one in slot.elsewhere
                for w in find_values(one.target.text)
                for v in stated
            )


def made(question: str, rounds: int = 0) -> tuple[Outcome, list[Request]]:
    requests: list[Request] = []

    def script(request: Request) -> Asked:
        requests.append(request)
        return Asked(question=question)

    mine = task(SMALL, small=True)
    factory = GenerationEngine(
        asker(FakeTeacher(script)), {mine.name: mine}, FilterSettings(), "fake"
    )
    slots = given_to([chunk(WASH), chunk(GATE)])[1]
    return asyncio.run(factory.make(slots, RepairSettings(rounds=rounds), lambda e: e)), requests


def test_a_question_made_of_the_fact_is_kept_with_the_refusal_and_nobody_votes() -> None:
    outcome, requests = made(RIGHT)
    (kept,) = outcome.kept
    assert (kept.instruction, kept.response, kept.spans, len(requests)) == (RIGHT, REFUSAL, (), 1)
    assert kept.elsewhere
    assert (kept.elsewhere.sentence, kept.elsewhere.target.text) == (WASH, "14 days")
    assert "within [how many] days" in requests[0].user


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            "How many days do the crews of the Marrow Street depot wash every yellow tram of the line?",
            "relevance",
        ),
        (
            "The crews of the Marrow Street depot wash every yellow tram of the line within some days?",
            "schema",
        ),
    ],
)
def test_a_question_that_is_not_the_facts_own_or_that_the_chunk_answers_is_rejected(
    question: str, reason: str
) -> None:
    (rejected,) = made(question)[0].rejected
    assert rejected.rejection
    assert rejected.rejection.filter == reason


def test_a_question_that_a_passage_of_the_chunk_speaks_of_is_rejected() -> None:
    spoken = example(
        instruction="Which trams of the Marrow Street depot are washed with soap on Sunday?",
        response=REFUSAL,
        spans=(),
    )
    assert (
        chunk_does_not_answer(spoken).reason
        == "A passage of the chunk speaks of what the question asks."
    )


def test_what_is_written_again_is_asked_for_the_next_fact() -> None:
    elsewheres, mine = CrossChunkFacts(frozenset({"unanswerable"})), task(SMALL, small=True)
    first, second = (
        chunk(WASH),
        chunk(WASH.replace("yellow tram", "silver bus").replace("14", "35"), "depot.md"),
    )
    _, _, (slot,) = (
        elsewheres.given(mine.slots(c, "train"), c, "train") for c in (first, second, chunk(GATE))
    )
    again = mine.repair(slot, example(), Verdict(filter="schema", passed=False))
    shown = [fact_with_hint(one) for one in slot.elsewhere]
    assert (len(shown), shown[0] in mine.write([slot]).user, shown[1] in again.user) == (
        2,
        True,
        True,
    )
