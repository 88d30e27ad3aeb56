"""Detect an answer that breaks off in the middle of a phrase that its evidence continues."""

import re

from filters.english.negation import leading_yes_no
from filters.text.segment import stem, text_cache, words
from filters.text.units import UNITS

# Words that are always followed by another word.
_CALLING = frozenset(
    "the a an of per and or nor than its their your our whose every each must shall should be "
    "into within as".split()
)
# Words that are followed by another word if the evidence continues, or if they begin a new phrase.
_LEADING = frozenset(
    "in on at by for from to with without under over between through until after before during "
    "against about".split()
)
_VERBS = frozenset("is are was were has have had may can will would could might does do".split())
_LAST = re.compile(r"(?P<before>\S*)\s+(?P<last>[^\W\d_]+)\s*$")
_TAIL = 200  # characters at the end of an answer that have its last two words
_INFLECTED = re.compile(r"(?:'s|’s|s|es|d|ed|r|er|ing|ly|al)$")
# The part before such an ending may be a word of its own: confirm, confirmation.
_DERIVED = re.compile(
    r"(?:a?tion|ion|ment|ee|or|a[bn]?le?|ance|ence|ity|ness|wise|ship|ive|ful|less|ary|y)", re.I
)
_WORD = re.compile(r"[^\s,;:.()|]+")
SHORT_YES_WORDS = 5  # words of a yes that ends in a verb: Yes, the driver may
MIN_FRAGMENT_LETTERS = 3  # letters of a word that was cut in two


def truncated_after(answer: str, evidence: str) -> str:
    """Return the word after which the answer breaks off, or "" if it is complete.

    An answer that ends in a full stop is complete.
    """
    ended = answer[-_TAIL:] if answer[-1:].isalpha() else answer.rstrip()[-_TAIL:]
    m = _LAST.search(ended)
    if not m:
        return ""
    before, last = m["before"].casefold(), m["last"].casefold()
    named = m["before"][:1].isupper() or before in UNITS or any(c.isdigit() for c in before)
    if last in _CALLING or (last in _LEADING and (named or before.endswith((",", ";")))):
        return m["last"]
    short_yes = leading_yes_no(answer) == "yes" and len(words(answer)) <= SHORT_YES_WORDS
    if last in _LEADING or (last in _VERBS and not short_yes):
        return m["last"] if (before, last) in _followed(evidence) else ""
    halved = len(last) >= MIN_FRAGMENT_LETTERS and _halved(before, last, evidence)
    return m["last"] if halved else ""


@text_cache
def _followed(evidence: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of consecutive words of the evidence that a third word follows directly."""
    found = [(m.group().casefold(), m.end()) for m in _WORD.finditer(evidence)]
    goes_on = (evidence[end : end + 2] for _, end in found)
    ends = [rest[:1] == " " and rest[1:].isalnum() for rest in goes_on]
    return frozenset(
        (one, two) for (one, _), (two, _), on in zip(found, found[1:], ends[1:], strict=False) if on
    )


def _halved(before: str, last: str, evidence: str) -> bool:
    """Return whether the last word is the beginning of a longer word of the evidence.

    Inflected forms do not count. A derived word counts only after the same word as in the answer.
    """
    found = [w.casefold() for w in _WORD.findall(evidence)]
    if last in found:
        return False
    longer = [
        (b, w)
        for b, w in zip(["", *found], found, strict=False)
        if w.startswith(last) and w.isalpha()
    ]
    near = any(b == before.strip(",;(") and not _INFLECTED.match(w[len(last) :]) for b, w in longer)
    return near or any(
        len(stem(w)) > len(last) and not _DERIVED.match(w[len(last) :]) for _, w in longer
    )
