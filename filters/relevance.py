"""Relevance: does the question ask for what the answer says. For a small teacher, which drifts within its sentence."""

import re

from factory.records import Example, Verdict
from filters.text import STOP, content, stem, words
from filters.values import values

BESIDE = 3  # content words on either side of the answer that are looked for in the question
LEAST = 0.6  # share of them that the question must hold
_LOW = re.compile(r"\b(?:at least|minimum|least|no less than|not less than|not fewer than|or more|above|more than|over|exceed\w*|from|after|earliest|older than|longer than|lower limit)\b", re.I)
_HIGH = re.compile(r"\b(?:at most|maximum|most|up to|no more than|not more than|not exceed|limited to|limit|within|or less|below|under|less than|until|latest|by|before|capped|no later than|ceiling|to)\b", re.I)
_ASKS_LOW = re.compile(r"\b(?:minimum|least|fewest|earliest|smallest|shortest|lowest)\b", re.I)
_ASKS_HIGH = re.compile(r"\b(?:maximum|most|at most|latest|largest|longest|highest)\b", re.I)


def relevance(example: Example) -> Verdict:
    """Looks for the words that stand beside the answer in its evidence; the nearest one before it must be asked about."""
    reason = next((r for span in example.spans if (r := _fault(example, span.text))), "")
    return Verdict(filter="relevance", passed=not reason, reason=reason)


def _fault(example: Example, evidence: str) -> str:
    at = evidence.find(example.response)
    if at < 0:
        return ""  # answered in other words: grounding has judged it
    asked = set(content(example.instruction))
    before, after = _near(evidence[:at])[::-1][:BESIDE], _near(evidence[at + len(example.response) :], forward=True)[:BESIDE]
    if before and stem(before[0]) not in asked:
        return f'The question leaves out "{before[0]}", which stands beside the answer in the source.'
    near = [*before, *after]
    missing = [w for w in near if stem(w) not in asked]
    if near and 1 - len(missing) / len(near) < LEAST:
        return f'The question leaves out "{missing[0]}", which stands beside the answer in the source.'
    return _bound_fault(example.instruction, evidence[max(0, at - 40) : at + len(example.response) + 15])


def _near(text: str, forward: bool = False) -> list[str]:
    """Content words of the clause next to the answer, in order."""
    clauses = re.split(r"[;:]|,\s+(?:and|but|or|which|where|while)\s|\.\s", text)
    clause = clauses[0] if forward else clauses[-1]
    return [w for w in words(clause) if w not in STOP and not any(v.kind == "number" for v in values(w))]


def _bound_fault(question: str, around: str) -> str:
    """A question for the least asks for a lower bound, one for the most for an upper bound."""
    if _ASKS_LOW.search(question) and not _LOW.search(around):
        return "The question asks for a minimum, and the source states none here."
    if _ASKS_HIGH.search(question) and not _HIGH.search(around):
        return "The question asks for a maximum, and the source states none here."
    return ""
