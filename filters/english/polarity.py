"""Compare what answers assert besides values: yes or no, may or must, on which condition."""

import re

from filters.english.modality import find_modals
from filters.english.negation import leading_yes_no
from filters.text.segment import content_stems, words

# "No more than 5" negates nothing; "not without consent" allows it with consent.
_BOUNDED = re.compile(
    r"\b(?:no|not|never)\s(?:more|less|later|earlier|fewer|longer|greater|higher|lower|sooner"
    r"|older|younger|shorter|further|exceed\w*"
    r"|only|necessarily|without|unless|until|except)\b|\bwhether or not\b"
    r"|\bwithout (?:(?:undue )?delay|charge|cost)\b"
    r"|\b(?:at|for) no (?:extra |additional )?(?:cost|charge)\b",
    re.I,
)
_DENIAL = re.compile(
    r"\b(?:not|no(?!\.?\s?\d)|never|none|nobody|nothing|neither|nor|cannot|without|exclud\w+"
    r"|prohibit\w*|forbid\w*|banned|refus\w+"
    r"|unable|non-\w+)\b|n[’']t\b",
    re.I,
)
_YES_NO = re.compile(
    r"^(?:[^,?]{1,80},\s)?(?:is|are|was|were|may|can|could|does|do|did|must|should|shall|will"
    r"|would|has|have|had)\b",
    re.I,
)
_CLAUSE = re.compile(r"[.;:!?,…](?:\s|$)|\b(?:and|but|while|whereas)\b", re.I)

_CONDITION = re.compile(
    r"\b(?:if|unless|provided|except|subject to|as long as|only (?:if|when|with|after|on|in|for"
    r"|where)|but only)\b",
    re.I,
)
_EXCEPTION = re.compile(
    r"\b(?:unless|except(?:ing|ion)?|apart from|other than|excluding|save for)\b", re.I
)
_SEQUENCE = re.compile(r"\b(?:then|before|after|afterwards|followed by)\b", re.I)
_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being|by)\b", re.I)


def asks_yes_no(question: str) -> bool:
    return bool(_YES_NO.match(question.strip()))


def negated_clauses(text: str) -> list[str]:
    """Return the clauses that contain a negation."""
    return [c for c in _CLAUSE.split(_BOUNDED.sub(" ", text)) if _DENIAL.search(c)]


def polarity(text: str, question: str) -> str:
    """Return whether an answer says "yes" or "no", or else whether it negates something.

    Answers that neither begin with yes or no nor reply to a yes-no question give "not" or "".
    """
    only = _BOUNDED.search(text)
    first = leading_yes_no(text)
    if first == "no" and only and re.search(r"\b(?:without|unless|except)\b", only.group(), re.I):
        return "yes"
    if first or asks_yes_no(question):
        return first or ("no" if negated_clauses(text) else "yes")
    return "not" if negated_clauses(text) else ""


def modal_kinds(text: str) -> frozenset[str]:
    """Return the kinds of modals: duty, leave, advice, ban, exempt; the future is not one."""
    return frozenset(m.kind for m in find_modals(text)) - {"will"}


def polarity_conflicts(one: str, other: str, question: str) -> bool:
    """Return whether two answers differ in what they affirm, demand, allow or condition."""
    sign = polarity(one, question)
    if sign != polarity(other, question):
        return True
    if sign in ("yes", "no"):
        return _one_conditional(one, other, question, sign)
    a, b = modal_kinds(one), modal_kinds(other)
    if a and b and not a & b:
        return True
    if sign == "not" and _other_denied(negated_clauses(one), negated_clauses(other)):
        return True
    return _has(_EXCEPTION, one, question) != _has(_EXCEPTION, other, question)


def _one_conditional(one: str, other: str, question: str, sign: str) -> bool:
    """Return whether only one of two answers has a condition or an exception.

    A plain yes differs from a yes on a condition; a plain no differs from a no with an exception.
    """
    limit = _CONDITION if sign == "yes" else _EXCEPTION
    if _bare_no_without(one) or _bare_no_without(other):
        return not (_conditional(one) and _conditional(other))
    return _has(limit, one, question) != _has(limit, other, question)


def _bare_no_without(text: str) -> bool:
    return leading_yes_no(text) == "no" and bool(_BOUNDED.search(text))


def _conditional(text: str) -> bool:
    return bool(_CONDITION.search(text) or _BOUNDED.search(text))


def _has(pattern: re.Pattern[str], text: str, question: str) -> bool:
    return bool(pattern.search(text)) and not pattern.search(question)


def _other_denied(these: list[str], those: list[str]) -> bool:
    """Return whether what the one negates shares no word with what the other negates."""
    a = {w for c in these for w in content_stems(_DENIAL.sub(" ", c))}
    b = {w for c in those for w in content_stems(_DENIAL.sub(" ", c))}
    return bool(a and b) and not a & b


def word_order_changed(one: str, other: str) -> bool:
    """Return whether two texts of the same words differ in order and so in meaning.

    The order matters for a sequence, or, if neither text is passive, for who does it to whom.
    """
    a, b = ([w for w in content_stems(text) if not w[0].isdigit()] for text in (one, other))
    if a == b or sorted(a) != sorted(b) or len(set(a)) < 3:
        return False
    if _SEQUENCE.search(one) and _SEQUENCE.search(other):
        return True
    # For example: the Authority of Lindmar, the Lindmar Authority.
    if sorted(words(one)) != sorted(words(other)):
        return False
    return not any(
        _PASSIVE.search(text) or "," in text or {"and", "or"} & set(words(text))
        for text in (one, other)
    )
