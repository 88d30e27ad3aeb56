"""Asking: the ledger first, then the teacher; the only place that retries, and the only gate on concurrency."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, cast

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from factory.errors import TeacherDown, TeacherFailed, Unusable, UserMistake
from factory.ledger import ASK_AGAIN, Bought, InFlight, Ledger
from factory.prices import FREE, Price
from factory.purse import Purse, Share
from factory.rate import Heard
from factory.teachers import Request, Teacher, request_key

Job = TypeVar("Job")
Done = TypeVar("Done")
Ask = Callable[[Request], Awaitable[Bought]]

ATTEMPTS = 5  # sends of a request that does not get through: about a minute in all
LIMITED = 100  # sends of a request that the rate limit turns away: the gate holds each back as long as the provider says
CHARACTERS = 4  # of a token of English, for the rate alone
ROOM = 2  # times as much for a reply that was cut off
RECENT, LEAST = 40, 10  # requests that are looked at, and the least of them that say anything: most of them failed, and the run stops


class GaveUp(Unusable):
    """A request that failed by its own fault in three runs is not asked a fourth time."""


@dataclass
class Tally:
    """What this run sent and got. `outcomes`: sends by kind, `answered` among them; money in nanodollars."""

    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    nanousd: int = 0
    uncertain: int = 0  # at worst, of sends whose outcome is unknown
    outcomes: Counter[str] = field(default_factory=Counter)


class Asker:
    """What the pipeline asks through."""

    def __init__(self, teacher: Teacher, ledger: Ledger, price: Price | None = FREE, purse: Purse | None = None) -> None:
        self.teacher = teacher
        self.tally = Tally()
        self._ledger = ledger
        self._price = price or FREE
        self._dearest = replace(self._price, input=max(self._price.input, self._price.cache_write))
        self._purse = purse or Purse()
        self._flying = InFlight()
        self._health = Health()
        self._first: dict[str, asyncio.Future[None]] = {}  # by cached beginning of a prompt: when its first call has ended

    @property
    def workers(self) -> int:
        """Jobs worth having under way: enough that every free place finds a waiting call."""
        return 2 * self.teacher.rate.in_flight

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[Ask]:
        """Asking for one attempt, whose money is set aside as a whole at the first call that must be bought."""
        share = Share()

        async def ask(request: Request) -> Bought:
            return await self._ask(request, share, requests)

        try:
            yield ask
        finally:
            self._purse.give_back(share)

    async def _ask(self, request: Request, share: Share, requests: Callable[[], Sequence[Request]]) -> Bought:
        """The answer to a request, from the ledger where it stands there. Raises TeacherDown, Unusable, NotAsked or GaveUp."""
        key = request_key(request, self.teacher)
        if known := self._ledger.answer(key, request):
            self.tally.cached += 1
            return known
        if reason := self._ledger.given_up(key):
            raise GaveUp(f"the teacher never answered: {reason}", kind="given up")
        if flying := self._flying.of(key):
            return await asyncio.shield(flying)
        with self._flying.started(key) as future:
            if not share.open and self._purse.budget is not None:
                await self._purse.take(share, sum(map(self.worst, requests())), self.worst(request))
            async with self._primed(request):
                bought = await self._usable(request, key, share)
            future.set_result(bought)
        return bought

    def worst(self, request: Request) -> int:
        """Nanodollars of one send, at most."""
        if self._price is FREE:
            return 0
        into, out = self.teacher.size(request)
        return self._dearest.nanousd(into, out)

    @asynccontextmanager
    async def _primed(self, request: Request) -> AsyncIterator[None]:
        """Where the provider caches the prompt's beginning, one call goes first; the others wait, to read what it wrote."""
        beginning = self.teacher.cached(request)
        if not beginning or ((first := self._first.get(beginning)) and first.done()):
            yield
            return
        if first:
            await asyncio.shield(first)
            yield
            return
        self._first[beginning] = asyncio.get_running_loop().create_future()
        try:
            yield
        finally:
            self._first[beginning].set_result(None)

    async def _usable(self, request: Request, key: str, share: Share) -> Bought:
        """Until a reply is committed; an unusable one is asked again at most twice, one that was cut off with more room."""
        for left in range(ASK_AGAIN, -1, -1):
            try:
                return await self._tried(request, key, share)
            except Unusable as error:
                if not left:
                    raise
                if error.kind == "truncated":
                    request = replace(request, max_tokens=ROOM * request.max_tokens)
        raise AssertionError("unreachable")

    async def _tried(self, request: Request, key: str, share: Share) -> Bought:
        """Sent again while the teacher is down: the only place that does."""
        async for attempt in AsyncRetrying(stop=_too_often, wait=_pause, retry=retry_if_exception(_worth_another), reraise=True):
            with attempt:
                worst = self.worst(request)
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
        await self.teacher.rate.enter((len(request.system) + len(request.user)) // CHARACTERS + request.max_tokens)
        heard = Heard("dropped")
        try:
            self._health.check()
            send = await self._ledger.reserve(key, worst)
            if send is None:  # another process has bought it meanwhile
                self._purse.settle(share, worst, 0)
                return self._ledger.bought(key, request)
            self.tally.calls += 1
            started = time.monotonic()
            try:
                reply = await self.teacher.send(request, key)
            except TeacherFailed as error:
                heard = _heard(error, time.monotonic() - started)
                await self._failed(send, key, error, share, worst)
                raise
            except UserMistake:  # no key, no package, no model: nothing was sent
                await self._ledger.lose(send, billed=False)
                raise
            heard = Heard("answered", time.monotonic() - started, reply.tokens_in + reply.tokens_out, reply.headers)
        finally:
            self.teacher.rate.leave(heard)
        nanousd = self._price.nanousd(reply.tokens_in, reply.tokens_out, reply.cache_read, reply.cache_write)
        bought = await self._ledger.keep(send, key, reply, nanousd)
        self._health.heard(key, "answered")
        self._spent("answered", reply.tokens_in, reply.tokens_out, nanousd)
        self._purse.settle(share, worst, nanousd)
        return bought

    async def _failed(self, send: int, key: str, error: TeacherFailed, share: Share, worst: int) -> None:
        nanousd = 0
        if isinstance(error, Unusable):
            nanousd = self._price.nanousd(error.tokens_in, error.tokens_out)
            await self._ledger.fail(send, key, error, nanousd)
            self._spent(error.kind, error.tokens_in, error.tokens_out, nanousd)
        elif isinstance(error, TeacherDown):
            await self._ledger.lose(send, error.billed)
            nanousd = worst if error.billed else 0
            self._spent(error.kind, 0, 0, 0)
            self.tally.uncertain += nanousd
            self._health.down(error)
        self._health.heard(key, error.kind, str(error))
        self._purse.settle(share, worst, nanousd)

    def _spent(self, kind: str, tokens_in: int, tokens_out: int, nanousd: int) -> None:
        self.tally.outcomes[kind] += 1
        self.tally.tokens_in += tokens_in
        self.tally.tokens_out += tokens_out
        self.tally.nanousd += nanousd


class Health:
    """Whether the teacher still answers, by the latest outcome of each recent request. Rate limits say nothing of that."""

    def __init__(self) -> None:
        self._recent: dict[str, str] = {}  # by key, the latest last
        self._last = ""  # the sentence of the latest failure
        self._gone = ""

    def heard(self, key: str, kind: str, sentence: str = "") -> None:
        self._last = sentence or self._last
        if kind in ("rate limited", "another form"):
            return
        self._recent.pop(key, None)
        self._recent[key] = kind
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        if kind == "answered" or self._gone or len(self._recent) < LEAST:
            return
        bad = Counter(k for k in self._recent.values() if k != "answered")
        if bad.total() > len(self._recent) / 2:
            most = ", ".join(f"{times} {kind}" for kind, times in bad.most_common(3))
            self._gone = f"most recent calls failed ({most} of {len(self._recent)}), so no more are made; the last: {self._last}"

    def down(self, error: TeacherDown) -> None:
        if error.hopeless:
            self._gone = self._gone or f"{error}; no more calls are made"

    def check(self) -> None:
        """Raises TeacherDown where the teacher is gone."""
        if self._gone:
            raise TeacherDown(self._gone, "gone")


def _heard(error: TeacherFailed, seconds: float) -> Heard:
    if isinstance(error, Unusable):
        return Heard("answered", seconds, error.tokens_in + error.tokens_out, error.headers)
    kinds = {"rate limited": "limited", "server error": "overloaded"}
    if error.kind in kinds:
        return Heard("limited" if error.kind == "rate limited" else "overloaded", seconds, 0, error.headers)
    return Heard("lost", seconds) if error.kind in ("hung", "broken off", "unreachable") else Heard("dropped")


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


BACKOFF = wait_random_exponential(multiplier=1, max=20)


async def each(jobs: Sequence[Job], step: Callable[[Job], Awaitable[Done]], workers: Callable[[], int]) -> list[Done]:
    """The step's outcome for every job, in order of the jobs; `workers`: how many may be under way at once, now."""
    crew = _Crew(iter(enumerate(jobs)), step, workers)
    await crew.work_off()
    return [crew.done[i] for i in range(len(jobs))]


class _Crew(Generic[Job, Done]):
    """Workers that pull jobs. Each hires another one while more are wanted, and goes when fewer are."""

    def __init__(self, jobs: Iterator[tuple[int, Job]], step: Callable[[Job], Awaitable[Done]], workers: Callable[[], int]) -> None:
        self.done: dict[int, Done] = {}
        self._jobs, self._step, self._workers = jobs, step, workers
        self._here: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work_off(self) -> None:
        self._hire()
        try:
            await self._ended
        finally:  # the first error stops the others, and is the one that the caller sees
            others = tuple(self._here)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    def _hire(self) -> None:
        task = asyncio.create_task(self._work())
        self._here.add(task)
        task.add_done_callback(self._left)

    async def _work(self) -> None:
        for index, job in self._jobs:
            if len(self._here) < self._workers():
                self._hire()
            self.done[index] = await self._step(job)
            if len(self._here) > max(1, self._workers()):
                self._here.discard(cast("asyncio.Task[None]", asyncio.current_task()))  # at once, so that the last one never goes
                return

    def _left(self, task: asyncio.Task[None]) -> None:
        self._here.discard(task)
        error = None if task.cancelled() else task.exception()
        if self._ended.done():
            return
        if error:
            self._ended.set_exception(error)
        elif not self._here:
            self._ended.set_result(None)
