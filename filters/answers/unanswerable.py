"""Check a question about the chunk's subject that the chunk does not answer, and its refusal."""

import re
from collections.abc import Sequence
from functools import partial

from factory.core.records import Draw, Example, Verdict
from filters.chain import Filter
from filters.english.negation import has_negation
from filters.english.refusals import is_refusal
from filters.grounding.grounding import GENERIC_QUESTION_WORDS, grounding
from filters.schema.schema import question_fault
from filters.text.segment import content_stems, sentences
from filters.text.values import Value, find_values

# Least share of the question's content words in chunk and headings for it to be about the chunk.
# The chunk lacks what is asked for, so most words may be missing: all of 32 right questions,
# written by hand, reach it, and 1 in 77 questions about other documents' chunks.
MIN_SUBJECT_SHARE = 0.3
QUESTION_MIN_SHARED = 2  # the least number of these words
# A sentence that has what is asked for may answer the question from this share of its words on.
NEARLY_ALL = 0.75
READER_COUNT = 2  # readers who answer the question again
_SOUGHT = re.compile(r"\b(?:which|what) (?P<what>[a-z][\w-]*)", re.I)
_COUNTED = re.compile(
    r"\bhow (?:many|much|long|often|far|old|large|high|heavy|soon)\b"
    r"|\b(?:what|which) (?:amount|number|percentage|share)\b",
    re.I,
)
_WHO = re.compile(r"\b(?:who|whom|whose)\b", re.I)
_AGAIN = re.compile(
    r"\b(?:every|each|once|twice|always|hourly|daily|weekly|monthly|quarterly|annual|yearly)\w*\b",
    re.I,
)
_MEASURES = frozenset(("number", "date", "time"))


def unanswerable_schema_filter(refusal: str) -> Filter:
    """Return a schema filter: the question must be sound, and the response exactly the refusal."""
    return partial(_judge_schema, refusal=refusal)


def _judge_schema(example: Example, refusal: str) -> Verdict:
    reason = (
        ""
        if example.response == refusal
        else f'The response is "{example.response[:60]}", must be "{refusal}".'
    )
    reason = reason or question_fault(example.instruction, example.chunk.text)
    if any(
        attempt.instruction.casefold() == example.instruction.casefold()
        for attempt in example.attempts
    ):
        reason = reason or (
            "It is the question that was rejected; "
            "ask for something else that the chunk does not state."
        )
    return Verdict(filter="schema", passed=not reason, reason=reason)


def unanswerable_grounding(example: Example) -> Verdict:
    """Check that the question is about the chunk's subject, and no sentence seems to answer it.

    There is no evidence for such an example.
    """
    source = " . ".join((*example.chunk.headings, example.chunk.text))
    there = frozenset(content_stems(source))
    asked = frozenset(
        w for w in content_stems(example.instruction) if w not in GENERIC_QUESTION_WORDS
    )
    # "Hours" is a subject if the chunk is about hours.
    asked |= there.intersection(content_stems(example.instruction))
    shared = asked & there
    reason = ""
    if len(shared) < min(QUESTION_MIN_SHARED, len(asked)) or len(shared) < MIN_SUBJECT_SHARE * len(
        asked
    ):
        reason = (
            "The question is about something else than its source; use the words of the source."
        )
    elif answering := next(
        (
            s.text
            for s in sentences(example.chunk.text)
            if _may_answer(s.text, asked, example.instruction)
        ),
        "",
    ):
        reason = f'The chunk may answer it: "{answering[:120]}".'
    score = round(len(shared) / max(1, len(asked)), 3)
    return Verdict(filter="grounding", passed=not reason, reason=reason, score=score)


def _may_answer(sentence: str, asked: frozenset[str], question: str) -> bool:
    """Return whether a sentence has all words that are asked about, and a value of its own.

    If it has the noun after "which" or "what", nearly all words are enough: "Which extension
    reaches the officer?"
    """
    there = frozenset(content_stems(sentence))
    sought = _SOUGHT.search(question)
    wanted = frozenset(content_stems(sought["what"])) if sought else frozenset()
    named = bool(wanted) and wanted <= there
    if len(asked) < QUESTION_MIN_SHARED or len(asked & there) < (NEARLY_ALL if named else 1) * len(
        asked
    ):
        return False
    known = find_values(question)
    fresh = [v for v in find_values(sentence) if not any(k.carries(v) for k in known)]
    return _fits_question(fresh, sentence, question)


def _fits_question(found: Sequence[Value], sentence: str, question: str) -> bool:
    """Return whether one of these values can be what the question asks for.

    "How much" asks for no name, and "who" for no number. Any other question may be answered by a
    negation as well.
    """
    if _COUNTED.search(question):
        return any(v.kind in _MEASURES for v in found) or bool(_AGAIN.search(sentence))
    return (
        any(v.kind == "name" for v in found)
        if _WHO.match(question)
        else bool(found) or has_negation(sentence)
    )


def normalize_refusal(draw: str, spans: tuple[object, ...], refusal: str) -> str:
    """Return the refusal for a draw that refuses in any words, and any other draw unchanged."""
    return refusal if is_refusal(draw) and not spans or not draw.strip() else draw


def unanswerable_consistency(example: Example) -> Verdict:
    """Check that no reader has an answer that the chunk supports, and that not all readers answer.

    A single unsupported answer is its reader's fault. Two of them show that the chunk can be
    misread as an answer, and such a question would teach the student to refuse answerable ones.
    """
    answers = [d for d in example.draws if d.response != example.response]
    supported = next((d for d in answers if _is_supported(d, example)), None)
    reason = (
        f'Readers found an answer in the chunk: "{answers[0].response[:80]}".'
        if len(answers) >= READER_COUNT
        else ""
    )
    if supported:
        reason = f'The chunk answers it: "{supported.response[:80]}".'
    score = round(1 - len(answers) / max(1, len(example.draws)), 3)
    return Verdict(filter="consistency", passed=not reason, reason=reason, score=score)


def _is_supported(draw: Draw, example: Example) -> bool:
    return grounding(
        example.model_copy(update={"response": draw.response, "spans": draw.spans})
    ).passed


def never_agree(one: str, other: str, question: str) -> bool:
    """Compare two draws of a refusal: they never agree, so that both readers are asked.

    The first draw, which was meant to be a refusal, is no reading of the chunk.
    """
    return False
