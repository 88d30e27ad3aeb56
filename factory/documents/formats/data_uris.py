"""Pictures and fonts written into a text as `data:` URIs: no words, and longer than the text."""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

SHORTEST = 64  # characters of data that are left out wherever they stand: shorter ones are examples
_HEAD = r"data:[a-z]+/[\w.+-]+(?:;[\w.+-]+(?:=[\w.+-]+)?)*,"
_WRAPPED = r"(?:[A-Za-z0-9+/]{40,100}\r?\n[ \t>]*)+(?:[A-Za-z0-9+/]+(?:=+|(?=[\"')>])))?"
_URI = re.compile(rf"{_HEAD}(?:(?:\r?\n[ \t>]*)?{_WRAPPED}|[\w+/=%.~!*:;,?@&$#-]{{{SHORTEST},}})", re.IGNORECASE)
_QUOTED = re.compile(
    rf"(?<=\"){_HEAD}[^\"]{{{SHORTEST},}}(?=\")|(?<='){_HEAD}[^']{{{SHORTEST},}}(?=')",
    re.IGNORECASE,
)
# Where a short one shows a picture, too: ![…](…), src="…", url(…).
SHOWN = re.compile(
    r"""(?i)(?:(?<=\]\()|(?<=\]\(<)|(?<=src=)|(?<=src=["'])|(?<=url\()|(?<=url\(["']))data:[^\s"'<>)]*"""
)
# [picture]: <data:…> "title"
_DEFINITION = re.compile(
    r"""(?mi)^[ ]{0,3}\[[^\]\n]{1,999}\]:[ \t]*(?:\n[ \t]*)?<?data:[^\s>]*>?[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\))?[ \t]*(?:\n|\Z)"""
)
# In a file of commas, where the data end at the next one.
CELL = re.compile(
    rf"data:[a-z]+/[\w.+-]+(?:;[\w.+-]+(?:=[\w.+-]+)?)*;base64,[\w+/=-]{{{SHORTEST},}}",
    re.IGNORECASE,
)
Moved = Callable[[int], int]  # from a place of one text to that of another


def without(text: str) -> tuple[str, Moved]:
    """The text without them, and where its places are then."""
    if "data:" not in text and "DATA:" not in text:
        return text, lambda place: place
    spans = sorted(found.span() for pattern in (_QUOTED, _URI) for found in pattern.finditer(text))
    return cut(text, spans)


def without_definitions(text: str) -> str:
    """Markdown without the references that name a picture by its data."""
    return _DEFINITION.sub("", text) if "data:" in text.lower() else text


def cut(text: str, spans: list[tuple[int, int]]) -> tuple[str, Moved]:
    """The text without some stretches, which are in order, and where its places are then."""
    starts: list[int] = []
    lengths: list[int] = []
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        if stop <= end:
            continue
        start = max(start, end)
        parts.append(text[end:start])
        starts.append(start)
        lengths.append(stop - start)
        end = stop
    parts.append(text[end:])
    gone = list(accumulate(lengths, initial=0))

    def moved(place: int) -> int:
        before = bisect_right(starts, place)
        return (
            max(starts[before - 1], place - lengths[before - 1]) - gone[before - 1]
            if before
            else place
        )

    return "".join(parts), moved
