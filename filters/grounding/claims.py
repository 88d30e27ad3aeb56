"""Split an answer into claims, and measure how much of each its evidence supports."""

import re
from typing import NamedTuple

from filters.english.clauses import split_clauses
from filters.english.negation import strip_leading_yes_no
from filters.english.word_roots import root_key, root_keys
from filters.text.segment import STOP_WORDS, sentences, text_cache, unspaced_characters, words
from filters.text.value_match import value_in_text
from filters.text.values import Value, find_values

MIN_MISSING = 2  # a clause may always have one word of its own
# A reference mark or a list marker is no part of the statement.
_MARKS = re.compile(r"\[\d{1,9}(?:,\s?\d{1,9}){0,99}\]|^[^\S\n]*(?:\d{1,9}[.)]\s|[-*•]\s)", re.M)
# Such a clause restricts the statement before it.
_RESTRICTS = re.compile(
    r"\W*(?:but |and )?(?:only|except\w*|unless|provided|subject to|limited to|restricted to)\b",
    re.I,
)
_RESTRICTED = re.compile(
    r"\b(?:only|except\w*|unless|provided|subject to|limited|restricted)\b", re.I
)
_PIECE = re.compile(r",\s+|\s\(")
_LIGHT = frozenset(
    "otherwise however therefore thus hence moreover furthermore additionally apply applies "
    "hold holds count counts namely case".split()
)


class Claim(NamedTuple):
    """A part of an answer: the keys of its content words outside its values, and its values."""

    text: str
    keys: tuple[str, ...]
    values: tuple[Value, ...]


def strip_markers(answer: str) -> str:
    """Remove reference marks, list markers and a leading yes or no from the answer."""
    marked = "[" in answer or "\n" in answer or answer[:1] in "-*• 0123456789"
    return strip_leading_yes_no(_MARKS.sub(" ", answer) if marked else answer)


@text_cache
def sentence_claims(answer: str) -> tuple[Claim, ...]:
    """Return one claim for each sentence that has content words or values."""
    found = (_claim(s.text) for s in sentences(strip_markers(answer)))
    return tuple(c for c in found if c.keys or c.values)


@text_cache
def clause_claims(answer: str) -> tuple[Claim, ...]:
    """Return one claim for each clause, and one for each part of it between two commas."""
    found: list[str] = []
    for clause in split_clauses(strip_markers(answer)):
        pieces = _PIECE.split(clause.text)
        found += [clause.text, *(pieces if len(pieces) > 1 else ())]
    return tuple(_claim(text) for text in found)


def _claim(text: str) -> Claim:
    found = tuple(find_values(text))
    rest = list(text)
    for v in found:
        rest[v.start : v.end] = " " * (v.end - v.start)
    return Claim(
        text,
        tuple(root_key(w) for w in words("".join(rest)) if w not in STOP_WORDS and w not in _LIGHT),
        found,
    )


def missing_terms(claim: Claim, evidence: str, restated: frozenset[str]) -> list[str]:
    """Return the content words and values of the claim that the evidence lacks.

    The words in `restated`, which repeat the question, may be missing from the evidence, unless
    the claim says nothing else.
    """
    there = evidence_keys(evidence)
    says_more = bool(claim.values) or any(k not in restated for k in claim.keys)
    lost = [k for k in claim.keys if k not in there and not (says_more and k in restated)]
    return lost + [
        v.text
        for v in claim.values
        if not value_in_text(v, evidence) and not restated.issuperset(root_keys(v.text))
    ]


def supported_share(claim: Claim, evidence: str, restated: frozenset[str]) -> float:
    """Return the share (0 to 1) of a claim's content words and values that the evidence has."""
    there = evidence_keys(evidence)
    total = sum(k in there or k not in restated for k in claim.keys) + len(claim.values)
    return 1 - min(1.0, len(missing_terms(claim, evidence, restated)) / total) if total else 1.0


def unsupported_clause(answer: str, evidence: str, restated: frozenset[str], least: float) -> str:
    """Return the first clause that has less than the share `least` of its terms in the evidence.

    A part between two commas counts as a clause. A clause that restricts the statement before it
    needs every term, unless the evidence restricts something as well. "" if all are supported.
    """
    for part in clause_claims(answer)[1:] if not _RESTRICTED.search(evidence) else ():
        if _RESTRICTS.match(part.text) and missing_terms(part, evidence, restated):
            return part.text.strip(" ,;()")
    for part in clause_claims(answer):
        if (
            len(missing_terms(part, evidence, restated)) >= MIN_MISSING
            and supported_share(part, evidence, restated) < least
        ):
            return part.text.strip(" ,;()")
    return ""


@text_cache
def evidence_keys(evidence: str) -> frozenset[str]:
    return frozenset((*root_keys(evidence), *unspaced_characters(evidence)))
