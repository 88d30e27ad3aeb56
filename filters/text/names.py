"""Find names: capitalised words that are not ordinary words at the start of a sentence."""

import re
from collections.abc import Iterator

from filters.text.numbers import NUMBER_WORDS
from filters.text.segment import STOP_WORDS, stem, text_cache

MONTHS = {
    m: i
    for i, m in enumerate(
        (
            "january february march april may june july august september october november december"
        ).split(),
        1,
    )
}
_NAME = re.compile(r"\b[A-Z][\w’'-]*\b")
_LETTERS = re.compile(r"\b[^\W\d_][\w’'-]*\b")
_MARKUP = " \t*_\"'“‘([#>-|0123456789"
_LOOK_BACK = 60  # characters of markup allowed between a sentence's start and its first word

# Words that often begin an answer but are not names; words with a telling ending are not listed.
_ORDINARY = frozenset(
    (
        "yes no staff people everyone everybody anyone anybody someone nobody nothing none work "
        "leave travel rail road air water food "
        "power fuel ice snow soup software hardware traffic music paper cash credit money rent "
        "tax mail e-mail email post data help care "
        "first second third last next once twice never always often usually normally currently "
        "today tomorrow yesterday now later soon "
        "whoever whichever whatever wherever whenever half part full free new old good many much "
        "few several some enough extra overtime "
        "despite although though besides moreover furthermore additionally overall because since "
        "while "
        "even still yet however therefore otherwise instead again already almost nearly about "
        "around approximately "
        "monday tuesday wednesday thursday friday saturday sunday time written prior proof "
        "consent notice "
        "form law stock personal internal external annual maximum minimum total name title chief "
        "head manager driver director "
        "officer parent child customer supplier carrier client doctor nurse teacher student "
        "police security quality health "
        "public private cold hot dry wet clean dirty open closed safe green red blue white black "
        "yellow"
    ).split()
)
# Of these, the words that come before a name at the start of a sentence and are never part of it.
_OPENERS = frozenset(
    "despite although though besides moreover furthermore additionally overall even however "
    "therefore otherwise instead already".split()
)
_ENDING = re.compile(
    r".(?:s|ing|ed|ly|tion|sion|ment|ness|ity|ance|ence|age|al|ware|ship|able|ible|ful|ous|ive"
    r"|ary|ory|cy|phy|ee|ism|ist|hood|wear|craft|work)$"
)
# What follows the subject of a sentence or a one-word answer.
_AFTER_SUBJECT = re.compile(
    r"\s+(?:is|was|has|had|must|may|can|could|will|would|should|shall|does|did|and|or|[a-z]+(?:s"
    r"|ed))\b|\s*(?:[,.;!?]|$)"
)


def find_proper_names(text: str, around: str = "") -> Iterator[re.Match[str]]:
    """Yield every name in order.

    A single word at the start of a sentence counts only if `around` is given and confirms it.
    """
    for m in _NAME.finditer(text):
        word = normalize_name(m.group())
        if len(word) < 2 or word in STOP_WORDS or word in MONTHS or word in NUMBER_WORDS:
            continue
        if word in _OPENERS and starts_sentence(text, m.start()):
            continue
        lone = (
            starts_sentence(text, m.start())
            and not _followed_by_name(text, m.end())
            and not m.group().isupper()
        )
        if not lone or (around and _named(word, text[m.end() : m.end() + 40], around)):
            yield m


def normalize_name(name: str) -> str:
    """Return a name in lower case, without its genitive ending."""
    return name.casefold().removesuffix("'s").removesuffix("’s")


def _named(word: str, after: str, around: str) -> bool:
    lower, capital = _cases(around)
    if stem(word) in lower:
        return False
    return word in capital or (
        word not in _ORDINARY and not _ENDING.search(word) and bool(_AFTER_SUBJECT.match(after))
    )


@text_cache
def _cases(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems of lower-case words, and the words capitalised within a sentence."""
    lower: set[str] = set()
    capital: set[str] = set()
    seen: set[str] = set()
    for m in _LETTERS.finditer(text):
        word = m.group()
        if word in seen:
            continue
        if word[0].islower():
            lower.add(stem(normalize_name(word)))
            seen.add(word)
        elif not starts_sentence(text, m.start()):
            capital.add(normalize_name(word))
            seen.add(word)
    return frozenset(lower), frozenset(capital)


def starts_sentence(text: str, at: int) -> bool:
    """Return whether only markup separates this place from a sentence end or line start."""
    near = text[max(0, at - _LOOK_BACK) : at]
    before = near.rstrip(_MARKUP)
    return not before or before[-1] in ".!?:;\n)" or near.rstrip(" \t").endswith("\n")


def _followed_by_name(text: str, at: int) -> bool:
    return bool(re.match(r" [A-Z][a-z]", text[at : at + 3]))
