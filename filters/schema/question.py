"""Asking: whether the question is one, holds its own answer, or is answered by something of another kind."""

import re
from dataclasses import dataclass

from filters.english.negation import lead, negated
from filters.text.language_id import speaks_english
from filters.text.names import MONTHS
from filters.text.segment import STOP, content, share_in, stem, words
from filters.text.values import values

MIN_WORDS = 5
FEWEST_WORDS = 3  # of a question that has two words of content: Is the deposit refundable?
VALUE_WORDS = 25  # an answer to a question for a value is not longer
_WH = re.compile(
    r"\b(?:does|do|did|may|must|can|could|should|shall|will|how|what|which|who|whom|whose|when|where|why|is|are|was|were|has|have|had)\b",
    re.I,
)
_STATES = re.compile(r"^(?:the|an?|every|each|all|no|some)\b(?!.*\b(?:how|what|which|who|whom|whose|when|where|why)\b)(?!.*,)", re.I)
_QUESTION_ENDS = ("?", "？", "؟", "か。", "吗。", "嗎。")
_SAYS = re.compile(r"(?:yes|no)\b(?!\.?\s?\d)|(?:(?:only|at least|at most|up to|within|every|for|after)\s*)*one\s(?!of\b)\w", re.I)
_CHOICE = re.compile(r"\bor\b", re.I)


def malformed(question: str) -> str:
    """Why this is no question; grammar is judged in English alone."""
    text = question.strip()
    if not text.endswith(_QUESTION_ENDS):
        return "The question does not end with a question mark."
    if sum(text.count(mark) for mark in "?？؟") > 1:
        return "There is more than one question."
    if not speaks_english(text):
        return ""
    if not _WH.search(text) or _STATES.match(text):
        return "The question has no question word, it is a statement with a question mark."
    found = words(text)
    telling = sum(w not in STOP for w in found)
    if len(found) < FEWEST_WORDS or (len(found) < MIN_WORDS and telling < 2):
        return f"The question has fewer than {MIN_WORDS} words, too few to name its subject."
    return ""


def self_answering(question: str, answer: str) -> str:
    """Why the question tells its answer; one that offers a choice holds it of necessity."""
    if (
        _SAYS.match(answer)
        or negated(answer) != negated(question)
        or (_CHOICE.search(question) and len(content(answer)) < len(content(question)))
    ):
        return ""
    asked, answered = values(question), values(answer)
    if answered and all(any(q.carries(a) for q in asked) for a in answered):
        return f'The question contains its own answer ("{answer.strip()[:60]}").'
    return "" if answered or share_in(answer, question) < 0.8 else "The answer only restates the question."


def copied(question: str, answer: str) -> str:
    """A whole sentence instead of a reply, where the question asks for a value."""
    if re.match(r"(?:how (?:many|much|often|long|soon|far)|when|who)\b", question, re.I) and len(words(answer)) > VALUE_WORDS:
        return "The question asks for a value and the answer is a long text; answer with the value."
    return ""


@dataclass(frozen=True)
class Asked:
    """A kind of question, and what answers it: values of these kinds, or these words."""

    question: re.Pattern[str]
    what: str
    kinds: frozenset[str]
    words: re.Pattern[str]


_WORDED = (
    r"once|twice|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|half-yearly|hourly|every|each|immediately|before|after|on|during|until"
    r"|none|no|unlimited|half|quarter|third|one\s+(?!of\b)[a-z]+|noon|midnight|free|nothing|never|always|all|both|double|single|at once"
)
_TIMES = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|noon|midnight|mornings?|afternoons?|evenings?|nights?|at once|always|never"
    r"|if|when|once|while|as soon as|upon|at the (?:end|start|beginning)|today|tomorrow|spring|summer|autumn|fall|winter"
)
_NUMBERS = frozenset(("number", "date", "time", "money", "range"))
_ASKS = (
    Asked(
        re.compile(r"^(?:by |within |after |for |in |at |up to )?how (?:many|much|long|often|soon|far|large|old|high|late|fast)\b", re.I),
        "a number",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED})\b", re.I),
    ),
    Asked(
        re.compile(r"^what (?:percentage|share|number) of\b", re.I),
        "a number",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED})\b", re.I),
    ),
    Asked(
        re.compile(r"^(?:on what date|when)\b", re.I),
        "a time",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED}|{_TIMES}|{'|'.join(MONTHS)})\b", re.I),
    ),
)
_UNIT_ASKED = re.compile(r"\bhow many ([a-z]+)", re.I)
# Questions that no bare number answers.
_NO_NUMBER = (
    (re.compile(r"^(?:to |by |from |with )?(?:who|whom|whose)\b", re.I), "a person"),
    (re.compile(r"^where\b", re.I), "a place"),
    (re.compile(r"^(?:is|are|was|were|may|can|could|does|do|did|must|should|shall|will|has|have)\b(?!.*\bor\b)", re.I), "yes or no"),
)


def other_kind(question: str, answer: str) -> str:
    """A question for a number, a time, a person, yes or no, or a count of something, with an answer of another kind."""
    kinds = {v.kind for v in values(answer)}
    for asked in _ASKS:
        if asked.question.search(question) and not kinds & asked.kinds and not asked.words.search(answer):
            return f"The question asks for {asked.what} and the answer gives none."
    if kinds & _NUMBERS and _bare_number(answer):
        for pattern, what in _NO_NUMBER:
            if pattern.search(question):
                return f"The question asks for {what} and the answer is a bare value."
    return _other_unit(question, answer)


def _bare_number(answer: str) -> bool:
    """Whether the answer is one value and no word beside it."""
    if lead(answer):
        return False
    for v in reversed(values(answer)):
        if v.kind not in _NUMBERS:
            return False
        answer = f"{answer[: v.start]} {answer[v.end :]}"
    return not content(answer)


def _other_unit(question: str, answer: str) -> str:
    asked = _UNIT_ASKED.search(question)
    if not asked or asked[1][0].isupper():  # how many Critical Excursions: a name, and what is counted comes after it
        return ""
    counted = next((v.unit for v in values(f"1 {asked[1]}") if v.unit), "")
    given = {v.unit for v in values(answer) if v.kind == "number" and v.unit} - {"percent"}
    if counted and given and counted not in given and {counted, *given} != {"day", "workingday"}:
        return f"The question asks for {asked[1]} and the answer counts something else."
    if not counted and given and not set(content(asked[1])) & {stem(w) for w in words(answer)}:
        return f"The question asks how many {asked[1]} and the answer counts something else."
    return ""
