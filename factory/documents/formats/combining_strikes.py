"""Words that are struck through letter by letter, with the combining strokes that texts without formats use."""

import re

STROKES = "\u0335\u0336"
_LETTER = rf"[^\n{STROKES}][{STROKES}]+"
_WORDS = rf"{_LETTER}(?:[ ]?{_LETTER})+"  # one stroked letter is a letter
_STRUCK = re.compile(rf"^{_WORDS}[ ]?|[ ]?{_WORDS}", re.MULTILINE)


def spans(text: str) -> list[tuple[int, int]]:
    """Where such words stand, with one of the blanks around them."""
    if not any(stroke in text for stroke in STROKES):
        return []
    return [found.span() for found in _STRUCK.finditer(text)]
