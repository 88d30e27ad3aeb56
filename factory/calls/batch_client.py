"""Asking by batch: what the ledger lacks is spooled, sent off when the pass is over, and read when the provider has brought it back."""

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
from factory.calls.accounting import Books
from factory.calls.batch_queue import Batch, Spool
from factory.calls.budget import Budget
from factory.calls.ledger import ASK_AGAIN, Bought
from factory.core.errors import NotAsked, TeacherDown, TeacherFailed, UserMistake
from factory.core.records import Cost
from factory.teachers import Reply, Request, request_key
from factory.teachers.batch_api import BatchInterface, Letter, Returned, Standing, parcels
from factory.teachers.http import Answered
from factory.teachers.remote import Remote

Done = TypeVar("Done")
Say = Callable[[str], None]
GROUP = 500  # requests or outcomes that are committed at once
READERS = 64  # answers that are read at once, so that they are committed together
LOOKS = (5, 10, 20, 30, 60)  # seconds between looks at batches that are out; the last one again and again
TOO_MUCH = "token_limit_exceeded"  # OpenAI's code where an account has too many tokens waiting in batches
OUTAGE_S = 3600.0  # of a provider, after which a batch is waited for no longer; the same command goes on with it
OUT = "its batch has not come back yet"


@dataclass
class _Attempt:
    requests: Callable[[], Sequence[Request]]
    reserved: bool = False


@dataclass
class _Pass:
    """One time through the slots. Money in nanodollars, at worst."""

    reading: bool = False  # only what has come back is looked at
    aside: int = 0  # for the attempts that wait for an answer
    spooled: int = 0  # for what is to be submitted
    letters: int = 0  # to be submitted
    closed: bool = False  # the budget does not cover an attempt; what comes behind it waits too
    out: int = 0  # requests whose answers are still to come


@dataclass(frozen=True)
class Trouble:
    """What came instead of an answer, and how often in this process."""

    error: TeacherFailed
    times: int

    @property
    def final(self) -> bool:
        return self.times > ASK_AGAIN or self.error.kind == "cancelled" or (isinstance(self.error, TeacherDown) and self.error.hopeless)


class Post:
    """Nothing is waited for within a pass, and it takes one slot after the other: what a budget admits is a prefix of them."""

    def __init__(self, books: Books, spool: Spool, purse: Budget, interface: Callable[[], BatchInterface], say: Say) -> None:
        """`interface` is made at the first need: a run that its ledger answers wants no key."""
        self._books = books
        self._teacher = cast("Remote", books.teacher)
        self._spool = spool
        self._purse = purse
        self._make = interface
        self._made: BatchInterface | None = None
        self._say = say
        self._pass = _Pass()
        self._unwritten: dict[str, tuple[str, int]] = {}  # by key: requests that are yet to be committed
        self._troubles: dict[str, Trouble] = {}  # by key
        self._most: int | None = None  # lines of a batch, where the provider takes fewer than it says

    @property
    def waiting(self) -> bool:
        return self._pass.out > 0

    def workers(self) -> int:
        return READERS if self._pass.reading else 1

    def begin(self, reading: bool = False) -> None:
        """A new pass through the slots; `reading`: nothing is spooled in it."""
        self._pass = _Pass(reading)
        self._books.count_anew()

    @asynccontextmanager
    async def attempt(self, requests: Callable[[], Sequence[Request]]) -> AsyncIterator[client.Ask]:
        attempt = _Attempt(requests)

        async def asked(request: Request, *along: Request) -> Bought:
            return await self._ask(attempt, request, along)

        yield asked

    async def fetch(self, key: str, request: Request) -> Bought | TeacherFailed | None:
        """What a batch has brought for this request, or what came instead. Raises NotAsked while it is out."""
        letter = self._spool.letter(key)
        if key in self._unwritten or (letter and letter.reply is None):
            raise NotAsked(OUT, "batch")
        if letter is None or letter.reply is None:
            return None
        self._books.tally.calls += 1
        try:
            reply = self._read(letter.reply, request)
        except TeacherFailed as error:
            took = await self._books.fail(letter.send, key, error, letter.nanousd, batch=True)
            self._purse.spent += took - letter.nanousd
            before = self._troubles.get(key)
            self._troubles[key] = Trouble(error, 1 + (before.times if before else 0))
            return error
        bought = await self._books.keep(letter.send, key, reply, batch=True)
        self._purse.spent += bought.cost.nanousd - letter.nanousd
        return bought

    async def _ask(self, attempt: _Attempt, request: Request, along: Sequence[Request]) -> Bought:
        """The answer to a request. Raises NotAsked, GaveUp, or what came instead of an answer where it is not asked again."""
        key = request_key(request, self._teacher)
        try:
            found = self._books.known(key, request) or await self.fetch(key, request)
        except NotAsked:
            self._pass.out += 1
            self._set_aside(attempt)
            raise
        if isinstance(found, Bought):
            return replace(found, along=await self._brought_along(along))
        if (trouble := self._troubles.get(key)) and trouble.final:
            raise trouble.error
        if not self._pass.reading:
            self._admit(attempt)
            cut_off = trouble is not None and trouble.error.kind == "truncated"
            self._put(key, replace(request, max_tokens=client.ROOM * request.max_tokens) if cut_off else request)
            for other in along:
                if not self._on_record(other):
                    self._put(request_key(other, self._teacher), other)
            if len(self._unwritten) >= GROUP:
                await self._write()
        self._pass.out += 1
        raise NotAsked(OUT, "batch")

    async def _brought_along(self, along: Sequence[Request]) -> Cost:
        cost = Cost()
        for request in along:
            key = request_key(request, self._teacher)
            try:
                found = self._books.ledger.answer(key, request) or await self.fetch(key, request)
            except NotAsked:
                continue  # it was not needed after all, or is asked for next
            cost += found.cost if isinstance(found, Bought) else Cost()
        return cost

    def _read(self, returned: Returned, request: Request) -> Reply:
        """Raises Unusable or TeacherDown."""
        if returned.fault == "expired":
            raise TeacherDown("its batch expired before it was run", "expired")
        if returned.fault == "canceled":
            raise TeacherDown("its batch was cancelled before it was run", "cancelled")
        return self._teacher.read(Answered(returned.status, {}, returned.body), request)

    # Money: an attempt is admitted as a whole, and nothing is spooled that exceeds the budget at its worst.

    def _admit(self, attempt: _Attempt) -> None:
        """Raises NotAsked where the budget does not cover the attempt."""
        if self._purse.budget is None or attempt.reserved:
            return
        if self._pass.closed or not self._purse.fits(self._pass.aside + self._missing(attempt)):
            raise self._closed()
        self._set_aside(attempt)

    def _set_aside(self, attempt: _Attempt) -> None:
        if self._purse.budget is not None and not attempt.reserved:
            self._pass.aside += self._missing(attempt)
            attempt.reserved = True

    def _missing(self, attempt: _Attempt) -> int:
        return sum(self._books.worst(r, batch=True) for r in attempt.requests() if not self._on_record(r))

    def _on_record(self, request: Request) -> bool:
        key = request_key(request, self._teacher)
        return key in self._unwritten or self._books.ledger.has(key) or self._spool.letter(key) is not None

    def _closed(self) -> NotAsked:
        self._pass.closed = True
        return self._purse.empty()

    def _put(self, key: str, request: Request) -> None:
        """Raises NotAsked where it exceeds the budget after all: a question may be longer than any that was foreseen."""
        worst = self._books.worst(request, batch=True)
        if self._purse.budget is not None and not self._purse.fits(self._pass.spooled + worst):
            raise self._closed()
        self._pass.spooled += worst
        self._pass.letters += 1
        self._unwritten[key] = (self._teacher.body(request), worst)

    async def _write(self) -> None:
        if self._unwritten:
            await self._spool.put(self._unwritten)
        self._unwritten = {}

    # Batches.

    async def submit(self) -> None:
        """Sends off what the pass has spooled. Raises TeacherDown or UserMistake; whatever was spooled stands."""
        await self._write()
        if not (self._pass.letters or self._most):
            return
        most = min(self._interface.most_lines, self._most or self._interface.most_lines)
        for parcel in parcels(self._spool.unsent(), most, self._interface.most_bytes):
            if self._most and self._spool.batches():
                return  # one after the other, where the provider takes so few
            batch, worst = await self._spool.seal(secrets.token_hex(6), parcel)
            self._purse.spent += worst
            await self._send(batch, parcel, sure=True)

    async def collect(self) -> bool:
        """Commits what ended batches have brought; whether there is anything to read. Raises TeacherDown or UserMistake."""
        for batch in self._spool.batches():
            if batch.id is None:
                if not await self._spool.adopted(batch):
                    continue  # another process is submitting it
                batch = await self._send(batch, self._spool.letters(batch), sure=False)
            id = batch.id or ""
            standing = await self._tried(partial(self._interface.standing, id))
            if standing.state == "running":
                self._say(f"batch {id}: {standing.done:,} of {standing.total:,} requests done")
            elif standing.state == "failed":
                await self._refused(batch, standing)
            else:
                await self._bring(batch, id)
        return self._spool.brought

    async def look(self) -> None:
        """Returns when a batch has ended. Raises TeacherDown where the provider does not say for an hour how it stands."""
        heard = time.monotonic()
        for seconds in chain(LOOKS, repeat(LOOKS[-1])):
            await asyncio.sleep(seconds)
            try:
                if await self.collect() or not self._spool.batches():
                    return
                heard = time.monotonic()
            except TeacherDown as error:  # a wait of hours outlives a provider's bad minutes
                if time.monotonic() - heard > OUTAGE_S:
                    raise
                self._say(f"{error}; looked for again in a minute")

    async def close(self) -> None:
        if self._made:
            await self._made.close()

    @property
    def _interface(self) -> BatchInterface:
        self._made = self._made or self._make()
        return self._made

    async def _send(self, batch: Batch, letters: Sequence[Letter], sure: bool) -> Batch:
        """`sure`: the provider can't have it yet."""

        async def once() -> str:
            nonlocal sure
            found = None if sure else await self._interface.find(batch.nonce, batch.made, self._spool.ids())
            sure = False
            return found or await self._interface.submit(batch.nonce, letters)

        try:
            id = await self._tried(once)
        except UserMistake:
            self._purse.spent -= await self._spool.refused(batch)
            raise
        await self._spool.named(batch, id)
        self._say(f"batch {id}: submitted, {batch.lines:,} requests; the provider answers within 24 hours")
        return replace(batch, id=id)

    async def _bring(self, batch: Batch, id: str) -> None:
        async def once() -> None:
            group: list[Returned] = []
            async with aclosing(self._interface.returned(id)) as replies:
                async for reply in replies:
                    group.append(reply)
                    if len(group) == GROUP:
                        await self._spool.returned(batch, group)
                        group = []
            await self._spool.returned(batch, group)

        await self._tried(once)
        await self._spool.ended(batch)
        self._say(f"batch {id}: has ended, {batch.lines:,} outcomes are on record")

    async def _refused(self, batch: Batch, standing: Standing) -> None:
        """Nothing of it was run. Raises UserMistake but where smaller batches help."""
        self._purse.spent -= await self._spool.refused(batch)
        if TOO_MUCH not in standing.reason or batch.lines == 1:
            raise UserMistake(f"the provider refused batch {batch.id} ({standing.reason}); put that right and run again, nothing was run")
        self._most = batch.lines // 2
        self._say(f"batch {batch.id}: too many tokens at once for this account; they go in batches of {self._most:,}, one after the other")

    async def _tried(self, call: Callable[[], Awaitable[Done]]) -> Done:
        stop = stop_after_attempt(client.ATTEMPTS)
        async for attempt in AsyncRetrying(stop=stop, wait=client.BACKOFF, retry=retry_if_exception_type(TeacherDown), reraise=True):
            with attempt:
                return await call()
        raise AssertionError("unreachable")
