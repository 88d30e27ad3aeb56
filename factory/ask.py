"""Asking: the ledger first, then the teacher; the only place that retries, and the only gate on concurrency."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from factory.errors import TeacherDown, Unusable
from factory.ledger import ASK_AGAIN, InFlight, Ledger
from factory.records import Cost
from factory.teachers import Reply, Request, Teacher, request_key

Job = TypeVar("Job")
Done = TypeVar("Done")

ATTEMPTS = 5  # sends of a request that does not get through: about a minute in all
GONE_AFTER = 8  # calls in a row that did not get through, each after its retries: the teacher is gone


class GaveUp(Unusable):
    """A request that failed by its own fault in three runs is not asked a fourth time."""


@dataclass(frozen=True)
class Answer:
    """A validated reply and what it took."""

    value: BaseModel
    cost: Cost


class Asker:
    """What the pipeline asks through. Counts what this run sent; `say` hears each answer."""

    def __init__(self, teacher: Teacher, ledger: Ledger) -> None:
        self.teacher = teacher
        self.calls = self.cached = self.tokens_in = self.tokens_out = 0
        self._ledger = ledger
        self._gate = asyncio.Semaphore(teacher.in_flight)
        self._flying = InFlight()
        self._lost = 0  # calls in a row that did not get through

    async def ask(self, request: Request) -> Answer:
        """The answer to a request, from the ledger where it stands there. Raises TeacherDown, Unusable or GaveUp."""
        key = request_key(request, self.teacher)
        if known := self._ledger.answer(key, request):
            self.cached += 1
            return _answer(known)
        if reason := self._ledger.given_up(key):
            raise GaveUp(f"the teacher never answered: {reason}")
        if flying := self._flying.of(key):
            return _answer(await asyncio.shield(flying))
        with self._flying.started(key) as future:
            reply = await self._usable(request, key)
            future.set_result(reply)
        return _answer(reply)

    async def _usable(self, request: Request, key: str) -> Reply:
        """A reply that is committed; an unusable one is asked again at most twice."""
        for left in range(ASK_AGAIN, -1, -1):
            try:
                reply = await self._sent(request, key)
            except Unusable as error:
                self._ledger.fail(key, error)
                self.tokens_in += error.tokens_in
                self.tokens_out += error.tokens_out
                if not left:
                    raise
            else:
                self._ledger.keep(key, reply)
                self.tokens_in += reply.tokens_in
                self.tokens_out += reply.tokens_out
                return self._ledger.answer(key, request) or reply  # another process may have been first
        raise AssertionError("unreachable")

    async def _sent(self, request: Request, key: str) -> Reply:
        """One reply through the gate; counts the calls in a row that did not get through."""
        async with self._gate:
            if self._lost >= GONE_AFTER:
                raise TeacherDown(f"the last {self._lost} calls did not get through, so no more are made")
            try:
                reply = await self._tried(request, key)
            except TeacherDown:
                self._lost += 1
                raise
            except Unusable:
                self._lost = 0
                raise
            self._lost = 0
            return reply

    async def _tried(self, request: Request, key: str) -> Reply:
        """Sent again while the teacher is down: the only place that does."""
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=1, max=20),
            retry=retry_if_exception_type(TeacherDown),
            reraise=True,
        ):
            with attempt:
                self.calls += 1
                return await self.teacher.send(request, key)
        raise AssertionError("unreachable")


def _answer(reply: Reply) -> Answer:
    return Answer(reply.value, Cost(calls=1, tokens_in=reply.tokens_in, tokens_out=reply.tokens_out))


async def each(jobs: Sequence[Job], step: Callable[[Job], Awaitable[Done]], workers: int) -> list[Done]:
    """The step's outcome for every job, in order of the jobs, with so many under way at once."""
    done: dict[int, Done] = {}
    waiting = iter(enumerate(jobs))

    async def work() -> None:
        for index, job in waiting:
            done[index] = await step(job)

    tasks = [asyncio.create_task(work()) for _ in range(min(workers, len(jobs)))]
    try:
        await asyncio.gather(*tasks)
    finally:  # the first error stops the others, and is the one that the caller sees
        for task in tasks:
            task.cancel()
    return [done[i] for i in range(len(jobs))]
