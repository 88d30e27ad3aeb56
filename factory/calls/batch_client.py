"""Ask a teacher through the provider's batch interface.

A pass over the slots queues the requests that the ledger can't answer. They are submitted at its
end, and a later pass reads the results.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import TypeVar, cast

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from factory.calls import client
from factory.calls.accounting import Accounting
from factory.calls.batch_queue import BatchQueue, OpenBatch
from factory.calls.budget import Budget
from factory.calls.ledger import ASK_AGAIN, PaidAnswer
from factory.core.errors import NotAsked, TeacherDown, TeacherFailed, UserMistake
from factory.core.records import Cost
from factory.teachers import Reply, Request, request_key
from factory.teachers.batch_api import (
    BatchInterface,
    BatchRequest,
    BatchResult,
    BatchStatus,
    split_into_batches,
)
from factory.teachers.http import HTTPReply
from factory.teachers.remote import RemoteTeacher

Done = TypeVar("Done")
Say = Callable[[str], None]
COMMIT_SIZE = 500  # requests or results in one commit
READERS = 64  # results that are read concurrently, so that they share commits
# Between polls; the last one repeats.
POLL_SECONDS = (5, 10, 20, 30, 60)
TOKEN_LIMIT_CODE = "token_limit_exceeded"  # OpenAI: too many tokens in this account's batches
OUTAGE_S = 3600.0  # without a word from the provider, after which polling stops; a rerun resumes it
NOT_BACK_YET = "its batch has not come back yet"


@dataclass
class _Attempt:
    requests: Callable[[], Sequence[Request]]
    reserved: bool = False


@dataclass
class _Pass:
    """The state of one pass over the slots; money is the worst case in nanodollars."""

    reading: bool = False  # read results only, queue nothing
    reserved: int = 0  # for attempts that wait for an answer
    queued_cost: int = 0  # for requests to be submitted
    queued: int = 0  # queued in this pass
    closed: bool = False  # the budget ran out, so later attempts wait too
    out: int = 0  # requests that have no answer yet


@dataclass(frozen=True)
class FailedBatchRequest:
    """The latest failure of a request, and how often it failed in this process."""

    error: TeacherFailed
    times: int

    @property
    def final(self) -> bool:
        return (
            self.times > ASK_AGAIN
            or self.error.kind == "cancelled"
            or (isinstance(self.error, TeacherDown) and self.error.hopeless)
        )


class BatchClient:
    """Asks one teacher by batch.

    A pass never waits for an answer and takes the slots in order, so a budget admits a prefix of
    them.
    """

    def __init__(
        self,
        accounting: Accounting,
        queue: BatchQueue,
        budget: Budget,
        interface: Callable[[], BatchInterface],
        say: Say,
    ) -> None:
        """`interface` is called when it is first needed: a run that its ledger answers needs no
        key.
        """
        self._accounting = accounting
        self._teacher = cast("RemoteTeacher", accounting.teacher)
        self._queue = queue
        self._budget = budget
        self._open_interface = interface
        self._opened: BatchInterface | None = None
        self._say = say
        self._pass = _Pass()
        # By key: requests that are not committed yet.
        self._unwritten: dict[str, tuple[str, int]] = {}
        self._failures: dict[str, FailedBatchRequest] = {}  # by key
        # Requests per batch, if the provider takes fewer than documented.
        self._max_requests: int | None = None

    @property
    def waiting(self) -> bool:
        return self._pass.out > 0

    def workers(self) -> int:
        return READERS if self._pass.reading else 1

    def begin(self, reading: bool = False) -> None:
        """Start a pass over the slots; with `reading` it queues nothing."""
        self._pass = _Pass(reading)
        self._accounting.restart_cached_count()

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[client.Ask]:
        attempt = _Attempt(requests)

        async def asked(request: Request, *prefetch: Request) -> PaidAnswer:
            return await self._ask(attempt, request, prefetch)

        yield asked

    async def fetch(self, key: str, request: Request) -> PaidAnswer | TeacherFailed | None:
        """Return a batch's answer to this request, or its failure; None if no batch holds it.

        Raises NotAsked while the batch is still running.
        """
        queued = self._queue.request(key)
        if key in self._unwritten or (queued and queued.reply is None):
            raise NotAsked(NOT_BACK_YET, "batch")
        if queued is None or queued.reply is None:
            return None
        self._accounting.tally.calls += 1
        try:
            reply = self._read(queued.reply, request)
        except TeacherFailed as error:
            took = await self._accounting.fail(queued.send, key, error, queued.nanousd, batch=True)
            self._budget.spent += took - queued.nanousd
            before = self._failures.get(key)
            self._failures[key] = FailedBatchRequest(error, 1 + (before.times if before else 0))
            return error
        answer = await self._accounting.keep(queued.send, key, reply, batch=True)
        self._budget.spent += answer.cost.nanousd - queued.nanousd
        return answer

    async def _ask(
        self, attempt: _Attempt, request: Request, prefetch: Sequence[Request]
    ) -> PaidAnswer:
        """Return the answer to a request, or queue the request.

        Raises NotAsked, GaveUp, or the final failure of a request that is not sent again.
        """
        key = request_key(request, self._teacher)
        try:
            found = self._accounting.paid_answer(key, request) or await self.fetch(key, request)
        except NotAsked:
            self._pass.out += 1
            self._reserve(attempt)
            raise
        if isinstance(found, PaidAnswer):
            return replace(found, prefetched=await self._prefetch_cost(prefetch))
        if (failed := self._failures.get(key)) and failed.final:
            raise failed.error
        if not self._pass.reading:
            self._admit(attempt)
            cut_off = failed is not None and failed.error.kind == "truncated"
            self._enqueue(
                key,
                replace(request, max_tokens=client.TRUNCATED_FACTOR * request.max_tokens)
                if cut_off
                else request,
            )
            for other in prefetch:
                if not self._is_recorded(other):
                    self._enqueue(request_key(other, self._teacher), other)
            if len(self._unwritten) >= COMMIT_SIZE:
                await self._write()
        self._pass.out += 1
        raise NotAsked(NOT_BACK_YET, "batch")

    async def _prefetch_cost(self, prefetch: Sequence[Request]) -> Cost:
        cost = Cost()
        for request in prefetch:
            key = request_key(request, self._teacher)
            try:
                found = self._accounting.ledger.answer(key, request) or await self.fetch(
                    key, request
                )
            except NotAsked:
                continue  # it was not needed after all, or comes next
            cost += found.cost if isinstance(found, PaidAnswer) else Cost()
        return cost

    def _read(self, returned: BatchResult, request: Request) -> Reply:
        """Raises Unusable or TeacherDown."""
        if returned.fault == "expired":
            raise TeacherDown("its batch expired before it was run", "expired")
        if returned.fault == "canceled":
            raise TeacherDown("its batch was cancelled before it was run", "cancelled")
        return self._teacher.read(HTTPReply(returned.status, {}, returned.body), request)

    # Money: an attempt is admitted as a whole, and no queued request can exceed the budget.

    def _admit(self, attempt: _Attempt) -> None:
        """Raises NotAsked if the budget does not cover the attempt."""
        if self._budget.limit is None or attempt.reserved:
            return
        if self._pass.closed or not self._budget.fits(self._pass.reserved + self._missing(attempt)):
            raise self._closed()
        self._reserve(attempt)

    def _reserve(self, attempt: _Attempt) -> None:
        if self._budget.limit is not None and not attempt.reserved:
            self._pass.reserved += self._missing(attempt)
            attempt.reserved = True

    def _missing(self, attempt: _Attempt) -> int:
        return sum(
            self._accounting.worst(r, batch=True)
            for r in attempt.requests()
            if not self._is_recorded(r)
        )

    def _is_recorded(self, request: Request) -> bool:
        key = request_key(request, self._teacher)
        return (
            key in self._unwritten
            or self._accounting.ledger.has(key)
            or self._queue.request(key) is not None
        )

    def _closed(self) -> NotAsked:
        self._pass.closed = True
        return self._budget.exhausted()

    def _enqueue(self, key: str, request: Request) -> None:
        """Queue one request.

        Raises NotAsked if it exceeds the budget after all: it may be longer than was foreseen.
        """
        worst = self._accounting.worst(request, batch=True)
        if self._budget.limit is not None and not self._budget.fits(self._pass.queued_cost + worst):
            raise self._closed()
        self._pass.queued_cost += worst
        self._pass.queued += 1
        self._unwritten[key] = (self._teacher.body(request), worst)

    async def _write(self) -> None:
        if self._unwritten:
            await self._queue.add(self._unwritten)
        self._unwritten = {}

    # Batches.

    async def submit(self) -> None:
        """Submit the requests that the pass has queued.

        Raises TeacherDown or UserMistake; the requests then stay queued.
        """
        await self._write()
        if not (self._pass.queued or self._max_requests):
            return
        most = min(self._interface.most_lines, self._max_requests or self._interface.most_lines)
        for part in split_into_batches(self._queue.unsent(), most, self._interface.most_bytes):
            if self._max_requests and self._queue.batches():
                return  # only small batches are accepted: one at a time
            batch, worst = await self._queue.seal(secrets.token_hex(6), part)
            self._budget.spent += worst
            await self._send(batch, part, sure=True)

    async def collect(self) -> bool:
        """Commit the results of batches that have ended, and return whether there are any to read.

        Raises TeacherDown or UserMistake.
        """
        for batch in self._queue.batches():
            if batch.id is None:
                if not await self._queue.adopt(batch):
                    continue  # another process is submitting it
                batch = await self._send(batch, self._queue.requests_of(batch), sure=False)
            id = batch.id or ""
            status = await self._retry(partial(self._interface.status, id))
            if status.state == "running":
                self._say(f"batch {id}: {status.done:,} of {status.total:,} requests done")
            elif status.state == "failed":
                await self._refused(batch, status)
            else:
                await self._collect_results(batch, id)
        return self._queue.has_results

    async def look(self) -> None:
        """Wait until a batch has ended.

        Raises TeacherDown if the provider does not report its status for an hour.
        """
        last_word = time.monotonic()
        for seconds in chain(POLL_SECONDS, repeat(POLL_SECONDS[-1])):
            await asyncio.sleep(seconds)
            try:
                if await self.collect() or not self._queue.batches():
                    return
                last_word = time.monotonic()
            except TeacherDown as error:  # a wait of hours outlives a provider's bad minutes
                if time.monotonic() - last_word > OUTAGE_S:
                    raise
                self._say(f"{error}; trying again in a minute")

    async def close(self) -> None:
        if self._opened:
            await self._opened.close()

    @property
    def _interface(self) -> BatchInterface:
        self._opened = self._opened or self._open_interface()
        return self._opened

    async def _send(
        self, batch: OpenBatch, requests: Sequence[BatchRequest], sure: bool
    ) -> OpenBatch:
        """Submit a batch; `sure` says that the provider can't have it yet."""

        async def once() -> str:
            nonlocal sure
            found = (
                None
                if sure
                else await self._interface.find(batch.nonce, batch.made, self._queue.ids())
            )
            sure = False
            return found or await self._interface.submit(batch.nonce, requests)

        try:
            id = await self._retry(once)
        except UserMistake:
            self._budget.spent -= await self._queue.requeue(batch)
            raise
        await self._queue.set_id(batch, id)
        self._say(
            f"batch {id}: submitted, {batch.lines:,} requests; the provider answers within 24 hours"
        )
        return replace(batch, id=id)

    async def _collect_results(self, batch: OpenBatch, id: str) -> None:
        async def once() -> None:
            group: list[BatchResult] = []
            async with aclosing(self._interface.results(id)) as replies:
                async for reply in replies:
                    group.append(reply)
                    if len(group) == COMMIT_SIZE:
                        await self._queue.add_results(batch, group)
                        group = []
            await self._queue.add_results(batch, group)

        await self._retry(once)
        await self._queue.close_batch(batch)
        self._say(f"batch {id}: ended, {batch.lines:,} results are recorded")

    async def _refused(self, batch: OpenBatch, status: BatchStatus) -> None:
        """Queue a refused batch again. Raises UserMistake unless smaller batches help."""
        self._budget.spent -= await self._queue.requeue(batch)
        if TOKEN_LIMIT_CODE not in status.reason or batch.lines == 1:
            raise UserMistake(
                f"the provider refused batch {batch.id} ({status.reason}) and ran none of it; "
                "fix that and run the same command again"
            )
        self._max_requests = batch.lines // 2
        self._say(
            f"batch {batch.id}: too many tokens at once for this account; "
            f"submitting batches of {self._max_requests:,} requests, one at a time"
        )

    async def _retry(self, call: Callable[[], Awaitable[Done]]) -> Done:
        stop = stop_after_attempt(client.ATTEMPTS)
        async for attempt in AsyncRetrying(
            stop=stop, wait=client.BACKOFF, retry=retry_if_exception_type(TeacherDown), reraise=True
        ):
            with attempt:
                return await call()
        raise AssertionError("unreachable")
