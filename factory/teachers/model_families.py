"""Model families: what a model takes and refuses, in one table each for Claude and for OpenAI's reasoning models."""

from dataclasses import dataclass
from typing import Literal

Effort = Literal["minimal", "low", "medium", "high"]

# Room for thinking beside the answer, in tokens; Claude's least thinking budget is 1,024.
THINKING_ROOM: dict[Effort, int] = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}


@dataclass(frozen=True)
class Claude:
    """`begins`: of the model's name. `structured`: by output_config.format, else by a forced tool.

    `cached`: the least prompt, in tokens, of which a beginning is cached. `thinking`: by effort, by a budget of tokens, or not at all.
    """

    begins: str
    structured: bool
    cached: int
    thinking: Literal["effort", "budget", ""]


# platform.claude.com/docs: structured outputs, prompt caching, extended thinking. The first that fits counts; the last fits every Claude.
CLAUDE = (
    Claude("claude-3-haiku", False, 2048, ""),
    Claude("claude-3-5-haiku", False, 2048, ""),
    Claude("claude-3-7", False, 1024, "budget"),
    Claude("claude-3", False, 1024, ""),
    Claude("claude-haiku-4-5", True, 4096, "budget"),
    Claude("claude-opus-4-5", True, 4096, "budget"),
    Claude("claude-sonnet-4-5", True, 1024, "budget"),
    Claude("claude-sonnet-4-6", True, 2048, "effort"),
    Claude("claude-opus-4-1", True, 1024, "budget"),
    Claude("claude-opus-4-20", False, 1024, "budget"),
    Claude("claude-sonnet-4-20", False, 1024, "budget"),
    Claude("claude-opus-4-0", False, 1024, "budget"),
    Claude("claude-sonnet-4-0", False, 1024, "budget"),
    Claude("claude", True, 4096, "effort"),
)
OTHER = Claude("", False, 1024, "")  # a server that speaks Anthropic's protocol for another model

REASONS_UNASKED = ("o1", "o3", "o4", "gpt-5")  # they think unless told how much: they need the room for it


def claude(model: str) -> Claude:
    return next((family for family in CLAUDE if model.startswith(family.begins)), OTHER)


def thinking_room(model: str, reasoning: Effort | None) -> int:
    """Tokens to allow for thinking beside the answer."""
    if reasoning:
        return THINKING_ROOM[reasoning]
    return THINKING_ROOM["medium"] if model.startswith(REASONS_UNASKED) else 0
