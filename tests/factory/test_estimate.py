"""The estimate is a range, and what a run takes lies in it."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.chunks import token_count
from factory.estimate import TOLERANCE, Estimate, estimate
from factory.pipeline import Factory
from factory.plan import Plan
from factory.recipe import FilterSettings, TaskSettings
from factory.tasks.qa import QA, Quoted, Written
from factory.teachers import Request
from tests.factory.test_pipeline import ALL
from tests.fakes import FACTS, FakeTeacher, Said, asker, erring, kind, noting, right
from tests.world import FEW

TASK = QA(TaskSettings(per_chunk=3), False, 3)
FOUND = Plan(documents=[], skipped=[], sides={}, chunks=[], slots=list(ALL), gold=[])


def estimated(draws: int = 3, rounds: int = 1) -> Estimate:
    return estimate(FOUND, TASK, draws, rounds)


def taken(script: Callable[[Request], Said], rounds: int = 1) -> tuple[int, int, int]:
    """Calls, tokens in and tokens out of a run, its tokens counted as the estimate counts them."""
    asked: list[Request] = []
    said: list[str] = []

    def spoken(request: Request) -> Said:
        answer = script(request)
        said.append(str(answer.model_dump_json()) if not isinstance(answer, Exception) else "")
        return answer

    factory = Factory(asker(FakeTeacher(noting(asked, spoken))), TASK, FilterSettings(), "fake")
    asyncio.run(factory.make(ALL, rounds, lambda e: e))
    return len(asked), sum(token_count(r.system) + token_count(r.user) for r in asked), sum(map(token_count, said))


def within(found: tuple[int, int, int], range_: Estimate) -> list[bool]:
    bounds = (range_.calls, range_.tokens_in, range_.tokens_out)
    return [low <= number <= high for number, (low, high) in zip(found, bounds, strict=True)]


def test_calls_are_counted_by_slot_draw_and_round() -> None:
    assert (estimated().slots, estimated().calls) == (12, (4, 4 + 12 * (2 + 3)))


@pytest.mark.parametrize(("draws", "rounds", "high"), [(1, 0, 4), (1, 1, 4 + 12), (3, 0, 4 + 12 * 2), (3, 2, 4 + 12 * (2 + 3 * 2))])
def test_without_a_vote_or_repairs_there_are_fewer_calls(draws: int, rounds: int, high: int) -> None:
    assert estimated(draws, rounds).calls == (4, high)


def test_writing_alone_is_known_within_the_tolerance() -> None:
    writing = [TASK.write(g) for g in TASK.groups(list(ALL))]
    tokens = sum(token_count(r.system) + token_count(r.user) for r in writing)
    assert estimated(draws=1, rounds=0).tokens_in == (round(tokens * (1 - TOLERANCE)), round(tokens * (1 + TOLERANCE)))


def test_a_teacher_without_fault_stays_in_the_range() -> None:
    assert within(taken(right), estimated()) == [True, True, True]


@FEW
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_a_teacher_that_errs_stays_in_the_range(seed: int, rounds: int) -> None:
    script = erring(seed)

    def silent_never(request: Request) -> Said:
        said = script(request)
        return right(request) if isinstance(said, Exception) else said

    assert within(taken(silent_never, rounds), estimated(rounds=rounds)) == [True, True, True]


def test_a_teacher_that_takes_all_draws_and_all_repairs_takes_the_most_calls() -> None:
    def torn(request: Request) -> Said:
        """Another answer at every draw, another question at every repair; a restated sentence is as long as answers get."""
        fact = next(f for f in FACTS if f.depot in request.user.partition("uestion: ")[2]) if kind(request) != "write" else FACTS[0]
        if kind(request) == "draw":
            return Quoted(answer=f"{fact.sentence} {request.draw} more.", quotes=[fact.sentence])
        again = Written(question=f"By night, h{fact.question[1:]}", answer=fact.sentence, quotes=[fact.sentence])
        return again if kind(request) == "repair" else right(request)

    found, most = taken(torn), estimated()
    assert (found[0], within(found, most)) == (most.calls[1], [True, True, True])
