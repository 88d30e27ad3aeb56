"""What a request asks for, read back from the words of the prompt that it was filled from."""

import re
from functools import cache
from string import Template
from typing import NamedTuple

from factory.core.prompts import Prompt

GREEDY = "chunk"  # a chunk may hold the words that come after it in the prompt; nothing else does


class Filled(NamedTuple):
    """A prompt, and what stood in the place of its names."""

    prompt: Prompt
    names: dict[str, str]


def recognised(prompts: tuple[Prompt, ...], system: str, user: str) -> Filled | None:
    """The first of the prompts that these two texts can be made from."""
    for prompt in prompts:
        names = read_back(prompt.system, system)
        shown = read_back(prompt.user, user)
        if names is not None and shown is not None:
            return Filled(prompt, {**names, **shown})
    return None


def read_back(part: str, text: str) -> dict[str, str] | None:
    """The names' texts of one part of a prompt; None where the text is not made from it."""
    found = _inverse(part).fullmatch(text) or _inverse(part).fullmatch(f"\n{text}")  # an empty first line was stripped away
    return found.groupdict() if found else None


@cache
def _inverse(part: str) -> re.Pattern[str]:
    """The pattern of all texts that the part can be filled to."""
    pieces: list[str] = []
    seen: set[str] = set()
    end = 0
    for m in Template.pattern.finditer(part):
        name = m["named"] or m["braced"]
        pieces.append(re.escape(part[end : m.start()]))
        pieces.append("\\$" if not name else f"(?P={name})" if name in seen else f"(?P<{name}>.*{'' if name == GREEDY else '?'})")
        seen |= {name} if name else set()
        end = m.end()
    return re.compile("".join((*pieces, re.escape(part[end:]))), re.DOTALL)
