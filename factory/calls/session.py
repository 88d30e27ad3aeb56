"""Ask one teacher outside `docstill make`, through the run's ledger and within its budget."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from factory.calls.accounting import Accounting
from factory.calls.budget import Budget
from factory.calls.circuit_breaker import BreakerSettings
from factory.calls.client import OnlineClient
from factory.calls.ledger import PaidAnswer, open_ledger
from factory.calls.prices import FREE, Price, price_of
from factory.calls.worker_pool import run_jobs
from factory.core.errors import TeacherFailed, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import NANO, nanodollars
from factory.core.run_folder import Run
from factory.core.settings import TeacherSettings
from factory.teachers import Reply, Request, Teacher, request_key
from factory.teachers.build import teacher_of
from factory.teachers.rate_limiter import RateLimiter

PROGRESS_SECONDS = 20.0  # between lines of progress
Say = Callable[[str], None]


@dataclass(frozen=True)
class TimedAnswer:
    """An answer with its time and price.

    `seconds` from the request to the reply is None if the ledger had it, `usd` None without a
    price.
    """

    answer: PaidAnswer
    seconds: float | None
    usd: float | None


@dataclass
class TimedTeacher:
    """A teacher that records the seconds of each answered send, by its key."""

    teacher: Teacher
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        return self.teacher.identity

    @property
    def sampling(self) -> Mapping[str, object]:
        return self.teacher.sampling

    @property
    def rate(self) -> RateLimiter:
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


# Given the request's index and its answer, as it comes.
OnAnswer = Callable[[int, TimedAnswer], None]


def ignore_answer(index: int, timed: TimedAnswer) -> None:
    """Do nothing with an answer, for callers that wait for all of them."""


@dataclass(frozen=True)
class TeacherSession:
    """A teacher that is ready to be asked."""

    runner: asyncio.Runner
    client: OnlineClient
    timed_teacher: TimedTeacher
    price: Price | None
    say: Say

    def ask(
        self, requests: Sequence[Request], what: str, on_answer: OnAnswer = ignore_answer
    ) -> list[TimedAnswer | TeacherFailed]:
        """Return an answer or a failure for each request, in order.

        `what` names the requests in the progress messages.
        """
        return self.runner.run(self._all(requests, what, on_answer))

    def at_worst(self, requests: Sequence[Request]) -> int:
        """Return the worst case in nanodollars, as if none of them were in the ledger."""
        return sum(map(self.client.worst, requests))

    async def _all(
        self, requests: Sequence[Request], what: str, on_answer: OnAnswer
    ) -> list[TimedAnswer | TeacherFailed]:
        progress = Progress(len(requests), what, self.say)
        step = partial(self._one, requests, on_answer, progress)
        return await run_jobs(range(len(requests)), step, self.client.workers)

    async def _one(
        self, requests: Sequence[Request], on_answer: OnAnswer, progress: "Progress", index: int
    ) -> TimedAnswer | TeacherFailed:
        request = requests[index]
        try:
            async with self.client.attempt(lambda: [request]) as ask:
                answer = await ask(request)
        except TeacherFailed as error:
            return error
        seconds = self.timed_teacher.seconds.get(request_key(request, self.timed_teacher))
        timed = TimedAnswer(
            answer, seconds, None if self.price in (None, FREE) else answer.cost.nanousd / NANO
        )
        on_answer(index, timed)
        progress.one_more()
        return timed


@dataclass
class Progress:
    """Reports progress every PROGRESS_SECONDS."""

    total: int
    what: str
    say: Say
    done: int = 0
    last: float = field(default_factory=time.monotonic)

    def one_more(self) -> None:
        self.done += 1
        if time.monotonic() - self.last >= PROGRESS_SECONDS:
            self.last = time.monotonic()
            self.say(f"{self.done} of {self.total} {self.what}")


@contextmanager
def open_session(
    run: Run, recipe: Recipe, teacher: TeacherSettings, say: Say
) -> Iterator[TeacherSession]:
    """Open a session with one teacher; its answers go into the run's ledger.

    Raises UserMistake if the recipe has a budget and the price is unknown.
    """
    price = price_of(teacher)
    with asyncio.Runner() as runner, open_ledger(run.folder / "ledger.db") as ledger:
        before = ledger.spent()
        budget = Budget()
        if recipe.budget.usd is not None:
            if price is None:
                raise UserMistake(
                    f"budget.usd = {recipe.budget.usd:g}: the price of {teacher.model} is not "
                    "known; give it by --price or as the teacher's price in the recipe, in "
                    "dollars per million tokens, such as 0,0 for a server of your own"
                )
            budget = Budget(nanodollars(recipe.budget.usd), before.known + before.uncertain)
        settings = BreakerSettings(60 * recipe.budget.wait_minutes, say)
        timed_teacher = TimedTeacher(teacher_of(teacher, Path(), say))
        try:
            yield TeacherSession(
                runner,
                OnlineClient(Accounting(timed_teacher, ledger, price), budget, settings=settings),
                timed_teacher,
                price,
                say,
            )
        finally:
            runner.run(timed_teacher.close())
