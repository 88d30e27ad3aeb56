"""Stance: what an answer asserts beside its values: yes or no, may or must, on which condition."""

import re

from filters.english.modality import modals
from filters.english.negation import lead
from filters.text.segment import content, words

# "No more than 5" denies nothing; "not without consent" allows it with consent.
_BOUNDED = re.compile(
    r"\b(?:no|not|never)\s(?:more|less|later|earlier|fewer|longer|greater|higher|lower|sooner|older|younger|shorter|further|exceed\w*"
    r"|only|necessarily|without|unless|until|except)\b|\bwhether or not\b|\bwithout (?:(?:undue )?delay|charge|cost)\b"
    r"|\b(?:at|for) no (?:extra |additional )?(?:cost|charge)\b",
    re.I,
)
_DENIAL = re.compile(
    r"\b(?:not|no(?!\.?\s?\d)|never|none|nobody|nothing|neither|nor|cannot|without|exclud\w+|prohibit\w*|forbid\w*|banned|refus\w+"
    r"|unable|non-\w+)\b|n[’']t\b",
    re.I,
)
_YES_NO = re.compile(r"^(?:[^,?]{1,80},\s)?(?:is|are|was|were|may|can|could|does|do|did|must|should|shall|will|would|has|have|had)\b", re.I)
_CLAUSE = re.compile(r"[.;:!?,…](?:\s|$)|\b(?:and|but|while|whereas)\b", re.I)

_CONDITION = re.compile(
    r"\b(?:if|unless|provided|except|subject to|as long as|only (?:if|when|with|after|on|in|for|where)|but only)\b", re.I
)
_EXCEPTION = re.compile(r"\b(?:unless|except(?:ing|ion)?|apart from|other than|excluding|save for)\b", re.I)
_SEQUENCE = re.compile(r"\b(?:then|before|after|afterwards|followed by)\b", re.I)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being|by)\b", re.I)


def asks_yes_no(question: str) -> bool:
    return bool(_YES_NO.match(question.strip()))


def denials(text: str) -> list[str]:
    """The clauses that deny something."""
    return [c for c in _CLAUSE.split(_BOUNDED.sub(" ", text)) if _DENIAL.search(c)]


def polarity(text: str, question: str) -> str:
    """ "yes" or "no" of an answer to a question for that, or one that begins so; else "not" or ""."""
    only = _BOUNDED.search(text)
    first = lead(text)
    if first == "no" and only and re.search(r"\b(?:without|unless|except)\b", only.group(), re.I):
        return "yes"
    if first or asks_yes_no(question):
        return first or ("no" if denials(text) else "yes")
    return "not" if denials(text) else ""


def modes(text: str) -> frozenset[str]:
    """Duty, leave, advice, ban or exempt; what will be is none of them."""
    return frozenset(m.kind for m in modals(text)) - {"will"}


def contrary(one: str, other: str, question: str) -> bool:
    """Whether two answers differ in what they affirm, demand, allow or condition."""
    sign = polarity(one, question)
    if sign != polarity(other, question):
        return True
    if sign in ("yes", "no"):
        return _one_conditional(one, other, question, sign)
    a, b = modes(one), modes(other)
    if a and b and not a & b:
        return True
    if sign == "not" and _other_denied(denials(one), denials(other)):
        return True
    return _has(_EXCEPTION, one, question) != _has(_EXCEPTION, other, question)


def _one_conditional(one: str, other: str, question: str, sign: str) -> bool:
    """A plain yes is no yes on a condition; a plain no is none with an exception."""
    limit = _CONDITION if sign == "yes" else _EXCEPTION
    if _bare_no_without(one) or _bare_no_without(other):
        return not (_conditional(one) and _conditional(other))
    return _has(limit, one, question) != _has(limit, other, question)


def _bare_no_without(text: str) -> bool:
    return lead(text) == "no" and bool(_BOUNDED.search(text))


def _conditional(text: str) -> bool:
    return bool(_CONDITION.search(text) or _BOUNDED.search(text))


def _has(pattern: re.Pattern[str], text: str, question: str) -> bool:
    return bool(pattern.search(text)) and not pattern.search(question)


def _other_denied(these: list[str], those: list[str]) -> bool:
    """Whether what the one denies has no word in common with what the other denies."""
    a = {w for c in these for w in content(_DENIAL.sub(" ", c))}
    b = {w for c in those for w in content(_DENIAL.sub(" ", c))}
    return bool(a and b) and not a & b


def turned(one: str, other: str) -> bool:
    """Whether two texts of the same words have another order: what comes first or, where neither is passive, who does it to whom."""
    a, b = ([w for w in content(text) if not w[0].isdigit()] for text in (one, other))
    if a == b or sorted(a) != sorted(b) or len(set(a)) < 3:
        return False
    if _SEQUENCE.search(one) and _SEQUENCE.search(other):
        return True
    if sorted(words(one)) != sorted(words(other)):  # the Authority of Lindmar, the Lindmar Authority
        return False
    return not any(_PASSIVE.search(text) or "," in text or {"and", "or"} & set(words(text)) for text in (one, other))
