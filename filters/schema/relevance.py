"""Check whether the question asks for what the answer says.

This is for small teachers, whose questions drift within their sentence. Draw 1 of such a teacher is
the fact's own value, found by code. Where its two drawn answers agreed on another one, 8 of 10 read
by eye were wrong (showcase.toml, seed 7): the question had gone astray, so they are rejected.
"""

import re
from collections.abc import Iterator

from factory.core.records import Example, Verdict
from filters.text.segment import STOP_WORDS, content_stems, stem, words
from filters.text.value_match import first_missing_value
from filters.text.values import find_values

# Content words on either side of the answer that the question is searched for.
NEIGHBOUR_WORDS = 4
MAX_MISSING_SHARE = 0.34  # largest share of them that the question may leave out
_DUTY = re.compile(r"\b(?:must|shall|needs? to|has to|have to|required)\b", re.I)
_DONE = re.compile(r"\b(?:does|do|should)\b", re.I)
# "On extension 2140" helps the caller but not the question.
_AND_NUMBER = re.compile(r"\s\w+ \w+ \d")
_DONE_TO = re.compile(
    r"\b(?:is|are|was|were|be) (?:\w+ ){0,2}?(?P<done>\w+(?:ed|sent|given)) to (?:the "
    r"|an? )?(?P<whom>\w{3,})"
)
_LEAVE = re.compile(r"\b(?:may|can|could|allowed)\b")
_OF = re.compile(r"\b(?:of|after|from|since)\b", re.I)
_TURNING = frozenset(
    ["within", "every", "after", "before", "until", "above", "below", "under", "over", "than"]
)
_WHO = re.compile(r"who\b", re.I)
# A person named after one of these does not do what the sentence says.
_NOT_DOING = frozenset(["with", "to", "from", "of", "for"])
_LEADS = (
    "within|after|for|by|to|at|on|from|until|with|of|in|up to|for up to|at least|at "
    "most|every|before|above|below|over|under|more than"
)
LEADING_PREPOSITION = re.compile(rf"({_LEADS})\s(?:how|which|what)\b", re.I)
_LOWER = (
    "at least|minimum|least|no less than|not less than|not fewer than|or more|above|more "
    "than|over|exceed\\w*|from|after|earliest"
)
_LOW = re.compile(rf"\b(?:{_LOWER}|older than|longer than|lower limit)\b", re.I)
_UPPER = (
    "at most|maximum|most|up to|no more than|not more than|not exceed|limited "
    "to|limit|within|or less|below|under|less than|until"
)
_HIGH = re.compile(rf"\b(?:{_UPPER}|latest|by|before|capped|no later than|ceiling|to)\b", re.I)
_ASKS_LOW = re.compile(r"\b(?:minimum|least|fewest|earliest|smallest|shortest|lowest)\b", re.I)
_ASKS_HIGH = re.compile(r"\b(?:maximum|most|at most|latest|largest|longest|highest)\b", re.I)


def relevance(example: Example) -> Verdict:
    """Check that the question uses the words around the answer in its evidence.

    The nearest word before the answer must be in the question.
    """
    reason = next((r for span in example.spans if (r := _fault(example, span.text))), "")
    return Verdict(filter="relevance", passed=not reason, reason=reason)


def _fault(example: Example, evidence: str) -> str:
    if example.draws and example.response != example.draws[0].response:
        return (
            f'The text answers "{example.response}", its fact says '
            f'"{example.draws[0].response}"; ask for what the fact says.'
        )
    before, found, after = evidence.partition(example.response)
    if not found:
        return ""  # the answer uses other words; grounding judges it
    return next(
        (
            reason
            for reason in _faults(example.instruction, before, example.response, after)
            if reason
        ),
        "",
    )


def _faults(question: str, before: str, response: str, after: str) -> Iterator[str]:
    """Yield what is wrong with a question, given the evidence before and after the answer."""
    evidence = before + response + after
    yield _wrong_lead(question, before)
    if lost := _lost_word(question, before, response):
        yield f'The question leaves out "{lost}", which stands before the answer in the source.'
    if after.startswith(" of ") and not _OF.search(question):
        yield f'The question leaves out what "{response} of" belongs to.'
    if modal := _other_modal(question, evidence):
        yield f'The question says "{modal}", the source does not.'
    if strange := first_missing_value(question, evidence):
        yield f'The question says "{strange}", which does not stand in its fact.'
    if turned := _reversed_roles(question, evidence):
        yield f'The question turns the fact round: in its source something is done to "{turned}".'
    if twice := _doubled(question, evidence):
        yield f'The question says "{twice}" more often than its fact.'
    yield _missing(question, before, after)
    yield _bound_fault(question, evidence, (before[-40:] + response + after[:15]))


def _missing(question: str, before: str, after: str) -> str:
    """Check that the question contains the nearest words around the answer, and most others."""
    question_stems = set(content_stems(question))
    near, far = _before(before), _after(after)
    missing = [w for w in (*near, *far) if stem(w) not in question_stems]
    must = {*near[:1], *(() if _AND_NUMBER.match(after) else far[:1])}
    if missing and (must & set(missing) or len(missing) > MAX_MISSING_SHARE * len([*near, *far])):
        return (
            f'The question leaves out "{missing[0]}", which stands beside the answer in the source.'
        )
    return ""


def _lost_word(question: str, before: str, response: str) -> str:
    """Return a word before the answer that the question needs for its meaning, else "".

    Such words are within, every, after, by (before a date), with (before a person).
    """
    last = ([w for w in before.casefold().split() if w not in ("the", "a", "an")] or [""])[-1]
    same = {
        "every": ("every", "how often", "each"),
        "than": ("than", "above", "over", "exceed"),
    }.get(last, (last,))
    if last in _TURNING or (last == "by" and re.search(r"\d", response)):
        return "" if any(w in question.casefold() for w in same) else last
    who = _WHO.match(question)
    return last if who and last in _NOT_DOING and not re.search(rf"\b{last}\?$", question) else ""


def _other_modal(question: str, evidence: str) -> str:
    """Return a modal of the question that the source does not support, else "".

    What may be done is neither what must be done nor what is done.
    """
    for duty, other in ((_DUTY, _LEAVE), (_LEAVE, _DUTY)):
        m = duty.search(question)
        if m and other.search(evidence) and not duty.search(evidence):
            return m.group()
    done = _DONE.search(question)
    return done.group() if done and _LEAVE.search(evidence) and not _LEAVE.search(question) else ""


def _wrong_lead(question: str, before: str) -> str:
    """Check that a leading preposition is the one before the answer in the source."""
    lead = LEADING_PREPOSITION.match(question)
    if not lead:
        return ""
    last_words = before.casefold().split()[-2:]
    if (
        lead[1].casefold().split()[-1] in last_words[-1:]
        or " ".join(last_words) == lead[1].casefold()
    ):
        return ""
    return (
        f'The question begins with "{lead[1]}", the source has '
        f'"{last_words[-1] if last_words else ""}" '
        "before the answer."
    )


def _reversed_roles(question: str, evidence: str) -> str:
    """Return who the question takes for the sender of what they receive, else ""."""
    for m in _DONE_TO.finditer(evidence):
        whom, done = re.escape(m["whom"]), re.escape(m["done"])
        if re.search(rf"\b{whom}\b", question) and not re.search(
            rf"\bto (?:the |an? )?{whom}\b|\b{done}\b", question
        ):
            return m["whom"]
    return ""


def _doubled(question: str, evidence: str) -> str:
    """Return a number or name that the question has more often than its fact, else "".

    It is in the place of something else.
    """
    question_words, evidence_words = words(question), words(evidence)
    telling = (
        w
        for w in dict.fromkeys(question_words)
        if w[0].isdigit()
        or (w not in STOP_WORDS and w.capitalize() in evidence and w not in evidence)
    )
    return next(
        (w for w in telling if question_words.count(w) > max(1, evidence_words.count(w))), ""
    )


def _before(text: str) -> list[str]:
    """Return the content words before the answer in its clause, the nearest first."""
    return _telling(re.split(r"[;:]|,\s+(?:and|but|or|which|where|while)\s", text)[-1])[::-1][
        :NEIGHBOUR_WORDS
    ]


def _after(text: str) -> list[str]:
    """Return the content words after the answer, up to the next pause."""
    return _telling(re.split(r"[,;:.(]|\band\b|\bor\b", text)[0])[:NEIGHBOUR_WORDS]


def _telling(text: str) -> list[str]:
    return [
        w
        for w in words(text)
        if w not in STOP_WORDS
        and w not in ("many", "much")
        and not any(v.kind == "number" for v in find_values(w))
    ]


def _bound_fault(question: str, evidence: str, around: str) -> str:
    """Check that a question for the least or the most asks for a bound that the source gives."""
    for asks, states, what in ((_ASKS_LOW, _LOW, "minimum"), (_ASKS_HIGH, _HIGH, "maximum")):
        m = asks.search(question)
        if m and m.group().casefold() not in evidence.casefold() and not states.search(around):
            return f"The question asks for a {what}, and the source states none here."
    return ""
