"""Check whether a question can be understood without a sentence that its reader can't see."""

import re

from filters.text.names import find_proper_names
from filters.text.numbers import UNITS
from filters.text.segment import STOP_WORDS, content_stems, words

_PRONOUN = re.compile(
    r"\b(?:it|its|this|these|those|they|them|their|he|him|his|she|her|such|here|aforementioned"
    r"|(?:an?|another|good|new|other|which) (?:[a-z]+ )?ones?(?=\s(?!of\b)|\?))\b",
    re.I,
)
# Their noun may follow: "of its last wash is a tram".
_POSSESSIVE = frozenset("its their his her".split())
_SUBJECT_AFTER = re.compile(
    r"\b(?:is|are|was|were|does|do|did|must|may|can|could|should|shall|will|has|have)\s(?!it\b"
    r"|they\b|he\b|she\b|this\b|these\b|those\b)"
    r"(?:an?|the|every|each)?\s*[A-Za-z]",
    re.I,
)
# In "is it possible to …" and "how long does it take to …", the subject follows.
_EXPLETIVE = re.compile(
    r"\b(?:is|was) it (?:[a-z]+ly |still |also )?(?:possible|permitted|allowed|necessary|required"
    r"|mandatory|compulsory|forbidden|prohibited"
    r"|safe|true|acceptable|legal|lawful|advisable|recommended|important|enough|sufficient"
    r"|obligatory|optional)\b"
    r"|\b(?:does|did|will|can|should) it (?:take|cost|happen|matter)\b(?=.*\b(?:to|that|if|for)\b)"
    r"|\bit is (?:possible|necessary|required)\b",
    re.I,
)
_MEASURES = (
    frozenset("many much long often soon far large old high late fast".split()) | UNITS.keys()
)
_BARE_LEAD = re.compile(
    r"^(?:what|which|who)\s+(?:is|are|was)\s+(?:an?|the)?\s*(?:\w+\s+){0,1}one\b", re.I
)
_POINTING = re.compile(
    r"\bthe (?:last|same|other|others|latter|former|next|previous|remaining|second|third|new one"
    r"|latest|aforesaid|said|above|below)\b",
    re.I,
)
# Content words that identify "the last train": the last train of the Marrow Street line.
MIN_ANCHOR_WORDS = 4
_MADE = (
    "agreement|contract|lease|licence|license|policy|procedure|document|manual|guide|handbook|section|clause|article|chapter|appendix|annex"
    "|schedule|table|figure|report|plan|programme|program|project|company|organi[sz]ation|agency|parties|party|provision|rule|paragraph"
    "|guideline|standard|statute|law|act|limit|deadline|fee|amount|rate|period|date|form"
)
_UNNAMED = re.compile(
    rf"\b(?:(?:the|this|that|these|such)\s(?:{_MADE})s?)\b(?!['’]s?\s|\s(?:between|with|for|of|on"
    r"|about|under|against|to|by|at|in|that|which|who|from)\b)",
    re.I,
)
_POINTS_HERE = re.compile(rf"\b(?:this|these)\s(?:{_MADE})s?\b", re.I)
_NUMBERED = re.compile(
    r"\b(?:clause|section|article|paragraph|chapter|annex|appendix|step)\s?\d[\d.]*", re.I
)


def unresolved_reference(question: str) -> str:
    """Return a word that refers to nothing earlier in the question, else ""."""
    m = _BARE_LEAD.search(question)
    free = _EXPLETIVE.sub(lambda found: " " * len(found.group()), question)
    for pronoun in _PRONOUN.finditer(free):
        before = [w for w in words(question[: pronoun.start()]) if w not in STOP_WORDS]
        owned = pronoun.group().casefold() in _POSSESSIVE
        if owned and _SUBJECT_AFTER.search(question, pronoun.end()):
            continue
        if len(before if owned else [w for w in before if w not in _MEASURES]) < 2:
            m = m or pronoun
    return m.group() if m else _pointing(question)


def _pointing(question: str) -> str:
    """Return a phrase such as "the last train" if the question does not say which one, else ""."""
    m = _POINTING.search(question)
    if not m or _anchored(question):
        return ""
    rest = [
        w for w in content_stems(question[: m.start()] + question[m.end() :]) if w not in _MEASURES
    ]
    return m.group() if len(set(rest)) < MIN_ANCHOR_WORDS - 1 else ""


def unnamed_subject(question: str) -> str:
    """Return what a question without its source leaves unnamed, else "".

    Examples are "the agreement", "this section" and "clause 4", without saying of which document.
    """
    if m := _POINTS_HERE.search(question):
        return m.group()
    m = (
        _UNNAMED.search(question)
        if not _anchored(question)
        else None
        if any(find_proper_names(question))
        else _NUMBERED.search(question)
    )
    return m.group() if m else ""


def _anchored(question: str) -> bool:
    """Return whether a name or a number (TR-7, Unit 4) identifies the subject."""
    return any(find_proper_names(question)) or bool(re.search(r"\d", question))
