"""Ask a teacher online: the ledger first, then the provider.

All retries and rate limits are here.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Literal, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from factory.calls.accounting import Accounting
from factory.calls.budget import Budget, Reservation
from factory.calls.circuit_breaker import BreakerSettings, CircuitBreaker
from factory.calls.ledger import ASK_AGAIN, PaidAnswer
from factory.core.errors import TeacherDown, TeacherFailed, Unusable, UserMistake
from factory.teachers import Request, request_key
from factory.teachers.rate_limiter import CallOutcome

ATTEMPTS = 5  # per request that does not get through: about a minute in all
RATE_LIMITED_ATTEMPTS = 100  # the rate limiter waits as long as the provider says
CHARACTERS_PER_TOKEN = 4  # in English; used for the rate limit only
TRUNCATED_FACTOR = 2  # more room for a reply that was cut off
BACKOFF = wait_random_exponential(multiplier=1, max=20)  # seconds, with jitter


class Ask(Protocol):
    """Asks one request of an attempt.

    `prefetch`: requests that come next unless this answer makes them needless; only a batch sends
    them ahead.
    """

    async def __call__(self, request: Request, *prefetch: Request) -> PaidAnswer: ...


class TeacherClient(Protocol):
    """A client that asks a teacher, online or by batch."""

    @property
    def waiting(self) -> bool:
        """True if answers are still outstanding."""
        ...

    def workers(self) -> int:
        """Return how many jobs are worth running at once."""
        ...

    def attempt(
        self, requests: Callable[[], Sequence[Request]]
    ) -> AbstractAsyncContextManager[Ask]:
        """Open one attempt; yields the function that asks its requests.

        The money of the whole attempt is reserved at the first call that must be paid for.
        """
        ...


FetchFromBatch = Callable[[str, Request], Awaitable[PaidAnswer | TeacherFailed | None]]


class OnlineClient:
    """Asks a teacher online.

    `fetch` returns what a batch of an earlier run brought for a request, or its failure; it raises
    NotAsked while that batch is running.
    """

    waiting = False  # a call has ended when it returns

    def __init__(
        self,
        accounting: Accounting,
        budget: Budget | None = None,
        fetch: FetchFromBatch | None = None,
        settings: BreakerSettings | None = None,
    ) -> None:
        self.teacher = accounting.teacher
        self.tally = accounting.tally
        self._accounting = accounting
        self._budget = budget or Budget()
        self._fetch = fetch
        self._breaker = CircuitBreaker(
            replace(settings or BreakerSettings(), pace=lambda: accounting.teacher.rate.slow)
        )
        # By cached beginning of a prompt: when its first call has ended.
        self._first: dict[int, asyncio.Future[None]] = {}

    @property
    def trouble(self) -> str:
        """The reason why no answers come at the moment; empty if they do."""
        return self._breaker.trouble

    def workers(self) -> int:
        """Twice the calls in flight, so that a waiting call fills every free place."""
        return 2 * self.teacher.rate.in_flight

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[Ask]:
        reservation = Reservation()

        async def ask(request: Request, *prefetch: Request) -> PaidAnswer:
            return await self.ask(request, reservation, lambda: sum(map(self.worst, requests())))

        try:
            yield ask
        finally:
            self._budget.release(reservation)

    def worst(self, request: Request) -> int:
        """Return the most nanodollars that one send can cost."""
        return self._accounting.worst(request)

    async def ask(
        self, request: Request, reservation: Reservation, attempt: Callable[[], int]
    ) -> PaidAnswer:
        """Return the answer to a request, from the ledger if it is there.

        `attempt` returns the worst case of the whole attempt, in nanodollars. Raises TeacherDown,
        Unusable, NotAsked or GaveUp.
        """
        key = request_key(request, self.teacher)
        if found := await self._find(request, key, reservation):
            return found
        if not reservation.open and self._budget.limit is not None:
            # Before it counts as in flight: nobody may wait for a request that itself waits for
            # money.
            await self._budget.reserve(reservation, attempt(), self._accounting.worst(request))
            if found := await self._find(request, key, reservation):
                return found
        with self._accounting.ledger.in_flight.started(key) as future:
            async with self._primed(request, reservation):
                answer = await self._usable_reply(request, key, reservation)
            future.set_result(answer)
        return answer

    async def _find(
        self, request: Request, key: str, reservation: Reservation
    ) -> PaidAnswer | None:
        """Look in the ledger, in returned batches, and among the requests in flight."""
        if known := self._accounting.paid_answer(key, request):
            return known
        if self._fetch and isinstance(fetched := await self._fetch(key, request), PaidAnswer):
            return fetched
        if waiting := self._accounting.ledger.in_flight.of(key):
            with self._budget.idle(reservation):
                return await asyncio.shield(waiting)
        return None

    @asynccontextmanager
    async def _primed(self, request: Request, reservation: Reservation) -> AsyncIterator[None]:
        """Let one call go first if the provider caches the prompt's beginning.

        The others wait for it, so that they read from the cache.
        """
        text = self.teacher.cached(request)
        beginning = hash(text)  # the texts themselves would fill the memory
        if text and beginning not in self._first:
            self._first[beginning] = asyncio.get_running_loop().create_future()
            try:
                yield
            finally:
                self._first[beginning].set_result(None)
            return
        if text:
            with self._budget.idle(reservation):
                await asyncio.shield(self._first[beginning])
        yield

    async def _usable_reply(
        self, request: Request, key: str, reservation: Reservation
    ) -> PaidAnswer:
        """Ask until a reply is committed, at most twice more after an unusable one.

        A reply that was cut off gets more room.
        """
        for left in range(ASK_AGAIN, -1, -1):
            try:
                return await self._retry(request, key, reservation)
            except Unusable as error:
                if not left or error.kind == "prompt cut":  # the same prompt would be cut again
                    raise
                if error.kind == "truncated":
                    request = replace(request, max_tokens=TRUNCATED_FACTOR * request.max_tokens)
        raise AssertionError("unreachable")

    async def _retry(self, request: Request, key: str, reservation: Reservation) -> PaidAnswer:
        """Send a request again while the teacher is down: the only retry loop."""
        async for attempt in AsyncRetrying(
            stop=_out_of_attempts,
            wait=self._pause,
            retry=retry_if_exception(_may_retry),
            reraise=True,
        ):
            with attempt:
                worst = self._accounting.worst(request)
                await self._budget.reserve(reservation, worst, worst)
                try:
                    return await self._send(request, key, reservation, worst)
                except TeacherDown as error:
                    if error.hopeless and not self.tally.outcomes["answered"]:
                        # The very first call failed, so the settings are wrong.
                        raise UserMistake(str(error)) from None
                    raise
        raise AssertionError("unreachable")

    async def _send(
        self, request: Request, key: str, reservation: Reservation, worst: int
    ) -> PaidAnswer:
        """Send once within the rate limit: recorded before it leaves, settled before it is used."""
        async with self._breaker.bounded("gone"):
            await self.teacher.rate.enter(
                (len(request.system) + len(request.user)) // CHARACTERS_PER_TOKEN
                + request.max_tokens
            )
        outcome = CallOutcome("dropped")
        try:
            self._breaker.check()
            send = await self._accounting.ledger.reserve(key, worst)
            if send is None:  # another process has paid for it meanwhile
                self._budget.settle(reservation, worst, 0)
                return self._accounting.ledger.committed_answer(key, request)
            started = time.monotonic()
            try:
                async with self._breaker.bounded("gone"):
                    await self.teacher.rate.pace()
                self.tally.calls += 1
                started = time.monotonic()
                async with self._breaker.bounded("hung"):
                    reply = await self.teacher.send(request, key)
            except TeacherFailed as error:
                outcome = _outcome(error, time.monotonic() - started)
                await self._failed(send, key, error, reservation, worst)
                raise
            except UserMistake:  # no key, no package, no model: nothing was sent
                await self._accounting.ledger.lose(send, billed=False)
                raise
            outcome = CallOutcome(
                "answered",
                time.monotonic() - started,
                reply.tokens_in + reply.tokens_out,
                reply.headers,
            )
        finally:
            self.teacher.rate.leave(outcome)
        answer = await self._accounting.keep(send, key, reply)
        self._breaker.record(key, "answered")
        self._breaker.server_worked()
        self._budget.settle(reservation, worst, answer.cost.nanousd)
        return answer

    def _pause(self, state: RetryCallState) -> float:
        """No pause once no more calls are made: the next try raises."""
        return 0.0 if self._breaker.gone else _pause(state)

    async def _failed(
        self, send: int, key: str, error: TeacherFailed, reservation: Reservation, worst: int
    ) -> None:
        nanousd = await self._accounting.fail(send, key, error, worst)
        if isinstance(error, TeacherDown):
            self._breaker.down(error)
        else:
            self._breaker.server_worked()
        if isinstance(error, TeacherDown) or not self._accounting.ledger.failed_before(key):
            self._breaker.record(key, error.kind, str(error))
        self._budget.settle(reservation, worst, nanousd)


RATE_OUTCOMES: dict[str, Literal["limited", "overloaded", "lost"]] = {
    "rate limited": "limited",
    "server error": "overloaded",
    "hung": "lost",
    "broken off": "lost",
    "unreachable": "lost",
}


def _outcome(error: TeacherFailed, seconds: float) -> CallOutcome:
    if isinstance(error, Unusable):
        return CallOutcome("answered", seconds, error.tokens_in + error.tokens_out, error.headers)
    return CallOutcome(RATE_OUTCOMES.get(error.kind, "dropped"), seconds, 0, error.headers)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _may_retry(error: BaseException) -> bool:
    return isinstance(error, TeacherDown) and not error.hopeless and error.kind != "gone"


def _out_of_attempts(state: RetryCallState) -> bool:
    error = _error(state)
    limited = isinstance(error, TeacherDown) and error.kind == "rate limited"
    return state.attempt_number >= (RATE_LIMITED_ATTEMPTS if limited else ATTEMPTS)


def _pause(state: RetryCallState) -> float:
    """Return a growing pause with jitter.

    There is none after a rate limit, since the rate limiter waits, or if only the form was wrong.
    """
    error = _error(state)
    if isinstance(error, TeacherDown) and error.kind in ("rate limited", "another form"):
        return 0.0
    return BACKOFF(state)
