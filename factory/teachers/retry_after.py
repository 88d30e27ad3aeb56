"""How long a provider asks to wait, in all the forms in which servers say it: seconds, durations, dates."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

RESETS = (  # headers that tell when a limit begins anew, each with the one that tells what is left of it
    ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
    ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
    ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
    ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
    ("anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"),
    ("anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"),
    ("x-ratelimit-reset", "x-ratelimit-remaining"),
    ("ratelimit-reset", "ratelimit-remaining"),
)
UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = r"\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s)"
_DURATION = re.compile(rf"(?:{_PART})+")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
LONGEST = 366 * 86400.0  # seconds; nobody means more
EPOCH_S, EPOCH_MS = 1e9, 1e12  # a larger number is no duration but a moment, in unix seconds or milliseconds


def wait_of(headers: Mapping[str, str], clock: Callable[[], float] = time.time) -> float:
    """Seconds to wait after a refusal for its rate, by headers with lower-case names; 0 where they say nothing sensible."""
    now = _moment(headers.get("date", "")) or clock()  # the server's own clock, where it tells it
    if 0 < (wait := _number(headers.get("retry-after-ms", "")) / 1000) <= LONGEST:
        return wait
    if (wait := seconds_until(headers.get("retry-after", ""), now)) > 0:
        return wait
    waits = [(seconds_until(headers.get(reset, ""), now), headers.get(left)) for reset, left in RESETS]
    used_up = [wait for wait, left in waits if wait > 0 and left is not None and _number(left) <= 0]
    return max(used_up) if used_up else min((wait for wait, _ in waits if wait > 0), default=0.0)


def seconds_until(said: str, now: float) -> float:
    """A number of seconds, a duration such as 1m30s, a moment in unix time or a date; 0 where it is none or has passed."""
    found = _seconds(said, now)
    return found if 0 < found <= LONGEST else 0.0


def _seconds(said: str, now: float) -> float:
    said = said.strip()[:64]
    if number := _number(said):
        if number >= EPOCH_MS:
            return number / 1000 - now
        return number - now if number >= EPOCH_S else number
    if _DURATION.fullmatch(said):
        return sum(float(number) * UNITS[unit] for number, unit in _PARTS.findall(said))
    moment = _moment(said)
    return moment - now if moment else 0.0


def duration(seconds: float) -> str:
    """For display."""
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _number(said: str) -> float:
    try:
        number = float(said)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0


def _moment(said: str) -> float | None:
    """Unix seconds of an HTTP date or one of ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(said)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, OSError, IndexError):
            continue
    return None
