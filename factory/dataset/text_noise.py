"""Add noise: a question as it is typed in a hurry, and a text as a scanner reads it. Values and
evidence stay unchanged.
"""

import re
from collections.abc import Callable, Iterable
from random import Random

from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import STOP_WORDS
from filters.text.values import find_values

# Shares of the words that may be damaged, at least one: a hurried note, a poor scan.
TYPED, READ = (
    0.15,
    0.08,
)
LEAST = 5  # letters of a word that can be understood with one of them wrong
_WORD = re.compile(r"[^\W\d_]+")
# What optical character recognition takes for each other.
_CONFUSED = (
    ("rn", "m"),
    ("m", "rn"),
    ("cl", "d"),
    ("li", "h"),
    ("l", "1"),
    ("e", "c"),
    ("h", "b"),
    ("u", "n"),
    ("o", "0"),
    ("t", "f"),
    ("i", "l"),
)
# Words that would change the meaning.
_KEPT = frozenset(
    (
        "never unless except without cannot neither exempt before after least most more less only"
    ).split()
)


def with_typos(question: str, dice: Random) -> str:
    """Drop, double or swap letters of the question; it may also lose its capitals or its
    punctuation.
    """
    places = _hurt(question, TYPED, [(v.start, v.end) for v in find_values(question)], dice)
    text = _replaced(question, places, lambda word: _mistyped(word, dice))
    if dice.random() < 0.5:
        text = text.lower()
    if dice.random() < 0.5:
        text = re.sub(r"[?,;](?=\s|$)", "", text)
    return text


def with_ocr_errors(text: str, kept: Iterable[str], dice: Random) -> str:
    """Replace letters by similar ones. `kept`: passages that stay unchanged wherever they occur;
    numbers, dates, names and codes stay too.
    """
    places = [(v.start, v.end) for v in find_values(text)]
    places += [
        found.span()
        for passage in kept
        if passage
        for found in re.finditer(re.escape(passage), text)
    ]
    return _replaced(text, _hurt(text, READ, places, dice), lambda word: _misread(word, dice))


def _hurt(
    text: str, share: float, kept: Iterable[tuple[int, int]], dice: Random
) -> list[tuple[int, int]]:
    """Return the positions of the words to change, in order: long words in lower case, outside of
    what is kept.
    """
    held = bytearray(len(text))
    for start, end in kept:
        held[start:end] = b"\1" * (end - start)
    words = [
        m.span()
        for m in _WORD.finditer(text)
        if _plain(m.group()) and not any(held[m.start() : m.end()])
    ]
    return sorted(
        dice.sample(words, min(len(words), max(1, round(share * len(_WORD.findall(text))))))
    )


def _plain(word: str) -> bool:
    return (
        len(word) >= LEAST
        and word.islower()
        and word not in STOP_WORDS
        and word not in _KEPT
        and word not in NUMBER_WORDS
    )


def _replaced(text: str, places: Iterable[tuple[int, int]], change: Callable[[str], str]) -> str:
    pieces, done = [], 0
    for start, end in places:
        pieces += [text[done:start], change(text[start:end])]
        done = end
    return "".join((*pieces, text[done:]))


def _mistyped(word: str, dice: Random) -> str:
    """Swap two letters, leave one out, or double one; the first letter stays."""
    at = dice.randrange(1, len(word) - 1)
    pair = word[at + 1] + word[at]
    return (
        word[:at] + dice.choice((pair, word[at + 1], word[at] * 2 + word[at + 1])) + word[at + 2 :]
    )


def _misread(word: str, dice: Random) -> str:
    # For example, `0pens` would be a number.
    options = [
        (at, was, now)
        for was, now in _CONFUSED
        for at in (word.find(was, now.isdecimal()),)
        if at >= 0
    ]
    if not options:
        return word
    at, was, now = dice.choice(options)
    return word[:at] + now + word[at + len(was) :]
