"""Unanswered: a question about the chunk's subject that the chunk does not answer, and the refusal that is right then."""

import re
from collections.abc import Sequence
from functools import partial

from factory.core.records import Draw, Example, Verdict
from filters.chain import Filter
from filters.english.negation import negated
from filters.english.refusals import refuses
from filters.grounding.grounding import QUESTION_WORDS, grounding
from filters.schema.schema import question_fault
from filters.text.segment import content, sentences
from filters.text.values import Value, values

# What is asked for is not in the chunk, so most words of a question may be strange to it: of 32 right ones, written by hand, all have so
# many of theirs there, of questions about other documents' chunks 1 in 77.
ABOUT = 0.3  # least share of the question's content words that chunk and headings must have, for it to be about the chunk
SHARED = 2  # and so many of them
NEARLY = 0.75  # share of them in a sentence that has what is asked for, from which on it may well answer
READERS = 2  # who answer again
_SOUGHT = re.compile(r"\b(?:which|what) (?P<what>[a-z][\w-]*)", re.I)
_COUNTED = re.compile(
    r"\bhow (?:many|much|long|often|far|old|large|high|heavy|soon)\b|\b(?:what|which) (?:amount|number|percentage|share)\b", re.I
)
_WHO = re.compile(r"\b(?:who|whom|whose)\b", re.I)
_AGAIN = re.compile(r"\b(?:every|each|once|twice|always|hourly|daily|weekly|monthly|quarterly|annual|yearly)\w*\b", re.I)
_MEASURES = frozenset(("number", "date", "time"))


def unanswerable(refusal: str) -> Filter:
    """A schema filter: the question is sound, and the response is the refusal, word for word."""
    return partial(_sound, refusal=refusal)


def _sound(example: Example, refusal: str) -> Verdict:
    reason = "" if example.response == refusal else f'The response is "{example.response[:60]}", must be "{refusal}".'
    reason = reason or question_fault(example.instruction, example.chunk.text)
    if any(attempt.instruction.casefold() == example.instruction.casefold() for attempt in example.attempts):
        reason = reason or "It is the question that was rejected; ask for something else that the chunk does not state."
    return Verdict(filter="schema", passed=not reason, reason=reason)


def about(example: Example) -> Verdict:
    """A grounding filter: the question is about the chunk's subject, and no sentence of it seems to answer. There is no evidence."""
    source = " . ".join((*example.chunk.headings, example.chunk.text))
    there = frozenset(content(source))
    asked = frozenset(w for w in content(example.instruction) if w not in QUESTION_WORDS)
    asked |= there.intersection(content(example.instruction))  # "hours" is a subject of its own where the chunk speaks of them
    shared = asked & there
    reason = ""
    if len(shared) < min(SHARED, len(asked)) or len(shared) < ABOUT * len(asked):
        reason = "The question is about something else than its source; use the words of the source."
    elif told := next((s.text for s in sentences(example.chunk.text) if _tells(s.text, asked, example.instruction)), ""):
        reason = f'The chunk may answer it: "{told[:120]}".'
    score = round(len(shared) / max(1, len(asked)), 3)
    return Verdict(filter="grounding", passed=not reason, reason=reason, score=score)


def _tells(sentence: str, asked: frozenset[str], question: str) -> bool:
    """Whether all that is asked about stands in one sentence, beside a value that the question has not.

    Where the sentence has what "which" or "what" asks for, nearly all is enough: "Which extension reaches the officer?"
    """
    there = frozenset(content(sentence))
    sought = _SOUGHT.search(question)
    wanted = frozenset(content(sought["what"])) if sought else frozenset()
    named = bool(wanted) and wanted <= there
    if len(asked) < SHARED or len(asked & there) < (NEARLY if named else 1) * len(asked):
        return False
    known = values(question)
    fresh = [v for v in values(sentence) if not any(k.carries(v) for k in known)]
    return _of_the_sort(fresh, sentence, question)


def _of_the_sort(found: Sequence[Value], sentence: str, question: str) -> bool:
    """Whether any of these values can be what the question asks for: how much is no name, and who is no number.

    Where neither is asked, a denial may be the answer as well."""
    if _COUNTED.search(question):
        return any(v.kind in _MEASURES for v in found) or bool(_AGAIN.search(sentence))
    return any(v.kind == "name" for v in found) if _WHO.match(question) else bool(found) or negated(sentence)


def refused(draw: str, spans: tuple[object, ...], refusal: str) -> str:
    """A draw that refuses in any words as the refusal; one that answers as it stands."""
    return refusal if refuses(draw) and not spans or not draw.strip() else draw


def draws_refuse(example: Example) -> Verdict:
    """Consistency of a refusal: no reader has an answer that the chunk bears out, and of two readers one refuses at least.

    A lone answer that nothing in the chunk bears out is its reader's fault; two of them tell that the chunk can be misread to answer, and
    such a question teaches refusing where there may be an answer."""
    answers = [d for d in example.draws if d.response != example.response]
    borne = next((d for d in answers if _borne_out(d, example)), None)
    reason = f'Readers found an answer in the chunk: "{answers[0].response[:80]}".' if len(answers) >= READERS else ""
    if borne:
        reason = f'The chunk answers it: "{borne.response[:80]}".'
    score = round(1 - len(answers) / max(1, len(example.draws)), 3)
    return Verdict(filter="consistency", passed=not reason, reason=reason, score=score)


def _borne_out(draw: Draw, example: Example) -> bool:
    return grounding(example.model_copy(update={"response": draw.response, "spans": draw.spans})).passed


def unsettled(one: str, other: str, question: str) -> bool:
    """How draws of a refusal compare: never as agreeing, so that both readers are heard. That a question was meant as one that can't be
    answered is no reading of the chunk."""
    return False
