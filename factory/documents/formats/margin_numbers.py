"""Line numbers in front of the lines of a plain text, as transcripts, pleadings and patents have them."""

import re
from statistics import median

LEAST = 8  # numbered lines of a text that shows them
NUMBERED = 0.8  # of the lines that hold anything; the rest are heads and feet of pages
COUNTING = 0.9  # of the numbers that follow the one before, or begin a page with 1
RUNNING = 0.3  # of the lines that begin with a small letter: entries of a list rarely do
LONG = 25  # characters of a usual line
_LINE = re.compile(r"(?m)^[ \t]{0,12}(\d{1,4})(?:[ \t]{2,}|\t|[ \t]*$)([^\n]*)")


def without(text: str) -> str:
    """The text without the numbers, if they count its lines; else the text as it is."""
    found = list(_LINE.finditer(text))
    lines = sum(1 for line in text.splitlines() if line.strip())
    if len(found) < LEAST or len(found) < NUMBERED * lines:
        return text
    numbers = [int(one[1]) for one in found]
    follow = [b == a + 1 or b == 1 for a, b in zip(numbers, numbers[1:], strict=False)]
    words = [one[2].strip() for one in found if one[2].strip()]
    running = sum(line[0].islower() for line in words) >= RUNNING * len(words)
    if sum(follow) < COUNTING * len(follow) or not words or not running:
        return text
    return _LINE.sub(lambda one: one[2], text) if median(map(len, words)) >= LONG else text
