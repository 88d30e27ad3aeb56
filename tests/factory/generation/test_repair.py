"""Repair: what a round brought, and when it no longer pays."""

import pytest

from factory.core.prompts import reason_with_advice
from factory.core.records import NANO, Cost, Verdict
from factory.core.settings import RepairSettings
from factory.generation.repair import (
    LEAST_TRIES,
    RepairLog,
    RepairRound,
    TryResult,
    TryTotals,
    add_tries,
    repair_rounds,
    why_repair_stops,
)

FRESH = TryTotals(
    tries=100, survived=50, cost=Cost(calls=100, tokens_in=9_000, tokens_out=1_000, nanousd=NANO)
)  # 2 cents a kept one


def tries(count: int, survived: int, cents: float = 1, ended: bool = True) -> list[TryResult]:
    cost = Cost(calls=1, tokens_in=90, tokens_out=10, nanousd=round(cents * NANO / 100))
    return [
        TryResult("grounding", survived=i < survived, cost=cost, ended=ended) for i in range(count)
    ]


def why(mended: list[TryResult], fresh: TryTotals = FRESH) -> str:
    return why_repair_stops(fresh, add_tries(TryTotals(), mended), 1)


@pytest.mark.parametrize(
    ("mended", "reason"),
    [
        (tries(20, 10), ""),  # 2 cents a recovered one: as dear as a fresh one
        (
            tries(20, 9),
            "repair stopped after round 1: a recovered example took $0.0222, a fresh one $0.0200",
        ),
        (
            tries(20, 0),
            "repair stopped after round 1: 20 tries recovered none, a fresh one $0.0200",
        ),
        (tries(LEAST_TRIES - 1, 0), ""),
        (tries(20, 0, ended=False), ""),
        ([*tries(30, 0), *tries(1, 0, ended=False)], ""),
    ],
    ids=["as dear", "dearer", "none", "few", "cut short", "cut short at its end"],
)
def test_repair_stops_where_a_recovered_example_is_dearer_than_a_fresh_one(
    mended: list[TryResult], reason: str
) -> None:
    assert why(mended) == reason


def test_a_first_round_that_was_cut_short_decides_nothing_either() -> None:
    assert why(tries(20, 0), FRESH._replace(ended=False)) == ""


def test_where_nothing_was_kept_fresh_no_repair_is_dearer() -> None:
    assert why(tries(20, 1), FRESH._replace(survived=0)) == ""


def test_tokens_are_compared_where_the_teacher_is_free() -> None:
    free = FRESH._replace(cost=Cost(calls=100, tokens_in=9_000, tokens_out=1_000))
    assert (
        why(tries(20, 5, cents=0), free)
        == "repair stopped after round 1: a recovered example took 400 tokens, a fresh one 200 tokens"
    )


def test_a_log_holds_rounds_by_reason_and_stops() -> None:
    log = RepairLog(FRESH, RepairSettings())
    log.note([*tries(20, 3), TryResult("schema", survived=True, cost=Cost(tokens_in=5))])
    assert log.rounds == [
        RepairRound(
            round=1, reason="grounding", tried=20, recovered=3, tokens=2_000, usd=NANO // 5
        ),
        RepairRound(round=1, reason="schema", tried=1, recovered=1, tokens=5, usd=0),
    ]
    assert log.stopped.startswith("repair stopped after round 1")


def test_a_log_goes_on_where_the_recipe_says_so() -> None:
    log = RepairLog(FRESH, RepairSettings(stop_when_dearer_than_fresh=False))
    log.note(tries(20, 0))
    assert log.stopped == ""


def test_a_round_is_told_in_dollars() -> None:
    assert [r.dollars for r in repair_rounds(1, tries(2, 1))] == [0.02]
    assert (
        RepairRound(round=1, reason="schema", tried=1, recovered=1, tokens=5, usd=None).dollars
        is None
    )


@pytest.mark.parametrize(
    "prompt", ["mend_qa", "mend_qa_one", "mend_classification", "mend_extraction"]
)
@pytest.mark.parametrize(
    "judge", ["schema", "grounding", "consistency", "judge", "expert", "wording"]
)
def test_each_reason_comes_with_what_to_do_about_it(prompt: str, judge: str) -> None:
    reason, _, what = reason_with_advice(
        prompt, Verdict(filter=judge, passed=False, reason="It is wrong.")
    ).partition("\n")
    assert (reason, bool(what)) == ("It is wrong.", True)
