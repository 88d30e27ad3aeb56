"""List what the families of Claude and of OpenAI's reasoning models accept."""

from dataclasses import dataclass
from typing import Literal

Effort = Literal["minimal", "low", "medium", "high"]

# Tokens for thinking, on top of the answer; Claude's least thinking budget is 1,024.
THINKING_ROOM: dict[Effort, int] = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}


@dataclass(frozen=True)
class ClaudeFamily:
    """A family of Claude models, whose names start with `begins`.

    `structured`: takes output_config.format, else a forced tool. `cached`: tokens of the shortest
    prompt beginning that is cached. `thinking`: set by effort, by a token budget, or not at all.
    """

    begins: str
    structured: bool
    cached: int
    thinking: Literal["effort", "budget", ""]


# platform.claude.com/docs: structured outputs, prompt caching, extended thinking. The first match
# counts; the last matches every Claude.
CLAUDE = (
    ClaudeFamily("claude-3-haiku", False, 2048, ""),
    ClaudeFamily("claude-3-5-haiku", False, 2048, ""),
    ClaudeFamily("claude-3-7", False, 1024, "budget"),
    ClaudeFamily("claude-3", False, 1024, ""),
    ClaudeFamily("claude-haiku-4-5", True, 4096, "budget"),
    ClaudeFamily("claude-opus-4-5", True, 4096, "budget"),
    ClaudeFamily("claude-sonnet-4-5", True, 1024, "budget"),
    ClaudeFamily("claude-sonnet-4-6", True, 2048, "effort"),
    ClaudeFamily("claude-opus-4-1", True, 1024, "budget"),
    ClaudeFamily("claude-opus-4-20", False, 1024, "budget"),
    ClaudeFamily("claude-sonnet-4-20", False, 1024, "budget"),
    ClaudeFamily("claude-opus-4-0", False, 1024, "budget"),
    ClaudeFamily("claude-sonnet-4-0", False, 1024, "budget"),
    ClaudeFamily("claude", True, 4096, "effort"),
)
OTHER_MODEL = ClaudeFamily("", False, 1024, "")  # another model behind Anthropic's protocol

# They think unless it is limited, and need room for it.
REASONING_MODELS = ("o1", "o3", "o4", "gpt-5")


def claude_family(model: str) -> ClaudeFamily:
    return next((family for family in CLAUDE if model.startswith(family.begins)), OTHER_MODEL)


def thinking_room(model: str, reasoning: Effort | None) -> int:
    """Return the tokens to allow for thinking, on top of the answer."""
    if reasoning:
        return THINKING_ROOM[reasoning]
    return THINKING_ROOM["medium"] if model.startswith(REASONING_MODELS) else 0
