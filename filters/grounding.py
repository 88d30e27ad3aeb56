"""Grounding by code: the evidence stands in the chunk, and every number, date and name of the answer stands in the evidence."""

from factory.records import Example, Span, Verdict
from filters.denial import asserts_denied, undenied
from filters.evidence import best_evidence
from filters.marks import unborne
from filters.names import bare
from filters.text import content, remembered, share_in, words
from filters.values import Value, values

SUPPORT = 0.6  # least share of the answer's content words in its evidence
QUESTION_SUPPORT = 0.5  # least share of the question's content words in chunk and headings
QUESTION_WORDS = frozenset(
    content(
        "many much long often frequency time limit number amount minimum maximum period name person people role title allowed required "
        "require need needed deadline date day days hours minutes weeks months years percentage rate cost fee price charge take happen "
        "document form kind type size range total least most latest earliest purpose reason responsible must one single give mean"
    )
)


def grounding(example: Example, support: float = SUPPORT) -> Verdict:
    """Judges the answer against its spans; where it has none, against the sentences that bear it out best."""
    spans = example.spans or best_evidence(example.chunk.text, example.instruction, example.response)
    reason = _fault(example, spans, support)
    return Verdict(
        filter="grounding",
        passed=not reason,
        reason=reason,
        score=round(share_in(example.response, _joined(spans)), 3),
        evidence=spans,
    )


def _fault(example: Example, spans: tuple[Span, ...], support: float) -> str:
    if not spans:
        return "No evidence for the answer stands in the chunk."
    for span in spans:
        if example.chunk.text[span.start : span.end] != span.text:
            return f'The quote "{span.text[:60]}" does not stand in the chunk.'
    evidence = _joined(spans)
    if missing := uncarried(example.response, evidence, example.chunk.text) or unborne(example.response, evidence):
        return f'The answer says "{missing}", but its evidence does not ("{evidence[:120]}").'
    if _support(example.response, evidence) < support:
        return f'The answer is not borne out by its evidence ("{evidence[:120]}").'
    return _denial_fault(example, evidence) or _question_fault(example)


def _joined(spans: tuple[Span, ...]) -> str:
    return " … ".join(s.text for s in spans)


def uncarried(part: str, whole: str, around: str = "") -> str:
    """The first value of `part` that `whole` does not carry; `around` tells a name at the start of a sentence from a word."""
    claimed = values(part, around)
    there = values(whole) if claimed else []
    for value in claimed:
        if not any(t.carries(value) for t in there) and not _spoken(value, whole):
            return part[value.start : value.end]
    return ""


def _spoken(value: Value, text: str) -> bool:
    """Whether a value stands among words that were not read as values: a name in lower case, "one" for 1."""
    spoken = {"name": value.text, "number": "one" if value.text == "1" else ""}.get(value.kind)
    return bool(spoken) and spoken in _bare(text)


@remembered
def _bare(text: str) -> frozenset[str]:
    return frozenset(bare(w) for w in words(text))


def _support(response: str, evidence: str) -> float:
    """The share of the answer's content words in its evidence; the words of its values count, whatever their spelling there."""
    return share_in(response, " ".join((evidence, *(response[v.start : v.end] for v in values(response)))))


def _denial_fault(example: Example, evidence: str) -> str:
    if undenied(example.response, evidence):
        return "The answer denies something that its evidence does not deny."
    if asserts_denied(example.instruction, example.response, evidence):
        return f'The answer says what its evidence denies ("{evidence[:120]}").'
    return ""


def _question_fault(example: Example) -> str:
    """The question may name nothing that its source does not name, and must be about what the source is about."""
    source = " . ".join((*example.chunk.headings, example.chunk.text))
    if missing := uncarried(example.instruction, source):
        return f'The question says "{missing}", which does not stand in the source.'
    asked = [w for w in content(example.instruction) if w not in QUESTION_WORDS]
    there = _stems(source)
    if asked and sum(w in there for w in asked) / len(asked) < QUESTION_SUPPORT:
        return "The question is about something else than its source; use the words of the source."
    return ""


@remembered
def _stems(source: str) -> frozenset[str]:
    return frozenset(content(source))
