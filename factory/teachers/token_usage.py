"""Check the token counts of a reply: a server may send anything, and costs depend on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# A provider may prepend its own system prompt, and counts with another tokenizer.
MOST_TIMES, MOST_MORE = 4, 4000
# A cut-off reply is asked for again with twice the room; some providers count the end token too.
OUT_TIMES, OUT_MORE = 2, 1000


@dataclass(frozen=True)
class Usage:
    """Tokens in and out.

    Of the tokens in, `cache_read` came from the provider's cache and `cache_write` went into it.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def both(self) -> tuple[int, int]:
        return self.tokens_in, self.tokens_out


UNCOUNTED = Usage()  # no real request has zero tokens


def openai_usage(body: Mapping[str, Any]) -> Usage:
    """Read OpenAI's counts; UNCOUNTED unless all are whole numbers from 0."""
    try:
        usage = body["usage"]
        details = usage.get("prompt_tokens_details") or {}
        read = (
            checked_count(details["cached_tokens"])
            if details.get("cached_tokens") is not None
            else 0
        )
        return _consistent(
            Usage(
                checked_count(usage["prompt_tokens"]),
                checked_count(usage["completion_tokens"]),
                read,
            )
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return UNCOUNTED


def anthropic_usage(body: Mapping[str, Any]) -> Usage:
    """Read Anthropic's counts, whose input_tokens leave out those of the cache."""
    try:
        usage = body["usage"]
        read, write = (
            checked_count(usage.get(f"cache_{way}_input_tokens") or 0)
            for way in ("read", "creation")
        )
        return _consistent(
            Usage(
                checked_count(usage["input_tokens"]) + read + write,
                checked_count(usage["output_tokens"]),
                read,
                write,
            )
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return UNCOUNTED


def checked_count(value: object) -> int:
    """Return a token count.

    Raises ValueError unless it is a whole number from 0; booleans are not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no token count")
    return value


def is_plausible(tokens_in: int, tokens_out: int, most: tuple[int, int]) -> bool:
    """Return whether a request of at most `most` tokens in and out can have these counts."""
    return (
        0 < tokens_in <= MOST_TIMES * most[0] + MOST_MORE
        and 0 <= tokens_out <= OUT_TIMES * most[1] + OUT_MORE
    )


def _consistent(found: Usage) -> Usage:
    return found if found.cache_read + found.cache_write <= found.tokens_in else UNCOUNTED
