"""Recognise answers that only say that they don't know, or that the text does not say."""

import re

from filters.text.segment import sentences
from filters.text.values import find_values

MAX_REFUSAL_WORDS = 40  # a longer text also says something else
_TEXT = (
    r"(?:text|excerpts?|passages?|documents?|source|context|(?:provided|given) (?:text"
    r"|excerpts?|information|context|documents?))"
)
_SAYS = r"(?:say|state|mention|specify|tell|give|provide|answer|indicate)"
_SAID = r"(?:stated|mentioned|specified|given|provided|known|said|answered|indicated)"
_PHRASE = re.compile(
    r"\bi (?:do not|don['’]?t|really don['’]?t|cannot|can['’]?t|can not) (?:know|say|tell|answer"
    r"|find)\b"
    rf"|\bi(?:['’]m| am) (?:not (?:sure|certain|aware)|unable to (?:answer|say|tell|find))\b"
    rf"|\bi (?:have no|do not have|don['’]?t have) (?:\w+ )?(?:information|knowledge|idea|answer)\b"
    rf"|\b(?:the|this|that|no) (?:\w+ )?{_TEXT} (?:does not|doesn['’]?t|do not|don['’]?t|did not"
    rf"|didn['’]?t) (?:\w+ )?{_SAYS}\b"
    rf"|\b(?:is|are|was|were)(?: not|n['’]?t) {_SAID} (?:(?:in|within) (?:the|this"
    rf"|any) (?:\w+ )?{_TEXT}\b|here$)"
    rf"|^(?:it|this|that) (?:is|was)(?: not|n['’]?t) {_SAID}\W*$"
    rf"|^(?:not|none|nothing|never|nowhere) {_SAID}(?: (?:in|by|here|within)\b.*)?$"
    rf"|\b(?:the|this) question (?:cannot|can['’]?t|can not|could not|couldn['’]?t) be answered\b"
    rf"|\b(?:cannot|can['’]?t|can not) be (?:answered|determined) (?:from|by|with|based on)\b"
    rf"|\bthere is no (?:\w+ )?(?:information|answer|mention)\b"
    rf"|^(?:unknown|no answer|no information|i have no idea|no idea|unanswerable)\W*$",
    re.I,
)


def is_refusal(answer: str) -> bool:
    """Return whether the first sentence of the answer refuses.

    An answer that still gives a number, a date or a time is not a refusal.
    """
    text = " ".join(answer.split())
    if not text or len(text.split()) > MAX_REFUSAL_WORDS:
        return False
    found = _PHRASE.search(sentences(text)[0].text.strip(" .!\"'“”"))
    answered = (v for v in find_values(text) if v.kind in ("number", "date", "time"))
    return bool(found) and not any(answered)
