"""Which sentences of a chunk bear an answer out best, where nobody has quoted any."""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from factory.core.records import Span
from filters.english.negation import negated
from filters.english.word_roots import keys
from filters.grounding.claims import Claim, claims
from filters.text.segment import remembered, sentences
from filters.text.values import Value, values

MANY = 400  # sentences of a source from which an index is asked first, so that long answers to it stay linear
MOST_NEAR = 16  # of such a source so many sentences at most are weighed for each of the answer's


class Weights(NamedTuple):
    """How a stretch of neighbouring sentences is weighed, in words of the claim that it has.

    `longest`: so many sentences at most; with more, words meet that belong to different facts. `size`: what each further one must bring.
    """

    longest: int
    value: float
    asked: float
    size: float


# An answer to a question made from the chunk is short and stands where the question's words stand: of the sentences with its value, there.
# Of the weights tried on the sample client's gold, those that lose at most one right answer more, and find most planted numbers and names.
ASKED_OF_IT = Weights(longest=2, value=4.0, asked=1.0, size=1.0)
STRANGERS = Weights(longest=3, value=3.0, asked=0.25, size=0.5)


class Passage(NamedTuple):
    """A sentence with what it is searched by."""

    span: Span
    keys: frozenset[str]
    values: tuple[Value, ...]
    negated: bool


class Sought(NamedTuple):
    """What is searched for: the keys and values of a claim, whether it denies, and the keys of the question."""

    keys: frozenset[str]
    values: tuple[Value, ...]
    denies: bool
    asked: frozenset[str]


@remembered
def passages(text: str) -> tuple[Passage, ...]:
    return tuple(Passage(s, frozenset(keys(s.text)), tuple(values(s.text)), negated(s.text)) for s in sentences(text))


class Found(NamedTuple):
    """A sentence of the answer and the sentences that bear it out best, in order of place."""

    claim: Claim
    spans: tuple[Span, ...]


def best_evidence(text: str, instruction: str, response: str) -> tuple[Span, ...]:
    """The sentences that bear the answer out best, in order of place."""
    return spans_of(proven(text, instruction, response))


def spans_of(found: tuple[Found, ...]) -> tuple[Span, ...]:
    return tuple(sorted({span for one in found for span in one.spans}, key=lambda s: s.start))


def proven(text: str, instruction: str, response: str, widely: bool = False) -> tuple[Found, ...]:
    """For each sentence of the answer the neighbouring ones that bear it out best.

    An answer that says no more than yes or no is sought by its question. `widely`: what values are left are looked for everywhere else,
    for answers that tell much at once.
    """
    there = passages(text)
    asked = frozenset(keys(instruction))
    found: list[Found] = []
    for claim in (claims(response) or claims(instruction)) if there else ():
        sought = Sought(_keys(claim) if widely else frozenset(claim.keys), claim.values, negated(claim.text), asked)
        near = _near(text, sought)
        best = _best(there, sought, STRANGERS if widely else ASKED_OF_IT, near)
        best |= set(_left(there, sought, best, near)) if widely else set()
        found.append(Found(claim, tuple(there[i].span for i in sorted(best))))
    return tuple(found)


def joined(spans: tuple[Span, ...]) -> str:
    return " … ".join(s.text for s in spans)


def _keys(claim: Claim) -> frozenset[str]:
    """Names are sought as words, too: they may stand there in lower case."""
    return frozenset((*claim.keys, *(k for v in claim.values if v.kind == "name" for k in keys(v.text))))


def _best(there: tuple[Passage, ...], sought: Sought, weights: Weights, near: Sequence[int]) -> set[int]:
    """The neighbouring passages that weigh most; `near`: those to look at, in order of place."""
    hits = {i: there[i].keys & sought.keys for i in near}
    carried = {i: _carried(there[i], sought) for i in near}
    about = {i: there[i].keys & sought.asked for i in near}
    best, most = {0}, -1.0
    for size in range(1, weights.longest + 1):
        for i in near:
            window = range(i, i + size)
            if window[-1] not in hits:
                continue
            words, borne, questioned = (len(frozenset().union(*(part[j] for j in window if j in part))) for part in (hits, carried, about))
            denial = sought.denies and any(there[j].negated for j in window)
            score = words + denial + weights.value * borne + weights.asked * questioned - weights.size * (size - 1)
            if score > most:
                best, most = set(window), score
    return best


@remembered
def _index(text: str) -> dict[Hashable, list[int]]:
    """Where each key and value of a text stands."""
    found: dict[Hashable, list[int]] = {}
    for i, passage in enumerate(passages(text)):
        for key in {*passage.keys, *(key for v in passage.values for key in v.found_by())}:
            found.setdefault(key, []).append(i)
    return found


def _near(text: str, sought: Sought) -> Sequence[int]:
    """The passages that a claim may be borne out by: all of an ordinary source; of a long one those that have its rarest words."""
    count = len(passages(text))
    if count <= MANY:
        return range(count)
    index = _index(text)
    wanted = {*sought.keys, *(key for v in sought.values for key in v.found_by(wanted=True))}
    places = sorted((index[key] for key in wanted if key in index), key=len)
    near: set[int] = set()
    for place in places:
        near.update(place[: MOST_NEAR - len(near)])
    return sorted({min(count - 1, max(0, i + by)) for i in near or {0} for by in (-2, -1, 0, 1, 2)})


def _carried(passage: Passage, sought: Sought) -> frozenset[int]:
    return frozenset(i for i, v in enumerate(sought.values) if any(t.carries(v) for t in passage.values))


def _left(there: tuple[Passage, ...], sought: Sought, best: set[int], near: Sequence[int]) -> Iterator[int]:
    """For each value that the best sentences do not carry, the one that does and shares most words with claim and question."""
    have = frozenset().union(*(_carried(there[i], sought) for i in best))
    for index, value in enumerate(sought.values):
        if index in have:
            continue
        carrying = [i for i in near if any(t.carries(value) for t in there[i].values)]
        shared = {i: len(there[i].keys & (sought.keys | sought.asked)) for i in carrying}
        if shared and (value.kind == "name" or max(shared.values())):
            yield max(shared, key=lambda i: (shared[i], -i))
