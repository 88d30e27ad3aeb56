"""Refusal: whether an answer says that it does not know, or that the text does not say, and nothing else."""

import re

from filters.text.segment import sentences
from filters.text.values import values

MOST_WORDS = 40  # a longer text tells something else beside
_TEXT = r"(?:text|excerpts?|passages?|documents?|source|context|(?:provided|given) (?:text|excerpts?|information|context|documents?))"
_SAYS = r"(?:say|state|mention|specify|tell|give|provide|answer|indicate)"
_SAID = r"(?:stated|mentioned|specified|given|provided|known|said|answered|indicated)"
_PHRASE = re.compile(
    rf"\bi (?:do not|don['’]?t|really don['’]?t|cannot|can['’]?t|can not) (?:know|say|tell|answer|find)\b"
    rf"|\bi(?:['’]m| am) (?:not (?:sure|certain|aware)|unable to (?:answer|say|tell|find))\b"
    rf"|\bi (?:have no|do not have|don['’]?t have) (?:\w+ )?(?:information|knowledge|idea|answer)\b"
    rf"|\b(?:the|this|that|no) (?:\w+ )?{_TEXT} (?:does not|doesn['’]?t|do not|don['’]?t|did not|didn['’]?t) (?:\w+ )?{_SAYS}\b"
    rf"|\b(?:is|are|was|were)(?: not|n['’]?t) {_SAID} (?:(?:in|within) (?:the|this|any) (?:\w+ )?{_TEXT}\b|here$)"
    rf"|^(?:it|this|that) (?:is|was)(?: not|n['’]?t) {_SAID}\W*$"
    rf"|^(?:not|none|nothing|never|nowhere) {_SAID}(?: (?:in|by|here|within)\b.*)?$"
    rf"|\b(?:the|this) question (?:cannot|can['’]?t|can not|could not|couldn['’]?t) be answered\b"
    rf"|\b(?:cannot|can['’]?t|can not) be (?:answered|determined) (?:from|by|with|based on)\b"
    rf"|\bthere is no (?:\w+ )?(?:information|answer|mention)\b"
    rf"|^(?:unknown|no answer|no information|i have no idea|no idea|unanswerable)\W*$",
    re.I,
)


def refuses(answer: str) -> bool:
    """Said in the first sentence; what gives a number, a date or a time after all has answered."""
    text = " ".join(answer.split())
    if not text or len(text.split()) > MOST_WORDS:
        return False
    found = _PHRASE.search(sentences(text)[0].text.strip(" .!\"'“”"))
    told = (v for v in values(text) if v.kind in ("number", "date", "time"))
    return bool(found) and not any(told)
