"""Read how long a provider asks to wait: seconds, durations and dates."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

RESETS = (  # headers of when a limit resets, each with the one of what is left
    ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
    ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
    ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
    ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
    ("anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"),
    ("anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"),
    ("x-ratelimit-reset", "x-ratelimit-remaining"),
    ("ratelimit-reset", "ratelimit-remaining"),
)
UNITS = {
    "d": 86400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
_PART = r"\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s)"
_DURATION = re.compile(rf"(?:{_PART})+")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
MAX_WAIT_S = 366 * 86400.0  # nobody means more
# Larger numbers are unix times in seconds or milliseconds.
EPOCH_S, EPOCH_MS = (1e9, 1e12)


def retry_wait(headers: Mapping[str, str], clock: Callable[[], float] = time.time) -> float:
    """Return the seconds to wait after a 429, 0 if the headers do not say.

    Headers have lower-case names.
    """
    now = _moment(headers.get("date", "")) or clock()  # the server's own clock, if it sends it
    if 0 < (wait := _number(headers.get("retry-after-ms", "")) / 1000) <= MAX_WAIT_S:
        return wait
    if (wait := seconds_until(headers.get("retry-after", ""), now)) > 0:
        return wait
    waits = [
        (seconds_until(headers.get(reset, ""), now), headers.get(left)) for reset, left in RESETS
    ]
    used_up = [wait for wait, left in waits if wait > 0 and left is not None and _number(left) <= 0]
    return max(used_up) if used_up else min((wait for wait, _ in waits if wait > 0), default=0.0)


def seconds_until(text: str, now: float) -> float:
    """Return the seconds until a time; 0 if it has passed or can't be read.

    The text is a number of seconds, a duration such as 1m30s, a unix time or a date.
    """
    found = _seconds(text, now)
    return found if 0 < found <= MAX_WAIT_S else 0.0


def _seconds(text: str, now: float) -> float:
    text = text.strip()[:64]
    if number := _number(text):
        if number >= EPOCH_MS:
            return number / 1000 - now
        return number - now if number >= EPOCH_S else number
    if _DURATION.fullmatch(text):
        return sum(float(number) * UNITS[unit] for number, unit in _PARTS.findall(text))
    moment = _moment(text)
    return moment - now if moment else 0.0


def duration_text(seconds: float) -> str:
    """Return a duration as text for display."""
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if isfinite(number) else 0.0


def _moment(text: str) -> float | None:
    """Return the unix seconds of an HTTP or ISO 8601 date, None for any other text."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, OSError, IndexError):
            continue
    return None
