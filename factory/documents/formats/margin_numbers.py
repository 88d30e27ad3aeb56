"""Remove the line numbers in the margin of transcripts, pleadings and patents."""

import re
from statistics import median

MIN_NUMBERED_LINES = 8
MIN_NUMBERED_SHARE = 0.8  # of the lines that are not empty; the rest are page headers and footers
MIN_CONSECUTIVE_SHARE = 0.9  # of the numbers that follow the one before, or begin a page with 1
# Share of lines that begin with a small letter; entries of a list rarely do.
MIN_LOWERCASE_SHARE = 0.3
MIN_MEDIAN_LENGTH = 25  # characters of a usual line
_LINE = re.compile(r"(?m)^[ \t]{0,12}(\d{1,4})(?:[ \t]{2,}|\t|[ \t]*$)([^\n]*)")


def remove_line_numbers(text: str) -> str:
    """Return the text without its line numbers, if it has any."""
    found = list(_LINE.finditer(text))
    lines = sum(1 for line in text.splitlines() if line.strip())
    if len(found) < MIN_NUMBERED_LINES or len(found) < MIN_NUMBERED_SHARE * lines:
        return text
    numbers = [int(one[1]) for one in found]
    follow = [b == a + 1 or b == 1 for a, b in zip(numbers, numbers[1:], strict=False)]
    words = [one[2].strip() for one in found if one[2].strip()]
    running = sum(line[0].islower() for line in words) >= MIN_LOWERCASE_SHARE * len(words)
    if sum(follow) < MIN_CONSECUTIVE_SHARE * len(follow) or not words or not running:
        return text
    return (
        _LINE.sub(lambda one: one[2], text)
        if median(map(len, words)) >= MIN_MEDIAN_LENGTH
        else text
    )
