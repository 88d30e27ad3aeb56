"""Whether a teacher still answers, by its latest outcomes and by the clock."""

import asyncio

import pytest

from factory.calls.circuit_breaker import QUIET_S, BreakerSettings, CircuitBreaker
from factory.core.errors import TeacherDown

LIMITED = TeacherDown("http://h answered 429: slow down", "rate limited", {"retry-after": "8"})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def waits(breaker: CircuitBreaker, clock: Clock, step: float, steps: int) -> None:
    """A wait during which the clock goes on by leaps."""
    async with breaker.bounded("gone"):
        for _ in range(steps):
            clock.now += step
            breaker._tick()
            await asyncio.sleep(0)


def test_a_wait_ends_where_no_answer_comes_for_too_long() -> None:
    clock = Clock()
    breaker = CircuitBreaker(BreakerSettings(60), clock)
    with pytest.raises(TeacherDown) as caught:
        asyncio.run(waits(breaker, clock, 25, 9))
    why = "no answer from the teacher for 75 seconds; that is as long as budget.wait_minutes = 1 allows; no more calls are made"
    assert (str(caught.value), caught.value.kind, breaker.gone, clock.now < 1200) == (
        why,
        "gone",
        True,
        True,
    )


def test_an_answer_begins_the_wait_anew() -> None:
    clock = Clock()
    breaker = CircuitBreaker(BreakerSettings(60), clock)
    for _ in range(5):
        asyncio.run(waits(breaker, clock, 20, 2))
        breaker.server_worked()
    assert not breaker.gone


def test_time_in_which_nothing_is_asked_does_not_count() -> None:
    clock = Clock()
    breaker = CircuitBreaker(BreakerSettings(60), clock)
    asyncio.run(waits(breaker, clock, 10, 2))
    clock.now += 3600
    asyncio.run(waits(breaker, clock, 10, 2))
    assert not breaker.gone


def test_a_refusal_is_said_at_once_and_not_again_within_a_minute() -> None:
    said: list[str] = []
    clock = Clock()
    breaker = CircuitBreaker(BreakerSettings(600, said.append), clock)
    for _ in range(30):
        clock.now += 2
        breaker.down(LIMITED)
    words = "http://h answered 429: slow down; it asks to wait 8 seconds; trying again"
    assert said == [words]
    clock.now += 2
    breaker.down(LIMITED)
    assert said == [words, words]


def test_a_stray_refusal_among_answers_is_not_worth_a_word() -> None:
    said: list[str] = []
    clock = Clock()
    breaker = CircuitBreaker(BreakerSettings(600, said.append), clock)
    breaker.record("a", "answered")
    for _ in range(30):
        breaker.server_worked()
        clock.now += 0.1
        breaker.down(LIMITED)
    assert said == []


def test_why_nothing_comes_can_be_asked_while_somebody_waits() -> None:
    clock = Clock()
    breaker = CircuitBreaker(
        BreakerSettings(600, pace=lambda: "the server takes about 1 request a minute"), clock
    )

    async def asked() -> list[str]:
        found = []
        async with breaker.bounded("gone"):
            found.append(breaker.trouble)
            clock.now += QUIET_S
            found.append(breaker.trouble)
            breaker.down(LIMITED)
            found.append(breaker.trouble)
            breaker.server_worked()
            found.append(breaker.trouble)
        return [*found, breaker.trouble]

    assert asyncio.run(asked()) == [
        "",
        "no answer from the teacher for 30 seconds: the server takes about 1 request a minute",
        "no answer from the teacher for 30 seconds: http://h answered 429: slow down; it asks to wait 8 seconds",
        "",
        "",
    ]
