"""Cut: whether an answer breaks off in the middle of what its evidence says on."""

import re

from filters.english.negation import lead
from filters.text.segment import remembered, stem, words
from filters.text.units import UNITS

# What always calls for another word.
_CALLING = frozenset("the a an of per and or nor than its their your our whose every each must shall should be into within as".split())
# What calls for one where the evidence goes on behind it, or where it begins a phrase of its own.
_LEADING = frozenset("in on at by for from to with without under over between through until after before during against about".split())
_VERBS = frozenset("is are was were has have had may can will would could might does do".split())
_LAST = re.compile(r"(?P<before>\S*)\s+(?P<last>[^\W\d_]+)\s*$")
_TAIL = 200  # characters at the end of an answer in which its last two words stand
_INFLECTED = re.compile(r"(?:'s|’s|s|es|d|ed|r|er|ing|ly|al)$")
# Of such a word the part before may be a word of its own: confirm, confirmation.
_DERIVED = re.compile(r"(?:a?tion|ion|ment|ee|or|a[bn]?le?|ance|ence|ity|ness|wise|ship|ive|ful|less|ary|y)", re.I)
_WORD = re.compile(r"[^\s,;:.()|]+")
SHORT = 5  # words of a yes that ends in a verb: Yes, the driver may
LEAST = 3  # letters of a word that was cut in two


def cut(answer: str, evidence: str) -> str:
    """The word after which the answer breaks off, "" where it ends of itself. One with a stop at its end does."""
    ended = answer[-_TAIL:] if answer[-1:].isalpha() else answer.rstrip()[-_TAIL:]
    m = _LAST.search(ended)
    if not m:
        return ""
    before, last = m["before"].casefold(), m["last"].casefold()
    named = m["before"][:1].isupper() or before in UNITS or any(c.isdigit() for c in before)
    if last in _CALLING or (last in _LEADING and (named or before.endswith((",", ";")))):
        return m["last"]
    if last in _LEADING or (last in _VERBS and not (lead(answer) == "yes" and len(words(answer)) <= SHORT)):
        return m["last"] if (before, last) in _followed(evidence) else ""
    return m["last"] if len(last) >= LEAST and _halved(before, last, evidence) else ""


@remembered
def _followed(evidence: str) -> frozenset[tuple[str, str]]:
    """Each two words of the evidence that a third follows at once."""
    found = [(m.group().casefold(), m.end()) for m in _WORD.finditer(evidence)]
    goes_on = (evidence[end : end + 2] for _, end in found)
    ends = [rest[:1] == " " and rest[1:].isalnum() for rest in goes_on]
    return frozenset((one, two) for (one, _), (two, _), on in zip(found, found[1:], ends[1:], strict=False) if on)


def _halved(before: str, last: str, evidence: str) -> bool:
    """Whether the evidence has a longer word that begins so and is no form of it; where it may come of it, behind the same word."""
    found = [w.casefold() for w in _WORD.findall(evidence)]
    if last in found:
        return False
    longer = [(b, w) for b, w in zip(["", *found], found, strict=False) if w.startswith(last) and w.isalpha()]
    near = any(b == before.strip(",;(") and not _INFLECTED.match(w[len(last) :]) for b, w in longer)
    return near or any(len(stem(w)) > len(last) and not _DERIVED.match(w[len(last) :]) for _, w in longer)
