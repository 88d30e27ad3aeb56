"""Find the sentences of a chunk that best support an answer without quotes."""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from factory.core.records import Span
from filters.english.negation import has_negation
from filters.english.word_roots import root_keys
from filters.grounding.claims import Claim, sentence_claims
from filters.text.segment import sentences, text_cache
from filters.text.values import Value, find_values

# A source with more sentences is searched by an index first, so that the time for a long answer
# stays linear.
INDEXED_FROM = 400
MAX_CANDIDATES = 16  # sentences of such a source that are compared with one sentence of the answer


class EvidenceWeights(NamedTuple):
    """The score of neighbouring sentences, in units of one shared word of the claim.

    `longest` is the most sentences that are taken together; with more, words of different facts
    would be combined. `size` is what each further sentence must add.
    """

    longest: int
    value: float
    asked: float
    size: float


# A question made from the chunk has a short answer, in the sentence that has the question's words.
# Of all weights tried on the gold questions of the sample client, these find the most planted
# numbers and names, and reject at most one more right answer.
OWN_QUESTION_WEIGHTS = EvidenceWeights(longest=2, value=4.0, asked=1.0, size=1.0)
OUTSIDE_QUESTION_WEIGHTS = EvidenceWeights(longest=3, value=3.0, asked=0.25, size=0.5)


class IndexedSentence(NamedTuple):
    """A sentence with the words and values by which it is found."""

    span: Span
    keys: frozenset[str]
    values: tuple[Value, ...]
    negated: bool


class EvidenceQuery(NamedTuple):
    """The keys and values of a claim, whether it is negated, and the keys of its question."""

    keys: frozenset[str]
    values: tuple[Value, ...]
    denies: bool
    asked: frozenset[str]


@text_cache
def indexed_sentences(text: str) -> tuple[IndexedSentence, ...]:
    return tuple(
        IndexedSentence(
            s, frozenset(root_keys(s.text)), tuple(find_values(s.text)), has_negation(s.text)
        )
        for s in sentences(text)
    )


class ClaimEvidence(NamedTuple):
    """A claim of the answer and the sentences that support it best, in text order."""

    claim: Claim
    spans: tuple[Span, ...]


def best_evidence(text: str, instruction: str, response: str) -> tuple[Span, ...]:
    """Return the sentences that support the answer best, in text order."""
    return merge_spans(find_claim_evidence(text, instruction, response))


def merge_spans(found: tuple[ClaimEvidence, ...]) -> tuple[Span, ...]:
    return tuple(sorted({span for one in found for span in one.spans}, key=lambda s: s.start))


def find_claim_evidence(
    text: str, instruction: str, response: str, widely: bool = False
) -> tuple[ClaimEvidence, ...]:
    """Return for each sentence of the answer the neighbouring sentences that support it best.

    A bare yes or no is searched for by its question. `widely` also looks in the whole text for
    values that those sentences lack, for answers that state several facts at once.
    """
    there = indexed_sentences(text)
    asked = frozenset(root_keys(instruction))
    found: list[ClaimEvidence] = []
    for claim in (sentence_claims(response) or sentence_claims(instruction)) if there else ():
        sought = EvidenceQuery(
            _keys(claim) if widely else frozenset(claim.keys),
            claim.values,
            has_negation(claim.text),
            asked,
        )
        near = _near(text, sought)
        weights = OUTSIDE_QUESTION_WEIGHTS if widely else OWN_QUESTION_WEIGHTS
        best = _best(there, sought, weights, near)
        best |= set(_remaining(there, sought, best, near)) if widely else set()
        found.append(ClaimEvidence(claim, tuple(there[i].span for i in sorted(best))))
    return tuple(found)


def join_spans(spans: tuple[Span, ...]) -> str:
    return " … ".join(s.text for s in spans)


def _keys(claim: Claim) -> frozenset[str]:
    """Add the words of names: the source may write them in lower case."""
    return frozenset(
        (*claim.keys, *(k for v in claim.values if v.kind == "name" for k in root_keys(v.text)))
    )


def _best(
    there: tuple[IndexedSentence, ...],
    sought: EvidenceQuery,
    weights: EvidenceWeights,
    near: Sequence[int],
) -> set[int]:
    """Return the neighbouring sentences with the highest score.

    `near` has the indices of the sentences to look at, in order.
    """
    hits = {i: there[i].keys & sought.keys for i in near}
    carried = {i: _carried(there[i], sought) for i in near}
    about = {i: there[i].keys & sought.asked for i in near}
    best, most = {0}, -1.0
    for size in range(1, weights.longest + 1):
        for i in near:
            window = range(i, i + size)
            if window[-1] not in hits:
                continue
            words, supported, questioned = (
                len(frozenset().union(*(part[j] for j in window if j in part)))
                for part in (hits, carried, about)
            )
            denial = sought.denies and any(there[j].negated for j in window)
            score = (
                words
                + denial
                + weights.value * supported
                + weights.asked * questioned
                - weights.size * (size - 1)
            )
            if score > most:
                best, most = set(window), score
    return best


@text_cache
def _index(text: str) -> dict[Hashable, list[int]]:
    """Return the sentences, by index, that have each key and value of the text."""
    found: dict[Hashable, list[int]] = {}
    for i, sentence in enumerate(indexed_sentences(text)):
        for key in {*sentence.keys, *(key for v in sentence.values for key in v.found_by())}:
            found.setdefault(key, []).append(i)
    return found


def _near(text: str, sought: EvidenceQuery) -> Sequence[int]:
    """Return the sentences, by index, that may support a claim.

    These are all sentences of an ordinary source; in a long one, those around the claim's rarest
    words and values.
    """
    count = len(indexed_sentences(text))
    if count <= INDEXED_FROM:
        return range(count)
    index = _index(text)
    wanted = {*sought.keys, *(key for v in sought.values for key in v.found_by(wanted=True))}
    places = sorted((index[key] for key in wanted if key in index), key=len)
    near: set[int] = set()
    for of_key in places:
        near.update(of_key[: MAX_CANDIDATES - len(near)])
    return sorted({min(count - 1, max(0, i + by)) for i in near or {0} for by in (-2, -1, 0, 1, 2)})


def _carried(sentence: IndexedSentence, sought: EvidenceQuery) -> frozenset[int]:
    return frozenset(
        i for i, v in enumerate(sought.values) if any(t.carries(v) for t in sentence.values)
    )


def _remaining(
    there: tuple[IndexedSentence, ...], sought: EvidenceQuery, best: set[int], near: Sequence[int]
) -> Iterator[int]:
    """Yield a sentence for each value that the best sentences lack.

    Of the sentences with the value, it is the one that shares most words with claim and question.
    """
    have = frozenset().union(*(_carried(there[i], sought) for i in best))
    for index, value in enumerate(sought.values):
        if index in have:
            continue
        carrying = [i for i in near if any(t.carries(value) for t in there[i].values)]
        shared = {i: len(there[i].keys & (sought.keys | sought.asked)) for i in carrying}
        if shared and (value.kind == "name" or max(shared.values())):
            yield max(shared, key=lambda i: (shared[i], -i))
