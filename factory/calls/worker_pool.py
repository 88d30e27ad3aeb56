"""A crew: workers that pull jobs, as many at once as are of use at the moment, with every outcome in order of the jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeVar, cast

Job = TypeVar("Job")
Done = TypeVar("Done")


async def each(jobs: Iterable[Job], step: Callable[[Job], Awaitable[Done]], workers: Callable[[], int]) -> list[Done]:
    """The step's outcome for every job, in order of the jobs; `workers`: how many may be under way at once, now."""
    crew = _Crew(iter(enumerate(jobs)), step, workers)
    await crew.work_off()
    return [crew.done[i] for i in range(len(crew.done))]


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
