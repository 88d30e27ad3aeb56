"""The report: every slot is accounted for, and equal faults count together."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.calls.ledger import Spending
from factory.calls.prices import FREE
from factory.core.recipe import Recipe
from factory.core.records import Cost, Row
from factory.core.settings import FilterSettings, RepairSettings
from factory.core.task_settings import TaskSettings
from factory.generation.engine import GenerationEngine
from factory.planning.plan import Plan
from factory.planning.splits.assignment import SplitAssignment
from factory.reports.report import Report, RunCosts, build_report, reason_kind
from factory.tasks.qa import QA
from tests.factory.generation.test_engine import ALL
from tests.fakes import FakeTeacher, asker, erring, right
from tests.world import FEW, document

RECIPE = Recipe.model_validate(
    {
        "documents": {"paths": ["rules"]},
        "teachers": [{"name": "fake", "model": "local/fake"}],
        "student": {"base": "apprentice"},
    }
)
DEPOT = document()
FOUND = Plan(
    documents=[DEPOT],
    skipped=[],
    sides=SplitAssignment({DEPOT.ref.digest: "train"}),
    chunks=[],
    slots=list(ALL),
    gold=[],
)
REPLAY: list[Row] = [{"messages": []}] * 4


def reported(teacher: FakeTeacher, rounds: int = 1) -> Report:
    """The report of a whole run, its training rows mixed with four of replay."""
    asking = asker(teacher)
    factory = GenerationEngine(
        asking, {"qa": QA(TaskSettings(per_chunk=3), False, 3)}, FilterSettings(), "fake"
    )
    outcome = asyncio.run(factory.make(ALL, RepairSettings(rounds=rounds), lambda e: e))
    rows: list[Row] = [{"id": e.id} for e in outcome.kept]
    return build_report(
        RECIPE,
        FOUND,
        outcome,
        [*rows, *REPLAY],
        RunCosts({"fake": asking.tally}, FREE, Spending(0, 0)),
    )


@FEW
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_asked_is_kept_and_rejected_and_unfinished(seed: int, rounds: int) -> None:
    report = reported(FakeTeacher(erring(seed)), rounds)
    assert report.asked == report.kept + report.rejected + report.unfinished == len(ALL)
    assert sum(report.kept_by_split.values()) == report.kept


@FEW
@given(st.integers(0, 10**6))
def test_every_verdict_passed_or_was_rejected_for_a_reason(seed: int) -> None:
    for count in reported(FakeTeacher(erring(seed))).filters.values():
        assert (count.asked, count.rejected) == (
            count.passed + count.rejected,
            sum(count.reasons.values()),
        )


@FEW
@given(st.integers(0, 10**6))
def test_what_repair_tried_is_what_was_rejected_before(seed: int) -> None:
    report = reported(FakeTeacher(erring(seed)))
    tried = Counter({r.reason: r.tried for r in report.repair})
    assert all(r.recovered <= r.tried for r in report.repair)
    assert tried <= Counter({name: count.rejected for name, count in report.filters.items()})


def test_a_run_without_fault_is_told_in_full() -> None:
    report = reported(FakeTeacher(right))
    assert (report.kept, report.train_rows, report.replay_rows, report.replay_share) == (
        12,
        16,
        4,
        0.25,
    )
    assert (report.splits, report.skipped) == (
        {"test": [], "shift": [], "val": [], "train": ["depot.md"]},
        0,
    )
    assert {name: (c.asked, c.passed) for name, c in report.filters.items()} == dict.fromkeys(
        ("schema", "grounding", "consistency", "duplicates"), (12, 12)
    )


def test_what_this_run_sent_and_what_its_answers_are_worth() -> None:
    report = reported(FakeTeacher(right))
    assert (report.cost.calls, report.cost.cached_calls, report.value.calls) == (16, 0, 16)
    assert report.value == Cost(
        calls=16, tokens_in=report.cost.tokens_in, tokens_out=report.cost.tokens_out
    )


def test_no_rows_have_no_share_of_replay() -> None:
    asking = asker(FakeTeacher(right))
    factory = GenerationEngine(
        asking, {"qa": QA(TaskSettings(per_chunk=3), False, 3)}, FilterSettings(), "fake"
    )
    outcome = asyncio.run(factory.make([], RepairSettings(rounds=1), lambda e: e))
    report = build_report(
        RECIPE, FOUND, outcome, [], RunCosts({"fake": asking.tally}, FREE, Spending(0, 0))
    )
    assert (report.kept, report.replay_share) == (0, 0.0)


def test_a_stage_adds_its_seconds() -> None:
    report = reported(FakeTeacher(right)).timed("make", 1.26).timed("train", 2)
    assert report.seconds == {"make": 1.3, "train": 2}


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("The answer is empty.", "The answer is empty."),
        (
            'The answer says "13", but its evidence does not ("14 days").',
            'The answer says "…", but its evidence does not ("…").',
        ),
        ('It repeats example 0ad499cd5423e498 ("How many?").', 'It repeats example … ("…").'),
        ("", ""),
    ],
)
def test_a_kind_of_reason_has_no_quoted_words_and_no_ids(reason: str, kind: str) -> None:
    assert reason_kind(reason) == kind
