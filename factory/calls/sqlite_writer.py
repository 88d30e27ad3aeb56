"""Write to a SQLite file from one thread, which commits waiting writes together."""

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

# How long a commit waits for more writes: with fsync under the 50 ms a kill may lose.
COMMIT_WINDOW_S = 0.02
MAX_WRITES = 64  # in one commit


@dataclass
class _Job:
    write: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"
    value: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():  # its caller was cancelled; the write stays committed
            return
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class SQLiteWriter:
    """The only connection that writes; its thread keeps disk waits out of the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    async def write(self, job: Callable[[sqlite3.Connection], Done]) -> Done:
        """Run a job and return its result once it is committed.

        Raises StoppedEarly if the file can't be written.
        """
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
        """Wait for a job and those in its window; the flag is False once the writer is closed."""
        jobs: list[_Job] = []
        until = None
        while len(jobs) < MAX_WRITES:
            try:
                job = self._jobs.get(
                    timeout=None if until is None else max(0.0, until - time.monotonic())
                )
            except Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
            until = until or time.monotonic() + COMMIT_WINDOW_S
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
            stopped = StoppedEarly(
                f"{self._path}: can't be written ({error}); free some disk space, or wait until no "
                "other process uses the file, then run the same command again"
            )
            for job in jobs:
                job.error = stopped
        for loop in {job.future.get_loop() for job in jobs}:  # one wake-up for all
            if not loop.is_closed():
                loop.call_soon_threadsafe(
                    _settle, [job for job in jobs if job.future.get_loop() is loop], loop
                )


def _settle(jobs: list[_Job], loop: asyncio.AbstractEventLoop) -> None:
    """Settle one job per loop iteration.

    What an answer triggers, filters above all, would else keep the loop from timers and replies.
    """
    first, *rest = jobs
    first.settle()
    if rest:
        loop.call_soon(_settle, rest, loop)
