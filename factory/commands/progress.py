"""Show progress: a bar on a terminal, otherwise a plain line every 10 seconds."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from factory.core.records import Example, SlotResult, dollars
from factory.pipeline import Events

LINE_INTERVAL = 10.0  # seconds between plain lines
PACE_WINDOW = 60.0  # seconds over which the pace is measured


class ProgressDisplay(AbstractContextManager["ProgressDisplay"]):
    """Count and show judged slots. After the first round, each further judgement is a repair."""

    def __init__(self, console: Console, every: float = LINE_INTERVAL) -> None:
        self._console = console
        self._every = every
        self._over = Event()
        self._printer = Thread(target=self._print_lines, daemon=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._total = self._kept = self._seen = self._repaired = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._spent: Callable[[], int | None] = lambda: None
        self._trouble: Callable[[], str] = str

    @property
    def ears(self) -> Events:
        return Events(self.say, self._begin, self._count, self._spend, self._ask_trouble)

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def __enter__(self) -> "ProgressDisplay":
        if self._console.is_terminal:
            self._bar.start()
        else:
            self._printer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._console.is_terminal:
            self._bar.stop()
        else:
            self._printer.join()

    def _spend(self, spent: Callable[[], int | None]) -> None:
        self._spent = spent

    def _ask_trouble(self, trouble: Callable[[], str]) -> None:
        self._trouble = trouble

    def _money(self) -> str:
        """Return the money spent, and what this round will cost at this rate."""
        spent = self._spent()
        if not spent:
            return ""
        ahead = (
            f" of about {dollars(spent * self._total // self._seen)} in this round"
            if 0 < self._seen < self._total
            else ""
        )
        return f", {dollars(spent)} spent{ahead}"

    def _begin(self, total: int) -> None:
        """Start a pass; with batches there are several."""
        self._total, self._kept, self._seen, self._repaired, self._marks = total, 0, 0, 0, deque()
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._task = self._bar.add_task("asking", total=total)

    def _count(self, judged: SlotResult) -> None:
        again = bool(judged.attempts) and self._seen >= self._total
        self._repaired += again
        self._seen += not again
        self._kept += isinstance(judged, Example) and not judged.rejection
        now = time.monotonic()
        self._marks.append((now, self._seen))
        while now - self._marks[0][0] >= PACE_WINDOW:
            self._marks.popleft()
        if self._console.is_terminal:
            self._bar.update(
                self._task, completed=self._seen, description=f"{self._kept} kept{self._money()}"
            )

    def _print_lines(self) -> None:
        while not self._over.wait(self._every):
            if self._total:
                self.say(self._line(time.monotonic()))

    def _line(self, now: float) -> str:
        if self._repaired:
            return f"repair: {self._repaired} tried, {self._kept} kept in all{self._money()}"
        then, before = next(iter(self._marks), (now, 0))
        pace = (self._seen - before) / (now - then) if now > then else 0
        left = (
            f", about {rough_duration((self._total - self._seen) / pace)} left in this round"
            if pace
            else ""
        )
        trouble = self._trouble()
        why = f"; {trouble}" if trouble else ""
        return (
            f"{self._seen} of {self._total} slots judged, {self._kept} "
            f"kept{self._money()}{left}{why}"
        )


def rough_duration(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 90 else f"{round(seconds / 60)} min"
