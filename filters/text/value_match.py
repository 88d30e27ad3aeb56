"""Find the values of one text that another text does not contain."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import replace
from itertools import product
from unicodedata import combining, normalize

from filters.text.segment import STOP_WORDS, stem, text_cache, words
from filters.text.values import Value, find_values

_PARTS = re.compile(r"[-–’'./]")
# endings that make Libyan from Libya
_FROM = re.compile(r"(?:eans?|ians?|ans?|ese|ists?|ism|e|a|ia|y)$")
MIN_MIXED_NUMBERS = 2  # numbers needed to show that notations are mixed
MIN_NAME_ROOT = 4  # letters that must remain of a name without such an ending
MIN_INITIALS = 3  # letters; the initials of two consecutive words occur in any text


def first_missing_value(
    part: str, whole: str, around: str = "", question: str = "", mark: str = ""
) -> str:
    """Return the first value of `part` that `whole` does not contain, else "".

    `around` helps to tell a name at the start of a sentence from an ordinary word. A name that both
    the question and the source contain may be missing from the evidence. `mark` is the decimal mark
    of the document.
    """
    found = find_values(part, around)
    for value in found:
        restated = (
            value.kind == "name"
            and question
            and _occurs_in(value, question)
            and _occurs_in(value, around)
        )
        if not restated and not value_in_text(value, whole, mark):
            return part[value.start : value.end]
    mixed = mixed_notation(found, whole, mark)
    return part[mixed.start : mixed.end] if mixed else ""


def value_in_text(value: Value, text: str, mark: str = "") -> bool:
    """Return whether a text contains a value.

    Words that are not read as values also count: a name in lower case, "one" for 1.
    """
    by_key = _indexed(text, mark)
    return any(
        t.carries(value) for key in value.found_by(wanted=True) for t in by_key.get(key, ())
    ) or _occurs_in(value, text)


@text_cache
def _indexed(text: str, mark: str) -> dict[Hashable, list[Value]]:
    """Index the values of a text by their lookup keys, so that many lookups stay linear."""
    found: dict[Hashable, dict[Value, None]] = {}
    for value in find_values(text, "", mark):
        for key in value.found_by():
            found.setdefault(key, {}).setdefault(replace(value, start=0, end=0))
    return {key: list(group) for key, group in found.items()}


def mixed_notation(part: Sequence[Value], whole: str, mark: str = "") -> Value | None:
    """Return a number that matches the text only if the notations are mixed: 1,500 and 2,5.

    Such a number has another decimal mark than the rest of `part`, or the text itself mixes two.
    """
    either = [v for v in part if v.kind == "number" and (v.comma or len(part) > 1)]
    text_numbers = [t for t in find_values(whole, "", mark) if t.kind == "number"]
    if len(either) < MIN_MIXED_NUMBERS or not any(v.comma for v in (*either, *text_numbers)):
        return None
    lost: Value | None = None
    for ours, theirs in product(".,", repeat=2):
        readings = [t.in_notation(theirs) for t in text_numbers]
        lost = next(
            (v for v in either if not any(t.carries(v.in_notation(ours)) for t in readings)), None
        )
        if lost is None:
            return None
    return lost


def _occurs_in(value: Value, text: str) -> bool:
    if value.kind == "name":
        stems, name = _stems(text), _plain(value.text)
        parts = [part for part in _PARTS.split(name) if part]
        spelt = _PARTS.sub("", name) in stems or all(
            stem(part) in stems or _root(part) in stems for part in parts
        )
        return spelt or _is_acronym(name, text)
    return (
        value.kind == "number" and value.text == "1" and not value.unit and "one" in _word_set(text)
    )


@text_cache
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))


@text_cache
def _stems(text: str) -> frozenset[str]:
    parts = [
        part
        for word in words(_plain(text))
        for part in (word, *_PARTS.split(word), _PARTS.sub("", word))
        if part
    ]
    return frozenset((*map(stem, parts), *map(_root, parts)))


def _plain(text: str) -> str:
    """Return the text without accents."""
    return (
        text if text.isascii() else "".join(c for c in normalize("NFD", text) if not combining(c))
    )


def _root(word: str) -> str:
    """Return the same root for Europe, European and Europeans.

    A word that is hardly longer than an ending is returned unchanged.
    """
    return f"{root}~" if len(root := _FROM.sub("", word)) >= MIN_NAME_ROOT else word


def _is_acronym(name: str, text: str) -> bool:
    """Return whether the name consists of the initials of consecutive words."""
    return len(name) >= MIN_INITIALS and name.isalpha() and name in _initials(text)


@text_cache
def _initials(text: str) -> str:
    found = words(text)
    return " ".join(
        ("".join(w[0] for w in found), "".join(w[0] for w in found if w not in STOP_WORDS))
    )
