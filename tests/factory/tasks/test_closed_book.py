"""Closed book: every fact of a trained document is trained, and the held-out questions are others about the same facts."""

import asyncio
import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Slot, Split
from factory.core.settings import ConsistencySettings, FilterSettings, RepairSettings
from factory.core.task_settings import TaskSettings
from factory.dataset.mix import training_row
from factory.generation.engine import GenerationEngine, Outcome
from factory.planning.gold import GoldRow, named_documents
from factory.planning.plan import limit_slots
from factory.tasks.closed_book import (
    SECOND_QUESTIONS_FROM,
    HeldOutShares,
    check_taught,
    first_slot_id,
)
from factory.tasks.qa import QA, Written
from factory.teachers import Request
from filters.consistency.vote import agree
from tests.factory.dataset.test_distractors import CHUNKS, TOLD
from tests.fakes import FACTS, Fact, FakeTeacher, Said, asker
from tests.world import LAW, QUESTION, chunk, example, mistake, span

HALF = HeldOutShares(seed=3, test=0.5, val=0.2)
NO_VOTE = FilterSettings(consistency=ConsistencySettings(draws=1))
NO_REPAIR = RepairSettings(rounds=0)
SIDES = st.sampled_from(("train", "val"))
HELD_OUT = st.sampled_from(("test", "shift"))
TWO = " ".join(fact.sentence for fact in FACTS[:2])


def task(per_chunk: int = 2, one_fact: bool = False, shares: HeldOutShares = HALF) -> QA:
    return QA(
        TaskSettings(per_chunk=per_chunk, open_book=False), one_fact, per_chunk, shares=shares
    )


@LAW
@given(st.integers(0, 1000), st.integers(1, 20), SIDES)
def test_every_held_out_question_is_a_second_one_about_a_trained_fact(
    seed: int, per_chunk: int, side: Split
) -> None:
    slots = task(per_chunk, shares=HeldOutShares(seed, 0.4, 0.2)).slots(CHUNKS[0], side)
    trained = [slot.id for slot in slots if slot.split == "train"]
    assert len(trained) == min(per_chunk, len(slots))
    assert all(first_slot_id(slot) in trained for slot in slots if slot.split != "train")
    assert len({slot.id for slot in slots}) == len(slots)


@LAW
@given(st.integers(0, 1000), HELD_OUT)
def test_no_question_about_a_held_out_document_is_trained(seed: int, side: Split) -> None:
    slots = task(shares=HeldOutShares(seed, 0.5, 0.5)).slots(CHUNKS[0], side)
    assert [(slot.split, first_slot_id(slot)) for slot in slots] == [("unseen", None)] * 2


def test_the_shares_say_how_many_facts_are_asked_again() -> None:
    slots = [
        slot
        for one in CHUNKS
        for slot in task(20, shares=HeldOutShares(1, 0.3, 0.1)).slots(one, "train")
    ]
    count = Counter(slot.split for slot in slots)
    assert count["train"] == 20 * len(CHUNKS)
    assert 0.22 < count["test"] / count["train"] < 0.38  # 240 draws: three standard errors are 0.09
    assert 0.04 < count["val"] / count["train"] < 0.16


def test_a_small_teacher_is_given_the_same_fact_by_another_prompt() -> None:
    small = task(1, one_fact=True, shares=HeldOutShares(0, 1.0))
    first, again = small.slots(chunk(FACTS[0].sentence), "train")
    assert (first.fact, first.target, again.ordinal, again.split) == (
        again.fact,
        again.target,
        SECOND_QUESTIONS_FROM,
        "test",
    )
    assert small.write([first]).system != small.write([again]).system
    assert small.write([first]).user == small.write([again]).user


def test_one_call_asks_for_all_questions_about_a_chunk() -> None:
    large = task(3, shares=HeldOutShares(0, 1.0))
    slots = large.slots(CHUNKS[0], "train")
    (group,) = large.groups(slots)
    assert large.write(group).user.endswith("Number of examples in all: 6\nAsk again: 1, 2, 3")


def test_a_student_sees_the_question_alone() -> None:
    one = example()
    (_, user, reply) = task().messages(one.instruction, one.response, one.chunk)
    assert (user["content"], reply["content"]) == (QUESTION, "within 14 days")
    assert training_row(one, {"qa": task()})["messages"] == task().messages(
        one.instruction, one.response, one.chunk
    )


def test_a_question_that_needs_its_document_is_rejected() -> None:
    asked = example(
        instruction="Within how many days of its last wash is a tram washed under this policy?"
    )
    verdict = task().schema(asked)
    assert (
        verdict.reason
        == 'The question can\'t be asked without its document ("this policy"); say which one.'
    )


def again(fact: Fact) -> str:
    return (
        f"Before the first departure, what number of trams do {fact.depot} crews clean in a night?"
    )


def asking(repeats: bool, repair: RepairSettings = NO_REPAIR) -> Outcome:
    """One chunk of two facts, both asked again: about the same facts, or about nothing that was asked."""
    large = task(shares=HeldOutShares(0, 1.0))
    slots = large.slots(
        chunk(f"{TWO} {FACTS[2].sentence} {FACTS[3].sentence}", headings=("Depots",)), "train"
    )

    def script(request: Request) -> Said:
        if request.shape is Written:
            wanted = next(
                fact for fact in FACTS if f'for what "{fact.question}" asks' in request.user
            )
            return wanted.written().model_copy(update={"question": again(wanted)})
        places = re.findall(r"\d+", request.user.rpartition("Ask again: ")[2])
        later = [FACTS[int(place) - 1] if repeats else FACTS[int(place) + 1] for place in places]
        examples = [fact.written() for fact in FACTS[:2]]
        examples += [fact.written().model_copy(update={"question": again(fact)}) for fact in later]
        return request.shape.model_validate({"examples": [one.model_dump() for one in examples]})

    factory = GenerationEngine(asker(FakeTeacher(script)), {"qa": large}, NO_VOTE, "fake")
    return asyncio.run(factory.make(slots, repair, lambda e: e))


def test_second_questions_about_trained_facts_are_kept() -> None:
    outcome = asking(repeats=True)
    said = [
        ("test", "11 trams"),
        ("test", "20 trams"),
        ("train", "11 trams"),
        ("train", "20 trams"),
    ]
    assert sorted((e.split, e.response) for e in outcome.kept) == said


def test_a_held_out_question_about_a_fact_that_nobody_trains_is_rejected() -> None:
    outcome = asking(repeats=False)
    assert {e.split for e in outcome.kept} == {"train"}
    reason = f'No training question asks for its fact; ask in other words for what "{FACTS[0].question}" asks (answer: "11 trams").'
    assert reason in [e.rejection.reason for e in outcome.rejected if e.rejection]


def test_a_second_question_about_another_fact_is_mended_to_ask_for_a_trained_one() -> None:
    outcome = asking(
        repeats=False, repair=RepairSettings(rounds=1, stop_when_dearer_than_fresh=False)
    )
    assert sorted((e.split, e.response) for e in outcome.kept if e.attempts) == [
        ("test", "11 trams"),
        ("test", "20 trams"),
    ]
    assert not outcome.rejected


def test_a_small_teacher_is_not_asked_again_for_a_fact_that_nobody_trains() -> None:
    untaught = check_taught(example(), [], agree)
    assert (
        untaught.reason == "No training question asks for its fact, and none of its chunk was kept."
    )
    assert [task(one_fact=small).mends(untaught) for small in (True, False)] == [False, True]


def test_another_answer_from_the_same_passage_is_another_fact() -> None:
    held_out = example(instruction="How old may the last wash of a tram be?", response="14 days")
    other = example(id="e2", response="the Marrow Street depot")
    apart = example(id="e3", spans=(span("Trams are not washed on Sunday."),))
    assert [check_taught(held_out, [one], agree).passed for one in (example(), other, apart)] == [
        True,
        False,
        False,
    ]


@LAW
@given(st.integers(1, 60))
def test_a_limit_asks_no_second_question_without_the_first(limit: int) -> None:
    slots: list[Slot] = [
        slot for one in CHUNKS for slot in task(2, shares=HeldOutShares(0, 0.5)).slots(one, "train")
    ]
    found = limit_slots(slots, limit)
    ids = {slot.id for slot in found}
    assert len(found) <= limit
    assert all(first_slot_id(slot) in {None, *ids} for slot in found)


def row(task: str, document: str) -> GoldRow:
    return GoldRow(
        id=f"{task} {document}", task=task, instruction=TOLD[0][1], response="14", document=document
    )


def test_documents_of_closed_book_gold_are_trained_and_those_of_open_book_gold_held_out() -> None:
    rows = [row("open", "a.md"), row("closed", "b.md")]
    assert [set(names) for names in named_documents(rows, {"open": True, "closed": False})] == [
        {"a.md"},
        {"b.md"},
    ]
    assert [set(names) for names in named_documents(rows, {"facts": False})] == [
        set(),
        {"a.md", "b.md"},
    ]


def test_a_document_that_would_be_held_out_and_trained_is_a_mistake() -> None:
    rows = [row("open", "a.md"), row("closed", "a.md")]
    assert mistake(lambda: named_documents(rows, {"open": True, "closed": False})) == (
        "gold names a.md in open-book rows, which hold it out, and in closed-book rows, which ask what is trained of it; "
        "must be one of both, or the two tasks recipes of their own"
    )
