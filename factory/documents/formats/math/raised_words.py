"""Raised and lowered words of a paragraph, and formulas in it, as text of one line.

A reader marks them while it reads the runs. They are written once the paragraph is complete,
because whether a raised 9 may follow a number depends on what precedes it.
"""

import re

from factory.documents.formats import markdown_blocks
from factory.documents.formats.math.linear import LOWERABLE, LOWERED, RAISABLE, SUPERSCRIPTS, group

_UP, _DOWN, _UP_IF, _DOWN_IF, _END, _EDGE = "\x0e\x0f\x10\x11\x12\x13"  # XML forbids all of them
_OPEN = f"{_UP}{_DOWN}{_UP_IF}{_DOWN_IF}"
_MARKED = re.compile("|".join(f"(?:{mark}[^{_OPEN}{_END}]*{_END})+" for mark in _OPEN))
_MARKS = re.compile(f"[{_OPEN}{_END}{_EDGE}]")
_BESIDE = re.compile(rf"(?<=\d){_EDGE}+(?=\d|[{SUPERSCRIPTS}]+√)")
_MINUS = re.compile(r"^[–‐‑](?=\d)|(?<=\d)[–‐‑]$")  # a dash typed as the sign of an exponent or a charge
_TEMPERATURE = re.compile(r"\s?[CF]\b")
_MOVED = re.compile(r"[+\-−–(]?\d.*|[+−oO∘]", re.DOTALL)  # what a run that is only moved means as a script
_LISTED = re.compile(r"\d+(?:\s*[,;–-]\s*\d+)+")  # the numbers of several notes: 1,2 or 9–11
# A fraction that was typed by hand: a raised 3, a slash and a lowered 4.
_TYPED = re.compile(rf"(\d?)(?:{_UP}\d+{_END}){{1,9}}\s?[/⁄]\s?(?:{_DOWN}\d+{_END}){{1,9}}")
_ORDINALS = "aderªº"  # one raised letter behind a number is an ordinal: 2e, 1a


def up(words: str, sure: bool = True) -> str:
    """Marks words as raised; if not `sure`, only digits right behind a word or number are."""
    return f"{_UP if sure else _UP_IF}{words}{_END}" if words else ""


def down(words: str, sure: bool = True) -> str:
    """Marks words as lowered, with `sure` as in `up`."""
    return f"{_DOWN if sure else _DOWN_IF}{words}{_END}" if words else ""


def formula(words: str) -> str:
    """Marks the words of a formula, so that no digit beside it becomes part of its numbers."""
    return f"{_EDGE}{words}{_EDGE}" if words else ""


def resolved(words: str) -> str:
    """The paragraph with superscripts and subscripts in place of all marks."""
    if not _MARKS.search(words):
        return words
    words = _TYPED.sub(_typed, words)
    parts: list[str] = []
    end, before = 0, ""
    for found in _MARKED.finditer(words):
        plain = words[end : found.start()]
        before = _MARKS.sub("", plain[-9:])[-1:] or before
        script = _scripted(_MARKS.sub("", found[0]), before, found[0][0])
        if script in ("⁰", "o") and (_MARKS.sub("", plain).rstrip()[-1:] or before).isdigit() and _TEMPERATURE.match(words, found.end()):
            script = "°"  # 37 with a raised zero or o, and a C
        parts += [plain, script]
        before = parts[-1][-1:] or before
        end = found.end()
    return _MARKS.sub("", _BESIDE.sub(" ", "".join([*parts, words[end:]])))


def _typed(found: re.Match[str]) -> str:
    """A fraction that was typed by hand, apart from the whole number before it."""
    whole = found[1]
    written = _MARKS.sub("", found[0][len(whole) :]).replace("⁄", "/").replace(" ", "")
    return f"{whole} {written}" if whole else written


def _scripted(words: str, before: str, mark: str) -> str:
    """Raised or lowered words with the blanks around them; `before` is the character before."""
    core = _MINUS.sub("−", words.strip())
    tight = not words[:1].isspace() and (before.isalnum() or (before != "" and before in ")]}%"))
    if not core or (mark in (_UP_IF, _DOWN_IF) and not (tight and _MOVED.fullmatch(core))):
        return words
    script = _raised if mark in (_UP, _UP_IF) else _lowered
    return words.replace(words.strip(), script(core, before if tight else ""), 1)


def _raised(core: str, before: str) -> str:
    if RAISABLE.fullmatch(core) and (core != "n" or before.isdigit()):
        return core.translate(markdown_blocks.RAISED)
    if _LISTED.fullmatch(core):
        return re.sub(r"\d", lambda digit: digit[0].translate(markdown_blocks.RAISED), core)
    if before.isdigit() and core in ("o", "O", "∘"):
        return "°"
    letter = len(core) == 1 and core.isalpha() and core not in _ORDINALS and before.isdigit()
    figures = before != "" and any(c.isdigit() for c in core)
    return f"^{group(core)}" if letter or figures else core


def _lowered(core: str, before: str) -> str:
    if LOWERABLE.fullmatch(core):
        return core.translate(LOWERED)
    return f"_{group(core)}" if before.isdigit() and core[0].isdigit() else core
