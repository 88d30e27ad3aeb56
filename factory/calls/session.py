"""Calls outside a make: to one teacher, by the run's ledger and within the run's budget, with the seconds that each took."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from factory.calls.accounting import Books
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import Patience
from factory.calls.client import Asker
from factory.calls.ledger import Bought, open_ledger
from factory.calls.prices import FREE, Price, price_of
from factory.calls.worker_pool import each
from factory.core.errors import TeacherFailed, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import NANO, nanodollars
from factory.core.run_folder import Run
from factory.core.settings import TeacherSettings
from factory.teachers import Reply, Request, Teacher, request_key
from factory.teachers.build import teacher_of
from factory.teachers.rate_limiter import Rate

EVERY_SECONDS = 20.0  # between lines of progress
Say = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """An answer with what it took. `seconds`: from sending it to its reply, None where the ledger had it; `usd`: None without a price."""

    bought: Bought
    seconds: float | None
    usd: float | None


@dataclass
class Clocked:
    """A teacher with a clock: the seconds of each send that was answered, by its key."""

    teacher: Teacher
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        return self.teacher.identity

    @property
    def sampling(self) -> Mapping[str, object]:
        return self.teacher.sampling

    @property
    def rate(self) -> Rate:
        return self.teacher.rate

    def size(self, request: Request) -> tuple[int, int]:
        return self.teacher.size(request)

    def cached(self, request: Request) -> str:
        return self.teacher.cached(request)

    async def send(self, request: Request, key: str) -> Reply:
        started = time.monotonic()
        reply = await self.teacher.send(request, key)
        self.seconds[key] = time.monotonic() - started
        return reply

    async def close(self) -> None:
        await self.teacher.close()


Hear = Callable[[int, Told], None]  # the request's place and its answer, as it comes


def unheard(place: int, told: Told) -> None:
    """Whoever waits for all answers need not hear each."""


@dataclass(frozen=True)
class Line:
    """One teacher, ready to be asked."""

    runner: asyncio.Runner
    asker: Asker
    clock: Clocked
    price: Price | None
    say: Say

    def ask(self, requests: Sequence[Request], what: str, hear: Hear = unheard) -> list[Told | TeacherFailed]:
        """In the order of the requests; a failure stands where no answer came. `what`: is counted in the progress."""
        return self.runner.run(self._all(requests, what, hear))

    def at_worst(self, requests: Sequence[Request]) -> int:
        """Nanodollars, where none of them stands in the ledger."""
        return sum(map(self.asker.worst, requests))

    async def _all(self, requests: Sequence[Request], what: str, hear: Hear) -> list[Told | TeacherFailed]:
        counted = Progress(len(requests), what, self.say)
        step = partial(self._one, requests, hear, counted)
        return await each(range(len(requests)), step, self.asker.workers)

    async def _one(self, requests: Sequence[Request], hear: Hear, counted: "Progress", place: int) -> Told | TeacherFailed:
        request = requests[place]
        try:
            async with self.asker.attempt(lambda: [request]) as ask:
                bought = await ask(request)
        except TeacherFailed as error:
            return error
        seconds = self.clock.seconds.get(request_key(request, self.clock))
        told = Told(bought, seconds, None if self.price in (None, FREE) else bought.cost.nanousd / NANO)
        hear(place, told)
        counted.one_more()
        return told


@dataclass
class Progress:
    """A line now and then."""

    total: int
    what: str
    say: Say
    done: int = 0
    last: float = field(default_factory=time.monotonic)

    def one_more(self) -> None:
        self.done += 1
        if time.monotonic() - self.last >= EVERY_SECONDS:
            self.last = time.monotonic()
            self.say(f"{self.done} of {self.total} {self.what}")


@contextmanager
def line_to(run: Run, recipe: Recipe, teacher: TeacherSettings, say: Say) -> Iterator[Line]:
    """What it answers stands in the run's ledger. Raises UserMistake where the recipe has a budget and the price is unknown."""
    price = price_of(teacher)
    with asyncio.Runner() as runner, open_ledger(run.folder / "ledger.db") as ledger:
        before = ledger.spent()
        purse = Budget()
        if recipe.budget.usd is not None:
            if price is None:
                raise UserMistake(
                    f"budget.usd = {recipe.budget.usd:g}: the price of {teacher.model} is not known, must be given by --price or "
                    "as the teacher's price in the recipe, in dollars per million tokens, such as 0,0 of a server of your own"
                )
            purse = Budget(nanodollars(recipe.budget.usd), before.known + before.uncertain)
        patience = Patience(60 * recipe.budget.wait_minutes, say)
        clock = Clocked(teacher_of(teacher, Path(), say))
        try:
            yield Line(runner, Asker(Books(clock, ledger, price), purse, patience=patience), clock, price, say)
        finally:
            runner.run(clock.close())
