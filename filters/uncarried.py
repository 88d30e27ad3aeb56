"""Which value of a text another one does not carry."""

import re
from unicodedata import combining, normalize

from filters.text import STOP, remembered, stem, words
from filters.values import Value, values

_PARTS = re.compile(r"[-–’'./]")
_FROM = re.compile(r"(?:eans?|ians?|ans?|ese|ists?|ism|e|a|ia|y)$")  # what makes Libyan of Libya
LEAST_ROOT = 4  # letters that must be left of a name without such an ending
LEAST_INITIALS = 3  # the initials of two words in a row stand in any text


def uncarried(part: str, whole: str, around: str = "", question: str = "") -> str:
    """The first value of `part` that `whole` does not carry; `around` tells a name at the start of a sentence from a word.

    A name that the question gives, and the source too, need not stand in the evidence again.
    """
    for value in values(part, around):
        restated = value.kind == "name" and question and _spoken(value, question) and _spoken(value, around)
        if not restated and not carried(value, whole):
            return part[value.start : value.end]
    return ""


def carried(value: Value, text: str) -> bool:
    """Whether a text has the value, be it among words that were not read as values: a name in lower case, "one" for 1."""
    return any(t.carries(value) for t in values(text)) or _spoken(value, text)


def _spoken(value: Value, text: str) -> bool:
    if value.kind == "name":
        there, name = _stems(text), _plain(value.text)
        parts = [part for part in _PARTS.split(name) if part]
        spelt = _PARTS.sub("", name) in there or all(stem(part) in there or _root(part) in there for part in parts)
        return spelt or _stands_for(name, text)
    return value.kind == "number" and value.text == "1" and not value.unit and "one" in words(text)


@remembered
def _stems(text: str) -> frozenset[str]:
    parts = [part for word in words(_plain(text)) for part in (word, *_PARTS.split(word), _PARTS.sub("", word)) if part]
    return frozenset((*map(stem, parts), *map(_root, parts)))


def _plain(text: str) -> str:
    """Letters without their accents."""
    return text if text.isascii() else "".join(c for c in normalize("NFD", text) if not combining(c))


def _root(word: str) -> str:
    """Europe, European and Europeans alike; a word that is no longer than an ending and a few letters stays."""
    return f"{root}~" if len(root := _FROM.sub("", word)) >= LEAST_ROOT else word


def _stands_for(name: str, text: str) -> bool:
    """Whether the name is made of the initials of words that stand there in a row."""
    return len(name) >= LEAST_INITIALS and name.isalpha() and name in _initials(text)


@remembered
def _initials(text: str) -> str:
    found = words(text)
    return " ".join(("".join(w[0] for w in found), "".join(w[0] for w in found if w not in STOP)))
