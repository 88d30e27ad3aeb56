"""Schema: is this a well-formed question with a real answer, before anyone asks whether it is true."""

import re
from dataclasses import dataclass

from factory.records import Example, Verdict
from filters.names import MONTHS
from filters.numbers import UNITS
from filters.text import STOP, content, share_in, stem, words
from filters.values import values

MAX_ANSWER_WORDS = 120  # longer ones are copied excerpts
MIN_QUESTION_WORDS = 5
_ASKING = re.compile(
    r"\b(?:does|do|did|may|must|can|could|should|shall|will|how|what|which|who|whom|whose|when|where|why|is|are|was|were|has|have|had)\b",
    re.I,
)
_PLACEHOLDER = re.compile(
    r"(?:\bas an ai|\bi(?:'m| am) sorry|\blorem ipsum|\[insert|your answer here|\bn/?a$|the answer is in|_{2,})", re.I
)
_THE = "the|this|that|given|above|following|provided"
_TEXT = "passage|excerpt|sentence|fact|paragraph|section|statement|heading|context|clause"
_META = re.compile(
    rf"\b(?:{_THE})\s+(?:{_TEXT})\b|\baccording to (?:the|this) (?:document|policy|procedure)\b|\bmentioned\b|\bexam question\b",
    re.I,
)
_LEANING = re.compile(r"\b(?:it|its|this|these|those|they|them|their|he|him|his|she|her|such|here|we|our|us|aforementioned)\b", re.I)
_POSSESSIVE = frozenset("its their his her our".split())  # their noun may follow: of its last wash is a tram …
_MEASURES = frozenset("many much long often soon far large old high late fast".split()) | UNITS.keys()
_SAYS = re.compile(r"(?:yes|no)\b(?!\.?\s?\d)|(?:(?:only|at least|at most|up to|within|every|for|after)\s)*one\s(?!of\b)\w", re.I)
_BARE_LEAD = re.compile(r"^(?:what|which|who)\s+(?:is|are|was)\s+(?:a|an|the)?\s*(?:\w+\s+){0,1}one\b", re.I)


def schema(example: Example) -> Verdict:
    """Rejects an empty, malformed, evasive or self-answering example; the reason names the fault and its words."""
    reason = next((r for check in CHECKS if (r := check(example))), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _empty(example: Example) -> str:
    if not example.instruction.strip():
        return "The question is empty."
    return "" if example.response.strip() else "The answer is empty."


def _not_a_question(example: Example) -> str:
    question = example.instruction.strip()
    if not question.endswith("?"):
        return "The question does not end with a question mark."
    if question.count("?") > 1:
        return "There is more than one question."
    if not _ASKING.search(question):
        return "The question has no question word, it is a statement with a question mark."
    if len(words(question)) < MIN_QUESTION_WORDS:
        return f"The question has fewer than {MIN_QUESTION_WORDS} words, too few to name its subject."
    return ""


def _placeholder(example: Example) -> str:
    m = _PLACEHOLDER.search(example.response) or _PLACEHOLDER.search(example.instruction)
    return f'It contains a placeholder ("{m.group()}").' if m else ""


def _about_the_text(example: Example) -> str:
    m = _META.search(example.instruction) or _META.search(example.response)
    return f'It speaks of the text instead of its subject ("{m.group()}").' if m else ""


def _too_long(example: Example) -> str:
    count = len(words(example.response))
    return f"The answer has {count} words, at most {MAX_ANSWER_WORDS} are allowed." if count > MAX_ANSWER_WORDS else ""


def _leaning(example: Example) -> str:
    """A pronoun whose noun does not stand before it in the question."""
    m = _BARE_LEAD.search(example.instruction)
    for pronoun in _LEANING.finditer(example.instruction):
        before = [w for w in words(example.instruction[: pronoun.start()]) if w not in STOP]
        named = before if pronoun.group().casefold() in _POSSESSIVE else [w for w in before if w not in _MEASURES]
        if len(named) < 2:
            m = m or pronoun
    return f'The question leans on its sentence ("{m.group()}"); name the subject in full.' if m else ""


def _self_answering(example: Example) -> str:
    if _SAYS.match(example.response):
        return ""
    asked, answered = values(example.instruction), values(example.response)
    if answered and all(any(q.carries(a) for q in asked) for a in answered):
        return f'The question contains its own answer ("{example.response.strip()[:60]}").'
    return "" if answered or share_in(example.response, example.instruction) < 0.8 else "The answer only restates the question."


def _copied(example: Example) -> str:
    """A whole sentence instead of a reply, where the question asks for a value."""
    if re.match(r"(?:how (?:many|much|often|long|soon|far)|when|who)\b", example.instruction, re.I) and len(words(example.response)) > 25:
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
    r"|none|no|unlimited|half|quarter|third|one\s+(?!of\b)[a-z]+"
)
_TIMES = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|noon|midnight|mornings?|afternoons?|evenings?|nights?|at once|always|never"
)
_ASKS = (
    Asked(
        re.compile(
            r"^(?:by |within |after |for |in |at |up to )?how (?:many|much|long|often|soon|far|large|old|high|late|fast)\b",
            re.I,
        ),
        "a number",
        frozenset(("number", "date", "time")),
        re.compile(rf"\b(?:{_WORDED})\b", re.I),
    ),
    Asked(
        re.compile(r"^(?:on what date|when)\b", re.I),
        "a time",
        frozenset(("date", "time", "number")),
        re.compile(rf"\b(?:{_WORDED}|{_TIMES}|{'|'.join(MONTHS)})\b", re.I),
    ),
)
_UNIT_ASKED = re.compile(r"\bhow many ([a-z]+)", re.I)


def _other_kind(example: Example) -> str:
    """A question for a number, a time or a count of something, with an answer of another kind."""
    kinds = {v.kind for v in values(example.response)}
    for asked in _ASKS:
        if asked.question.search(example.instruction) and not kinds & asked.kinds and not asked.words.search(example.response):
            return f"The question asks for {asked.what} and the answer gives none."
    return _other_unit(example)


def _other_unit(example: Example) -> str:
    asked = _UNIT_ASKED.search(example.instruction)
    if not asked:
        return ""
    counted = next((v.unit for v in values(f"1 {asked[1]}") if v.unit), "")
    given = {v.unit for v in values(example.response) if v.kind == "number" and v.unit} - {"percent"}
    if counted and given and counted not in given and {counted, *given} != {"day", "workingday"}:
        return f"The question asks for {asked[1]} and the answer counts something else."
    if not counted and given and not set(content(asked[1])) & {stem(w) for w in words(example.response)}:
        return f"The question asks how many {asked[1]} and the answer counts something else."
    return ""


CHECKS = (
    _empty,
    _placeholder,
    _not_a_question,
    _about_the_text,
    _too_long,
    _leaning,
    _self_answering,
    _copied,
    _other_kind,
)
