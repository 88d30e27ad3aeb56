"""Rate: how many calls a minute a provider takes, found by itself, and how many are under way at once."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from factory.teachers.retry_after import duration, wait_of

KEEP = 0.985  # of a limit that 429s have taught; the rest is for clocks that differ and for the network's jitter
TOLD = 0.99  # of one that a header tells
BURST_S = 0.08  # worth of calls may be sent at once: providers count in short windows too, and the mock allows 0.1 s
TICK_S, NAP_S, LATE_S = 0.005, 1.0, 0.002  # shortest and longest timer; by how much one fires late (not lost where a burst is one call)
LONG_RETRY_S = 5.0  # a Retry-After over this is no stray 429
SLOWEST = 1 / 60  # calls a second that 429s can teach
SLOW_CALLS, SLOW_TOKENS = 10, 20_000  # a minute: with fewer a run is so slow that it is said
FIRST_PLACES, MOST_PLACES, SHRINK = 16, 512, 0.7
PATIENCE_S, PATIENCE_LEAST_S, PATIENCE_MOST_S, PATIENCE_AFTER, PATIENCE_OF = 300.0, 20.0, 600.0, 20, 200


@dataclass(frozen=True)
class Heard:
    """What one call that has ended says of the provider's limits; `headers` by their lower-case names."""

    kind: Literal["answered", "limited", "overloaded", "lost", "dropped"]
    seconds: float = 0.0  # from sending to the end
    tokens: int = 0  # prompt and reply, as billed
    headers: Mapping[str, str] = field(default_factory=dict)


class Excess:
    """Whether bad calls are more than a tolerated share (one-sided CUSUM, Page 1954): strays never add up, a change does at once."""

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
        """The share of bad calls since they began, as if `calm` good ones had gone before; begins anew."""
        share = self._bad / (self._calls + calm or 1)
        self._debt, self._calls, self._bad = 0.0, 0, 0
        return share


class Bucket:
    """What may be sent by now at `per_second`, never more than a short burst or a single call at once."""

    def __init__(self) -> None:
        self.per_second, self.level, self._at = inf, 0.0, 0.0

    def wait(self, now: float, size: float) -> float:
        """Seconds until a call of this size may be sent."""
        passed, self._at = now - self._at, now
        if self.per_second == inf:
            self.level = size
            return 0.0
        most = max(self.per_second * BURST_S, size + self.per_second * LATE_S)
        self.level = min(most, self.level + passed * self.per_second)
        return (size - self.level) / self.per_second if size - self.level > 1e-6 else 0.0


class Ceiling:
    """Calls a second that a provider takes: told by a header, felt by its 429s, or unknown (inf).

    Past the rate where 429s were felt it grows with the fifth power of the time that the rate was used up without them (`calm_s`):
    flat near the known limit, so it seldom meets it, steep later, so a doubled limit is found in 2.2 paces (after CUBIC, RFC 9438).
    """

    def __init__(self) -> None:
        self.told = self.felt = inf
        self.excess = Excess(0.01)  # the share of 429s that a run may have
        self.calm_s, self.streak = 0.0, 0  # streak: cuts in a row, each soon after the one before
        self._pace_s, self._cut_at, self._before = 1.0, -inf, inf

    @property
    def per_second(self) -> float:
        return max(SLOWEST, min(self.told * TOLD, self.felt * (KEEP + 0.02 * (self.calm_s / self._pace_s) ** 5)))

    def tell(self, per_second: float, now: float) -> None:
        if per_second < self.told:  # a 429 to a call that was sent before is no news
            self._cut_at = now
        self.told = per_second

    def limited(self, sent_at: float, now: float, answered: float) -> bool:
        """Whether this 429 lowers the ceiling; `answered`: calls a second, the first guess. Calls sent before a cut are the same event."""
        rate = self.per_second
        if rate == inf:
            self.felt, self.calm_s, self._cut_at = max(1.0, answered), 0.0, now
            return True
        # at 5 calls a second one 429 in a hundred calls is too many, at 300 a few more are noise
        if sent_at < self._cut_at or not self.excess.bad(min(8.0, max(1.0, rate * 0.025))):
            return False
        self.streak = self.streak + 1 if sent_at - self._cut_at < max(1.0, 20 / rate) else 0
        share = self.excess.settle(100 >> min(self.streak, 6))  # one stray 429: 1 %; in a row they count for more and more
        self.felt, self.calm_s, self._cut_at = rate * max(0.5, 1 - share), 0.0, now
        if not self.streak:  # paces grow until the limit is met about once in 150 calls
            self._before, self._pace_s = rate, min(self._pace_s * 2, max(12.0, 150 / rate))
        elif self.felt < 0.7 * self._before:  # another limit: to be found anew
            self._pace_s = max(2.0, 20 / self.felt)
        return True


class Places:
    """Calls under way at once: additive increase, multiplicative decrease; or a fixed number."""

    def __init__(self, fixed: int | None) -> None:
        self.now, self._fixed = float(fixed or FIRST_PLACES), fixed is not None
        self._excess = Excess(0.1)  # a large service's stray faults stay far below; overload does not
        self._double_to, self._cut_at, self._round_trip, self._answered = float(MOST_PLACES), -inf, 0.0, False
        self._since, self._answers, self._places = 0.0, 0, 0.0  # of this window: its start, its answers, the places at its start
        self._speed = self._places_before = 0.0  # of the window before: answers a second, places

    def speed(self, now: float) -> float:
        """Answers a second, of this window or the last."""
        return max(self._speed, self._answers / max(1.0, now - self._since))

    def answered(self, seconds: float, now: float, full: bool) -> None:
        self._excess.call()
        self._answers, self._answered = self._answers + 1, True
        self._round_trip += (seconds - self._round_trip) * (0.1 if self._round_trip else 1.0)
        if full and not self._fixed:
            self.now = min(MOST_PLACES, self.now + (1.0 if self.now < self._double_to else 1.0 / self.now))
        if now - self._since >= max(1.0, self._round_trip):
            speed = self._answers / (now - self._since)
            if self._places >= 1.2 * self._places_before > 0 and speed < 1.1 * self._speed:  # a fifth more places, no tenth more answers
                self._double_to = min(self._double_to, self.now)
            self._places_before, self._speed = self._places, speed
            self.restart(now)

    def restart(self, now: float) -> None:
        """Counts answers anew: a window that 429s cut short says nothing of the places."""
        self._since, self._answers, self._places = now, 0, self.now

    def overloaded(self, sent_at: float, now: float) -> None:
        if self._fixed or sent_at < self._cut_at or not self._excess.bad(3.0):
            return
        self._excess.settle()
        shrunk = max(1.0, self.now * SHRINK)
        if self._answered:  # an outage shrinks many times over; what held before it is soon tried again
            self._double_to = shrunk
        self.now, self._cut_at, self._answered = shrunk, now, False


class Rate:
    """Holds calls to one provider and model just under limits that nobody told; all methods from one event loop."""

    def __init__(self, in_flight: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """`in_flight`: a fixed number of calls at once (an in-process model); None: found by itself."""
        self._clock, self._places, self._ceiling, self._calls, self._tokens = clock, Places(in_flight), Ceiling(), Bucket(), Bucket()
        self._under_way, self._expected, self._resume_at = 0, 0.0, -inf  # expected: tokens of the calls under way
        self._due = -inf  # when the last call that was paced would have left, each at its own moment
        self._waiters: deque[tuple[asyncio.Future[None], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._took: deque[float] = deque(maxlen=PATIENCE_OF)

    @property
    def in_flight(self) -> int:
        """Calls allowed under way at once, now."""
        return int(self._places.now)

    @property
    def patience(self) -> float:
        """Seconds after which a call without a first byte is taken for hung: ten times the slowest of the last answers."""
        known = len(self._took) >= PATIENCE_AFTER
        return min(PATIENCE_MOST_S, max(PATIENCE_LEAST_S, 10 * max(self._took))) if known else PATIENCE_S

    @property
    def slow(self) -> str:
        """What holds calls back for long; empty where nothing does."""
        calls, tokens = 60 * self._calls.per_second, 60 * self._tokens.per_second
        if (pause := self._resume_at - self._clock()) > 1:
            return f"the server asks to wait {duration(pause)} more"
        if calls < SLOW_CALLS:
            return f"the server takes about {max(1, round(calls))} request{'' if calls < 1.5 else 's'} a minute"
        return f"the server takes about {tokens:,.0f} tokens a minute" if tokens < SLOW_TOKENS else ""

    async def enter(self, tokens: int = 0) -> None:
        """Waits, first come first served, until a call of about so many tokens may be sent, and counts it as under way."""
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
            if not place.cancelled():  # let go in the moment it was cancelled
                self.leave(Heard("dropped"))
            self._release()  # drops the cancelled ones, and with the last of them the timer
            raise

    async def pace(self) -> None:
        """Waits for the moment to send, after entering: what calls wait for in between, such as a commit, lets many go at once.

        Virtual scheduling (GCRA, ITU-T I.371), at the limit itself, a little faster than calls enter.
        """
        if self._calls.per_second == inf:
            return
        now = self._clock()
        due = max(self._due, now)
        self._due = due + KEEP / self._calls.per_second
        if (wait := due - BURST_S - now) > LATE_S:
            await asyncio.sleep(wait)

    def leave(self, heard: Heard) -> None:
        """Takes in what a call that entered says; exactly once for each."""
        now, full = self._clock(), self._under_way >= self.in_flight
        expected = self._expected / self._under_way  # which call this was is not known: the mean of those under way
        self._expected, self._under_way = self._expected - expected, self._under_way - 1
        if heard.kind != "lost":  # a lost call may well be billed
            self._tokens.level += expected - heard.tokens
        if heard.headers:
            self._read(heard.headers, now, heard.tokens)
        if heard.kind == "answered":
            self._took.append(heard.seconds)
            self._places.answered(heard.seconds, now, full)
        elif heard.kind == "limited":
            self._limited(heard, now)
        elif heard.kind != "dropped":
            self._places.overloaded(now - heard.seconds, now)
        if self._waiters and self._timer is None:
            self._release()

    def _read(self, headers: Mapping[str, str], now: float, billed: int) -> None:
        calls = told(headers, "x-ratelimit-limit-requests") or told(headers, "anthropic-ratelimit-requests-limit")
        if calls and calls / 60 != self._ceiling.told:
            self._ceiling.tell(calls / 60, now)
            self._calls.per_second = self._ceiling.per_second
        tokens = told(headers, "x-ratelimit-limit-tokens") or told(headers, "anthropic-ratelimit-tokens-limit")
        tokens = tokens or sum(told(headers, f"anthropic-ratelimit-{way}-tokens-limit") for way in ("input", "output"))
        if tokens and tokens >= billed:  # a limit that the call itself went beyond is none
            self._tokens.per_second = tokens / 60 * TOLD

    def _limited(self, heard: Heard, now: float) -> None:
        first = self._ceiling.per_second == inf
        cut = self._ceiling.limited(now - heard.seconds, now, self._places.speed(now))
        if cut:
            self._places.restart(now)
            self._calls.per_second = self._ceiling.per_second
            self._calls.level = -self._calls.per_second * BURST_S  # the provider's bucket is empty: let it fill a little
        pause = wait_of(heard.headers)
        if pause > LONG_RETRY_S or (cut and (first or self._ceiling.streak >= 3)):
            self._resume_at = max(self._resume_at, now + pause)

    def _wait(self, now: float, tokens: int) -> float:
        return max(self._calls.wait(now, 1.0), self._tokens.wait(now, tokens), self._resume_at - now, 0.0)

    def _send(self, tokens: int) -> None:
        self._under_way, self._expected = self._under_way + 1, self._expected + tokens
        self._calls.level -= 1
        self._tokens.level -= tokens
        self._ceiling.excess.call()

    def _release(self) -> None:
        """Lets go as many waiters as places and buckets allow; the next when a call leaves or at the one timer."""
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


def told(headers: Mapping[str, str], name: str) -> float:
    """A header's number; 0 where it is absent or no positive number."""
    try:
        number = float(headers.get(name, 0))
    except ValueError:
        return 0.0
    return number if 0 < number < inf else 0.0
