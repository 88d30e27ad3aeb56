"""Telling words by what they mean: inflections, derivations (approve, approval) and common synonyms fall together."""

import re
from functools import lru_cache

from filters.text import STOP, stem, words

# Endings that make another part of speech of a word. Not -er, -or and -ee: employer and employee are not the same.
_ENDING = re.compile(
    r"(?:isation|ization|(?<=\w{4})at|ations?|itions?|tions?|sions?|ions?|ments?|ances?|ences?|ancy|ency|ness|ity|ative|ive|able|ible|ure"
    r"|ical|ial|al|ous|ate|ant|ent|ify|ise|ize|ary|y|e)$"
)
_OUR = re.compile(r"(?<=\w{3})our(?=s?$|ed$|ing$|ite$|able$)")  # colour is color
_NOUN = re.compile(r"ications?$")  # of verbs in -ify and -ply
LEAST_ROOT = 4  # letters that must be left, or unlike words fall together
_SYNONYMS = (
    "employee staff worker personnel",
    "begin start commence",
    "end finish terminate expire conclude cease",
    "buy purchase acquire",
    "inform notify tell alert advise",
    "send submit transmit forward",
    "fee charge price cost",
    "phone telephone",
    "fix repair mend",
    "people person individual",
    "big large great huge",
    "small little",
    "get receive obtain gain",
    "give provide supply grant",
    "show shown showed display indicate demonstrate",
    "keep retain store hold",
    "choose select pick",
    "help assist support aid",
    "stop halt",
    "use used using utilize utilise",
    "make create produce",
    "change alter modify amend",
    "need require",
    "allow permit let",
    "forbid prohibit ban",
    "car vehicle automobile",
    "doctor physician",
    "company firm business enterprise",
    "film movie movies",
    "kid child children",
    "die death dead died",
    "birth born",
    "write wrote written author",
    "say said claim",
    "check verify confirm",
    "remove delete",
    "yearly annual annually",
    "quick fast rapid",
    "important significant crucial",
    "common frequent",
    "cause lead result",
    "increase rise grow grew growth raise",
    "decrease decline fall drop reduce reduction",
    "live reside dwell",
    "job work employment",
    "contain include comprise",
    "danger risk hazard",
    "sickness illness disease",
    "find found discover",
    "know knew known",
    "think thought believe",
    "take took taken",
    "run ran",
    "sell sold sale",
    "pay paid payment",
    "begin began begun",
    "lead led",
    "lose lost loss",
    "win won victory",
    "see saw seen",
    "teach taught",
    "speak spoke spoken talk",
    "build built",
    "hold held",
    "bring brought",
    "fight fought",
    "grow grown",
    "choose chose chosen",
    "break broke broken",
    "drive drove driven",
    "eat ate eaten",
    "sing sang sung song",
    "play played",
    "make made",
    "send sent",
    "spend spent",
    "meet met",
    "mean meant",
    "feel felt",
    "go went gone",
    "come came",
    "become became",
    "sit sat",
    "stand stood",
    "understand understood",
    "hear heard",
    "get got",
    "leave left",
    "catch caught",
    "draw drew drawn",
    "rise rose risen",
    "marry marries married marriage",
    "believe belief",
    "access accessible",
    "respond response",
    "succeed success successful",
    "science scientific",
    "register registration",
    "center centre",
)


def _root(word: str) -> str:
    """Without inflection and derivation: notify for notification, calibr for calibrates."""
    word = word[:-1] if word.endswith("ees") else _OUR.sub("or", _NOUN.sub("y", word))
    stemmed = stem(word)
    root = _ENDING.sub("", stemmed)
    return root if len(root) >= LEAST_ROOT else stemmed


def _keys() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _SYNONYMS:
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
