"""Parse a request: match its text against the prompt template and recover the values that filled
it.
"""

import re
from functools import cache
from string import Template
from typing import NamedTuple

from factory.core.prompts import Prompt

# Only a chunk may contain the words that follow it in the prompt.
GREEDY_NAME = "chunk"


class ParsedPrompt(NamedTuple):
    """A prompt, and the values that filled its names."""

    prompt: Prompt
    names: dict[str, str]


def parse_prompt(prompts: tuple[Prompt, ...], system: str, user: str) -> ParsedPrompt | None:
    """Return the first of the prompts that these two texts can be made from."""
    for prompt in prompts:
        names = parse_part(prompt.system, system)
        shown = parse_part(prompt.user, user)
        if names is not None and shown is not None:
            return ParsedPrompt(prompt, {**names, **shown})
    return None


def parse_part(part: str, text: str) -> dict[str, str] | None:
    """Return the values that fill one part of a prompt; None if the text is not made from it."""
    # The prompt's empty first line was stripped.
    found = _inverse(part).fullmatch(text) or _inverse(part).fullmatch(f"\n{text}")
    return found.groupdict() if found else None


@cache
def _inverse(part: str) -> re.Pattern[str]:
    """Return a pattern that matches all texts that the part can be filled to."""
    pieces: list[str] = []
    seen: set[str] = set()
    end = 0
    for m in Template.pattern.finditer(part):
        name = m["named"] or m["braced"]
        pieces.append(re.escape(part[end : m.start()]))
        pieces.append(
            "\\$"
            if not name
            else f"(?P={name})"
            if name in seen
            else f"(?P<{name}>.*{'' if name == GREEDY_NAME else '?'})"
        )
        seen |= {name} if name else set()
        end = m.end()
    return re.compile("".join((*pieces, re.escape(part[end:]))), re.DOTALL)
