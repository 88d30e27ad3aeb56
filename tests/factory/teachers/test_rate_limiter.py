"""Laws of the rate, against a provider simulated in virtual time: two minutes of traffic take about a second."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.teachers.rate_limiter import CallOutcome, ExcessDetector, RateLimiter

Worth = TypeVar("Worth")
Kind = Literal["answered", "limited", "overloaded", "lost", "dropped"]


class Jump(selectors.SelectSelector):
    """Waits no time: the clock jumps to the next timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is left to wait for")
        self.now += max(0.0, timeout)
        return []


def simulated(story: Coroutine[Any, Any, Worth]) -> Worth:
    selector = Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(story)
    finally:
        loop.close()


def now() -> float:
    return asyncio.get_running_loop().time()


def new_rate(in_flight: int | None = None) -> RateLimiter:
    return RateLimiter(in_flight, clock=asyncio.get_running_loop().time)


@dataclass
class Provider:
    """A token bucket of a tenth of a second's calls, as the mock teacher's, and a memory of when it said what."""

    limit: float
    headers: bool = False
    latency_s: float = 0.2
    stray: float = 0.0  # share of 429s that have nothing to do with the rate
    most: int = 10_000  # calls at once; more are answered 503
    under_way: int = 0
    highest: int = 0
    calls: int = 0
    said: list[tuple[float, Kind]] = field(default_factory=list)
    _level: float = 0.0
    _at: float = -1.0  # full at the start

    def _takes(self) -> bool:
        self._level = min(max(1.0, self.limit / 10), self._level + (now() - self._at) * self.limit)
        self._at = now()
        if self._level >= 1:
            self._level -= 1
        else:
            return False
        self.calls += 1
        return not self.stray or self.calls % round(1 / self.stray) > 0

    async def call(self) -> CallOutcome:
        start = now()
        headers = {"x-ratelimit-limit-requests": str(int(self.limit * 60))} if self.headers else {}
        kind: Kind = "answered" if self._takes() else "limited"
        if self.under_way >= self.most:
            kind = "overloaded"
        self.under_way += 1
        self.highest = max(self.highest, self.under_way)
        await asyncio.sleep(self.latency_s if kind == "answered" else 0.002)
        self.under_way -= 1
        self.said.append((now(), kind))
        return CallOutcome(
            kind, now() - start, 100, headers | ({"retry-after": "1"} if kind == "limited" else {})
        )

    def per_second(self, start: float, end: float) -> float:
        return sum(start <= at < end and kind == "answered" for at, kind in self.said) / (
            end - start
        )

    def share_of_429(self, start: float, end: float) -> float:
        kinds = [kind for at, kind in self.said if start <= at < end]
        return kinds.count("limited") / len(kinds)


async def traffic(
    provider: Provider,
    seconds: float,
    workers: int = 150,
    limits: Mapping[float, float] | None = None,
    commit_s: float = 0.0,
) -> RateLimiter:
    """Workers that ask without a break; `limits`: the provider's, from a time on; `commit_s`: between commits that calls wait for."""
    rate = new_rate()

    async def work() -> None:
        while now() < seconds:
            await rate.enter(100)
            if commit_s:
                await asyncio.sleep(commit_s - now() % commit_s)
            await rate.pace()
            rate.leave(await provider.call())

    async def change() -> None:
        for at, limit in (limits or {}).items():
            await asyncio.sleep(at - now())
            provider.limit = limit

    await asyncio.gather(change(), *[work() for _ in range(workers)])
    return rate


def heard(kind: Kind = "answered", seconds: float = 0.2, **headers: str) -> CallOutcome:
    return CallOutcome(
        kind, seconds, 0, {name.replace("_", "-"): text for name, text in headers.items()}
    )


async def enters_at_once(rate: RateLimiter, tokens: int = 0) -> bool:
    try:
        async with asyncio.timeout(0.001):
            await rate.enter(tokens)
    except TimeoutError:
        return False
    return True


# ---- the rate


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("limit", [5, 50, 300])
def test_after_a_minute_the_limit_is_used_up_and_hardly_a_call_is_refused(
    limit: int, headers: bool
) -> None:
    provider = Provider(limit, headers)
    simulated(traffic(provider, 120))
    assert provider.per_second(60, 120) >= 0.95 * limit
    assert provider.share_of_429(60, 120) <= 0.01


@pytest.mark.parametrize("headers", [True, False])
def test_calls_that_wait_for_a_commit_together_are_not_sent_together(headers: bool) -> None:
    provider = Provider(300, headers)
    simulated(traffic(provider, 120, commit_s=0.2))
    assert provider.per_second(60, 120) >= 0.95 * 300
    assert provider.share_of_429(60, 120) <= 0.01


def test_long_answers_are_taken_at_the_limit_too() -> None:
    provider = Provider(20, latency_s=5)
    simulated(traffic(provider, 150))
    assert provider.per_second(90, 150) >= 0.95 * 20
    assert provider.share_of_429(90, 150) <= 0.01


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("new_limit", [5, 25, 100])
def test_a_limit_that_changes_is_followed_within_a_minute(new_limit: int, headers: bool) -> None:
    provider = Provider(50, headers)
    simulated(traffic(provider, 180, limits={60: new_limit}))
    assert provider.per_second(120, 180) >= 0.95 * new_limit
    assert provider.share_of_429(120, 180) <= 0.015


def test_stray_429s_do_not_lower_the_rate() -> None:
    provider = Provider(100, stray=0.007)
    simulated(traffic(provider, 120))
    assert provider.per_second(60, 120) >= 0.93 * 100


def test_without_429s_and_headers_only_places_hold_calls_back() -> None:
    provider = Provider(1e9)
    simulated(traffic(provider, 5, workers=40))
    assert provider.per_second(1, 5) == pytest.approx(40 / 0.2, rel=0.02)


def test_a_burst_stays_short_once_the_limit_is_told() -> None:
    async def story() -> int:
        rate = new_rate()
        await rate.enter()
        rate.leave(heard(x_ratelimit_limit_requests="6000"))
        await asyncio.sleep(60)
        return sum([await enters_at_once(rate) for _ in range(16)])

    assert simulated(story()) <= 100 * 0.08 + 1


def test_anthropic_headers_are_read() -> None:
    async def story() -> float:
        rate = new_rate()
        await rate.enter()
        rate.leave(heard(anthropic_ratelimit_requests_limit="60"))
        for _ in range(11):
            await rate.enter()
            rate.leave(heard())
        return now()

    assert simulated(story()) == pytest.approx(11 / 0.985, abs=0.1)


@pytest.mark.parametrize("word", ["", "unlimited", "nan", "-1", "0", "inf"])
def test_a_header_that_is_no_positive_number_is_ignored(word: str) -> None:
    async def story() -> bool:
        rate = new_rate()
        await rate.enter()
        rate.leave(heard(x_ratelimit_limit_requests=word, x_ratelimit_limit_tokens=word))
        return all([await enters_at_once(rate, 1000) for _ in range(16)])

    assert simulated(story())


# ---- Retry-After


async def pause_after(seconds: str, calm_calls: int) -> float:
    """How long the next call waits after a 429 that many calls at a known limit of 100 a second came before."""
    rate = new_rate()
    for _ in range(calm_calls):
        await rate.enter()
        rate.leave(heard(x_ratelimit_limit_requests="6000"))
    await rate.enter()
    rate.leave(heard("limited", 0.001, retry_after=seconds))
    start = now()
    await rate.enter()
    return now() - start


def test_the_first_429_of_an_unknown_limit_is_obeyed() -> None:
    assert simulated(pause_after("1.5", 0)) == pytest.approx(1.5, abs=0.01)


def test_a_stray_429_at_a_known_limit_pauses_nothing() -> None:
    assert simulated(pause_after("1", 300)) < 0.1


def test_a_long_retry_after_pauses_all() -> None:
    assert simulated(pause_after("20", 300)) == pytest.approx(20, abs=0.01)


def test_milliseconds_go_before_seconds() -> None:
    async def story() -> float:
        rate = new_rate()
        await rate.enter()
        rate.leave(heard("limited", 0.001, retry_after="20", retry_after_ms="7000"))
        await rate.enter()
        return now()

    assert simulated(story()) == pytest.approx(7, abs=0.01)


# ---- tokens


TOKEN_HEADERS = [
    {"x-ratelimit-limit-tokens": "60000"},
    {
        "anthropic-ratelimit-input-tokens-limit": "50000",
        "anthropic-ratelimit-output-tokens-limit": "10000",
    },
    {"anthropic-ratelimit-tokens-limit": "60000", "anthropic-ratelimit-input-tokens-limit": "1"},
]


@pytest.mark.parametrize("headers", TOKEN_HEADERS)
@pytest.mark.parametrize("expected", [100, 200, 400])
def test_tokens_are_held_to_what_was_billed_not_to_what_was_expected(
    headers: dict[str, str], expected: int
) -> None:
    async def story() -> float:
        rate = new_rate()
        for _ in range(101):
            await rate.enter(expected)
            rate.leave(CallOutcome("answered", 0.2, 200, headers))
        return now()

    assert simulated(story()) == pytest.approx(100 * 200 / 1000 / 0.985, rel=0.05)


# ---- places


@settings(max_examples=25, deadline=None)
@given(
    places=st.integers(1, 20),
    workers=st.integers(1, 60),
    kinds=st.lists(
        st.sampled_from(["answered", "overloaded", "lost", "dropped"]), min_size=1, max_size=20
    ),
)
def test_no_more_are_under_way_than_places_and_all_come_through(
    places: int, workers: int, kinds: list[Kind]
) -> None:
    async def story() -> int:
        rate, under_way, most = new_rate(places), 0, 0

        async def work(kind: Kind) -> None:
            nonlocal under_way, most
            await rate.enter()
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.1)
            under_way -= 1
            rate.leave(heard(kind))

        await asyncio.gather(*[work(kinds[at % len(kinds)]) for at in range(workers)])
        return most

    assert simulated(story()) == min(places, workers)


def test_first_come_is_first_served() -> None:
    async def story() -> list[int]:
        rate, order = new_rate(2), list[int]()

        async def work(number: int) -> None:
            await rate.enter()
            order.append(number)
            await asyncio.sleep(0.1)
            rate.leave(heard(x_ratelimit_limit_requests="600"))

        await asyncio.gather(*[work(number) for number in range(20)])
        return order

    assert simulated(story()) == list(range(20))


def test_places_double_while_they_are_used_and_bring_more() -> None:
    assert simulated(traffic(Provider(1e9), 4, workers=512)).in_flight == 512


def test_places_that_are_not_used_do_not_grow() -> None:
    assert simulated(traffic(Provider(1e9), 5, workers=10)).in_flight == 16


def test_places_settle_where_the_provider_is_overloaded() -> None:
    provider = Provider(1e9, most=60)
    rate = simulated(traffic(provider, 60, workers=512))
    assert 35 <= rate.in_flight <= 90
    assert provider.per_second(30, 60) >= 0.75 * 60 / 0.2


@pytest.mark.parametrize("kind", ["overloaded", "lost"])
def test_overload_shrinks_the_places_once_a_round_trip(kind: Kind) -> None:
    async def story() -> list[int]:
        rate, seen = new_rate(), list[int]()
        for _ in range(2):
            for _ in range(10):
                await rate.enter()
            await asyncio.sleep(1)
            for _ in range(10):
                rate.leave(heard(kind, 1.0))
            seen.append(rate.in_flight)
        return seen

    assert simulated(story()) == [11, 7]


def test_an_outage_leaves_one_place_and_is_soon_forgotten() -> None:
    async def story() -> tuple[int, int]:
        rate, provider = new_rate(), Provider(1e9, most=0)

        async def work() -> None:
            while now() < 30:
                provider.most = 0 if now() < 20 else 1000
                await rate.enter()
                if now() < 20:
                    shrunk.append(rate.in_flight)
                rate.leave(await provider.call())

        shrunk = list[int]()
        await asyncio.gather(*[work() for _ in range(100)])
        return shrunk[-1], rate.in_flight

    lowest, after = simulated(story())
    assert lowest == 1
    assert after >= 11


def test_a_fixed_number_of_places_neither_grows_nor_shrinks() -> None:
    async def story() -> int:
        rate = new_rate(4)
        for kind in ("answered", "overloaded", "lost") * 30:
            await rate.enter()
            rate.leave(heard(kind))
        return rate.in_flight

    assert simulated(story()) == 4


# ---- cancelling


def test_a_cancelled_waiter_takes_no_place() -> None:
    async def story() -> bool:
        rate = new_rate(1)
        await rate.enter()
        waiting = [asyncio.create_task(rate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.sleep(0)
        rate.leave(heard())
        await waiting[2]
        rate.leave(heard())
        return await enters_at_once(rate)

    assert simulated(story())


def test_one_that_is_cancelled_as_it_is_let_go_gives_its_place_back() -> None:
    async def story() -> bool:
        rate = new_rate(1)
        await rate.enter()
        first, second = asyncio.create_task(rate.enter()), asyncio.create_task(rate.enter())
        await asyncio.sleep(0)
        rate.leave(heard())  # lets the first go, which has not run yet
        first.cancel()
        await second
        return first.cancelled()

    assert simulated(story())


def test_cancelling_all_that_wait_for_the_rate_leaves_no_timer() -> None:
    async def story(rate: RateLimiter) -> None:
        await rate.enter()
        rate.leave(heard("limited", 0.001, retry_after="100"))
        await asyncio.wait([asyncio.create_task(rate.enter()) for _ in range(3)], timeout=1)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        assert rate._timer is None
        assert not rate._waiters

    async def here() -> None:
        await story(new_rate())

    simulated(here())


# ---- patience


@pytest.mark.parametrize(
    ("answers", "patience"),
    [
        ([9.0] * 19, 300),
        ([9.0] * 20, 90),
        ([0.5] * 20, 20),
        ([90.0] * 20, 600),
        ([50.0] + [3.0] * 199, 500),
        ([50.0] + [3.0] * 200, 30),
    ],
)
def test_patience_is_ten_times_the_slowest_of_the_last_answers(
    answers: list[float], patience: float
) -> None:
    async def story() -> float:
        rate = new_rate()
        for seconds in answers:
            await rate.enter()
            rate.leave(heard(seconds=seconds))
            await rate.enter()
            rate.leave(heard("lost", 900))
        return rate.patience

    assert simulated(story()) == patience


# ---- the running test of shares


def test_strays_below_what_is_tolerated_raise_no_alarm_and_more_do() -> None:
    def alarms(share: float) -> int:
        excess, count = ExcessDetector(0.01), 0
        for number in range(10_000):
            excess.call()
            if number % round(1 / share) == 0 and excess.bad(4.0):
                count += 1
                excess.settle()
        return count

    assert alarms(0.008) == 0
    assert alarms(0.04) >= 50
