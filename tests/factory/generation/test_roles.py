"""Several teachers: who writes, who votes, who judges; and a judge that fails passes nothing."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.calls.accounting import Accounting
from factory.calls.budget import Budget
from factory.calls.build import budget_of
from factory.calls.client import OnlineClient
from factory.calls.ledger import Ledger, PaidAnswer
from factory.calls.prices import FREE, Price
from factory.calls.router import TeacherRouter
from factory.core.errors import TeacherDown, Unusable
from factory.core.recipe import Recipe
from factory.core.records import Slot, digest
from factory.core.settings import FilterSettings, RepairSettings
from factory.costs.estimate import REQUEST_OVERHEAD, estimate
from factory.generation.engine import GenerationEngine, Outcome
from factory.generation.judging import Roles, Voter
from factory.generation.llm_judge import Finding, LLMJudge
from factory.generation.roles import roles_of
from factory.models.tokenizers import token_count
from factory.planning.plan import probe_example
from factory.tasks import Tasks
from factory.tasks.build import build_tasks
from factory.tasks.qa import Quoted
from factory.teachers import Request
from tests.factory.generation.test_engine import ALL, asked_of, counts, reasons, slots
from tests.fakes import (
    FACTS,
    TOKENS_IN,
    TOKENS_OUT,
    FakeTeacher,
    Said,
    ask,
    erring,
    kind,
    noting,
    opened,
    right,
)
from tests.leases import BOTH, LETTERS_SENT
from tests.leases import right as read_rightly
from tests.leases import slots as letters
from tests.world import FEW, mistake

MARROW = FACTS[0]
ONE = slots(MARROW.sentence, per_chunk=1)
TASKS = asked_of(1)
CHEAP, DEAR = Price(1.0, 1.0, 1.0, 1.0), Price(10.0, 10.0, 10.0, 10.0)


def company(
    teachers: dict[str, FakeTeacher],
    purse: Budget | None = None,
    prices: dict[str, Price] | None = None,
) -> TeacherRouter:
    ledger, own = opened(), purse or Budget()
    books = {n: Accounting(t, ledger, (prices or {}).get(n, FREE)) for n, t in teachers.items()}
    return TeacherRouter({n: OnlineClient(one, own) for n, one in books.items()}, own)


def teacher(name: str, script: Callable[[Request], Said]) -> FakeTeacher:
    return FakeTeacher(script, identity=name)


def made(
    asking: TeacherRouter,
    roles: Roles,
    wanted: list[Slot] = ONE,
    tasks: Tasks = TASKS,
    rounds: int = 0,
) -> Outcome:
    factory = GenerationEngine(asking, tasks, FilterSettings(), "chief", roles=roles)
    return asyncio.run(factory.make(wanted, RepairSettings(rounds=rounds), lambda e: e))


def voters(*names: str) -> Roles:
    return Roles({"qa": "chief"}, tuple(Voter(n, TASKS) for n in names))


def test_draws_go_to_the_teachers_that_the_recipe_names() -> None:
    asked: dict[str, list[Request]] = {"chief": [], "brook": [], "finch": []}
    wrong = noting(asked["brook"], lambda _: MARROW.quoted(5))
    teachers = {
        "chief": teacher("chief", noting(asked["chief"], right)),
        "brook": teacher("brook", wrong),
        "finch": teacher("finch", noting(asked["finch"], right)),
    }
    (kept,) = made(company(teachers), voters("brook", "finch")).kept
    assert {n: [(kind(r), r.draw) for r in found] for n, found in asked.items()} == {
        "chief": [("write", 1)],
        "brook": [("draw", 2)],
        "finch": [("draw", 3)],
    }
    assert [(d.response, d.teacher) for d in kept.draws] == [
        ("11 trams", ""),
        ("16 trams", "brook"),
        ("11 trams", "finch"),
    ]


def test_an_elected_draw_is_its_own_teachers() -> None:
    feast = (
        "Crews of the Marrow depot wash 12 trams every night of a feast before the first departure."
    )
    written = MARROW.written().model_copy(update={"answer": "12 trams", "quotes": [feast]})
    chief = teacher("chief", lambda r: r.shape.model_validate({"examples": [written]}))
    brook = teacher("brook", lambda _: MARROW.quoted())
    (kept,) = made(
        company({"chief": chief, "brook": brook}),
        voters("brook"),
        slots(f"{feast} {MARROW.sentence}", per_chunk=1),
    ).kept
    assert (kept.response, kept.teacher) == ("11 trams", "brook")


def test_two_names_of_one_teacher_buy_the_same_call_once() -> None:
    twins = {
        name: FakeTeacher(right, identity="chief", pause=lambda: 0.01)
        for name in ("chief", "brook")
    }
    asking, request = company(twins), TASKS["qa"].write(ONE)

    async def both() -> list[PaidAnswer]:
        return await asyncio.gather(
            *(ask(asking, replace(request, teacher=name)) for name in twins)
        )

    one, other = asyncio.run(both())
    assert (one, sum(t.sends.total() for t in twins.values())) == (other, 1)


def test_a_teachers_identity_is_in_the_ledgers_key() -> None:
    same = {name: teacher(name, right) for name in ("chief", "brook")}
    made(company(same), voters("brook", "chief"))
    assert len(same["chief"].sends | same["brook"].sends) == sum(
        t.sends.total() for t in same.values()
    )


def finding(borne_out: bool) -> Finding:
    return Finding(why="The passage says 11 trams.", borne_out=borne_out)


def judged(
    script: Callable[[Request], Said],
    rounds: int = 0,
    wanted: list[Slot] = ALL,
    seed: int | None = None,
) -> Outcome:
    """By a judge of that script; the writer is right, or errs by the seed."""
    chief = teacher("chief", right if seed is None else erring(seed))
    roles = Roles({"qa": "chief"}, (), LLMJudge("judge"))
    return made(
        company({"chief": chief, "judge": teacher("judge", script)}),
        roles,
        wanted,
        asked_of(3),
        rounds,
    )


def test_a_judge_sees_one_claim_and_its_evidence_alone() -> None:
    asked: list[Request] = []
    (kept,) = judged(noting(asked, lambda _: finding(True)), wanted=ONE).kept
    assert [r.user for r in asked] == [
        f"Passage:\n{MARROW.sentence}\n\nAsked: {MARROW.question}\nClaim: 11 trams"
    ]
    assert (kept.verdicts[-2].filter, kept.verdicts[-2].judged, kept.cost.calls) == (
        "judge",
        kept.response_digest,
        3,
    )


def test_what_a_judge_does_not_find_borne_out_is_rejected_with_its_words() -> None:
    outcome = judged(lambda _: finding(False), wanted=ONE)
    assert reasons(outcome) == [
        'The evidence does not bear out "11 trams": The passage says 11 trams.'
    ]
    assert [v.filter for e in outcome.rejected for v in e.verdicts] == [
        "schema",
        "grounding",
        "consistency",
        "judge",
    ]


@pytest.mark.parametrize(
    "error",
    [TeacherDown("the judge is away"), Unusable("the reply was cut off at its token limit")],
)
def test_a_judge_that_fails_has_not_judged(error: Exception) -> None:
    outcome = judged(lambda _: error)
    assert counts(outcome) == (0, 0, len(ALL))
    assert all(u.reason.endswith(str(error)) for u in outcome.unfinished)


@FEW
@given(st.integers(0, 10**6), st.integers(0, 1))
def test_nothing_is_kept_without_the_judges_verdict_on_what_is_kept(seed: int, rounds: int) -> None:
    def fickle(request: Request) -> Said:
        dice = int(digest(seed, request.user), 16)
        return (TeacherDown("the judge is away"), finding(False), finding(True), finding(True))[
            dice % 4
        ]

    outcome = judged(fickle, rounds, seed=seed)
    ended = [e.id for e in (*outcome.kept, *outcome.rejected)] + [
        u.slot.id for u in outcome.unfinished
    ]
    assert sorted(ended) == sorted(s.id for s in ALL)
    for kept in outcome.kept:
        said = next(v for v in kept.verdicts if v.filter == "judge")
        assert (said.passed, said.judged) == (True, kept.response_digest)


def test_each_value_and_each_label_is_a_claim() -> None:
    asked: list[Request] = []
    chief = teacher("chief", read_rightly)
    judge = teacher("judge", noting(asked, lambda _: finding(True)))
    roles = Roles(dict.fromkeys(BOTH, "chief"), (), LLMJudge("judge"))
    made(company({"chief": chief, "judge": judge}), roles, letters(LETTERS_SENT[0]), BOTH)
    claims = [r.user.rpartition("Claim: ")[2] for r in asked]
    assert sorted(claims) == [
        "- lease: A depot hires trams. A hired tram that is broken is a repair.",
        'depot is "Marrow"',
        'lines is "Amber Line"',
        'lines is "Marrow Line"',
        'rent is "1100 USD"',
        'start is "2026-05-12"',
        'trams is "11"',
    ]


@pytest.mark.parametrize(
    ("budget", "ends"), [(599_999, (0, 0, 1)), (600_000, (0, 0, 1)), (23 * 600_000, (1, 0, 0))]
)
def test_one_purse_pays_all_teachers_each_at_its_price(
    budget: int, ends: tuple[int, int, int]
) -> None:
    teachers = {
        "chief": teacher("chief", right),
        "judge": teacher("judge", lambda _: finding(True)),
    }
    purse = Budget(
        budget
    )  # a send takes 600 tokens at most: of the writer 600,000 nanodollars, of the judge ten times as many
    asking = company(teachers, purse, {"chief": CHEAP, "judge": DEAR})
    assert counts(made(asking, Roles({"qa": "chief"}, (), LLMJudge("judge")))) == ends
    assert (purse.spent <= budget, purse.reserved) == (True, 0)


def recipe(**changes: object) -> Recipe:
    settings = {
        "documents": {"paths": ["rules"]},
        "teachers": [
            {"name": "chief", "model": "openai/finch"},
            {"name": "small", "model": "local/brook"},
        ],
        "student": {"base": "apprentice"},
    }
    return Recipe.model_validate({**settings, **changes})


def test_a_voter_is_asked_as_it_likes_to_be() -> None:
    (voter,) = roles_of(recipe(filters={"consistency": {"teachers": ["small"]}})).voters
    asked = [
        tasks["qa"].draw(probe_example(ONE[0]), 2).shape.__name__
        for tasks in (build_tasks(recipe()), voter.tasks)
    ]
    assert asked == [Quoted.__name__, "Short"]


def test_only_teachers_with_a_part_are_asked() -> None:
    assert [t.name for t in recipe().asked] == ["chief"]
    assert [t.name for t in recipe(filters={"grounding": {"judge": "small"}}).asked] == [
        "chief",
        "small",
    ]
    assert [t.name for t in recipe(tasks=[{"teacher": "small"}]).asked] == ["small"]


def test_a_budget_needs_the_price_of_every_teacher_that_is_asked() -> None:
    priced = {
        "name": "chief",
        "model": "compatible/finch",
        "base_url": "http://127.0.0.1:1/v1",
        "price": {"input": 1, "output": 1},
    }
    teachers = [priced, {**priced, "name": "judge", "price": None}]
    asked = recipe(teachers=teachers, budget={"usd": 5}, filters={"grounding": {"judge": "judge"}})
    assert mistake(lambda: budget_of(asked, opened())).startswith(
        "budget.usd = 5: the price of compatible/finch is not known; set it in dollars per million tokens, such as teachers.1.price ="
    )


def test_an_estimate_counts_the_judge_and_each_teachers_price() -> None:
    dear = {
        "name": "judge",
        "model": "compatible/owl",
        "base_url": "http://127.0.0.1:1/v1",
        "price": {"input": 100, "output": 100},
    }
    plain = recipe(teachers=[{"name": "chief", "model": "openai/finch"}, dear])
    with_judge = recipe(
        teachers=plain.model_dump()["teachers"], filters={"grounding": {"judge": "judge"}}
    )
    low, high = (estimate(ALL, asked_of(3), r, CHEAP) for r in (plain, with_judge))
    assert high.calls[1] > low.calls[1]
    assert (high.usd or (0, 0))[0] > 3 * (low.usd or (0, 0))[1]


@pytest.mark.parametrize(
    ("tasks", "wanted", "writes"),
    [
        (asked_of(3), ALL, right),
        *(
            ({name: task}, letters(*LETTERS_SENT, tasks={name: task}), read_rightly)
            for name, task in BOTH.items()
        ),
    ],
    ids=["qa", *BOTH],
)
def test_what_a_run_with_a_judge_takes_lies_in_its_estimate(
    tasks: Tasks, wanted: list[Slot], writes: Callable[[Request], Said]
) -> None:
    prices, took = {"chief": Price(1.0, 5.0, 1.0, 1.0), "judge": Price(3.0, 15.0, 3.0, 3.0)}, []

    def billing(name: str, script: Callable[[Request], Said]) -> Callable[[Request], Said]:
        def billed(request: Request) -> Said:
            said = script(request)
            sent = (request.system, request.user, json.dumps(request.shape.model_json_schema()))
            took.append(
                prices[name].nanousd(
                    REQUEST_OVERHEAD + sum(map(token_count, sent)),
                    token_count(cast("BaseModel", said).model_dump_json()),
                )
            )
            return said

        return billed

    teachers = {
        "chief": teacher("chief", billing("chief", writes)),
        "judge": teacher("judge", billing("judge", lambda _: finding(True))),
    }
    made(
        company(teachers),
        Roles(dict.fromkeys(tasks, "chief"), (), LLMJudge("judge")),
        wanted,
        tasks,
    )
    both = [
        {"name": n, "model": f"openai/{n}", "price": {"input": p.input, "output": p.output}}
        for n, p in prices.items()
    ]
    asked = recipe(teachers=both, filters={"grounding": {"judge": "judge"}}, repair={"rounds": 0})
    low, high = estimate(wanted, tasks, asked, prices["chief"]).usd or (0, 0)
    assert low <= sum(took) <= high <= 2.5 * low


EVERYBODY = Roles(
    {"qa": "chief"}, (Voter("brook", TASKS), Voter("chief", TASKS)), LLMJudge("judge")
)


def crew(
    seed: int, arrival: int | None = None, in_flight: int = 4, steady: bool = False
) -> dict[str, FakeTeacher]:
    """A writer, a voter and a judge that err by the seed; `steady`: what does not get through is left out."""
    late = random.Random(arrival)

    def hearing(request: Request) -> Said:
        dice = int(digest(seed, request.user), 16) % 9
        return TeacherDown("the judge is away") if dice == 0 and not steady else finding(dice != 1)

    def heard(script: Callable[[Request], Said]) -> Callable[[Request], Said]:
        return lambda request: (
            right(request) if steady and isinstance(script(request), Exception) else script(request)
        )

    scripts = {"chief": heard(erring(seed)), "brook": heard(erring(seed + 1)), "judge": hearing}
    pause = (lambda: late.random() / 500) if arrival is not None else (lambda: 0.0)
    return {
        name: FakeTeacher(script, identity=name, in_flight=in_flight, pause=pause)
        for name, script in scripts.items()
    }


@FEW
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 9))
def test_with_several_teachers_neither_arrival_nor_concurrency_decides(
    seed: int, arrival: int, in_flight: int
) -> None:
    outcomes = [
        made(company(c), EVERYBODY, ALL, asked_of(3), 2)
        for c in (crew(seed, None, 1), crew(seed, arrival, in_flight))
    ]
    assert outcomes[0] == outcomes[1]


@FEW
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_with_several_teachers_attempts_are_bounded_and_what_is_kept_is_proven(
    seed: int, rounds: int
) -> None:
    outcome = made(company(crew(seed)), EVERYBODY, ALL, asked_of(3), rounds)
    ended = [*outcome.kept, *outcome.rejected]
    assert sorted([e.id for e in ended] + [u.slot.id for u in outcome.unfinished]) == sorted(
        s.id for s in ALL
    )
    assert max([len(e.attempts) for e in ended], default=0) <= rounds
    for kept in outcome.kept:
        assert {
            v.filter for v in kept.verdicts if v.passed and v.judged == kept.response_digest
        } >= {"schema", "grounding", "judge"}
        assert kept.teacher == next(
            d.teacher or "chief" for d in kept.draws if d.response == kept.response
        )


@FEW
@given(st.integers(0, 10**6), st.integers(0, 200), st.integers(0, 10**6), st.integers(1, 9))
def test_with_several_teachers_a_budget_holds_and_more_money_gives_the_unstopped_outcome(
    seed: int, sends: int, arrival: int, in_flight: int
) -> None:
    prices, ledger = {"chief": CHEAP, "brook": CHEAP, "judge": DEAR}, opened()
    budget = sends * DEAR.nanousd(TOKENS_IN, TOKENS_OUT)

    def bought(purse: Budget, teachers: dict[str, FakeTeacher], own: Ledger) -> Outcome:
        asking = TeacherRouter(
            {n: OnlineClient(Accounting(t, own, prices[n]), purse) for n, t in teachers.items()},
            purse,
        )
        return made(asking, EVERYBODY, ALL, asked_of(3), 1)

    first, second = crew(seed, arrival, in_flight, steady=True), crew(seed, steady=True)
    purse = Budget(budget)
    bought(purse, first, ledger)
    assert (purse.spent <= budget, purse.reserved, ledger.spent().known) == (True, 0, purse.spent)
    assert bought(Budget(), second, ledger) == bought(Budget(), crew(seed, steady=True), opened())
    assert (
        max(
            (first[n].sends + second[n].sends).most_common(1)[0][1]
            for n in first
            if first[n].sends + second[n].sends
        )
        == 1
    )
