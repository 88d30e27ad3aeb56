"""Find by itself how many calls a provider takes per minute and at once, and keep to that."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from factory.teachers.retry_after import duration_text, retry_wait

# Of a limit learnt from 429s; the rest covers clock differences and network jitter.
LEARNED_SHARE = 0.985
DECLARED_SHARE = 0.99  # of a limit that a header declares
BURST_S = 0.08  # worth of calls at once: providers count in short windows too; the mock allows 0.1
# Shortest and longest timer; by how much one fires late (not lost where a burst is one call).
TICK_S, NAP_S, LATE_S = (0.005, 1.0, 0.002)
LONG_RETRY_S = 5.0  # a longer Retry-After is not a stray 429
SLOWEST = 1 / 60  # calls a second that can be learnt from 429s
SLOW_CALLS, SLOW_TOKENS = 10, 20_000  # a minute; anything slower is reported
FIRST_PLACES, MOST_PLACES, SHRINK = 16, 512, 0.7
PATIENCE_S, PATIENCE_LEAST_S, PATIENCE_MOST_S, PATIENCE_AFTER, PATIENCE_OF = (
    300.0,
    20.0,
    600.0,
    20,
    200,
)


@dataclass(frozen=True)
class CallOutcome:
    """The outcome of one call, from which limits are learnt; `headers` have lower-case names."""

    kind: Literal["answered", "limited", "overloaded", "lost", "dropped"]
    seconds: float = 0.0  # from sending to the end of the reply
    tokens: int = 0  # prompt and reply, as billed
    headers: Mapping[str, str] = field(default_factory=dict)


class ExcessDetector:
    """Detect more bad calls than a tolerated share, by a one-sided CUSUM (Page 1954).

    Stray ones never add up, while a real change shows at once.
    """

    def __init__(self, tolerated: float) -> None:
        self._tolerated, self._debt, self._calls, self._bad = tolerated, 0.0, 0, 0

    def call(self) -> None:
        self._debt -= self._tolerated
        self._calls += 1
        if self._debt <= 0:
            self._debt, self._calls, self._bad = 0.0, 0, 0

    def bad(self, most: float) -> bool:
        self._debt += 1
        self._bad += 1
        return self._debt >= most

    def settle(self, calm: int = 0) -> float:
        """Return the share of bad calls since they began, after `calm` assumed good ones, and
        reset.
        """
        share = self._bad / (self._calls + calm or 1)
        self._debt, self._calls, self._bad = 0.0, 0, 0
        return share


class TokenBucket:
    """A token bucket, refilled at `per_second`; it holds a short burst or a single call."""

    def __init__(self) -> None:
        self.per_second, self.level, self._at = inf, 0.0, 0.0

    def wait(self, now: float, size: float) -> float:
        """Return the seconds until a call of this size may be sent."""
        passed, self._at = now - self._at, now
        if self.per_second == inf:
            self.level = size
            return 0.0
        most = max(self.per_second * BURST_S, size + self.per_second * LATE_S)
        self.level = min(most, self.level + passed * self.per_second)
        return (size - self.level) / self.per_second if size - self.level > 1e-6 else 0.0


class RateCeiling:
    """The calls a second that a provider takes: declared, learnt from 429s, or unknown (inf).

    Past the learnt rate it grows with the fifth power of the time that the rate was used up without
    429s (`calm_s`): flat near the known limit, so that it seldom meets it, and steep later, so that
    a doubled limit is found in 2.2 paces (after CUBIC, RFC 9438).
    """

    def __init__(self) -> None:
        self.declared = self.learnt = inf
        self.excess = ExcessDetector(0.01)  # the tolerated share of 429s
        self.calm_s, self.streak = 0.0, 0  # streak: cuts in close succession
        self._pace_s, self._cut_at, self._before = 1.0, -inf, inf

    @property
    def per_second(self) -> float:
        return max(
            SLOWEST,
            min(
                self.declared * DECLARED_SHARE,
                self.learnt * (LEARNED_SHARE + 0.02 * (self.calm_s / self._pace_s) ** 5),
            ),
        )

    def declare(self, per_second: float, now: float) -> None:
        if per_second < self.declared:  # 429s to calls sent before are no news
            self._cut_at = now
        self.declared = per_second

    def limited(self, sent_at: float, now: float, answered: float) -> bool:
        """Take in a 429, and return whether it lowered the ceiling.

        `answered`, in calls a second, is the first guess. Calls that were sent before a cut belong
        to the same event.
        """
        rate = self.per_second
        if rate == inf:
            self.learnt, self.calm_s, self._cut_at = max(1.0, answered), 0.0, now
            return True
        # At 5 calls a second one 429 in a hundred is too many, at 300 a few more are noise.
        if sent_at < self._cut_at or not self.excess.bad(min(8.0, max(1.0, rate * 0.025))):
            return False
        self.streak = self.streak + 1 if sent_at - self._cut_at < max(1.0, 20 / rate) else 0
        # A single 429 counts as 1 %, those in a row as more and more.
        share = self.excess.settle(100 >> min(self.streak, 6))
        self.learnt, self.calm_s, self._cut_at = rate * max(0.5, 1 - share), 0.0, now
        if not self.streak:  # paces grow until the limit is met about once in 150 calls
            self._before, self._pace_s = rate, min(self._pace_s * 2, max(12.0, 150 / rate))
        elif self.learnt < 0.7 * self._before:  # another limit, to be found again
            self._pace_s = max(2.0, 20 / self.learnt)
        return True


class ConcurrencyLimit:
    """The calls in flight: additive increase, multiplicative decrease, or a fixed number."""

    def __init__(self, fixed: int | None) -> None:
        self.now, self._fixed = float(fixed or FIRST_PLACES), fixed is not None
        # Stray faults of a large service stay far below, overload does not.
        self._excess = ExcessDetector(0.1)
        self._double_to, self._cut_at, self._round_trip, self._answered = (
            float(MOST_PLACES),
            -inf,
            0.0,
            False,
        )
        # This window: its start, answers, and calls in flight at its start.
        self._since, self._answers, self._concurrency = (0.0, 0, 0.0)
        # The window before: answers a second, calls in flight.
        self._speed = self._concurrency_before = 0.0

    def speed(self, now: float) -> float:
        """Return answers a second, the larger of this window's and the last's."""
        return max(self._speed, self._answers / max(1.0, now - self._since))

    def answered(self, seconds: float, now: float, full: bool) -> None:
        self._excess.call()
        self._answers, self._answered = self._answers + 1, True
        self._round_trip += (seconds - self._round_trip) * (0.1 if self._round_trip else 1.0)
        if full and not self._fixed:
            self.now = min(
                MOST_PLACES, self.now + (1.0 if self.now < self._double_to else 1.0 / self.now)
            )
        if now - self._since >= max(1.0, self._round_trip):
            speed = self._answers / (now - self._since)
            # A fifth more calls in flight, less than a tenth more answers.
            if (
                self._concurrency >= 1.2 * self._concurrency_before > 0
                and speed < 1.1 * self._speed
            ):
                self._double_to = min(self._double_to, self.now)
            self._concurrency_before, self._speed = self._concurrency, speed
            self.restart(now)

    def restart(self, now: float) -> None:
        """Start a new window: one that 429s cut short says nothing about the calls in flight."""
        self._since, self._answers, self._concurrency = now, 0, self.now

    def overloaded(self, sent_at: float, now: float) -> None:
        if self._fixed or sent_at < self._cut_at or not self._excess.bad(3.0):
            return
        self._excess.settle()
        shrunk = max(1.0, self.now * SHRINK)
        # An outage shrinks it repeatedly; the number before it is soon tried again.
        if self._answered:
            self._double_to = shrunk
        self.now, self._cut_at, self._answered = shrunk, now, False


class RateLimiter:
    """Keeps calls to one provider and model just under unknown limits. Use it in one event loop."""

    def __init__(
        self, in_flight: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`in_flight` fixes the calls at once (an in-process model); None: found by itself."""
        self._clock, self._concurrency, self._ceiling, self._calls, self._tokens = (
            clock,
            ConcurrencyLimit(in_flight),
            RateCeiling(),
            TokenBucket(),
            TokenBucket(),
        )
        # Expected: tokens of the calls in flight.
        self._under_way, self._expected, self._resume_at = (0, 0.0, -inf)
        self._due = -inf  # when the latest paced call was due
        self._waiters: deque[tuple[asyncio.Future[None], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._took: deque[float] = deque(maxlen=PATIENCE_OF)

    @property
    def in_flight(self) -> int:
        """The calls allowed in flight at the moment."""
        return int(self._concurrency.now)

    @property
    def patience(self) -> float:
        """Seconds until a call without a first byte counts as hung: 10 times the slowest recent
        answer.
        """
        known = len(self._took) >= PATIENCE_AFTER
        return (
            min(PATIENCE_MOST_S, max(PATIENCE_LEAST_S, 10 * max(self._took)))
            if known
            else PATIENCE_S
        )

    @property
    def slow(self) -> str:
        """The reason why calls are slow; empty if they are not."""
        calls, tokens = 60 * self._calls.per_second, 60 * self._tokens.per_second
        if (pause := self._resume_at - self._clock()) > 1:
            return f"the server asks to wait {duration_text(pause)} more"
        if calls < SLOW_CALLS:
            plural = "" if calls < 1.5 else "s"
            return f"the server takes about {max(1, round(calls))} request{plural} a minute"
        return (
            f"the server takes about {tokens:,.0f} tokens a minute" if tokens < SLOW_TOKENS else ""
        )

    async def enter(self, tokens: int = 0) -> None:
        """Wait, first come first served, until a call of about this many tokens may be sent."""
        now = self._clock()
        if not self._waiters and self._under_way < self.in_flight and not self._wait(now, tokens):
            return self._send(tokens)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((place, tokens))
        if self._timer is None:
            self._release()
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # released at the moment it was cancelled
                self.leave(CallOutcome("dropped"))
            self._release()  # drops the cancelled waiters, and the timer with the last one
            raise

    async def pace(self) -> None:
        """Wait for the moment to send, after `enter`.

        What calls wait for in between, such as a commit, would release many at once. This is
        virtual scheduling (GCRA, ITU-T I.371) at the limit itself, a little faster than calls
        enter.
        """
        if self._calls.per_second == inf:
            return
        now = self._clock()
        due = max(self._due, now)
        self._due = due + LEARNED_SHARE / self._calls.per_second
        if (wait := due - BURST_S - now) > LATE_S:
            await asyncio.sleep(wait)

    def leave(self, outcome: CallOutcome) -> None:
        """Take in the outcome of a call; to be called exactly once per `enter`."""
        now, full = self._clock(), self._under_way >= self.in_flight
        # It is not known which call this was, so take the mean of those in flight.
        expected = self._expected / self._under_way
        self._expected, self._under_way = self._expected - expected, self._under_way - 1
        if outcome.kind != "lost":  # a lost call may be billed
            self._tokens.level += expected - outcome.tokens
        if outcome.headers:
            self._read(outcome.headers, now, outcome.tokens)
        if outcome.kind == "answered":
            self._took.append(outcome.seconds)
            self._concurrency.answered(outcome.seconds, now, full)
        elif outcome.kind == "limited":
            self._limited(outcome, now)
        elif outcome.kind != "dropped":
            self._concurrency.overloaded(now - outcome.seconds, now)
        if self._waiters and self._timer is None:
            self._release()

    def _read(self, headers: Mapping[str, str], now: float, billed: int) -> None:
        calls = header_number(headers, "x-ratelimit-limit-requests") or header_number(
            headers, "anthropic-ratelimit-requests-limit"
        )
        if calls and calls / 60 != self._ceiling.declared:
            self._ceiling.declare(calls / 60, now)
            self._calls.per_second = self._ceiling.per_second
        tokens = header_number(headers, "x-ratelimit-limit-tokens") or header_number(
            headers, "anthropic-ratelimit-tokens-limit"
        )
        tokens = tokens or sum(
            header_number(headers, f"anthropic-ratelimit-{way}-tokens-limit")
            for way in ("input", "output")
        )
        if tokens and tokens >= billed:  # a limit that this very call exceeded is not one
            self._tokens.per_second = tokens / 60 * DECLARED_SHARE

    def _limited(self, outcome: CallOutcome, now: float) -> None:
        first = self._ceiling.per_second == inf
        cut = self._ceiling.limited(now - outcome.seconds, now, self._concurrency.speed(now))
        if cut:
            self._concurrency.restart(now)
            self._calls.per_second = self._ceiling.per_second
            # The provider's bucket is empty: let it fill a little.
            self._calls.level = -self._calls.per_second * BURST_S
        pause = retry_wait(outcome.headers)
        if pause > LONG_RETRY_S or (cut and (first or self._ceiling.streak >= 3)):
            self._resume_at = max(self._resume_at, now + pause)

    def _wait(self, now: float, tokens: int) -> float:
        return max(
            self._calls.wait(now, 1.0), self._tokens.wait(now, tokens), self._resume_at - now, 0.0
        )

    def _send(self, tokens: int) -> None:
        self._under_way, self._expected = self._under_way + 1, self._expected + tokens
        self._calls.level -= 1
        self._tokens.level -= tokens
        self._ceiling.excess.call()

    def _release(self) -> None:
        """Release as many waiters as the limits allow.

        The next ones follow when a call leaves or the timer fires.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._clock()
        while self._waiters:
            place, tokens = self._waiters[0]
            if not place.done():
                if self._under_way >= self.in_flight:
                    return
                if wait := self._wait(now, tokens):
                    nap = min(NAP_S, max(TICK_S, wait))
                    if self._resume_at <= now and self._calls.wait(now, 1.0):
                        self._ceiling.calm_s += nap
                        self._calls.per_second = self._ceiling.per_second
                    self._timer = place.get_loop().call_later(nap, self._release)
                    return
                self._send(tokens)
                place.set_result(None)
            self._waiters.popleft()


def header_number(headers: Mapping[str, str], name: str) -> float:
    """Return a header's number, 0 if it is absent or not a positive number."""
    try:
        number = float(headers.get(name, 0))
    except ValueError:
        return 0.0
    return number if 0 < number < inf else 0.0
