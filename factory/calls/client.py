"""Asking online: the ledger first, then the teacher; the only place that retries, and the only gate on concurrency."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Literal, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from factory.calls.accounting import Books
from factory.calls.budget import Budget, Share
from factory.calls.circuit_breaker import Health, Patience
from factory.calls.ledger import ASK_AGAIN, Bought
from factory.core.errors import TeacherDown, TeacherFailed, Unusable, UserMistake
from factory.teachers import Request, request_key
from factory.teachers.rate_limiter import Heard

ATTEMPTS = 5  # sends of a request that does not get through: about a minute in all
LIMITED = 100  # sends of a request that the rate limit turns away: the gate holds each back as long as the provider says
CHARACTERS = 4  # of a token of English, for the rate alone
ROOM = 2  # times as much for a reply that was cut off
BACKOFF = wait_random_exponential(multiplier=1, max=20)  # seconds, with jitter


class Ask(Protocol):
    """One request of an attempt. `along`: what will be asked next, unless this answer makes it needless; only a batch asks it ahead."""

    async def __call__(self, request: Request, *along: Request) -> Bought: ...


class Asking(Protocol):
    """A way for requests to travel: at once, or by a batch that comes back later."""

    @property
    def waiting(self) -> bool:
        """Whether answers are still to come that were asked for."""
        ...

    def workers(self) -> int:
        """Jobs worth having under way."""
        ...

    def attempt(self, requests: Callable[[], Sequence[Request]]) -> AbstractAsyncContextManager[Ask]:
        """Asking for one attempt, whose money is set aside as a whole at the first call that must be bought."""
        ...


Fetch = Callable[[str, Request], Awaitable[Bought | TeacherFailed | None]]


class Asker:
    """At once. `fetch`: what a batch of an earlier run has brought, or why it brought nothing; raises NotAsked while it is out."""

    waiting = False  # a call has ended when it returns

    def __init__(
        self, books: Books, purse: Budget | None = None, fetch: Fetch | None = None, patience: Patience | None = None
    ) -> None:
        self.teacher = books.teacher
        self.tally = books.tally
        self._books = books
        self._purse = purse or Budget()
        self._fetch = fetch
        self._health = Health(replace(patience or Patience(), pace=lambda: books.teacher.rate.slow))
        self._first: dict[int, asyncio.Future[None]] = {}  # by cached beginning of a prompt: when its first call has ended

    @property
    def trouble(self) -> str:
        """Why no answer comes at the moment; empty where answers come."""
        return self._health.trouble

    def workers(self) -> int:
        """Enough that every free place finds a waiting call."""
        return 2 * self.teacher.rate.in_flight

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[Ask]:
        share = Share()

        async def ask(request: Request, *along: Request) -> Bought:
            return await self.ask(request, share, lambda: sum(map(self.worst, requests())))

        try:
            yield ask
        finally:
            self._purse.give_back(share)

    def worst(self, request: Request) -> int:
        """Nanodollars of one send, at most."""
        return self._books.worst(request)

    async def ask(self, request: Request, share: Share, attempt: Callable[[], int]) -> Bought:
        """The answer to a request, from the ledger where it stands there; `attempt`: what its whole attempt takes at worst.

        Raises TeacherDown, Unusable, NotAsked or GaveUp.
        """
        key = request_key(request, self.teacher)
        if found := await self._known(request, key, share):
            return found
        if not share.open and self._purse.budget is not None:
            # Before it is on record as under way: nobody may wait for the answer of one that waits for money.
            await self._purse.take(share, attempt(), self._books.worst(request))
            if found := await self._known(request, key, share):
                return found
        with self._books.ledger.flying.started(key) as future:
            async with self._primed(request, share):
                bought = await self._usable(request, key, share)
            future.set_result(bought)
        return bought

    async def _known(self, request: Request, key: str, share: Share) -> Bought | None:
        """From the ledger, from a batch that has come back, or from another attempt that is buying it."""
        if known := self._books.known(key, request):
            return known
        if self._fetch and isinstance(fetched := await self._fetch(key, request), Bought):
            return fetched
        if flying := self._books.ledger.flying.of(key):
            with self._purse.idle(share):
                return await asyncio.shield(flying)
        return None

    @asynccontextmanager
    async def _primed(self, request: Request, share: Share) -> AsyncIterator[None]:
        """Where the provider caches the prompt's beginning, one call goes first; the others wait, to read what it wrote."""
        text = self.teacher.cached(request)
        beginning = hash(text)  # the texts themselves would be kept to the run's end
        if text and beginning not in self._first:
            self._first[beginning] = asyncio.get_running_loop().create_future()
            try:
                yield
            finally:
                self._first[beginning].set_result(None)
            return
        if text:
            with self._purse.idle(share):
                await asyncio.shield(self._first[beginning])
        yield

    async def _usable(self, request: Request, key: str, share: Share) -> Bought:
        """Until a reply is committed; an unusable one is asked again at most twice, one that was cut off with more room."""
        for left in range(ASK_AGAIN, -1, -1):
            try:
                return await self._tried(request, key, share)
            except Unusable as error:
                if not left or error.kind == "prompt cut":  # the same prompt would be cut again
                    raise
                if error.kind == "truncated":
                    request = replace(request, max_tokens=ROOM * request.max_tokens)
        raise AssertionError("unreachable")

    async def _tried(self, request: Request, key: str, share: Share) -> Bought:
        """Sent again while the teacher is down: the only place that does."""
        async for attempt in AsyncRetrying(stop=_too_often, wait=self._pause, retry=retry_if_exception(_worth_another), reraise=True):
            with attempt:
                worst = self._books.worst(request)
                await self._purse.take(share, worst, worst)
                try:
                    return await self._gated(request, key, share, worst)
                except TeacherDown as error:
                    if error.hopeless and not self.tally.outcomes["answered"]:
                        raise UserMistake(str(error)) from None  # the first call of all: it is the user's to put right
                    raise
        raise AssertionError("unreachable")

    async def _gated(self, request: Request, key: str, share: Share, worst: int) -> Bought:
        """One send through the gate, on record before it leaves and settled before its answer is used."""
        async with self._health.bounded("gone"):
            await self.teacher.rate.enter((len(request.system) + len(request.user)) // CHARACTERS + request.max_tokens)
        heard = Heard("dropped")
        try:
            self._health.check()
            send = await self._books.ledger.reserve(key, worst)
            if send is None:  # another process has bought it meanwhile
                self._purse.settle(share, worst, 0)
                return self._books.ledger.bought(key, request)
            started = time.monotonic()
            try:
                async with self._health.bounded("gone"):
                    await self.teacher.rate.pace()
                self.tally.calls += 1
                started = time.monotonic()
                async with self._health.bounded("hung"):
                    reply = await self.teacher.send(request, key)
            except TeacherFailed as error:
                heard = _heard(error, time.monotonic() - started)
                await self._failed(send, key, error, share, worst)
                raise
            except UserMistake:  # no key, no package, no model: nothing was sent
                await self._books.ledger.lose(send, billed=False)
                raise
            heard = Heard("answered", time.monotonic() - started, reply.tokens_in + reply.tokens_out, reply.headers)
        finally:
            self.teacher.rate.leave(heard)
        bought = await self._books.keep(send, key, reply)
        self._health.heard(key, "answered")
        self._health.replied()
        self._purse.settle(share, worst, bought.cost.nanousd)
        return bought

    def _pause(self, state: RetryCallState) -> float:
        """None where no more calls are made: the next try says so."""
        return 0.0 if self._health.gone else _pause(state)

    async def _failed(self, send: int, key: str, error: TeacherFailed, share: Share, worst: int) -> None:
        nanousd = await self._books.fail(send, key, error, worst)
        if isinstance(error, TeacherDown):
            self._health.down(error)
        else:
            self._health.replied()
        if isinstance(error, TeacherDown) or not self._books.ledger.failed_before(key):
            self._health.heard(key, error.kind, str(error))
        self._purse.settle(share, worst, nanousd)


HEARD: dict[str, Literal["limited", "overloaded", "lost"]] = {
    "rate limited": "limited",
    "server error": "overloaded",
    "hung": "lost",
    "broken off": "lost",
    "unreachable": "lost",
}


def _heard(error: TeacherFailed, seconds: float) -> Heard:
    if isinstance(error, Unusable):
        return Heard("answered", seconds, error.tokens_in + error.tokens_out, error.headers)
    return Heard(HEARD.get(error.kind, "dropped"), seconds, 0, error.headers)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _worth_another(error: BaseException) -> bool:
    return isinstance(error, TeacherDown) and not error.hopeless and error.kind != "gone"


def _too_often(state: RetryCallState) -> bool:
    error = _error(state)
    limited = isinstance(error, TeacherDown) and error.kind == "rate limited"
    return state.attempt_number >= (LIMITED if limited else ATTEMPTS)


def _pause(state: RetryCallState) -> float:
    """A growing pause with jitter; none after a rate limit, for which the gate knows how long, or where only the form was wrong."""
    error = _error(state)
    if isinstance(error, TeacherDown) and error.kind in ("rate limited", "another form"):
        return 0.0
    return BACKOFF(state)
