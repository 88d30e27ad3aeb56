"""Decide whether a chunk has enough prose to be rewritten or summarized. Table rows, headings and
lines of links do not count.
"""

import re

from factory.core.records import Chunk
from filters.text.segment import words

MOST = 0.5  # of a chunk's words must be prose: a table under a sentence is a table

_ROW = re.compile(r"\s*\|")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]+\*\*:?\s*$)")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|\bhttps?://\S+")
_LINKED = 0.5  # the most of a line's words that may be in links


def has_enough_prose(chunk: Chunk, least: int) -> bool:
    """Return whether the chunk has at least `least` words of prose, and prose makes up at least
    half of it.
    """
    told = sum(len(words(line)) for line in chunk.text.split("\n") if _is_prose(line))
    return told >= max(least, MOST * len(words(chunk.text)))


def _is_prose(line: str) -> bool:
    if _ROW.match(line) or _HEADING.match(line):
        return False
    linked = sum(len(words(m.group())) for m in _LINK.finditer(line))
    return linked <= _LINKED * len(words(line))
