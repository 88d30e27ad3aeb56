"""Check that the evidence is in the chunk, is relevant, and supports all that the answer says."""

from collections.abc import Iterator
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.english.antonyms import find_antonym
from filters.english.comparatives import changed_bound
from filters.english.modality import changed_modality
from filters.english.negation import adds_negation, flips_negation
from filters.english.ordinals_directions import unsupported_word
from filters.english.prepositions import opposite_preposition
from filters.grounding.claims import (
    Claim,
    clause_claims,
    evidence_keys,
    sentence_claims,
    strip_markers,
    supported_share,
    unsupported_clause,
)
from filters.grounding.evidence_search import find_claim_evidence, join_spans, merge_spans
from filters.grounding.partial_match import partially_supported
from filters.grounding.truncation import truncated_after
from filters.text.corpus_names import IsKnownName, no_known_names
from filters.text.segment import content_stems, text_cache
from filters.text.value_match import first_missing_value, value_in_text
from filters.text.values import Value, decimal_mark, find_values

SUPPORT = 0.6  # least share of the answer's content words in its evidence
QUESTION_SUPPORT = 0.5  # least share of the question's content words in chunk and headings
# A quote without a word of the answer needs this many words of the question to be relevant.
MIN_QUOTED_QUESTION_WORDS = 2
GENERIC_QUESTION_WORDS = frozenset(
    content_stems(
        "many much long often frequency time limit number amount minimum maximum period name "
        "person people role title allowed required require need needed deadline date day days "
        "hours minutes weeks months years percentage rate cost fee price charge take happen "
        "condition conditions document form kind type size range total least most latest earliest "
        "purpose reason responsible must one single give mean"
    )
)


def grounding(
    example: Example,
    support: float = SUPPORT,
    of_chunk: bool = True,
    known: IsKnownName = no_known_names,
) -> Verdict:
    """Judge the answer against its spans, or without spans against the best matching sentences.

    `support` is the least share of a claim's terms in its evidence. `of_chunk` says that the
    question was made from the chunk: then it may name only what is in the chunk or is `known`.
    """
    proof = _quoted(example) if example.spans else _found(example, of_chunk)
    reason = next((r for r in _faults(example, proof, support) if r), "") or (
        _question_fault(example, proof, known) if of_chunk else ""
    )
    return Verdict(
        filter="grounding",
        passed=not reason,
        reason=reason,
        score=round(_score(proof), 3),
        evidence=proof.spans,
    )


class _Proof(NamedTuple):
    """The evidence of an answer.

    `claims` pairs each sentence of the answer with the text of its own evidence; `restated` has
    the words of the question that the answer may repeat; `widely` says that the question was not
    made from the chunk.
    """

    spans: tuple[Span, ...]
    text: str
    claims: tuple[tuple[Claim, str], ...]
    restated: frozenset[str]
    widely: bool = False


def _quoted(example: Example) -> _Proof:
    """Take all quotes together as the evidence of each sentence."""
    text = join_spans(example.spans)
    return _Proof(
        example.spans,
        text,
        tuple((claim, text) for claim in sentence_claims(example.response)),
        _restated(example),
    )


def _restated(example: Example) -> frozenset[str]:
    """Return the words of the question that the source has: the answer may repeat them."""
    return evidence_keys(example.instruction) & evidence_keys(_source(example))


def _found(example: Example, of_chunk: bool) -> _Proof:
    """Find evidence for each sentence.

    If the question was not made from the chunk, the answer may not repeat its words for free.
    """
    found = find_claim_evidence(
        example.chunk.text, example.instruction, example.response, widely=not of_chunk
    )
    spans = merge_spans(found)
    restated = _restated(example) if of_chunk else frozenset()
    text = join_spans(spans)
    by_claim = (
        tuple(
            (_without_partial_values(one.claim, text, example, of_chunk), join_spans(one.spans))
            for one in found
        )
        if sentence_claims(example.response)
        else ()
    )
    return _Proof(spans, text, by_claim, restated, not of_chunk)


def _without_partial_values(claim: Claim, text: str, example: Example, of_chunk: bool) -> Claim:
    """Remove the values that all evidence together supports in part.

    A claim that answers a question made from the chunk is left as it is.
    """
    if of_chunk:
        return claim
    return claim._replace(
        values=tuple(
            v
            for v in claim.values
            if value_in_text(v, text)
            or not partially_supported(v, claim.text, text, example.chunk.text)
        )
    )


def _faults(example: Example, proof: _Proof, support: float) -> Iterator[str]:
    if not proof.spans:
        yield "No evidence for the answer stands in the chunk."
    for span in proof.spans:
        if example.chunk.text[span.start : span.end] != span.text:
            yield f'The quote "{span.text[:60]}" does not stand in the chunk.'
    yield _cut_fault(example, proof.text)
    yield _value_fault(example, proof)
    yield _denial_fault(example, proof.text)
    yield _turned_fault(example, proof)
    yield _claim_fault(example, proof, support)
    yield from (_idle_fault(example, span) for span in example.spans)


def _score(proof: _Proof) -> float:
    """Return the supported share of the answer's weakest sentence."""
    shares = (supported_share(claim, text, proof.restated) for claim, text in proof.claims)
    return min(shares, default=1.0)


def _source(example: Example) -> str:
    return " . ".join((*example.chunk.headings, example.chunk.shown))


def _value_fault(example: Example, proof: _Proof) -> str:
    """Find a value that the evidence lacks.

    The first word of a sentence is taken for a name only if there are quotes: evidence that was
    searched for has the chunk's names if they are relevant.
    """
    answer = strip_markers(example.response)
    missing = _missing(example, proof) or unsupported_word(answer, proof.text)
    return (
        f'The answer says "{missing}", but its evidence does not ("{proof.text[:120]}").'
        if missing
        else ""
    )


def _missing(example: Example, proof: _Proof) -> str:
    mark = decimal_mark(example.chunk.text)
    if proof.widely:
        claimed = ((claim.text, v) for claim, _ in proof.claims for v in claim.values)
        lacking = ((text, v) for text, v in claimed if not value_in_text(v, proof.text, mark))
        return next((text[v.start : v.end] for text, v in lacking), "")
    around = example.chunk.text if example.spans else ""
    answer = strip_markers(example.response)
    return first_missing_value(answer, proof.text, around, example.instruction, mark)


def _cut_fault(example: Example, evidence: str) -> str:
    last = truncated_after(example.response, evidence)
    return f'The answer breaks off after "{last}"; write it to its end.' if last else ""


def _turned_fault(example: Example, proof: _Proof) -> str:
    evidence = proof.text
    if turn := opposite_preposition(example.response, evidence):
        return f'The answer says "{turn}", but its evidence says the contrary ("{evidence[:120]}").'
    if turned := changed_bound(example.response, evidence):
        return (
            f'The answer says "{turned}", but its evidence sets another bound ("{evidence[:120]}").'
        )
    if modal := changed_modality(example.response, evidence, example.instruction, proof.widely):
        return (
            f'The answer says "{modal}", but its evidence states another duty or leave '
            f'("{evidence[:120]}").'
        )
    if word := find_antonym(example.response, evidence, example.instruction):
        return f'The answer says "{word}", but its evidence says the contrary ("{evidence[:120]}").'
    return ""


def _denial_fault(example: Example, evidence: str) -> str:
    if adds_negation(example.response, evidence):
        return "The answer denies something that its evidence does not deny."
    if flips_negation(example.response, evidence, example.instruction):
        return f'The answer says what its evidence denies ("{evidence[:120]}").'
    return ""


def _claim_fault(example: Example, proof: _Proof, support: float) -> str:
    """Find the first sentence that its evidence does not support, or a clause added to one."""
    weak = next(
        (
            (claim.text, text)
            for claim, text in proof.claims
            if supported_share(claim, text, proof.restated) < support
        ),
        None,
    )
    if weak and len(clause_claims(example.response)) <= 1:
        return f'The answer is not borne out by its evidence ("{weak[1][:120]}").'
    # The rest of a clause may be elsewhere in the chunk if its evidence was searched for.
    least = support if example.spans else support / 2
    clause = unsupported_clause(example.response, proof.text, proof.restated, least)
    claim, text = (clause, proof.text) if clause else weak or ("", "")
    return (
        f'The answer\'s claim "{claim[:80]}" is not borne out by its evidence ("{text[:120]}").'
        if claim
        else ""
    )


def _idle_fault(example: Example, span: Span) -> str:
    """Find a quote with no value or word of the answer, and too few words of the question."""
    there = evidence_keys(span.text)
    if (
        there & evidence_keys(example.response)
        or len(there & evidence_keys(example.instruction)) >= MIN_QUOTED_QUESTION_WORDS
    ):
        return ""
    carried = find_values(span.text)
    if any(t.carries(v) for v in find_values(example.response) for t in carried):
        return ""
    return f'The quote "{span.text[:60]}" does not bear on the answer.'


def _question_fault(example: Example, proof: _Proof, known: IsKnownName) -> str:
    """Check that the question is about the source and names nothing unknown to the documents."""
    source = _source(example)
    foreign = [v for v in find_values(example.instruction) if not value_in_text(v, source)]
    for value in foreign:
        if not _is_known(value, example, known) or _exchanged(example, proof.text):
            named = example.instruction[value.start : value.end]
            return f'The question says "{named}", which does not stand in the source.'
    own = frozenset(key for value in foreign for key in content_stems(value.text))
    asked = [
        w
        for w in content_stems(example.instruction)
        if w not in GENERIC_QUESTION_WORDS and w not in own
    ]
    there = _stems(source)
    if asked and sum(w in there for w in asked) / len(asked) < QUESTION_SUPPORT:
        return "The question is about something else than its source; use the words of the source."
    return ""


def _is_known(value: Value, example: Example, known: IsKnownName) -> bool:
    """Return whether the client's documents have this name or code.

    Numbers and dates are facts and not vocabulary, so they are never known.
    """
    return value.kind in ("name", "code") and known(value.text, example.chunk.document.digest)


def _exchanged(example: Example, evidence: str) -> bool:
    """Return whether the evidence has a name that question and answer lack.

    The question may then have another name in its place.
    """
    exchange = f"{example.instruction} . {example.response}"
    named = find_values(evidence, example.chunk.text)
    return any(v.kind == "name" and not value_in_text(v, exchange) for v in named)


@text_cache
def _stems(source: str) -> frozenset[str]:
    return frozenset(content_stems(source))
