"""Reduce content words to their meaning.

Inflections, derivations (approve, approval) and common synonyms get the same key.
"""

import re
from functools import lru_cache

from filters.english.synonyms import NEAR_SYNONYMS, SYNONYMS
from filters.text.segment import STOP_WORDS, stem, words

# Endings that change the part of speech. Not -er, -or and -ee: an employer is not an employee.
_ENDING = re.compile(
    r"(?:isation|ization|(?<=\w{4})at|ations?|itions?|tions?|sions?|ions?|ments?|ances?|ences?"
    r"|ancy|ency|ness|ity|ative|ive|able|ible|ure"
    r"|ical|ial|al|ous|ate|ant|ent|ify|ise|ize|ary|y|e)$"
)
_OUR = re.compile(r"(?<=\w{3})our(?=s?$|ed$|ing$|ite$|able$)")  # colour equals color
_NOUN = re.compile(r"ications?$")  # from verbs in -ify and -ply
MIN_ROOT_LENGTH = 4  # letters that must remain, or different words get the same root


def _root(word: str) -> str:
    """Remove inflection and derivation: notify for notification, calibr for calibrates."""
    word = word[:-1] if word.endswith("ees") else _OUR.sub("or", _NOUN.sub("y", word))
    stemmed = stem(word)
    root = _ENDING.sub("", stemmed)
    return root if len(root) >= MIN_ROOT_LENGTH else stemmed


def _keys() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in (*SYNONYMS, *NEAR_SYNONYMS):
        first, *_ = group.split()
        name = next((found[k] for w in group.split() if (k := _root(w)) in found), f"={first}")
        found |= {_root(w): name for w in group.split()}
    return found


_KEYS = _keys()


@lru_cache(maxsize=50_000)
def root_key(word: str) -> str:
    """Return what a lower-case word is compared by."""
    root = _root(word)
    return _KEYS.get(root, root)


def root_keys(text: str) -> list[str]:
    """Return the keys of the content words, in order."""
    return [root_key(w) for w in words(text) if w not in STOP_WORDS]
