"""What a text denies, and whether an answer asserts what its evidence denies."""

import re
from collections.abc import Iterator

from filters.text import STOP, stem, words

NEAR = 120  # characters before and after a denial in which its subject and verb are looked for
_NOT = re.compile(
    r"\b(?:not|no(?!\.?\s?\d)|never|none|nobody|nothing|neither|nor|cannot|without)\b|n[’']t\b",  # tram No. 5 denies nothing
    re.I,
)
# Words that deny as "not" does: enough for a "no", too little for a denial of its own.
_REFUSING = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclu\w+|except\w*|only|refus\w+|false|unless|instead|fail\w*|exempt\w*|un\w+ed|must)\b",
    re.I,
)
_NO = re.compile(r"\s*no\b(?!\.?\s?\d)(?=\s*(?:[,.;:!–—-]|$))[\s,.;:!–—-]*", re.I)
_YES = re.compile(r"\s*yes\b[\s,.;:!–—-]*", re.I)
_PRONOUN = re.compile(r"\s*(?:it|they|he|she|you|we|i|this|that|these|those|one)\b", re.I)
_CLAUSE = re.compile(r"[.;:!?…](?:\s|$)|,\s(?:and|but|or|so|which|who)\s|\n\n")
# "Not more than 5" and "not only" don't deny what follows.
_BOUND = re.compile(r"\s+(?:more|less|later|earlier|fewer|longer|greater|higher|lower|sooner|only|necessarily)\b", re.I)
# An answer with a turn that the denial has not may be its other side: not before 6:00, so after 6:00; not unless washed, so if washed.
_TURNS = frozenset("unless except until till before after without with otherwise if when once only from since while where".split())


def negated(text: str) -> bool:
    """Whether the text says no, not, never or the like."""
    return bool(_NOT.search(text))


def lead(text: str) -> str:
    """ "no" or "yes" where the text begins with that as an answer of its own, else ""."""
    return "no" if _NO.match(text) else "yes" if _YES.match(text) else ""


def without_lead(text: str) -> str:
    """The text after its leading no or yes."""
    m = _NO.match(text) or _YES.match(text)
    return text[m.end() :] if m else text


def undenied(answer: str, evidence: str) -> bool:
    """Whether the answer denies something and its evidence does not. A "no" alone may rest on "only" or "forbidden", too."""
    rest = without_lead(answer)
    if lead(answer) == "no" and (not words(rest) or negated(rest)):
        return not negated(evidence) and not _REFUSING.search(evidence)
    return negated(rest) and not negated(evidence)


def asserts_denied(question: str, answer: str, evidence: str) -> bool:
    """Whether the answer says without a denial what its evidence denies: subject and verb around a "not" stand in it, in this order."""
    if negated(answer) or negated(question) or not negated(evidence):
        return False
    spoken = f"{question} {answer}" if lead(answer) == "yes" or _PRONOUN.match(answer) else answer
    said = _telling(spoken)
    turns = _TURNS.intersection(words(answer))
    clauses = (c for c in _CLAUSE.split(evidence) if turns <= set(words(c)))
    return any(_in_order(pair, said) for clause in clauses for pair in _denied(clause))


def _denied(clause: str) -> Iterator[tuple[str, str]]:
    """The words next to each denial of a clause: one before and one after it, or two after it where it comes first."""
    for m in _NOT.finditer(clause):
        if _BOUND.match(clause, m.end()):
            continue
        before, after = _telling(clause[max(0, m.start() - NEAR) : m.start()])[-1:], _telling(clause[m.end() : m.end() + NEAR])
        near = [*before, *after[: 2 - len(before)]]
        if len(near) == 2:
            yield near[0], near[1]


def _telling(text: str) -> list[str]:
    return [stem(w) for w in words(text) if w not in STOP]


def _in_order(pair: tuple[str, ...], said: list[str]) -> bool:
    return pair[0] in said and pair[1] in said[said.index(pair[0]) + 1 :]
