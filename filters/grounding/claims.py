"""The claims of an answer, and how much of each its evidence bears out."""

import re
from typing import NamedTuple

from filters.english.clauses import clauses
from filters.english.negation import without_lead
from filters.english.word_roots import key, keys
from filters.text.segment import STOP, remembered, sentences, signs, words
from filters.text.value_match import carried
from filters.text.values import Value, values

MISSING = 2  # a clause may always have one word of its own
# A reference mark, a point of a list: no part of what is said.
_MARKS = re.compile(r"\[\d{1,9}(?:,\s?\d{1,9}){0,99}\]|^[^\S\n]*(?:\d{1,9}[.)]\s|[-*•]\s)", re.M)
# Such a clause takes back what was said before it.
_RESTRICTS = re.compile(r"\W*(?:but |and )?(?:only|except\w*|unless|provided|subject to|limited to|restricted to)\b", re.I)
_RESTRICTED = re.compile(r"\b(?:only|except\w*|unless|provided|subject to|limited|restricted)\b", re.I)
_PIECE = re.compile(r",\s+|\s\(")
_LIGHT = frozenset(
    "otherwise however therefore thus hence moreover furthermore additionally apply applies hold holds count counts namely case".split()
)


class Claim(NamedTuple):
    """A stretch of an answer: the keys of its telling words but for those of its values, and its values."""

    text: str
    keys: tuple[str, ...]
    values: tuple[Value, ...]


def said(answer: str) -> str:
    """The answer without reference marks, list points and a leading yes or no."""
    marked = "[" in answer or "\n" in answer or answer[:1] in "-*• 0123456789"
    return without_lead(_MARKS.sub(" ", answer) if marked else answer)


@remembered
def claims(answer: str) -> tuple[Claim, ...]:
    """One claim a sentence."""
    return tuple(c for c in (_claim(s.text) for s in sentences(said(answer))) if c.keys or c.values)


@remembered
def parts(answer: str) -> tuple[Claim, ...]:
    """One claim a clause, and one for each stretch of it between two commas."""
    found: list[str] = []
    for clause in clauses(said(answer)):
        pieces = _PIECE.split(clause.text)
        found += [clause.text, *(pieces if len(pieces) > 1 else ())]
    return tuple(_claim(text) for text in found)


def _claim(text: str) -> Claim:
    found = tuple(values(text))
    rest = list(text)
    for v in found:
        rest[v.start : v.end] = " " * (v.end - v.start)
    return Claim(text, tuple(key(w) for w in words("".join(rest)) if w not in STOP and w not in _LIGHT), found)


def missing(claim: Claim, evidence: str, restated: frozenset[str]) -> list[str]:
    """The claim's telling words and values that the evidence has not.

    What it repeats of the question need not stand there, unless the claim says nothing else.
    """
    there = evidence_keys(evidence)
    says_more = bool(claim.values) or any(k not in restated for k in claim.keys)
    lost = [k for k in claim.keys if k not in there and not (says_more and k in restated)]
    return lost + [v.text for v in claim.values if not carried(v, evidence) and not restated.issuperset(keys(v.text))]


def borne(claim: Claim, evidence: str, restated: frozenset[str]) -> float:
    """The share of a claim's telling words and values that the evidence has."""
    there = evidence_keys(evidence)
    total = sum(k in there or k not in restated for k in claim.keys) + len(claim.values)
    return 1 - min(1.0, len(missing(claim, evidence, restated)) / total) if total else 1.0


def added(answer: str, evidence: str, restated: frozenset[str], least: float) -> str:
    """The first clause of the answer, or stretch between two commas, that its evidence does not bear out to this share."""
    for part in parts(answer)[1:] if not _RESTRICTED.search(evidence) else ():
        if _RESTRICTS.match(part.text) and missing(part, evidence, restated):
            return part.text.strip(" ,;()")
    for part in parts(answer):
        if len(missing(part, evidence, restated)) >= MISSING and borne(part, evidence, restated) < least:
            return part.text.strip(" ,;()")
    return ""


@remembered
def evidence_keys(evidence: str) -> frozenset[str]:
    return frozenset((*keys(evidence), *signs(evidence)))
