"""Token counts of a reply, checked: a server may send anything, and money is counted by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# A provider may put a system prompt of its own before ours, and counts with another tokenizer.
MOST_TIMES, MOST_MORE = 4, 4000
# A reply that was cut off is asked for again with twice the room, and some providers count the end of a reply too.
OUT_TIMES, OUT_MORE = 2, 1000


@dataclass(frozen=True)
class Usage:
    """Tokens in and out. Of those in, `cache_read` came from the provider's cache and `cache_write` went into it."""

    tokens_in: int = 0
    tokens_out: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def both(self) -> tuple[int, int]:
        return self.tokens_in, self.tokens_out


UNCOUNTED = Usage()  # no request has no tokens


def openai_usage(body: Mapping[str, Any]) -> Usage:
    """UNCOUNTED unless every count is a whole number from 0."""
    try:
        usage = body["usage"]
        details = usage.get("prompt_tokens_details") or {}
        read = count(details["cached_tokens"]) if details.get("cached_tokens") is not None else 0
        return _consistent(Usage(count(usage["prompt_tokens"]), count(usage["completion_tokens"]), read))
    except (KeyError, TypeError, AttributeError, ValueError):
        return UNCOUNTED


def anthropic_usage(body: Mapping[str, Any]) -> Usage:
    """As `openai_usage`; Anthropic's input_tokens leave out those of the cache."""
    try:
        usage = body["usage"]
        read, write = (count(usage.get(f"cache_{way}_input_tokens") or 0) for way in ("read", "creation"))
        return _consistent(Usage(count(usage["input_tokens"]) + read + write, count(usage["output_tokens"]), read, write))
    except (KeyError, TypeError, AttributeError, ValueError):
        return UNCOUNTED


def count(value: object) -> int:
    """Raises ValueError unless it is a whole number from 0; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no token count")
    return value


def possible(tokens_in: int, tokens_out: int, most: tuple[int, int]) -> bool:
    """Whether a request of `most` tokens in and out at most may have taken these."""
    return 0 < tokens_in <= MOST_TIMES * most[0] + MOST_MORE and 0 <= tokens_out <= OUT_TIMES * most[1] + OUT_MORE


def _consistent(found: Usage) -> Usage:
    return found if found.cache_read + found.cache_write <= found.tokens_in else UNCOUNTED
