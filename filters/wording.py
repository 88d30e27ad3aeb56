"""Wording: faults of grammar that a small teacher makes when it turns a statement into a question."""

import re

from factory.records import Example, Verdict
from filters.text import content, stem
from filters.values import UNITS

LEAST_WORDS = 4  # content words beside the unit asked for: with fewer, the subject is not named
_UNIT_STEMS = frozenset(stem(u) for u in UNITS) | {"calendar", "work", "number", "amount", "many", "much", "percentage"}
_WH = re.compile(r"\b(?:how|what|which|who|whom|whose|when|where|why)\b", re.I)
_DANGLING = re.compile(
    r"\b(?:within|after|for|until|before|every|above|below|over|under|than|up to|at least|at most)"
    r" (?:have|has|is|are|was|were|must|may|can|does|do|did|will)\b",
    re.I,
)
_PARTICIPLE = re.compile(
    r"\b(?:does|do|did)(?: [\w'-]+){1,6}? (?!need|exceed|proceed|feed|speed|shed)(?:\w{3,}ed|be|been|is|are)\b"
    r"(?![^?]*\b(?:that|which|who)\b)",
    re.I,
)
_PLURAL = re.compile(r"\bdoes the (?!business|process|access|address|boss|bus|gas|lens|class)[a-z]+[^s']s (?!of|in|on|at|for)[a-z]+")
_BRACKETS = re.compile(r"[()\[\]{}]")


def wording(example: Example) -> Verdict:
    """Judges the question alone; what it says is judged elsewhere."""
    return Verdict(filter="wording", passed=not (reason := _fault(example.instruction)), reason=reason)


def _fault(question: str) -> str:
    if not _WH.search(question):
        return "The question has no question word, it is a statement with a question mark."
    if _BRACKETS.search(question):
        return "The question has brackets; write it without the hint."
    if m := _DANGLING.search(question):
        return f'The question breaks off at "{m.group()}".'
    if (m := _PARTICIPLE.search(question)) or (m := _PLURAL.search(question)):
        return f'The verb is wrong in "{m.group()}".'
    telling = [w for w in content(question) if w not in _UNIT_STEMS and not w.isdigit()]
    if len(set(telling)) < LEAST_WORDS:
        return "The question does not name its subject in full; keep all words of the fact."
    return ""
