"""Which value of a text another one does not carry."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import product
from unicodedata import combining, normalize

from filters.text.segment import STOP, remembered, stem, words
from filters.text.values import Value, values

_PARTS = re.compile(r"[-–’'./]")
_FROM = re.compile(r"(?:eans?|ians?|ans?|ese|ists?|ism|e|a|ia|y)$")  # what makes Libyan of Libya
LEAST_MIXED = 2  # numbers of which one may have another notation than the other
LEAST_ROOT = 4  # letters that must be left of a name without such an ending
LEAST_INITIALS = 3  # the initials of two words in a row stand in any text


def uncarried(part: str, whole: str, around: str = "", question: str = "", mark: str = "") -> str:
    """The first value of `part` that `whole` does not carry; `around` tells a name at the start of a sentence from a word.

    A name that the question gives, and the source too, need not stand in the evidence again. `mark`: the decimal mark of the document.
    """
    there = values(part, around)
    for value in there:
        restated = value.kind == "name" and question and _spoken(value, question) and _spoken(value, around)
        if not restated and not carried(value, whole, mark):
            return part[value.start : value.end]
    mixed = inconsistent(there, whole, mark)
    return part[mixed.start : mixed.end] if mixed else ""


def carried(value: Value, text: str, mark: str = "") -> bool:
    """Whether a text has the value, be it among words that were not read as values: a name in lower case, "one" for 1."""
    told = _indexed(text, mark)
    return any(t.carries(value) for key in value.found_by(wanted=True) for t in told.get(key, ())) or _spoken(value, text)


@remembered
def _indexed(text: str, mark: str) -> dict[Hashable, list[Value]]:
    """The values of a text by what each is found by, so that looking for many of them stays linear."""
    found: dict[Hashable, dict[Value, None]] = {}
    for value in values(text, "", mark):
        for key in value.found_by():
            found.setdefault(key, {}).setdefault(replace(value, start=0, end=0))
    return {key: list(there) for key, there in found.items()}


def inconsistent(part: Sequence[Value], whole: str, mark: str = "") -> Value | None:
    """A number that the text carries only by reading it or the text in another notation than the rest: 1,500 and 2,5."""
    either = [v for v in part if v.kind == "number" and (v.comma or len(part) > 1)]
    told = [t for t in values(whole, "", mark) if t.kind == "number"]
    if len(either) < LEAST_MIXED or not any(v.comma for v in (*either, *told)):
        return None
    lost: Value | None = None
    for ours, theirs in product(".,", repeat=2):
        there = [t.in_notation(theirs) for t in told]
        lost = next((v for v in either if not any(t.carries(v.in_notation(ours)) for t in there)), None)
        if lost is None:
            return None
    return lost


def _spoken(value: Value, text: str) -> bool:
    if value.kind == "name":
        there, name = _stems(text), _plain(value.text)
        parts = [part for part in _PARTS.split(name) if part]
        spelt = _PARTS.sub("", name) in there or all(stem(part) in there or _root(part) in there for part in parts)
        return spelt or _stands_for(name, text)
    return value.kind == "number" and value.text == "1" and not value.unit and "one" in _word_set(text)


@remembered
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))


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
