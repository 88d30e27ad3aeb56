"""Find words that plain text strikes through letter by letter, with combining strokes."""

import re

STROKES = "\u0335\u0336"
_LETTER = rf"[^\n{STROKES}][{STROKES}]+"
_WORDS = rf"{_LETTER}(?:[ ]?{_LETTER})+"  # one stroked letter is a letter
_STRUCK = re.compile(rf"^{_WORDS}[ ]?|[ ]?{_WORDS}", re.MULTILINE)


def struck_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of struck words, each with one of the blanks around it."""
    if not any(stroke in text for stroke in STROKES):
        return []
    return [found.span() for found in _STRUCK.finditer(text)]
