"""Remove pictures and fonts that a text embeds as `data:` URIs."""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

# Characters of data that are removed anywhere; shorter ones are examples.
MIN_DATA_LENGTH = 64
_HEAD = r"data:[a-z]+/[\w.+-]+(?:;[\w.+-]+(?:=[\w.+-]+)?)*,"
_WRAPPED = r"(?:[A-Za-z0-9+/]{40,100}\r?\n[ \t>]*)+(?:[A-Za-z0-9+/]+(?:=+|(?=[\"')>])))?"
_URI = re.compile(
    rf"{_HEAD}(?:(?:\r?\n[ \t>]*)?{_WRAPPED}|[\w+/=%.~!*:;,?@&$#-]{{{MIN_DATA_LENGTH},}})",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf"(?<=\"){_HEAD}[^\"]{{{MIN_DATA_LENGTH},}}(?=\")|(?<='){_HEAD}[^']{{{MIN_DATA_LENGTH},}}(?=')",
    re.IGNORECASE,
)
# A short one is removed, too, if it shows a picture: ![…](…), src="…", url(…).
PICTURE_URI = re.compile(
    r"""(?i)(?:(?<=\]\()|(?<=\]\(<)|(?<=src=)|(?<=src=["'])|(?<=url\()|(?<=url\(["']))data:[^\s"'<>)]*"""
)
# [picture]: <data:…> "title"
_DEFINITION = re.compile(
    r"""(?mi)^[ ]{0,3}\[[^\]\n]{1,999}\]:[ \t]*(?:\n[ \t]*)?<?data:[^\s>]*>?"""
    r"""[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\))?[ \t]*(?:\n|\Z)"""
)
# In a delimited file the data end at the next comma.
CELL_URI = re.compile(
    rf"data:[a-z]+/[\w.+-]+(?:;[\w.+-]+(?:=[\w.+-]+)?)*;base64,[\w+/=-]{{{MIN_DATA_LENGTH},}}",
    re.IGNORECASE,
)
MapOffset = Callable[[int], int]  # from an offset of the old text to one of the new


def remove_data_uris(text: str) -> tuple[str, MapOffset]:
    """Return the text without data URIs, and the map from old offsets to new ones."""
    if "data:" not in text and "DATA:" not in text:
        return text, lambda place: place
    spans = sorted(found.span() for pattern in (_QUOTED, _URI) for found in pattern.finditer(text))
    return remove_spans(text, spans)


def remove_picture_definitions(text: str) -> str:
    """Remove Markdown's link definitions that hold a picture's data."""
    return _DEFINITION.sub("", text) if "data:" in text.lower() else text


def remove_spans(text: str, spans: list[tuple[int, int]]) -> tuple[str, MapOffset]:
    """Remove sorted spans from a text; also return the map from old offsets to new ones."""
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
