"""Grounding by code: the evidence stands in the chunk, bears on the answer, and carries everything that the answer says."""

from collections.abc import Iterator
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.english.antonyms import contrary
from filters.english.comparatives import turned_bound
from filters.english.modality import changed_modality
from filters.english.negation import flipped, undenied
from filters.english.ordinals_directions import unborne
from filters.english.prepositions import contrary_turn
from filters.grounding.claims import Claim, added, borne, claims, evidence_keys, parts, said
from filters.grounding.evidence_search import joined, proven, spans_of
from filters.grounding.partial_match import partly
from filters.grounding.truncation import cut
from filters.text.corpus_names import Known, nothing
from filters.text.segment import content, remembered
from filters.text.value_match import carried, uncarried
from filters.text.values import Value, notation, values

__all__ = ["SUPPORT", "grounding", "uncarried"]

SUPPORT = 0.6  # least share of the answer's content words in its evidence
QUESTION_SUPPORT = 0.5  # least share of the question's content words in chunk and headings
ABOUT = 2  # words of the question that a quote must have to bear on it, where it has none of the answer
QUESTION_WORDS = frozenset(
    content(
        "many much long often frequency time limit number amount minimum maximum period name person people role title allowed required "
        "require need needed deadline date day days hours minutes weeks months years percentage rate cost fee price charge take happen "
        "condition conditions document form kind type size range total least most latest earliest purpose reason responsible must one "
        "single give mean"
    )
)


def grounding(example: Example, support: float = SUPPORT, of_chunk: bool = True, known: Known = nothing) -> Verdict:
    """Judges the answer against its spans; where it has none, against the sentences that bear it out best.

    `of_chunk`: whether the question was made from the chunk, and may name nothing that stands neither there nor among what is `known`.
    """
    proof = _quoted(example) if example.spans else _found(example, of_chunk)
    reason = next((r for r in _faults(example, proof, support) if r), "") or (_question_fault(example, proof, known) if of_chunk else "")
    return Verdict(filter="grounding", passed=not reason, reason=reason, score=round(_score(proof), 3), evidence=proof.spans)


class _Proof(NamedTuple):
    """What is held against the answer: spans and their text; each sentence of the answer with its own evidence; words it may repeat."""

    spans: tuple[Span, ...]
    text: str
    claims: tuple[tuple[Claim, str], ...]
    restated: frozenset[str]
    widely: bool = False


def _quoted(example: Example) -> _Proof:
    """The quotes bear out each sentence together."""
    text = joined(example.spans)
    return _Proof(example.spans, text, tuple((claim, text) for claim in claims(example.response)), _restated(example))


def _restated(example: Example) -> frozenset[str]:
    """What an answer may repeat of its question: such words of it as the source has."""
    return evidence_keys(example.instruction) & evidence_keys(_source(example))


def _found(example: Example, of_chunk: bool) -> _Proof:
    """Each sentence is borne out where its own evidence was found; nothing of a stranger's question goes without saying."""
    found = proven(example.chunk.text, example.instruction, example.response, widely=not of_chunk)
    spans = spans_of(found)
    restated = _restated(example) if of_chunk else frozenset()
    text = joined(spans)
    by_claim = tuple((_told(one.claim, text, example, of_chunk), joined(one.spans)) for one in found) if claims(example.response) else ()
    return _Proof(spans, text, by_claim, restated, not of_chunk)


def _told(claim: Claim, text: str, example: Example, of_chunk: bool) -> Claim:
    """The claim without those values of a stranger that its whole evidence bears out in part."""
    if of_chunk:
        return claim
    return claim._replace(values=tuple(v for v in claim.values if carried(v, text) or not partly(v, claim.text, text, example.chunk.text)))


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
    """How much of the answer's weakest sentence its evidence bears out."""
    return min((borne(claim, text, proof.restated) for claim, text in proof.claims), default=1.0)


def _source(example: Example) -> str:
    return " . ".join((*example.chunk.headings, example.chunk.shown))


def _value_fault(example: Example, proof: _Proof) -> str:
    """What stands first in a sentence is taken for a name only beside quotes: found evidence has the chunk's names, if they bear on it."""
    answer = said(example.response)
    missing = _missing(example, proof) or unborne(answer, proof.text)
    return f'The answer says "{missing}", but its evidence does not ("{proof.text[:120]}").' if missing else ""


def _missing(example: Example, proof: _Proof) -> str:
    mark = notation(example.chunk.text)
    if proof.widely:
        told = ((claim.text, v) for claim, _ in proof.claims for v in claim.values)
        return next((text[v.start : v.end] for text, v in told if not carried(v, proof.text, mark)), "")
    around = example.chunk.text if example.spans else ""
    return uncarried(said(example.response), proof.text, around, example.instruction, mark)


def _cut_fault(example: Example, evidence: str) -> str:
    last = cut(example.response, evidence)
    return f'The answer breaks off after "{last}"; write it to its end.' if last else ""


def _turned_fault(example: Example, proof: _Proof) -> str:
    evidence = proof.text
    if turn := contrary_turn(example.response, evidence):
        return f'The answer says "{turn}", but its evidence says the contrary ("{evidence[:120]}").'
    if turned := turned_bound(example.response, evidence):
        return f'The answer says "{turned}", but its evidence sets another bound ("{evidence[:120]}").'
    if modal := changed_modality(example.response, evidence, example.instruction, proof.widely):
        return f'The answer says "{modal}", but its evidence states another duty or leave ("{evidence[:120]}").'
    if word := contrary(example.response, evidence, example.instruction):
        return f'The answer says "{word}", but its evidence says the contrary ("{evidence[:120]}").'
    return ""


def _denial_fault(example: Example, evidence: str) -> str:
    if undenied(example.response, evidence):
        return "The answer denies something that its evidence does not deny."
    if flipped(example.response, evidence, example.instruction):
        return f'The answer says what its evidence denies ("{evidence[:120]}").'
    return ""


def _claim_fault(example: Example, proof: _Proof, support: float) -> str:
    """The first sentence that its evidence does not bear out, or a clause that was added to what it does bear out."""
    weak = next(((claim.text, text) for claim, text in proof.claims if borne(claim, text, proof.restated) < support), None)
    if weak and len(parts(example.response)) <= 1:
        return f'The answer is not borne out by its evidence ("{weak[1][:120]}").'
    least = support if example.spans else support / 2  # found in all of the chunk, more of it may stand elsewhere
    clause = added(example.response, proof.text, proof.restated, least)
    claim, text = (clause, proof.text) if clause else weak or ("", "")
    return f'The answer\'s claim "{claim[:80]}" is not borne out by its evidence ("{text[:120]}").' if claim else ""


def _idle_fault(example: Example, span: Span) -> str:
    """A quote that has no value and no word of the answer, and hardly one of the question."""
    there = evidence_keys(span.text)
    if there & evidence_keys(example.response) or len(there & evidence_keys(example.instruction)) >= ABOUT:
        return ""
    carried = values(span.text)
    if any(t.carries(v) for v in values(example.response) for t in carried):
        return ""
    return f'The quote "{span.text[:60]}" does not bear on the answer.'


def _question_fault(example: Example, proof: _Proof, known: Known) -> str:
    """The question may name nothing that the client's documents do not, and must be about what the source is about."""
    source = _source(example)
    foreign = [v for v in values(example.instruction) if not carried(v, source)]
    for value in foreign:
        if not _is_known(value, example, known) or _exchanged(example, proof.text):
            return f'The question says "{example.instruction[value.start : value.end]}", which does not stand in the source.'
    own = frozenset(key for value in foreign for key in content(value.text))
    asked = [w for w in content(example.instruction) if w not in QUESTION_WORDS and w not in own]
    there = _stems(source)
    if asked and sum(w in there for w in asked) / len(asked) < QUESTION_SUPPORT:
        return "The question is about something else than its source; use the words of the source."
    return ""


def _is_known(value: Value, example: Example, known: Known) -> bool:
    """Whether the client's documents have a name or code that the chunk has not. Numbers and dates are facts, and no vocabulary."""
    return value.kind in ("name", "code") and known(value.text, example.chunk.document.digest)


def _exchanged(example: Example, evidence: str) -> bool:
    """Whether the evidence has a name that neither question nor answer has: the question's own may stand in its place."""
    told = f"{example.instruction} . {example.response}"
    return any(v.kind == "name" and not carried(v, told) for v in values(evidence, example.chunk.text))


@remembered
def _stems(source: str) -> frozenset[str]:
    return frozenset(content(source))
