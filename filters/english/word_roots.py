"""Telling words by what they mean: inflections, derivations (approve, approval) and common synonyms fall together."""

import re
from functools import lru_cache

from filters.english.synonyms import NEAR, SAME
from filters.text.segment import STOP, stem, words

# Endings that make another part of speech of a word. Not -er, -or and -ee: employer and employee are not the same.
_ENDING = re.compile(
    r"(?:isation|ization|(?<=\w{4})at|ations?|itions?|tions?|sions?|ions?|ments?|ances?|ences?|ancy|ency|ness|ity|ative|ive|able|ible|ure"
    r"|ical|ial|al|ous|ate|ant|ent|ify|ise|ize|ary|y|e)$"
)
_OUR = re.compile(r"(?<=\w{3})our(?=s?$|ed$|ing$|ite$|able$)")  # colour is color
_NOUN = re.compile(r"ications?$")  # of verbs in -ify and -ply
LEAST_ROOT = 4  # letters that must be left, or unlike words fall together


def _root(word: str) -> str:
    """Without inflection and derivation: notify for notification, calibr for calibrates."""
    word = word[:-1] if word.endswith("ees") else _OUR.sub("or", _NOUN.sub("y", word))
    stemmed = stem(word)
    root = _ENDING.sub("", stemmed)
    return root if len(root) >= LEAST_ROOT else stemmed


def _keys() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in (*SAME, *NEAR):
        first, *_ = group.split()
        name = next((found[k] for w in group.split() if (k := _root(w)) in found), f"={first}")
        found |= {_root(w): name for w in group.split()}
    return found


_KEYS = _keys()


@lru_cache(maxsize=50_000)
def key(word: str) -> str:
    """What a word in lower case is compared by."""
    root = _root(word)
    return _KEYS.get(root, root)


def keys(text: str) -> list[str]:
    """The keys of the telling words, in order."""
    return [key(w) for w in words(text) if w not in STOP]
