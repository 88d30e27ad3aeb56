"""Find superscripts and subscripts on a PDF page: 10⁶ is not 106, and 3/4 is not 34.

A PDF file says only where each digit is drawn and how large. A digit counts as raised or lowered
if it is smaller than the character right before or after it and off its baseline; characters of
the same size must be off by more.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from factory.documents.formats import markdown_blocks
from factory.documents.formats.pdf.characters import Box, PageGlyphs
from factory.documents.formats.pdf.stacked_fractions import fraction_edits

SUPERSCRIPT_TABLE = markdown_blocks.TO_SUPERSCRIPT | str.maketrans("oO", "°°")
SUBSCRIPT_TABLE = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
DASH = "–"  # a minus sign if a script begins or ends with it
MAX_SCRIPT_SIZE = 0.88  # times the base's size: office programs set 0.58 to 0.8, LaTeX 0.6 to 0.7
MIN_SCRIPT_SIZE = 0.4  # smaller type is not an exponent but text next to a drop cap
# times the base's size, by which a baseline is off
MIN_RISE, MIN_RISE_SAME_SIZE, MIN_DROP, MAX_SHIFT = 0.14, 0.25, 0.06, 0.95
# the same for type as large as the base: more is another line of a cell
MAX_SHIFT_SAME_SIZE = 0.55
MAX_GLYPH_DISTANCE = 1.7  # times the type size, from one character's beginning to the next
SCRIPT_BASELINE_TOLERANCE = 0.25  # points, within one line
MAX_NEIGHBOUR_DISTANCE = 80.0  # points; characters further away are not next to a number
_RUN = re.compile(
    r"[0-9+\-−–=(),;n]*[0-9][0-9+\-−–=(),;n]*|(?<=[0-9])n|(?<=[^\W_])[+−](?![0-9])|(?<=[0-9])[oO](?=\s{0,3}[CF]\b)"
)
_BREAK = re.compile(r"[\r\n]+")
_FRACTION = re.compile(r"[/⁄∕]")
_SIGNS = "+-−–=(),;"
# characters from a raised number to the lowered one: a slash, and line breaks around it
_PARTED = 7
_SCRIPTS = 1.5  # heights of a small character, by which a raised one is above a lowered one
_LONGEST = 40  # characters; longer runs are skipped


class PlacedGlyph(NamedTuple):
    """A character: its place in the text, the beginning of its baseline, and its type size."""

    at: int
    x: float
    y: float
    size: float


class ScriptRun(NamedTuple):
    """A run of raised (`way` is 1) or lowered (-1) characters, by first and last place."""

    first: int
    last: int
    way: int


class ScriptedText(NamedTuple):
    """A page's text with Unicode superscripts and subscripts, and each character's pdfium index."""

    text: str
    places: list[int]
    # Indices of raised and lowered characters, whose boxes do not show their line.
    off: frozenset[int]


def mark_scripts(glyphs: PageGlyphs, lines: Sequence[Box] = ()) -> ScriptedText:
    """Replace raised and lowered digits. `lines`: the page's thin lines; some are fraction bars."""
    text = glyphs.text()
    stacked = fraction_edits(glyphs, text, lines)
    runs = (
        run.span()
        for run in _RUN.finditer(text)
        if not (stacked and stacked.keys() & set(range(*run.span())))
    )
    scripts = [script for run in runs for script in _scripts(glyphs, text, run)]
    gaps = (gap.span() for gap in _BREAK.finditer(text))
    edits = {
        at: one
        for gap in gaps
        if _resized(glyphs, text, *gap)
        for at, one in _joint(glyphs, text, *gap)
    }
    edits |= _edits(glyphs, text, scripts) | stacked
    if not edits:
        return ScriptedText(text, list(range(len(text))), frozenset())
    written = [(letter, at) for at, one in enumerate(text) for letter in edits.get(at, one)]
    off = frozenset(at for one in scripts for at in range(one.first, one.last + 1)) | stacked.keys()
    return ScriptedText("".join(letter for letter, _ in written), [at for _, at in written], off)


def _scripts(glyphs: PageGlyphs, text: str, span: tuple[int, int]) -> Iterator[ScriptRun]:
    """Yield the raised and lowered parts of a run of digits and signs."""
    start, end = span
    if end - start > _LONGEST:
        return
    around = [
        at for at in (_neighbour(text, start, -1), _neighbour(text, end - 1, 1)) if at is not None
    ]
    digits = [at for at in range(start, end) if text[at] not in _SIGNS] or [start]
    x, y = glyphs.origin(digits[0])
    others = map(glyphs.origin, (*around, digits[-1]))
    # most numbers of a page end here
    if all(
        abs(y - b) < SCRIPT_BASELINE_TOLERANCE or abs(x - a) > MAX_NEIGHBOUR_DISTANCE
        for a, b in others
    ):
        return
    seen = {
        at: PlacedGlyph(at, *glyphs.origin(at), glyphs.size(at))
        for at in (*around, *range(start, end))
    }
    ways = [_way(seen, at, around) for at in range(start, end)]
    at = start
    while at < end:
        last = at
        while last + 1 < end and ways[last + 1 - start] == ways[at - start]:
            last += 1
        if ways[at - start] and (
            end - start == 1 or any(c.isdigit() or c == "n" for c in text[at : last + 1])
        ):
            yield ScriptRun(at, last, ways[at - start])
        at = last + 1


def _neighbour(text: str, at: int, step: int) -> int | None:
    """Return the place of the next visible character, at most five places away."""
    for place in range(at + step, at + 6 * step, step):
        if 0 <= place < len(text) and not text[place].isspace():
            return place
    return None


def _way(seen: dict[int, PlacedGlyph], at: int, around: Sequence[int]) -> int:
    """Return 1 if a character is raised, -1 if lowered, else 0, by the largest character near it.

    If several are as large, the one before the run decides.
    """
    own = seen[at]
    others = (one for one in seen.values() if one.at != at and _near(one, own))
    base = max(
        others, key=lambda g: (round(g.size, 1), g.at < at, -abs(g.at - around[0])), default=own
    )
    behind = seen.get(max(around, default=at))
    if behind and behind.at > at and _alike(behind, own) and _near(own, behind):
        return 0  # small type continues: text next to a drop cap, or raised words with digits
    shift = (own.y - base.y) / (base.size or 1)
    if not MIN_SCRIPT_SIZE * base.size <= own.size or abs(shift) > MAX_SHIFT:
        return 0
    if own.size <= MAX_SCRIPT_SIZE * base.size:
        return 1 if shift >= MIN_RISE else -1 if shift <= -MIN_DROP else 0
    return 1 if MIN_RISE_SAME_SIZE <= shift <= MAX_SHIFT_SAME_SIZE and base.at < at else 0


def _near(one: PlacedGlyph, other: PlacedGlyph) -> bool:
    """Check whether two characters are neighbours on a line, apart from the run between them."""
    size = max(one.size, other.size)
    if (one.x - other.x) * (one.at - other.at) <= 0:
        return False
    return (
        abs(one.x - other.x) <= MAX_GLYPH_DISTANCE * size * max(1, abs(one.at - other.at))
        and abs(one.y - other.y) <= MAX_SHIFT * size
    )


def _alike(one: PlacedGlyph, other: PlacedGlyph) -> bool:
    return (
        abs(one.size - other.size) < 0.05 * other.size and abs(one.y - other.y) < 0.05 * other.size
    )


def _edits(glyphs: PageGlyphs, text: str, scripts: Sequence[ScriptRun]) -> dict[int, str]:
    """Return replacements for the characters that change, by their place in the text."""
    edits: dict[int, str] = {}
    over = None  # the numerator of a fraction whose denominator comes next
    for one, following in zip_longest(scripts, scripts[1:]):
        fraction = (
            following and one.way > 0 > following.way and _fraction(glyphs, text, one, following)
        )
        plain = over is not None or bool(fraction)
        table = SUPERSCRIPT_TABLE if one.way > 0 else SUBSCRIPT_TABLE
        for at in range(one.first, one.last + 1):
            minus = text[at] == DASH and at in (one.first, one.last)
            edits[at] = text[at] if plain else ("−" if minus else text[at]).translate(table)
        if fraction and following:
            edits[one.first] = (
                f"{' ' if one.first and text[one.first - 1].isdigit() else ''}{text[one.first]}"
            )
            edits.update(dict.fromkeys(range(one.last + 1, following.first), ""))
            edits[one.last] += "/"
        else:
            edits.update(_joints(glyphs, text, one))
        over = one if fraction else None
    return edits


def _fraction(glyphs: PageGlyphs, text: str, over: ScriptRun, under: ScriptRun) -> bool:
    """Check for a raised number, a slash and a lowered number, or one right below the other.

    A superscript and a subscript of the same letter are not a fraction.
    """
    between = text[over.last + 1 : under.first]
    if _FRACTION.fullmatch(between.strip()) and len(between) <= _PARTED:
        return True
    if between.strip() or text[over.first - 1 : over.first].isalpha():
        return False
    ones, others = ((glyphs.box(s.first)[0], glyphs.box(s.last)[2]) for s in (over, under))
    return min(ones[1], others[1]) - max(ones[0], others[0]) > 0.5 * min(
        ones[1] - ones[0], others[1] - others[0]
    )


def _joints(glyphs: PageGlyphs, text: str, one: ScriptRun) -> Iterator[tuple[int, str]]:
    """Remove the line breaks that pdfium sets around a raised digit; a wide gap becomes a blank."""
    if gap := _BREAK.match(text, one.last + 1):
        yield from _joint(glyphs, text, *gap.span())
    if gap := _BREAK.match(text, max(0, one.first - 2), one.first):
        yield from _joint(glyphs, text, *gap.span())


def _resized(glyphs: PageGlyphs, text: str, begin: int, end: int) -> bool:
    """Check whether the type size changes at a line break, as in 5th with raised letters."""
    if begin == 0 or end >= len(text):
        return False
    one, other = sorted((glyphs.size(begin - 1), glyphs.size(end)))
    return MIN_SCRIPT_SIZE * other <= one <= MAX_SCRIPT_SIZE * other


def _joint(glyphs: PageGlyphs, text: str, begin: int, end: int) -> Iterator[tuple[int, str]]:
    if begin == 0 or end >= len(text):
        return
    left, right = glyphs.box(begin - 1), glyphs.box(end)
    height = max(left[3] - left[1], right[3] - right[1])
    gap = right[0] - left[2]
    apart = _SCRIPTS * height if text[begin - 1].isdigit() and text[end].isdigit() else height
    # otherwise it is a real line break
    if abs(left[1] - right[1]) <= apart and -height < gap < 1.5 * height:
        yield from ((at, "") for at in range(begin, end - 1))
        yield end - 1, " " if gap > 0.15 * height and not text[end].isspace() else ""
