"""One thread that writes to a SQLite file: whatever waits is committed together, and each caller hears of its own once that is done."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from factory.core.errors import StoppedEarly

Done = TypeVar("Done")

WINDOW = 0.02  # seconds that a commit waits for company: with its fsync below the 50 ms that a kill may lose
MOST = 64  # writes of one commit


@dataclass
class _Job:
    write: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"
    value: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():  # its caller was cancelled; what was written stands
            return
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Writer:
    """The only connection that writes; its thread keeps the disk's waiting out of the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    async def write(self, job: Callable[[sqlite3.Connection], Done]) -> Done:
        """What the job returned, once it is committed. Raises StoppedEarly where the file can't be written."""
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(job, future))
        return await future

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        db = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        db.execute("PRAGMA synchronous = FULL")  # paid answers survive a power cut too
        going = True
        while going:
            jobs, going = self._waiting()
            if jobs:
                self._commit(db, jobs)
        db.close()

    def _waiting(self) -> tuple[list[_Job], bool]:
        """At least one job, and those that come within the window; False behind them where it was the last time."""
        jobs: list[_Job] = []
        until = None
        while len(jobs) < MOST:
            try:
                job = self._jobs.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
            except Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
            until = until or time.monotonic() + WINDOW
        return jobs, True

    def _commit(self, db: sqlite3.Connection, jobs: list[_Job]) -> None:
        try:
            db.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job.value = job.write(db)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            stopped = StoppedEarly(f"{self._path}: can't be written ({error}); make room or wait for its other user, then run again")
            for job in jobs:
                job.error = stopped
        for loop in {job.future.get_loop() for job in jobs}:  # one wake-up for all
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, [job for job in jobs if job.future.get_loop() is loop], loop)


def _settle(jobs: list[_Job], loop: asyncio.AbstractEventLoop) -> None:
    """One at a time: what each answer sets going, filters above all, would keep the loop from its timers and its replies."""
    first, *rest = jobs
    first.settle()
    if rest:
        loop.call_soon(_settle, rest, loop)
