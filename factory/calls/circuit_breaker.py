"""Stop calling a teacher when most recent calls failed, or when none was answered for too long."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from factory.core.errors import DownKind, TeacherDown
from factory.teachers.retry_after import duration_text, retry_wait

# The run stops if most of the recent requests failed, at least LEAST of them being known.
RECENT, LEAST = 40, 10
WAIT_S = 600.0  # seconds without any answer, see budget.wait_minutes
TICK_S = 1.0
QUIET_S = 30.0  # seconds without an answer before it is reported; a large model may take as long
AGAIN_S = 60.0  # seconds before the same trouble is reported again
SHORT_WAIT_S = 5.0  # shorter waits are not reported


@dataclass(frozen=True)
class BreakerSettings:
    """Settings of a circuit breaker.

    `seconds`: how long a teacher may give no answer. `say` reports why none comes. `pace` names
    what else slows the calls down, if anything.
    """

    seconds: float = WAIT_S
    say: Callable[[str], None] = lambda _: None
    pace: Callable[[], str] = str


class CircuitBreaker:
    """Judges a teacher by the latest outcome of each recent request and by the time since its last
    answer.
    """

    def __init__(
        self, settings: BreakerSettings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings or BreakerSettings()
        self._clock = clock
        self._recent: dict[str, str] = {}  # outcome by key, latest last
        self._last = ""  # message of the latest failure
        self._gone = ""
        self._since = clock()  # the last answer, or when calls began
        self._idle_since: float | None = self._since
        self._trouble = ""  # the latest failure since the last answer
        self._reported_at: dict[str, float] = {}  # by kind of trouble
        self._waiting: set[asyncio.Timeout] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def gone(self) -> bool:
        return bool(self._gone)

    @property
    def trouble(self) -> str:
        """The reason why no answers come at the moment; empty if they do."""
        quiet = self._clock() - self._since
        if not self._waiting or not (self._trouble or quiet >= QUIET_S):
            return ""
        return self._why(quiet)

    def record(self, key: str, kind: str, sentence: str = "") -> None:
        self._last = sentence or self._last
        if kind in ("rate limited", "another form"):
            return
        self._recent.pop(key, None)
        self._recent[key] = kind
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        if kind == "answered" or self._gone or len(self._recent) < LEAST:
            return
        bad = Counter(k for k in self._recent.values() if k != "answered")
        if bad.total() > len(self._recent) / 2:
            most = ", ".join(f"{times} {kind}" for kind, times in bad.most_common(3))
            self._gone = (
                f"most recent calls failed ({most} of {len(self._recent)}), so no more are made; "
                f"the last: {self._last}"
            )

    def server_worked(self) -> None:
        """Note that the server worked on a request, whatever came of it."""
        self._since, self._trouble = self._clock(), ""

    def down(self, error: TeacherDown) -> None:
        """Note that a call did not get through."""
        if error.hopeless:
            self._gone = self._gone or f"{error}; no more calls are made"
            return
        if error.kind == "another form" or self.gone:
            return
        wait = retry_wait(error.headers) if error.kind == "rate limited" else 0.0
        asked = f"; it asks to wait {duration_text(wait)}" if wait > SHORT_WAIT_S else ""
        self._trouble = f"{error}{asked}"
        if wait > self._settings.seconds:
            self._stop(f"{self._trouble}, longer than {self._bound}")
        elif self._clock() - self._since >= TICK_S or not self._recent:
            self._report(error.kind, f"{self._trouble}; trying again")

    def check(self) -> None:
        """Raises TeacherDown if no more calls are made."""
        if self._gone:
            raise TeacherDown(self._gone, "gone")

    @asynccontextmanager
    async def bounded(self, kind: DownKind) -> AsyncIterator[None]:
        """Bound a wait: raises TeacherDown of this kind if the teacher gives no answer for too
        long.
        """
        self.check()
        self._begin()
        try:
            async with asyncio.timeout(None) as deadline:
                self._waiting.add(deadline)
                yield
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TeacherDown(self._gone, kind) from None
        finally:
            self._waiting.discard(deadline)
            self._end()

    def _begin(self) -> None:
        now = self._clock()
        # Shorter pauses are those between retries.
        if self._idle_since is not None and now - self._idle_since > QUIET_S:
            self._since = now
        self._idle_since = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _end(self) -> None:
        if self._waiting:
            return
        self._idle_since = self._clock()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        quiet = self._clock() - self._since
        if quiet >= self._settings.seconds:
            self._stop(f"{self._why(quiet)}; that is as long as {self._bound} allows")
        elif quiet >= QUIET_S:
            self._report("quiet", self._why(quiet))

    def _stop(self, why: str) -> None:
        """End every wait."""
        self._gone = self._gone or f"{why}; no more calls are made"
        for deadline in self._waiting:
            deadline.reschedule(asyncio.get_running_loop().time())

    def _why(self, quiet: float) -> str:
        reason = self._trouble or self._settings.pace()
        return (
            f"no answer from the teacher for {duration_text(quiet)}{': ' if reason else ''}{reason}"
        )

    def _report(self, kind: str, sentence: str) -> None:
        now = self._clock()
        if now - self._reported_at.get(kind, -AGAIN_S) >= AGAIN_S:
            self._reported_at[kind] = now
            self._settings.say(sentence)

    @property
    def _bound(self) -> str:
        return f"budget.wait_minutes = {self._settings.seconds / 60:g}"
