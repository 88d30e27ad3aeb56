"""Write mathematical notation in one line: 10⁶, x_(i+1), (a+b)/c, √25."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from factory.documents.formats import markdown_blocks

FORMULA = "[formula]"  # replaces a formula that can't be written in a line
TO_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
SUBSCRIPT_TEXT = re.compile(r"[0-9+\-−=()]+")
SUPERSCRIPT_TEXT = re.compile(r"[0-9+\-−=()n]+")
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"
# Signs that follow a word without a mark of their own.
_APPENDED = re.compile(r"[′″‴'’*∗†‡°º˚∘⊤⊥]+")
_SCRIPTS = rf"[{SUPERSCRIPTS}₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎′″°\u0300-\u036f\u20d0-\u20ff]*"
_NUMBER = r"\d+(?:[.,\u00a0\u2009\u202f ]\d+)*"
_ATOM = re.compile(rf"(?:{_NUMBER}|[^\W\d_]){_SCRIPTS}[%°]?")
_FACTORS = re.compile(rf"[-−+]?(?:[\w.,%°{SUPERSCRIPTS}′″\u0300-\u036f]+|{_NUMBER})")
_RADICALS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Term(NamedTuple):
    """A piece of a formula. A fraction needs brackets next to other factors."""

    text: str
    fraction: bool = False


def power(base: str, exponent: str) -> str:
    """Write a base with its exponent: 10⁶, x^(a+b). The caller brackets a compound base."""
    exponent = exponent.strip()
    if SUPERSCRIPT_TEXT.fullmatch(exponent):
        return base + exponent.translate(markdown_blocks.TO_SUPERSCRIPT)
    if _APPENDED.fullmatch(exponent):
        return base + exponent.replace("∘", "°")
    return f"{base}^{bracket(exponent)}" if exponent else base


def index(base: str, below: str) -> str:
    """Write a base with its index: H₂, x_i, v_max, x_(i+1)."""
    below = below.strip()
    if SUBSCRIPT_TEXT.fullmatch(below):
        return base + below.translate(TO_SUBSCRIPT)
    return f"{base}_{below if below.isalpha() else bracket(below)}" if below else base


def fraction(above: str, below: str, unit: bool = False) -> str:
    """Write a fraction: 3/4, (a+b)/c. With `unit`, `below` is a word (mg/ml), not a product."""
    above, below = above.strip(), below.strip()
    num = above if _FACTORS.fullmatch(above) else bracket(above)
    return f"{num}/{below if unit and below.isalpha() else bracket(below)}"


def root(degree: str, radicand: str) -> str:
    """Write a root: √25, ∛(x+1), ⁵√32; one of another degree as a power."""
    degree = degree.strip()
    if sign := _RADICALS.get(degree):
        return sign + bracket(radicand)
    if SUPERSCRIPT_TEXT.fullmatch(degree):
        return f"{degree.translate(markdown_blocks.TO_SUPERSCRIPT)}√{bracket(radicand)}"
    return power(bracket(radicand), fraction("1", degree))


def bracket(words: str) -> str:
    """Put words in brackets, unless they are one number, one letter or in brackets already."""
    words = words.strip()
    return words if _ATOM.fullmatch(words) or is_bracketed(words) else f"({words})"


def is_bracketed(words: str) -> bool:
    """Check whether one pair of brackets encloses all of the words."""
    closing = _PAIRS.get(words[:1])
    if len(words) < 2 or words[-1] != closing:
        return False
    depth = 0
    for place, sign in enumerate(words):
        depth += (sign == words[0]) - (sign == closing)
        if not depth:
            return place == len(words) - 1
    return False


def join_terms(terms: Iterable[Term]) -> str:
    """Join terms: 2 before 3/4 is the mixed number 2 3/4, x before 3/4 is x(3/4)."""
    shown = [term for term in terms if term.text]
    written = ""
    for term, after in zip(shown, [*shown[1:], Term("")], strict=False):
        written += _between(term, written[-1:], after.text[:1])
    return written


def _between(term: Term, before: str, after: str) -> str:
    """Write a term between two characters so that no digits of two terms meet."""
    text = term.text
    tied = before.isalnum() or (before != "" and before in ")]}%°")
    if term.fraction:
        if after.isalnum() or (after != "" and after in "([{√∛∜^") or before == "/":
            return f"({text})"
        mixed = before.isdigit() and text[0].isdigit()
        return f"{' ' if mixed else ''}{text}" if mixed or not tied else f"({text})"
    return f" {text}" if tied and text[0] in SUPERSCRIPTS and "√" in text[:9] else text
