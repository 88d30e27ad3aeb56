"""A budget is never exceeded, and what it buys is a prefix."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.calls.budget import Budget, Share
from factory.calls.prices import Price
from factory.core.errors import NotAsked, TeacherDown
from factory.core.records import NANO
from factory.teachers import Request
from tests.factory.calls.test_client import ANSWER, ASKED, numbered
from tests.fakes import FakeTeacher, ask, asker, in_turn
from tests.world import FEW

PRICE = Price(1.0, 10.0, 1.0, 1.0)


def test_without_a_budget_nothing_is_counted_or_refused() -> None:
    purse = Budget()
    asyncio.run(purse.take(Share(), 10**12, 10**12))
    assert purse.reserved == 0


def test_what_was_spent_before_is_spent() -> None:
    with pytest.raises(NotAsked, match=r"^the budget of \$1\.00 does not cover the next call at its worst case; raise --budget to go on$"):
        asyncio.run(Budget(NANO, NANO - 5).take(Share(), 6, 6))


def test_an_attempt_that_does_not_fit_waits_for_what_is_under_way() -> None:
    purse, first, second = Budget(100), Share(), Share()

    async def both() -> int:
        await purse.take(first, 80, 40)
        waiting = asyncio.create_task(purse.take(second, 60, 60))
        await asyncio.sleep(0)
        assert not waiting.done()
        purse.settle(first, 40, 20)
        purse.give_back(first)
        await waiting
        return purse.spent + purse.reserved

    assert asyncio.run(both()) == 80


def test_nobody_overtakes_one_that_waits() -> None:
    purse, shares = Budget(100), [Share() for _ in range(3)]

    async def three() -> list[bool]:
        await purse.take(shares[0], 90, 90)
        large = asyncio.create_task(purse.take(shares[1], 50, 50))
        small = asyncio.create_task(purse.take(shares[2], 5, 5))
        await asyncio.sleep(0)
        waited = [large.done(), small.done()]
        purse.settle(shares[0], 90, 10)
        purse.give_back(shares[0])
        await asyncio.gather(large, small)
        return waited

    assert asyncio.run(three()) == [False, False]


def test_a_send_beyond_what_was_foreseen_needs_more() -> None:
    purse, share = Budget(100), Share()

    async def twice() -> None:
        await purse.take(share, 60, 60)
        purse.settle(share, 60, 60)
        with pytest.raises(NotAsked):
            await purse.take(share, 60, 60)

    asyncio.run(twice())
    assert (purse.spent, purse.reserved) == (60, 0)


def test_an_attempt_that_the_rest_of_the_money_does_not_cover_goes_on_send_by_send() -> None:
    purse, first, second = Budget(100), Share(), Share()

    async def sends() -> int:
        behind = None
        for count in range(1, 9):
            try:
                await purse.take(first, 300, 40)
            except NotAsked:
                purse.give_back(first)
                with pytest.raises(NotAsked):
                    await (behind or purse.take(second, 300, 40))
                return count
            behind = behind or asyncio.create_task(purse.take(second, 300, 40))
            await asyncio.sleep(0)
            purse.settle(first, 40, 20)
        return 0

    assert (asyncio.run(sends()), purse.spent, purse.reserved) == (5, 80, 0)


@FEW
@given(st.integers(0, 10**6), st.integers(0, 5000), st.integers(1, 9))
def test_no_order_of_calls_and_outcomes_exceeds_the_budget(seed: int, budget: int, at_once: int) -> None:
    dice, purse, asked = random.Random(seed), Budget(budget), []

    async def attempt(number: int, gate: asyncio.Semaphore) -> None:
        share = Share()
        async with gate:
            try:
                for _ in range(dice.randint(1, 4)):
                    worst = dice.randint(1, 300)
                    await purse.take(share, 3 * worst, worst)
                    asked.append(number)
                    await asyncio.sleep(dice.random() / 1000)
                    purse.settle(share, worst, dice.randint(0, worst))
                    assert purse.spent + purse.reserved <= budget
            except NotAsked:
                pass
            finally:
                purse.give_back(share)

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(at_once)
        await asyncio.wait_for(asyncio.gather(*(attempt(n, gate) for n in range(30))), 10)

    asyncio.run(all_of_them())
    assert (purse.reserved, sorted(set(asked))) == (0, list(range(len(set(asked)))))


def test_calls_end_with_the_money_and_the_ledger_knows_what_was_spent() -> None:
    teacher = FakeTeacher(in_turn(ANSWER))
    purse = Budget(5 * PRICE.nanousd(101, 11))
    asking = asker(teacher, price=PRICE, purse=purse)
    teacher.tokens = (101, 11)

    async def all_asked() -> list[object]:
        return await asyncio.gather(*(ask(asking, numbered(n)) for n in range(9)), return_exceptions=True)

    refused = [e for e in asyncio.run(all_asked()) if isinstance(e, NotAsked)]
    assert (len(refused), teacher.sends.total(), asking.tally.nanousd) == (4, 5, purse.budget)


def test_a_hung_call_stays_spent_at_its_worst_case() -> None:
    hung = TeacherDown("nothing came", "hung")
    asking = asker(FakeTeacher(in_turn(hung, ANSWER)), price=PRICE, purse=Budget(NANO))
    asyncio.run(ask(asking, ASKED))
    assert (asking.tally.uncertain, asking.tally.outcomes) == (PRICE.nanousd(500, 100), {"hung": 1, "answered": 1})


def test_an_answer_of_the_ledger_needs_no_money() -> None:
    asking = asker(FakeTeacher(in_turn(ANSWER)), price=PRICE, purse=Budget(PRICE.nanousd(500, 100)))

    async def twice() -> int:
        await ask(asking, ASKED)
        await ask(asking, ASKED)
        with pytest.raises(NotAsked):
            await ask(asking, Request("You answer.", "Question: another?", ASKED.shape))
        return asking.tally.cached

    assert asyncio.run(twice()) == 1


def test_two_attempts_that_wait_for_each_other_are_refused_instead_of_hanging() -> None:
    """One has money and waits for the other's answer; the other needs more money for it."""
    purse, rich, poor = Budget(100), Share(), Share()

    async def both() -> None:
        await purse.take(rich, 50, 50)
        await purse.take(poor, 50, 50)
        purse.settle(poor, 50, 50)
        needing = asyncio.create_task(purse.take(poor, 60, 60))
        await asyncio.sleep(0)
        with purse.idle(rich), pytest.raises(NotAsked):
            await asyncio.wait_for(needing, 5)

    asyncio.run(both())


def test_nobody_waits_for_an_answer_of_one_that_waits_for_money() -> None:
    """The first attempt holds the money and asks what the second, which has none, would ask as well."""
    asking = asker(FakeTeacher(in_turn(ANSWER)), price=PRICE, purse=Budget(2 * PRICE.nanousd(500, 100)))

    async def both() -> int:
        async with asking.attempt(lambda: [numbered(1), ASKED]) as first:
            await first(numbered(1))
            second = asyncio.create_task(ask(asking, ASKED))
            await asyncio.sleep(0.01)
            await first(ASKED)
        await second
        return asking.tally.calls

    assert asyncio.run(asyncio.wait_for(both(), 10)) == 2
