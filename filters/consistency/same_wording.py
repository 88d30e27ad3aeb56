"""Compare two answers by their words, without their question's words and with common synonyms."""

import re

from rapidfuzz.fuzz import ratio

from filters.english.synonyms import SYNONYMS
from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import STOP_WORDS, stem, text_cache, words

# Least share of the shorter answer's words in the longer one, if it has more than FEW_WORDS.
MIN_SHARED_SHARE = 0.5
FEW_WORDS = 4  # up to this many words none may differ: the north gate is not the south gate
NEAR_COPY = 0.75  # if two answers share more, a replaced word states another fact
INFLECTED_RATIO = 75  # rapidfuzz ratio from which two stems are one word in two forms

_CANONICAL = {stem(w): stem(group.split()[0]) for group in SYNONYMS for w in group.split()}
_PHRASES = (
    (
        re.compile(r"\b(?:at once|without (?:undue )?delay|straight away|right away)\b", re.I),
        "immediately",
    ),
    (
        re.compile(
            r"\b(?:free of charge|(?:at|for) no (?:extra |additional )?(?:cost|charge)"
            r"|without (?:charge|cost))\b",
            re.I,
        ),
        "gratis",
    ),
    (re.compile(r"\b(left|right)-hand\b", re.I), r"\1"),
    (re.compile(r"\bo[’']clock\b|\bin total\b", re.I), " "),
)
# Words that are compared by other checks (negations, duties) or add nothing here.
_EMPTY = frozenset(
    stem(w)
    for w in (
        "none nothing never nobody zero yes no not cannot without mr ms mrs dr also well either "
        "include includes including hand state county prohibited forbidden banned required needed "
        "necessary mandatory obliged allowed permitted shall case"
    ).split()
)
_ITEMS = re.compile(r"\s*(?:[,;\n]|\band\b|\bor\b)\s*", re.I)
_JOINS = frozenset(("and", "or"))
MAX_ITEM_WORDS = 3  # longer parts are not the items of a list


def canonical_word(word: str) -> str:
    if word in NUMBER_WORDS:
        return str(NUMBER_WORDS[word])
    cut = stem(word)
    return _CANONICAL.get(cut, cut)


@text_cache
def canonical_words(text: str) -> tuple[str, ...]:
    """Return the words that carry meaning, each in one canonical spelling."""
    for pattern, put in _PHRASES:
        text = pattern.sub(put, text)
    found = (canonical_word(w) for w in words(text) if w not in STOP_WORDS)
    return tuple(w for w in found if w not in _EMPTY)


def same_words(one: str, other: str, question: str, loose: bool = False) -> bool:
    """Return whether two answers say the same in words.

    With `loose` their values agree already, and one shared word is enough.
    """
    asked = set(canonical_words(question))
    a, b = set(canonical_words(one)), set(canonical_words(other))
    if _replaced(a, b):
        return False
    left, right = a - asked, b - asked
    if not left or not right:
        if loose or (not left and not right and (not a or not b or a <= b or b <= a)):
            return True
        left, right = a, b
    few = min(len(left), len(right))
    if not few:
        return not left and not right
    share = len(_shared(left, right)) / few
    if loose:
        return share > 0
    return share == 1 if few <= FEW_WORDS else share >= MIN_SHARED_SHARE


def _shared(these: set[str], those: set[str]) -> set[str]:
    both = these & those
    rest = those - both
    return both | {
        w for w in these - both if any(ratio(w, other) >= INFLECTED_RATIO for other in rest)
    }


def _replaced(a: set[str], b: set[str]) -> bool:
    """Return whether two nearly identical answers each have a word that the other lacks."""
    both = _shared(a, b)
    most = max(len(a), len(b))
    return len(a) > len(both) and len(b) > len(_shared(b, a)) and len(both) >= NEAR_COPY * most


def lists_differ(one: str, other: str, question: str) -> bool:
    """Return whether two lists have different items, or one has "or" where the other has "and"."""
    these, those = _parts(one, question), _parts(other, question)
    if max(len(these), len(those)) < 2:
        return False
    if min(len(these), len(those)) < 2:
        (few, _), (many, text) = sorted(
            ((these, one), (those, other)), key=lambda pair: len(pair[0])
        )
        return (
            bool(few) and few[0] in many and bool(len(many) > 2 or _JOINS.intersection(words(text)))
        )
    if max(len(p) for p in (*these, *those)) > MAX_ITEM_WORDS:
        return False
    if not (_all_in(these, those) and _all_in(those, these)):
        return True
    joins = [_JOINS.intersection(words(text)) for text in (one, other)]
    return bool(joins[0] and joins[1]) and not joins[0] & joins[1]


def _parts(text: str, question: str) -> list[frozenset[str]]:
    asked = set(canonical_words(question))
    parts = (frozenset(canonical_words(part)) for part in _ITEMS.split(text))
    return [p - asked or p for p in parts if p]


def _all_in(these: list[frozenset[str]], those: list[frozenset[str]]) -> bool:
    return all(any(a <= b or b <= a for b in those) for a in these)
