"""Laws of the whole factory, on teachers that err: nothing vanishes, nothing unproven is kept, order decides nothing."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import TeacherDown, Unusable
from factory.core.records import Cost, Example, Slot, Span, Verdict
from factory.core.settings import ConsistencySettings, FilterSettings, RepairSettings
from factory.core.task_settings import TaskSettings
from factory.generation.engine import GenerationEngine, Outcome
from factory.generation.repair import RepairRound
from factory.tasks import Tasks
from factory.tasks.qa import QA, Quoted, Written
from factory.teachers import Request
from filters.consistency.vote import agree, elect_draw
from tests.fakes import (
    FACTS,
    TOKENS_IN,
    TOKENS_OUT,
    Fact,
    FakeTeacher,
    Said,
    about,
    asker,
    erring,
    failing,
    kind,
    noting,
    right,
)
from tests.world import FEW, chunk

VOTE = FilterSettings()
NO_VOTE = FilterSettings(consistency=ConsistencySettings(draws=1))
AWAY = TeacherDown("the fake server is away")
MARROW = FACTS[0]
ONE = (MARROW.sentence,)


def asked_of(per_chunk: int) -> Tasks:
    return {"qa": QA(TaskSettings(per_chunk=per_chunk), False, per_chunk)}


def slots(*texts: str, per_chunk: int = 3) -> list[Slot]:
    task = asked_of(per_chunk)["qa"]
    return [s for text in texts for s in task.slots(chunk(text, headings=("Depots",)), "train")]


def told(facts: Sequence[Fact], size: int) -> list[str]:
    """Texts of so many facts each."""
    return [
        " ".join(f.sentence for f in group)
        for group in (facts[i : i + size] for i in range(0, len(facts), size))
    ]


ALL = slots(*told(FACTS, 3))


def made(
    script: Callable[[Request], Said] | FakeTeacher,
    wanted: Sequence[Slot] = ALL,
    rounds: int = 1,
    filters: FilterSettings = VOTE,
) -> Outcome:
    """The outcome of the whole factory with a scripted teacher."""
    teacher = script if isinstance(script, FakeTeacher) else FakeTeacher(script)
    size = sum(s.chunk == wanted[0].chunk for s in wanted)
    factory = GenerationEngine(asker(teacher), asked_of(size), filters, "fake")
    return asyncio.run(factory.make(wanted, RepairSettings(rounds=rounds), lambda e: e))


def ids(outcome: Outcome) -> list[str]:
    return sorted(
        [e.id for e in (*outcome.kept, *outcome.rejected)] + [u.slot.id for u in outcome.unfinished]
    )


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return len(outcome.kept), len(outcome.rejected), len(outcome.unfinished)


def reasons(outcome: Outcome) -> list[str]:
    return [v.reason for e in outcome.rejected if (v := e.rejection)]


def test_a_teacher_without_fault_has_everything_kept() -> None:
    outcome = made(right)
    assert (counts(outcome), outcome.surplus, outcome.repairs) == ((len(ALL), 0, 0), 0, [])


@FEW
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_every_slot_ends_in_exactly_one_list(seed: int, rounds: int) -> None:
    outcome = made(erring(seed), rounds=rounds)
    assert ids(outcome) == sorted(s.id for s in ALL)
    assert all(
        outcome_reason
        for outcome_reason in (*reasons(outcome), *(u.reason for u in outcome.unfinished))
    )


@FEW
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 9))
def test_neither_the_order_of_arrival_nor_concurrency_decides(
    seed: int, arrival: int, in_flight: int
) -> None:
    late = random.Random(arrival)
    hasty = FakeTeacher(erring(seed), in_flight=1)
    slow = FakeTeacher(erring(seed), in_flight=in_flight, pause=lambda: late.random() / 500)
    assert made(hasty) == made(slow)


@FEW
@given(st.integers(0, 10**6))
def test_the_third_draw_is_made_only_where_the_first_two_disagree(seed: int) -> None:
    outcome = made(erring(seed))
    voted = [e for e in (*outcome.kept, *outcome.rejected) if e.draws]
    agreed = [agree(e.draws[0].response, e.draws[1].response, e.instruction) for e in voted]
    assert [len(e.draws) for e in voted] == [2 if a else 3 for a in agreed]


@FEW
@given(st.integers(0, 10**6))
def test_what_is_kept_is_the_elected_draw_with_its_own_proven_evidence(seed: int) -> None:
    for kept in made(erring(seed)).kept:
        chosen = kept.draws[cast("int", elect_draw(kept.draws, kept.instruction))]
        proof = next(v for v in kept.verdicts if v.filter == "grounding")
        assert (kept.response, kept.spans) == (chosen.response, chosen.spans)
        assert (proof.passed, proof.judged, proof.evidence) == (
            True,
            kept.response_digest,
            kept.spans,
        )


@FEW
@given(st.integers(0, 10**6))
def test_nothing_is_kept_that_is_not_true_or_was_not_voted_on(seed: int) -> None:
    kept = made(erring(seed)).kept
    true = {f.question: f"{f.trams} trams" for f in FACTS}
    assert [e.response for e in kept] == [true[e.instruction] for e in kept]
    assert all(len(e.draws) >= 2 for e in kept)


SUNDAY = (
    "Crews of the Marrow depot wash 12 trams every night of a feast before the first departure."
)


def span(text: str, source: str) -> Span:
    start = source.index(text)
    return Span(start=start, end=start + len(text), text=text)


def divided(*answers: Quoted) -> Callable[[Request], Said]:
    """Writes of the feast; draws 2 and 3 answer as given."""
    written = Written(question=MARROW.question, answer="12 trams", quotes=[SUNDAY])

    def script(request: Request) -> Said:
        return (
            answers[request.draw - 2] if kind(request) == "draw" else right_shape(request, written)
        )

    return script


def right_shape(request: Request, *written: Written) -> Said:
    return (
        request.shape.model_validate({"examples": list(written)})
        if kind(request) == "write"
        else written[0]
    )


def test_two_later_draws_outvote_the_first_and_bring_their_own_evidence() -> None:
    text = f"{SUNDAY} {MARROW.sentence}"
    (kept,) = made(divided(MARROW.quoted(), MARROW.quoted()), slots(text, per_chunk=1)).kept
    assert (kept.response, kept.spans, len(kept.draws)) == (
        "11 trams",
        (span(MARROW.sentence, text),),
        3,
    )


def test_an_elected_draw_whose_evidence_does_not_stand_in_the_chunk_is_rejected() -> None:
    made_up = Quoted(
        answer="11 trams", quotes=["Crews of the Marrow depot wash 11 trams on most nights."]
    )
    outcome = made(
        divided(made_up, made_up), slots(f"{SUNDAY} {MARROW.sentence}", per_chunk=1), rounds=0
    )
    told = 'The quote "Crews of the Marrow depot wash 11 trams on most nights." does not stand in the chunk.'
    assert (counts(outcome), reasons(outcome)) == ((0, 1, 0), [told])


def test_three_answers_that_all_differ_are_rejected() -> None:
    outcome = made(
        divided(MARROW.quoted(), MARROW.quoted(7)),
        slots(f"{SUNDAY} {MARROW.sentence}", per_chunk=1),
        rounds=0,
    )
    told = 'The answers to this question disagree: "12 trams"; "11 trams"; "18 trams". Ask so that only one answer is right.'
    assert reasons(outcome) == [told]


def wrong_then_right(request: Request) -> Said:
    return right_shape(request, MARROW.written(2)) if kind(request) == "write" else right(request)


def test_a_rejected_example_goes_back_with_its_reason_and_may_be_kept() -> None:
    asked: list[Request] = []
    outcome = made(noting(asked, wrong_then_right), slots(*ONE, per_chunk=1))
    (kept,) = outcome.kept
    reason = f'The answer says "13", but its evidence does not ("{MARROW.sentence}").'
    assert [(a.response, a.verdicts[-1].reason) for a in kept.attempts] == [("13 trams", reason)]
    assert [reason in r.user for r in asked] == [kind(r) == "repair" for r in asked]
    assert outcome.repairs == [
        RepairRound(
            round=1,
            reason="grounding",
            tried=1,
            recovered=1,
            tokens=2 * (TOKENS_IN + TOKENS_OUT),
            usd=0,
        )
    ]


@FEW
@given(st.integers(0, 10**6))
def test_the_draws_never_see_a_reason_or_a_rejected_answer(seed: int) -> None:
    asked: list[Request] = []
    made(noting(asked, erring(seed)), rounds=2)
    assert [
        r for r in asked if kind(r) == "draw" and ("Reason" in r.user or "Rejected" in r.user)
    ] == []


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_attempts_are_nested_oldest_first_and_no_more_than_the_rounds(rounds: int) -> None:
    def always_wrong(request: Request) -> Said:
        return right_shape(
            request, MARROW.written(request.draw)
        )  # the repairs are draws 20, 40, 60

    (rejected,) = made(always_wrong, slots(*ONE, per_chunk=1), rounds).rejected
    tried = [a.response for a in rejected.attempts] + [rejected.response]
    assert tried == [f"{MARROW.trams + n} trams" for n in (1, 20, 40, 60)[: rounds + 1]]


@FEW
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_no_slot_is_tried_more_often_than_the_rounds_allow(seed: int, rounds: int) -> None:
    outcome = made(erring(seed), rounds=rounds)
    assert all(len(e.attempts) <= rounds for e in (*outcome.kept, *outcome.rejected))
    assert all(len(u.attempts) <= rounds + 1 for u in outcome.unfinished)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize(
    "error", [AWAY, Unusable("the reply was cut off at its token limit")], ids=["down", "unusable"]
)
def test_a_vote_that_fails_leaves_the_slot_unfinished(
    number: int, error: TeacherDown | Unusable
) -> None:
    torn = divided(MARROW.quoted(), MARROW.quoted())
    script = failing(lambda r: kind(r) == "draw" and r.draw == number, error, torn)
    outcome = made(script, slots(f"{SUNDAY} {MARROW.sentence}", per_chunk=1))
    assert (counts(outcome), [u.reason for u in outcome.unfinished]) == ((0, 0, 1), [str(error)])
    assert [a.response for u in outcome.unfinished for a in u.attempts] == ["12 trams"]


def test_a_call_that_fails_leaves_all_its_slots_unfinished() -> None:
    outcome = made(failing(lambda r: kind(r) == "write" and MARROW in about(r), AWAY))
    assert (counts(outcome), {u.reason for u in outcome.unfinished}) == (
        (len(ALL) - 3, 0, 3),
        {str(AWAY)},
    )


def test_a_repair_that_fails_leaves_the_slot_unfinished_with_what_was_tried() -> None:
    outcome = made(
        failing(lambda r: kind(r) == "repair", AWAY, wrong_then_right), slots(*ONE, per_chunk=1)
    )
    assert [(u.reason, [a.response for a in u.attempts]) for u in outcome.unfinished] == [
        (str(AWAY), ["13 trams"])
    ]


@FEW
@given(st.integers(1, 5), st.integers(1, 4))
def test_the_shares_of_a_calls_cost_add_up(per_chunk: int, chunks: int) -> None:
    wanted = slots(*told(FACTS, 3)[:chunks], per_chunk=per_chunk)
    outcome = made(right, wanted, rounds=0, filters=NO_VOTE)
    total = sum((e.cost for e in (*outcome.kept, *outcome.rejected)), Cost())
    assert total == Cost(calls=chunks, tokens_in=chunks * TOKENS_IN, tokens_out=chunks * TOKENS_OUT)


@pytest.mark.parametrize(("seconds", "calls"), [((0,), 2), ((7, 0), 3)], ids=["agreeing", "torn"])
def test_an_example_costs_its_writing_and_its_draws(seconds: tuple[int, ...], calls: int) -> None:
    def script(request: Request) -> Said:
        return (
            MARROW.quoted(seconds[request.draw - 2]) if kind(request) == "draw" else right(request)
        )

    (kept,) = made(script, slots(*ONE, per_chunk=1)).kept
    assert kept.total_cost == Cost(
        calls=calls, tokens_in=calls * TOKENS_IN, tokens_out=calls * TOKENS_OUT
    )


def wrote(count: int) -> Callable[[Request], Said]:
    """Writes so many examples, whatever is asked for."""
    return lambda r: (
        right_shape(r, *(f.written() for f in FACTS[:count])) if kind(r) == "write" else right(r)
    )


FIVE = slots(*told(FACTS[:8], 8), per_chunk=5)


def test_a_teacher_that_writes_four_of_five_leaves_one_slot_rejected_with_that_reason() -> None:
    outcome = made(wrote(4), FIVE, rounds=0)
    assert (counts(outcome), outcome.surplus) == ((4, 1, 0), 0)
    assert reasons(outcome) == ["The teacher wrote fewer examples than it was asked for."]


def test_surplus_examples_are_dropped_and_counted() -> None:
    outcome = made(wrote(7), FIVE, rounds=0)
    assert (counts(outcome), outcome.surplus) == ((5, 0, 0), 2)


def test_a_repeated_example_is_rejected_and_the_one_of_the_lower_id_kept() -> None:
    outcome = made(
        lambda r: right_shape(r, *[MARROW.written()] * 2) if kind(r) == "write" else right(r),
        slots(*ONE, per_chunk=2),
    )
    assert [e.id for e in outcome.kept] < [e.id for e in outcome.rejected]
    assert reasons(outcome) == [f'It repeats example {outcome.kept[0].id} ("{MARROW.question}").']


def test_an_expert_who_rejects_is_obeyed_after_the_repairs() -> None:
    def stern(example: Example) -> Example:
        return example.judged(Verdict(filter="expert", passed=False, reason="Nobody asks that."))

    factory = GenerationEngine(asker(FakeTeacher(right)), asked_of(3), VOTE, "fake")
    outcome = asyncio.run(factory.make(ALL, RepairSettings(rounds=1), stern))
    assert (counts(outcome), set(reasons(outcome))) == ((0, len(ALL), 0), {"Nobody asks that."})
    assert [(r.round, r.reason, r.tried, r.recovered) for r in outcome.repairs] == [
        (1, "expert", len(ALL), len(ALL))
    ]


def test_what_an_expert_rejects_goes_back_with_the_experts_words() -> None:
    asked: list[Request] = []

    def stern(example: Example) -> Example:
        worn = not example.attempts
        return (
            example.judged(Verdict(filter="expert", passed=False, reason="Nobody asks that."))
            if worn
            else example
        )

    factory = GenerationEngine(asker(FakeTeacher(noting(asked, right))), asked_of(1), VOTE, "fake")
    (kept,) = asyncio.run(factory.make(slots(*ONE, per_chunk=1), RepairSettings(), stern)).kept
    assert [a.verdicts[-1].reason for a in kept.attempts] == ["Nobody asks that."]
    assert [kind(r) for r in asked if "Nobody asks that." in r.user] == ["repair"]


def test_a_repeated_example_is_mended_in_a_further_pass_and_earlier_survivors_stay() -> None:
    other = FACTS[1]
    text = f"{MARROW.sentence} {other.sentence}"

    def script(request: Request) -> Said:
        if kind(request) == "write":
            return right_shape(request, *[MARROW.written()] * 2)
        return other.written() if kind(request) == "repair" else right(request)

    first = made(script, slots(text, per_chunk=2), rounds=0).kept
    outcome = made(script, slots(text, per_chunk=2), rounds=1)
    assert counts(outcome) == (2, 0, 0)
    assert first[0] in outcome.kept
    assert {e.response for e in outcome.kept} == {"11 trams", "20 trams"}
    assert [(r.reason, r.tried, r.recovered) for r in outcome.repairs] == [("duplicates", 1, 1)]


def test_a_repeated_example_that_is_mended_into_another_repeat_stays_rejected() -> None:
    outcome = made(
        lambda r: right_shape(r, *[MARROW.written()] * 2) if kind(r) == "write" else right(r),
        slots(*ONE, per_chunk=2),
    )
    assert counts(outcome) == (1, 1, 0)
    assert [len(e.attempts) for e in outcome.rejected] == [1]


def test_nothing_is_compared_a_second_time_while_a_slot_is_unfinished() -> None:
    def script(request: Request) -> Said:
        if kind(request) == "write" and MARROW in about(request):
            return right_shape(request, *[MARROW.written()] * 2)
        return right(request)

    away = failing(lambda r: kind(r) == "write" and FACTS[1] in about(r), AWAY, script)
    wanted = [*slots(*ONE, per_chunk=2), *slots(FACTS[1].sentence, per_chunk=2)]
    outcome = made(away, wanted)
    assert (counts(outcome), outcome.repairs) == ((1, 1, 2), [])


@FEW
@given(st.integers(0, 10**6))
def test_every_judged_slot_is_heard_of(seed: int) -> None:
    heard: list[str] = []
    factory = GenerationEngine(
        asker(FakeTeacher(erring(seed))),
        asked_of(3),
        VOTE,
        "fake",
        lambda j: heard.append(type(j).__name__),
    )
    asyncio.run(factory.make(ALL, RepairSettings(rounds=0), lambda e: e))
    assert len(heard) == len(ALL)
