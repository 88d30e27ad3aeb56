"""Find grammar mistakes of small teachers that turn a statement into a question."""

import re
from collections.abc import Iterator

from factory.core.records import Example, Verdict
from filters.schema.relevance import LEADING_PREPOSITION
from filters.text.segment import STOP_WORDS, content_stems, stem, words
from filters.text.values import UNITS

_AUXILIARY = "does|do|did|may|must|can|could|should|shall|will"
_FINITE = re.compile(
    rf"\b(?:(?P<auxiliary>{_AUXILIARY})|(?P<plain>have|do|cost|remain|need|keep)|is|are|was|were"
    r"|has|had|costs|remains|needs|keeps)\b",
    re.I,
)
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|whose|when|if|where|while|whether|because|although|after|before|until"
    r"|and|or|but|once|as)\b|,",
    re.I,
)
_FRONTED = re.compile(r"(?:\w+ ){0,3}?(?:how|what|which|when|who)\b", re.I)
_LOST = re.compile(
    r"\b(?:than|above|below|within|least|most|over|under"
    rf"|up to)\s(?:{'|'.join(u for u in UNITS if len(u) > 3)})\b",
    re.I,
)
_TEXT = re.compile(r"\bthe text\b", re.I)
# Content words apart from the unit asked for; with fewer, the subject is not named.
MIN_SUBJECT_WORDS = 4
_UNIT_STEMS = frozenset(stem(u) for u in UNITS) | {
    "calendar",
    "work",
    "number",
    "amount",
    "many",
    "much",
    "percentage",
}
_WH = re.compile(r"\b(?:how|what|which|who|whom|whose|when|where|why)\b", re.I)
# This begins a clause and asks for nothing.
_OF_WHICH = re.compile(r"(?<=\w)\W+of (?:which|whom)\b", re.I)
_DANGLING = re.compile(
    r"\b(?:within|after|for|until|before|every|above|below|over|under|than|up to|at least|at most)"
    r" (?:have|has|is|are|was|were|must|may|can|does|do|did|will)\b",
    re.I,
)
_STRANDED = re.compile(
    r"\b(?:as (?:many|much) as|up to|at (?:least|most)|every|within|than|above|below|after|before"
    r"|until|past)\?$"
    r"|^(?:which|what) (?:date|time)\b.*\bof\?$|\b(?:to|of|by|for|with|from) (?:on|in|and"
    r"|at(?! (?:least|most)))\b",
    re.I,
)
_PARTICIPLE = re.compile(
    r"\b(?:does|do|did)(?: [\w'-]+){1,6}? (?!need|exceed|proceed|feed|speed|shed)(?:\w{3,}ed|be"
    r"|been|is|are)\b"
    r"(?![^?]*\b(?:that|which|who)\b)",
    re.I,
)
_PLURAL = re.compile(
    r"\bdoes the (?!business|process|access|address|boss|bus|gas|lens|class)[a-z]+[^s']s (?!of|in"
    r"|on|at|for)[a-z]+"
)
_TWO = re.compile(r"^(?:which|what|who|where|when)\b.*\bhow (?:many|much|long|often)\b", re.I)
_BRACKETS = re.compile(r"[()\[\]{}]")


def wording(example: Example) -> Verdict:
    """Judge the grammar of the question alone; other filters judge its content."""
    return Verdict(
        filter="wording", passed=not (reason := _fault(example.instruction)), reason=reason
    )


def _fault(question: str) -> str:
    return next((reason for reason in _faults(question) if reason), "")


def _faults(question: str) -> Iterator[str]:
    if not _WH.search(_OF_WHICH.sub("", question)):
        yield "The question has no question word, it is a statement with a question mark."
    if _BRACKETS.search(question):
        yield "The question has brackets; write it without the hint."
    if _TEXT.search(question):
        yield "The question speaks of the text instead of its subject."
    if twice := _repeated(question):
        yield f'The question says "{twice}" twice.'
    if len(re.findall(r"\bhow\b", question, re.I)) > 1 or _TWO.search(question):
        yield "The question asks for two things; ask for one."
    yield _broken(question)
    if m := _DANGLING.search(question) or _STRANDED.search(question):
        yield f'The question breaks off at "{m.group()}".'
    if m := re.search(r"\bhow (?:many|much) percentage\b", question, re.I):
        yield f'"{m.group()}" is no English, ask "what percentage".'
    if (m := _PARTICIPLE.search(question)) or (m := _PLURAL.search(question)):
        yield f'The verb is wrong in "{m.group()}".'
    telling = [w for w in content_stems(question) if w not in _UNIT_STEMS and not w.isdigit()]
    if len(set(telling)) < MIN_SUBJECT_WORDS:
        yield "The question does not name its subject in full; keep all words of the fact."


def _broken(question: str) -> str:
    # A statement with a question word inside keeps the grammar of the source, so it is not checked.
    fronted = _FRONTED.match(question)
    if fronted and not _SUBORDINATE.search(question) and _finite_verbs(question) > 1:
        return "The question has two main verbs; write one plain question."
    if m := _LOST.search(question):
        return f'The question leaves out a value ("{m.group()}"); ask for it or name it.'
    lead = LEADING_PREPOSITION.match(question)
    if lead and re.search(rf"\b{lead[1]}\?$", question, re.I):
        return f'The question says "{lead[1].lower()}" at its beginning and at its end.'
    return ""


def _finite_verbs(question: str) -> int:
    """Count the main verbs.

    An auxiliary and the plain verb after it count once: does … need, must … have.
    """
    count, open_auxiliary = 0, False
    for m in _FINITE.finditer(question):
        if m["plain"] and open_auxiliary:
            open_auxiliary = False
        else:
            count += 1
            open_auxiliary = open_auxiliary or bool(m["auxiliary"] or m["plain"] == "do")
    return count


def _repeated(question: str) -> str:
    """Return two consecutive content words that the question has twice, else "".

    A second "how many" counts, too: the writer lost track of the sentence.
    """
    found = words(question)
    pairs = [
        f"{a} {b}"
        for a, b in zip(found, found[1:], strict=False)
        if (not {a, b} & STOP_WORDS or a == "how") and not {a, b} & UNITS.keys()
    ]
    return next((p for p in pairs if pairs.count(p) > 1), "")
