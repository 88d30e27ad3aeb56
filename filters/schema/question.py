"""Check that a question is one, does not contain its answer, and is answered by the right kind."""

import re
from dataclasses import dataclass

from filters.english.negation import has_negation, leading_yes_no
from filters.text.language_id import is_english
from filters.text.names import MONTHS
from filters.text.segment import STOP_WORDS, content_overlap, content_stems, stem, words
from filters.text.values import find_values

MIN_QUESTION_WORDS = 5
# Enough for a question with two content words: Is the deposit refundable?
MIN_WORDS_WITH_CONTENT = 3
MAX_VALUE_WORDS = 25  # longest answer to a question for a value
_WH = re.compile(
    r"\b(?:does|do|did|may|must|can|could|should|shall|will|how|what|which|who|whom|whose|when"
    r"|where|why|is|are|was|were|has|have|had)\b",
    re.I,
)
_STATES = re.compile(
    r"^(?:the|an?|every|each|all|no|some)\b(?!.*\b(?:how|what|which|who|whom|whose|when|where"
    r"|why)\b)(?!.*,)",
    re.I,
)
_QUESTION_ENDS = ("?", "？", "؟", "か。", "吗。", "嗎。")
_SAYS = re.compile(
    r"(?:yes|no)\b(?!\.?\s?\d)|(?:(?:only|at least|at most|up to|within|every|for"
    r"|after)\s*)*one\s(?!of\b)\w",
    re.I,
)
_CHOICE = re.compile(r"\bor\b", re.I)


def malformed_question(question: str) -> str:
    """Return why this is not a question, else ""; grammar is judged in English only."""
    text = question.strip()
    if not text.endswith(_QUESTION_ENDS):
        return "The question does not end with a question mark."
    if sum(text.count(mark) for mark in "?？؟") > 1:
        return "There is more than one question."
    if not is_english(text):
        return ""
    if not _WH.search(text) or _STATES.match(text):
        return "The question has no question word, it is a statement with a question mark."
    found = words(text)
    telling = sum(w not in STOP_WORDS for w in found)
    if len(found) < MIN_WORDS_WITH_CONTENT or (len(found) < MIN_QUESTION_WORDS and telling < 2):
        return (
            f"The question has fewer than {MIN_QUESTION_WORDS} words, too few to name its subject."
        )
    return ""


def self_answering_question(question: str, answer: str) -> str:
    """Return why the question gives its answer away, else "".

    A question that offers a choice necessarily contains the answer.
    """
    if (
        _SAYS.match(answer)
        or has_negation(answer) != has_negation(question)
        or (_CHOICE.search(question) and len(content_stems(answer)) < len(content_stems(question)))
    ):
        return ""
    asked, answered = find_values(question), find_values(answer)
    if answered and all(any(q.carries(a) for q in asked) for a in answered):
        return f'The question contains its own answer ("{answer.strip()[:60]}").'
    return (
        ""
        if answered or content_overlap(answer, question) < 0.8
        else "The answer only restates the question."
    )


def overlong_answer(question: str, answer: str) -> str:
    """Return a reason if the question asks for a value and the answer is a long text, else ""."""
    if (
        re.match(r"(?:how (?:many|much|often|long|soon|far)|when|who)\b", question, re.I)
        and len(words(answer)) > MAX_VALUE_WORDS
    ):
        return "The question asks for a value and the answer is a long text; answer with the value."
    return ""


@dataclass(frozen=True)
class ExpectedAnswer:
    """A pattern of questions, and what answers them: values of these kinds, or these words."""

    question: re.Pattern[str]
    what: str
    kinds: frozenset[str]
    words: re.Pattern[str]


_WORDED = (
    r"once|twice|daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|half-yearly|hourly|every"
    r"|each|immediately|before|after|on|during|until"
    r"|none|no|unlimited|half|quarter|third|one\s+(?!of\b)[a-z]+|noon|midnight|free|nothing|never"
    r"|always|all|both|double|single|at once"
)
_TIMES = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|noon|midnight|mornings?|afternoons?"
    r"|evenings?|nights?|at once|always|never"
    r"|if|when|once|while|as soon as|upon|at the (?:end|start|beginning)|today|tomorrow|spring"
    r"|summer|autumn|fall|winter"
)
_NUMBERS = frozenset(("number", "date", "time", "money", "range"))
_ASKS = (
    ExpectedAnswer(
        re.compile(
            r"^(?:by |within |after |for |in |at |up to )?how (?:many|much|long|often|soon|far"
            r"|large|old|high|late|fast)\b",
            re.I,
        ),
        "a number",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED})\b", re.I),
    ),
    ExpectedAnswer(
        re.compile(r"^what (?:percentage|share|number) of\b", re.I),
        "a number",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED})\b", re.I),
    ),
    ExpectedAnswer(
        re.compile(r"^(?:on what date|when)\b", re.I),
        "a time",
        _NUMBERS,
        re.compile(rf"\b(?:{_WORDED}|{_TIMES}|{'|'.join(MONTHS)})\b", re.I),
    ),
)
_UNIT_ASKED = re.compile(r"\bhow many ([a-z]+)", re.I)
# Questions that a bare number does not answer.
_NO_NUMBER = (
    (re.compile(r"^(?:to |by |from |with )?(?:who|whom|whose)\b", re.I), "a person"),
    (re.compile(r"^where\b", re.I), "a place"),
    (
        re.compile(
            r"^(?:is|are|was|were|may|can|could|does|do|did|must|should|shall|will|has"
            r"|have)\b(?!.*\bor\b)",
            re.I,
        ),
        "yes or no",
    ),
)


def wrong_answer_type(question: str, answer: str) -> str:
    """Return why the answer is not of the kind that the question asks for, else "".

    The kinds are a number, a time, a person, a place, yes or no, and a count of something.
    """
    kinds = {v.kind for v in find_values(answer)}
    for asked in _ASKS:
        if (
            asked.question.search(question)
            and not kinds & asked.kinds
            and not asked.words.search(answer)
        ):
            return f"The question asks for {asked.what} and the answer gives none."
    if kinds & _NUMBERS and _bare_number(answer):
        for pattern, what in _NO_NUMBER:
            if pattern.search(question):
                return f"The question asks for {what} and the answer is a bare value."
    return _other_unit(question, answer)


def _bare_number(answer: str) -> bool:
    """Return whether the answer is values only, without another word."""
    if leading_yes_no(answer):
        return False
    for v in reversed(find_values(answer)):
        if v.kind not in _NUMBERS:
            return False
        answer = f"{answer[: v.start]} {answer[v.end :]}"
    return not content_stems(answer)


def _other_unit(question: str, answer: str) -> str:
    m = _UNIT_ASKED.search(question)
    # In "how many Critical Excursions" a name follows, and what is counted comes after it.
    if not m or m[1][0].isupper():
        return ""
    counted = next((v.unit for v in find_values(f"1 {m[1]}") if v.unit), "")
    given = {v.unit for v in find_values(answer) if v.kind == "number" and v.unit} - {"percent"}
    if counted and given and counted not in given and {counted, *given} != {"day", "workingday"}:
        return f"The question asks for {m[1]} and the answer counts something else."
    if not counted and given and not set(content_stems(m[1])) & {stem(w) for w in words(answer)}:
        return f"The question asks how many {m[1]} and the answer counts something else."
    return ""
