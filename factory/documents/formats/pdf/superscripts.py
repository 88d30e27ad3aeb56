"""Raised and lowered digits of a PDF page: 10⁶ is not 106, H₂O has no number in it, and 3/4 is not 34.

A PDF file says only where each digit is drawn and how large. A digit counts as raised or lowered if it is smaller than the
character right before or behind it and off its baseline; characters of the same size must be off by more.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from factory.documents.formats import markdown_blocks
from factory.documents.formats.pdf.characters import Box, Glyphs
from factory.documents.formats.pdf.stacked_fractions import fractions

RAISED = markdown_blocks.RAISED | str.maketrans("oO", "°°")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
DASH = "–"  # a minus sign where a script begins or ends with it
SMALLER = 0.88  # of the base's size: office programs set 0.58 to 0.8, LaTeX 0.6 to 0.7
SMALLEST = 0.4  # less is no exponent but text beside a drop cap
UP, UP_ALIKE, DOWN, MOST = 0.14, 0.25, 0.06, 0.95  # of the base's size, by which a baseline is off
MOST_ALIKE = 0.55  # the same for type as large as the base's: more is another line of a cell
NEAR = 1.7  # sizes of type from a character's beginning to the next one's
LEVEL = 0.25  # points by which baselines of one line differ
WIDE = 80.0  # points, beyond which no character stands beside a number
_RUN = re.compile(r"[0-9+\-−–=(),;n]*[0-9][0-9+\-−–=(),;n]*|(?<=[0-9])n|(?<=[^\W_])[+−](?![0-9])|(?<=[0-9])[oO](?=\s{0,3}[CF]\b)")
_BREAK = re.compile(r"[\r\n]+")
_FRACTION = re.compile(r"[/⁄∕]")
_SIGNS = "+-−–=(),;"
_PARTED = 7  # characters from a raised number to the lowered one: a slash, and the ends of lines that pdfium may set around it
_SCRIPTS = 1.5  # heights of a small character, by which a raised one stands above a lowered one
_LONGEST = 40  # characters of a run that is looked at


class Glyph(NamedTuple):
    """A character with its place in the text, the beginning of its baseline, and the size of its type."""

    at: int
    x: float
    y: float
    size: float


class Script(NamedTuple):
    """A run of characters that are raised (+1) or lowered (-1): its first and last place in the text."""

    first: int
    last: int
    way: int


class Scripted(NamedTuple):
    """A page's text with its scripts as characters of their own, and pdfium's index of each character."""

    text: str
    places: list[int]
    off: frozenset[int]  # indices of raised and lowered characters, whose boxes say nothing of their line


def scripted(glyphs: Glyphs, lines: Sequence[Box] = ()) -> Scripted:
    """`lines`: thin lines of the page, of which some are the bars of fractions."""
    text = glyphs.text()
    stacked = fractions(glyphs, text, lines)
    runs = (run.span() for run in _RUN.finditer(text) if not (stacked and stacked.keys() & set(range(*run.span()))))
    scripts = [script for run in runs for script in _scripts(glyphs, text, run)]
    gaps = (gap.span() for gap in _BREAK.finditer(text))
    edits = {at: one for gap in gaps if _resized(glyphs, text, *gap) for at, one in _joint(glyphs, text, *gap)}
    edits |= _edits(glyphs, text, scripts) | stacked
    if not edits:
        return Scripted(text, list(range(len(text))), frozenset())
    written = [(letter, at) for at, one in enumerate(text) for letter in edits.get(at, one)]
    off = frozenset(at for one in scripts for at in range(one.first, one.last + 1)) | stacked.keys()
    return Scripted("".join(letter for letter, _ in written), [at for _, at in written], off)


def _scripts(glyphs: Glyphs, text: str, span: tuple[int, int]) -> Iterator[Script]:
    """The raised and lowered stretches of a run of digits and signs."""
    start, end = span
    if end - start > _LONGEST:
        return
    around = [at for at in (_beside(text, start, -1), _beside(text, end - 1, 1)) if at is not None]
    digits = [at for at in range(start, end) if text[at] not in _SIGNS] or [start]
    x, y = glyphs.origin(digits[0])
    others = map(glyphs.origin, (*around, digits[-1]))
    if all(abs(y - b) < LEVEL or abs(x - a) > WIDE for a, b in others):  # most numbers of a page end here
        return
    seen = {at: Glyph(at, *glyphs.origin(at), glyphs.size(at)) for at in (*around, *range(start, end))}
    ways = [_way(seen, at, around) for at in range(start, end)]
    at = start
    while at < end:
        last = at
        while last + 1 < end and ways[last + 1 - start] == ways[at - start]:
            last += 1
        if ways[at - start] and (end - start == 1 or any(c.isdigit() or c == "n" for c in text[at : last + 1])):
            yield Script(at, last, ways[at - start])
        at = last + 1


def _beside(text: str, at: int, step: int) -> int | None:
    """The next character that shows, at most five places away."""
    for place in range(at + step, at + 6 * step, step):
        if 0 <= place < len(text) and not text[place].isspace():
            return place
    return None


def _way(seen: dict[int, Glyph], at: int, around: Sequence[int]) -> int:
    """1 if a character is raised, -1 if it is lowered, beside the largest character that is near it.

    Of several that are as large, the one that stands before the run decides.
    """
    own = seen[at]
    others = (one for one in seen.values() if one.at != at and _near(one, own))
    base = max(others, key=lambda g: (round(g.size, 1), g.at < at, -abs(g.at - around[0])), default=own)
    behind = seen.get(max(around, default=at))
    if behind and behind.at > at and _alike(behind, own) and _near(own, behind):
        return 0  # small type that goes on: text beside a drop cap, or words that are raised with their digits
    shift = (own.y - base.y) / (base.size or 1)
    if not SMALLEST * base.size <= own.size or abs(shift) > MOST:
        return 0
    if own.size <= SMALLER * base.size:
        return 1 if shift >= UP else -1 if shift <= -DOWN else 0
    return 1 if UP_ALIKE <= shift <= MOST_ALIKE and base.at < at else 0


def _near(one: Glyph, other: Glyph) -> bool:
    """Whether two characters stand side by side, or with the run's own characters between them; text that is turned does not."""
    size = max(one.size, other.size)
    if (one.x - other.x) * (one.at - other.at) <= 0:
        return False
    return abs(one.x - other.x) <= NEAR * size * max(1, abs(one.at - other.at)) and abs(one.y - other.y) <= MOST * size


def _alike(one: Glyph, other: Glyph) -> bool:
    return abs(one.size - other.size) < 0.05 * other.size and abs(one.y - other.y) < 0.05 * other.size


def _edits(glyphs: Glyphs, text: str, scripts: Sequence[Script]) -> dict[int, str]:
    """What stands in place of the characters that change, by their place in the text."""
    edits: dict[int, str] = {}
    over = None  # the numerator of a fraction whose denominator comes next
    for one, following in zip_longest(scripts, scripts[1:]):
        fraction = following and one.way > 0 > following.way and _fraction(glyphs, text, one, following)
        plain = over is not None or bool(fraction)
        table = RAISED if one.way > 0 else LOWERED
        for at in range(one.first, one.last + 1):
            minus = text[at] == DASH and at in (one.first, one.last)
            edits[at] = text[at] if plain else ("−" if minus else text[at]).translate(table)
        if fraction and following:
            edits[one.first] = f"{' ' if one.first and text[one.first - 1].isdigit() else ''}{text[one.first]}"
            edits.update(dict.fromkeys(range(one.last + 1, following.first), ""))
            edits[one.last] += "/"
        else:
            edits.update(_joints(glyphs, text, one))
        over = one if fraction else None
    return edits


def _fraction(glyphs: Glyphs, text: str, over: Script, under: Script) -> bool:
    """A raised number, a slash and a lowered one; or one right below the other, but not as the two scripts of a letter."""
    between = text[over.last + 1 : under.first]
    if _FRACTION.fullmatch(between.strip()) and len(between) <= _PARTED:
        return True
    if between.strip() or text[over.first - 1 : over.first].isalpha():
        return False
    ones, others = ((glyphs.box(s.first)[0], glyphs.box(s.last)[2]) for s in (over, under))
    return min(ones[1], others[1]) - max(ones[0], others[0]) > 0.5 * min(ones[1] - ones[0], others[1] - others[0])


def _joints(glyphs: Glyphs, text: str, one: Script) -> Iterator[tuple[int, str]]:
    """pdfium ends the line before or behind a raised digit: nothing or a blank stands there, as the gap is."""
    if gap := _BREAK.match(text, one.last + 1):
        yield from _joint(glyphs, text, *gap.span())
    if gap := _BREAK.match(text, max(0, one.first - 2), one.first):
        yield from _joint(glyphs, text, *gap.span())


def _resized(glyphs: Glyphs, text: str, begin: int, end: int) -> bool:
    """Whether small type begins or ends at the end of a line: Tmax with its letters lowered, 5th, or raised digits."""
    if begin == 0 or end >= len(text):
        return False
    one, other = sorted((glyphs.size(begin - 1), glyphs.size(end)))
    return SMALLEST * other <= one <= SMALLER * other


def _joint(glyphs: Glyphs, text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    if begin == 0 or end >= len(text):
        return
    left, right = glyphs.box(begin - 1), glyphs.box(end)
    height = max(left[3] - left[1], right[3] - right[1])
    gap = right[0] - left[2]
    apart = _SCRIPTS * height if text[begin - 1].isdigit() and text[end].isdigit() else height
    if abs(left[1] - right[1]) <= apart and -height < gap < 1.5 * height:  # else a line does end there
        yield from ((at, "") for at in range(begin, end - 1))
        yield end - 1, " " if gap > 0.15 * height and not text[end].isspace() else ""
