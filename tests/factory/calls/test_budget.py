"""A budget is never exceeded, and what it buys is a prefix."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.calls.budget import Budget, Reservation
from factory.calls.prices import Price
from factory.core.errors import NotAsked, TeacherDown
from factory.core.records import NANO
from factory.teachers import Request
from tests.factory.calls.test_client import ANSWER, ASKED, numbered
from tests.fakes import FakeTeacher, ask, asker, in_turn
from tests.world import FEW

PRICE = Price(1.0, 10.0, 1.0, 1.0)


def test_without_a_budget_nothing_is_counted_or_refused() -> None:
    budget = Budget()
    asyncio.run(budget.reserve(Reservation(), 10**12, 10**12))
    assert budget.reserved == 0


def test_what_was_spent_before_is_spent() -> None:
    with pytest.raises(
        NotAsked,
        match=r"^the budget of \$1\.00 does not cover the next call at its worst case; raise --budget to go on$",
    ):
        asyncio.run(Budget(NANO, NANO - 5).reserve(Reservation(), 6, 6))


def test_an_attempt_that_does_not_fit_waits_for_what_is_under_way() -> None:
    budget, first, second = Budget(100), Reservation(), Reservation()

    async def both() -> int:
        await budget.reserve(first, 80, 40)
        waiting = asyncio.create_task(budget.reserve(second, 60, 60))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle(first, 40, 20)
        budget.release(first)
        await waiting
        return budget.spent + budget.reserved

    assert asyncio.run(both()) == 80


def test_nobody_overtakes_one_that_waits() -> None:
    budget, reservations = Budget(100), [Reservation() for _ in range(3)]

    async def three() -> list[bool]:
        await budget.reserve(reservations[0], 90, 90)
        large = asyncio.create_task(budget.reserve(reservations[1], 50, 50))
        small = asyncio.create_task(budget.reserve(reservations[2], 5, 5))
        await asyncio.sleep(0)
        waited = [large.done(), small.done()]
        budget.settle(reservations[0], 90, 10)
        budget.release(reservations[0])
        await asyncio.gather(large, small)
        return waited

    assert asyncio.run(three()) == [False, False]


def test_a_send_beyond_what_was_foreseen_needs_more() -> None:
    budget, reservation = Budget(100), Reservation()

    async def twice() -> None:
        await budget.reserve(reservation, 60, 60)
        budget.settle(reservation, 60, 60)
        with pytest.raises(NotAsked):
            await budget.reserve(reservation, 60, 60)

    asyncio.run(twice())
    assert (budget.spent, budget.reserved) == (60, 0)


def test_an_attempt_that_the_rest_of_the_money_does_not_cover_goes_on_send_by_send() -> None:
    budget, first, second = Budget(100), Reservation(), Reservation()

    async def sends() -> int:
        behind = None
        for count in range(1, 9):
            try:
                await budget.reserve(first, 300, 40)
            except NotAsked:
                budget.release(first)
                with pytest.raises(NotAsked):
                    await (behind or budget.reserve(second, 300, 40))
                return count
            behind = behind or asyncio.create_task(budget.reserve(second, 300, 40))
            await asyncio.sleep(0)
            budget.settle(first, 40, 20)
        return 0

    assert (asyncio.run(sends()), budget.spent, budget.reserved) == (5, 80, 0)


@FEW
@given(st.integers(0, 10**6), st.integers(0, 5000), st.integers(1, 9))
def test_no_order_of_calls_and_outcomes_exceeds_the_budget(
    seed: int, limit: int, at_once: int
) -> None:
    dice, budget, asked = random.Random(seed), Budget(limit), []

    async def attempt(number: int, gate: asyncio.Semaphore) -> None:
        reservation = Reservation()
        async with gate:
            try:
                for _ in range(dice.randint(1, 4)):
                    worst = dice.randint(1, 300)
                    await budget.reserve(reservation, 3 * worst, worst)
                    asked.append(number)
                    await asyncio.sleep(dice.random() / 1000)
                    budget.settle(reservation, worst, dice.randint(0, worst))
                    assert budget.spent + budget.reserved <= limit
            except NotAsked:
                pass
            finally:
                budget.release(reservation)

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(at_once)
        await asyncio.wait_for(asyncio.gather(*(attempt(n, gate) for n in range(30))), 10)

    asyncio.run(all_of_them())
    assert (budget.reserved, sorted(set(asked))) == (0, list(range(len(set(asked)))))


def test_calls_end_with_the_money_and_the_ledger_knows_what_was_spent() -> None:
    teacher = FakeTeacher(in_turn(ANSWER))
    budget = Budget(5 * PRICE.nanousd(101, 11))
    asking = asker(teacher, price=PRICE, budget=budget)
    teacher.tokens = (101, 11)

    async def all_asked() -> list[object]:
        return await asyncio.gather(
            *(ask(asking, numbered(n)) for n in range(9)), return_exceptions=True
        )

    refused = [e for e in asyncio.run(all_asked()) if isinstance(e, NotAsked)]
    assert (len(refused), teacher.sends.total(), asking.tally.nanousd) == (4, 5, budget.limit)


def test_a_hung_call_stays_spent_at_its_worst_case() -> None:
    hung = TeacherDown("nothing came", "hung")
    asking = asker(FakeTeacher(in_turn(hung, ANSWER)), price=PRICE, budget=Budget(NANO))
    asyncio.run(ask(asking, ASKED))
    assert (asking.tally.uncertain, asking.tally.outcomes) == (
        PRICE.nanousd(500, 100),
        {"hung": 1, "answered": 1},
    )


def test_an_answer_of_the_ledger_needs_no_money() -> None:
    asking = asker(
        FakeTeacher(in_turn(ANSWER)), price=PRICE, budget=Budget(PRICE.nanousd(500, 100))
    )

    async def twice() -> int:
        await ask(asking, ASKED)
        await ask(asking, ASKED)
        with pytest.raises(NotAsked):
            await ask(asking, Request("You answer.", "Question: another?", ASKED.shape))
        return asking.tally.cached

    assert asyncio.run(twice()) == 1


def test_two_attempts_that_wait_for_each_other_are_refused_instead_of_hanging() -> None:
    """One has money and waits for the other's answer; the other needs more money for it."""
    budget, rich, poor = Budget(100), Reservation(), Reservation()

    async def both() -> None:
        await budget.reserve(rich, 50, 50)
        await budget.reserve(poor, 50, 50)
        budget.settle(poor, 50, 50)
        needing = asyncio.create_task(budget.reserve(poor, 60, 60))
        await asyncio.sleep(0)
        with budget.idle(rich), pytest.raises(NotAsked):
            await asyncio.wait_for(needing, 5)

    asyncio.run(both())


def test_nobody_waits_for_an_answer_of_one_that_waits_for_money() -> None:
    """The first attempt holds the money and asks what the second, which has none, would ask as well."""
    asking = asker(
        FakeTeacher(in_turn(ANSWER)), price=PRICE, budget=Budget(2 * PRICE.nanousd(500, 100))
    )

    async def both() -> int:
        async with asking.attempt(lambda: [numbered(1), ASKED]) as first:
            await first(numbered(1))
            second = asyncio.create_task(ask(asking, ASKED))
            await asyncio.sleep(0.01)
            await first(ASKED)
        await second
        return asking.tally.calls

    assert asyncio.run(asyncio.wait_for(both(), 10)) == 2
