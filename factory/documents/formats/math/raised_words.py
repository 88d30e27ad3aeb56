"""Write raised and lowered words and formulas of a paragraph as text in one line.

A reader marks them while it reads the runs. They are written once the paragraph is complete,
because whether a raised 9 may follow a number depends on what precedes it.
"""

import re

from factory.documents.formats import markdown_blocks
from factory.documents.formats.math.linear import (
    SUBSCRIPT_TEXT,
    SUPERSCRIPT_TEXT,
    SUPERSCRIPTS,
    TO_SUBSCRIPT,
    bracket,
)

_UP, _DOWN, _UP_IF, _DOWN_IF, _END, _EDGE = "\x0e\x0f\x10\x11\x12\x13"  # XML forbids all of them
_OPEN = f"{_UP}{_DOWN}{_UP_IF}{_DOWN_IF}"
_MARKED = re.compile("|".join(f"(?:{mark}[^{_OPEN}{_END}]*{_END})+" for mark in _OPEN))
_MARKS = re.compile(f"[{_OPEN}{_END}{_EDGE}]")
_BESIDE = re.compile(rf"(?<=\d){_EDGE}+(?=\d|[{SUPERSCRIPTS}]+√)")
# A dash typed as the sign of an exponent or a charge.
_MINUS = re.compile(r"^[–‐‑](?=\d)|(?<=\d)[–‐‑]$")
_TEMPERATURE = re.compile(r"\s?[CF]\b")
_MOVED = re.compile(r"[+\-−–(]?\d.*|[+−oO∘]", re.DOTALL)  # text of a moved run that is a script
_LISTED = re.compile(r"\d+(?:\s*[,;–-]\s*\d+)+")  # the numbers of several notes: 1,2 or 9–11
# A fraction that was typed by hand: a raised 3, a slash and a lowered 4.
_TYPED = re.compile(rf"(\d?)(?:{_UP}\d+{_END}){{1,9}}\s?[/⁄]\s?(?:{_DOWN}\d+{_END}){{1,9}}")
_ORDINALS = "aderªº"  # one raised letter after a number is an ordinal: 2e, 1a


def mark_raised(words: str, sure: bool = True) -> str:
    """Mark words as raised; if not `sure`, only digits right after a word or number are."""
    return f"{_UP if sure else _UP_IF}{words}{_END}" if words else ""


def mark_lowered(words: str, sure: bool = True) -> str:
    """Mark words as lowered, with `sure` as in `mark_raised`."""
    return f"{_DOWN if sure else _DOWN_IF}{words}{_END}" if words else ""


def mark_formula(words: str) -> str:
    """Mark the words of a formula, so that no digit next to it becomes part of its numbers."""
    return f"{_EDGE}{words}{_EDGE}" if words else ""


def resolve_marks(words: str) -> str:
    """Replace all marks of a paragraph by superscripts and subscripts."""
    if not _MARKS.search(words):
        return words
    words = _TYPED.sub(_typed_fraction, words)
    parts: list[str] = []
    end, before = 0, ""
    for found in _MARKED.finditer(words):
        plain = words[end : found.start()]
        before = _MARKS.sub("", plain[-9:])[-1:] or before
        script = _write_script(_MARKS.sub("", found[0]), before, found[0][0])
        if (
            script in ("⁰", "o")
            and (_MARKS.sub("", plain).rstrip()[-1:] or before).isdigit()
            and _TEMPERATURE.match(words, found.end())
        ):
            script = "°"  # 37 with a raised zero or o, and a C
        parts += [plain, script]
        before = parts[-1][-1:] or before
        end = found.end()
    return _MARKS.sub("", _BESIDE.sub(" ", "".join([*parts, words[end:]])))


def _typed_fraction(found: re.Match[str]) -> str:
    """Write a hand-typed fraction, with a blank after the whole number before it."""
    whole = found[1]
    written = _MARKS.sub("", found[0][len(whole) :]).replace("⁄", "/").replace(" ", "")
    return f"{whole} {written}" if whole else written


def _write_script(words: str, before: str, mark: str) -> str:
    """Write raised or lowered words with the blanks around them, after the character `before`."""
    core = _MINUS.sub("−", words.strip())
    tight = not words[:1].isspace() and (before.isalnum() or (before != "" and before in ")]}%"))
    if not core or (mark in (_UP_IF, _DOWN_IF) and not (tight and _MOVED.fullmatch(core))):
        return words
    script = _superscript if mark in (_UP, _UP_IF) else _subscript
    return words.replace(words.strip(), script(core, before if tight else ""), 1)


def _superscript(core: str, before: str) -> str:
    if SUPERSCRIPT_TEXT.fullmatch(core) and (core != "n" or before.isdigit()):
        return core.translate(markdown_blocks.TO_SUPERSCRIPT)
    if _LISTED.fullmatch(core):
        return re.sub(r"\d", lambda digit: digit[0].translate(markdown_blocks.TO_SUPERSCRIPT), core)
    if before.isdigit() and core in ("o", "O", "∘"):
        return "°"
    letter = len(core) == 1 and core.isalpha() and core not in _ORDINALS and before.isdigit()
    figures = before != "" and any(c.isdigit() for c in core)
    return f"^{bracket(core)}" if letter or figures else core


def _subscript(core: str, before: str) -> str:
    if SUBSCRIPT_TEXT.fullmatch(core):
        return core.translate(TO_SUBSCRIPT)
    return f"_{bracket(core)}" if before.isdigit() and core[0].isdigit() else core
