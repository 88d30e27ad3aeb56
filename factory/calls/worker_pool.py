"""A pool of workers whose size changes while it runs; results come in the order of the jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeVar, cast

Job = TypeVar("Job")
Done = TypeVar("Done")


async def run_jobs(
    jobs: Iterable[Job], step: Callable[[Job], Awaitable[Done]], workers: Callable[[], int]
) -> list[Done]:
    """Run `step` on every job and return the results in the order of the jobs.

    `workers` returns how many jobs may run at once at the moment.
    """
    pool = _Pool(iter(enumerate(jobs)), step, workers)
    await pool.run()
    return [pool.done[i] for i in range(len(pool.done))]


class _Pool(Generic[Job, Done]):
    """Workers that pull jobs; each starts another one while more are wanted, and ends when fewer
    are.
    """

    def __init__(
        self,
        jobs: Iterator[tuple[int, Job]],
        step: Callable[[Job], Awaitable[Done]],
        workers: Callable[[], int],
    ) -> None:
        self.done: dict[int, Done] = {}
        self._jobs, self._step, self._workers = jobs, step, workers
        self._running: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        self._start()
        try:
            await self._ended
        finally:  # the first error stops the others and reaches the caller
            others = tuple(self._running)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    def _start(self) -> None:
        task = asyncio.create_task(self._work())
        self._running.add(task)
        task.add_done_callback(self._finished)

    async def _work(self) -> None:
        for index, job in self._jobs:
            if len(self._running) < self._workers():
                self._start()
            self.done[index] = await self._step(job)
            if len(self._running) > max(1, self._workers()):
                # At once, so that the last worker never ends.
                self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))
                return

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if self._ended.done():
            return
        if error:
            self._ended.set_exception(error)
        elif not self._running:
            self._ended.set_result(None)
