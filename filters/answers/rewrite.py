"""Rewritten: a passage in another tone. Nothing of it is lost, nothing is added, and it is no copy of the passage or of a sample.

Grounding goes both ways: what the rewrite says must stand in the passage, and what the passage says must stand in the rewrite.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from rapidfuzz.fuzz import ratio

from factory.core.records import Example, Span, Verdict
from filters.answers.additions import stretch
from filters.answers.swapped_values import exchanged
from filters.chain import Filter
from filters.duplicates.contradictions import unlabelled
from filters.english.antonyms import contrary
from filters.english.clauses import clauses
from filters.english.comparatives import turned_bound
from filters.english.modality import changed_modality, modals
from filters.english.negation import flipped, negated, undenied
from filters.grounding.claims import evidence_keys, said
from filters.schema.answer import about_the_text, broken_off, echo, placeholder
from filters.schema.schema import runs
from filters.text.language_id import other_language
from filters.text.segment import sentences, words
from filters.text.value_match import carried
from filters.text.values import Value, values

SAME = 95.0  # rapidfuzz's ratio from which a rewrite is the passage: not one word in twenty is another
SHORTEST, LONGEST = 0.6, 1.5  # of the samples' own lengths, after for before, the least and the most
KEPT = 0.3  # least share of a rule's telling words that the rewrite has: a tone changes words, and what is left out has none of them
COUNTED = ("number", "date", "time")  # as often as in the passage; a name is said again or not

_YOU, _WE = re.compile(r"\b(?:your?s?|please)\b", re.I), re.compile(r"\b(?:we|us|ours?)\b", re.I)
_SUBJECT = r"(?=\s(?:is|are|has|have|must|may|can|shall|should|will|does|(?!goods)[a-z]+s)\b)"
_ROLE = re.compile(rf"\b(?:[Tt]he|[Aa]n?|[Ee]ach|[Ee]very|[Aa]ny)\s(?P<name>[A-Z][\w-]*(?:\s[A-Z][\w-]*)?){_SUBJECT}")
_HOUSE = re.compile(rf"(?<![Tt]he )(?<![Aa] )\b(?P<name>[A-Z][\w-]+)(?:{_SUBJECT}|(?=['’]s\b))")
_CONDITION = re.compile(r"\b(?:if|unless|except|only|provided|until|as long as)\b", re.I)


class Sample(NamedTuple):
    before: str
    after: str


def rewritten(samples: Sequence[Sample], prompts: tuple[str, ...]) -> Filter:
    """A schema filter: a whole text of about the passage's length, and no copy."""
    shares = [len(words(s.after)) / max(1, len(words(s.before))) for s in samples]
    bounds = (SHORTEST * min(1.0, *shares), LONGEST * max(1.0, *shares))
    known = frozenset(run for text in (*prompts, *(text for s in samples for text in s)) for run in runs(text))
    return partial(_rewritten, bounds=bounds, known=known)


def _rewritten(example: Example, bounds: tuple[float, float], known: frozenset[tuple[str, ...]]) -> Verdict:
    reason = next((fault for fault in _shape_faults(example, bounds, known) if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _shape_faults(example: Example, bounds: tuple[float, float], known: frozenset[tuple[str, ...]]) -> Iterator[str]:
    told, passage = example.response, example.chunk.text
    yield "" if words(told) else "The rewrite is empty."
    for fault, find in (("holds a placeholder", placeholder), ("speaks of the text", about_the_text)):
        if (found := find(told)) and found.casefold() not in passage.casefold():
            yield f'The rewrite {fault} ("{found}").'
    yield f'The rewrite repeats its prompt ("{found}").' if (found := echo("", told)) and found not in passage else ""
    yield f"The rewrite breaks off: {broken}." if (broken := broken_off(told)) and not broken_off(passage) else ""
    yield f'The rewrite is in another language than the passage ("{found}").' if (found := other_language(told, passage)) else ""
    if ratio(words(told), words(passage)) >= SAME or _whole(words(unnumbered(passage)), words(told)) or _copied(passage, told):
        yield "The rewrite hardly differs from the passage; put it into the tone of the samples."
    own = frozenset(runs(passage))
    if copied := next((run for run in runs(told) if run in known and run not in own), ()):
        yield f'The rewrite copies a sample or its prompt ("{" ".join(copied)}").'
    count, wanted = len(words(told)), len(words(passage))
    least, most = (round(bound * wanted) for bound in bounds)
    yield "" if least <= count <= most else f"The rewrite has {count} words, must have {least} to {most}: the passage has {wanted}."


def _whole(passage: list[str], told: list[str]) -> bool:
    """Whether the passage stands in the rewrite word for word."""
    return any(told[i : i + len(passage)] == passage for i in range(len(told) - len(passage) + 1))


def _copied(passage: str, told: str) -> bool:
    """Whether each sentence of the rewrite stands in the passage word for word."""
    there = f" {' '.join(words(unnumbered(passage)))} "
    return all(f" {' '.join(words(unlabelled(s.text)))} " in there for s in sentences(told))


def preserved(samples: Sequence[Sample]) -> Filter:
    """A grounding filter: each value, denial, duty and bound of the passage, no other one, and each with its own matter.

    A name that a sample's rewrite brings in is the house's own, and may stand in any.
    """
    house = " . ".join(s.after for s in samples)
    return partial(_preserved, house=house)


def _preserved(example: Example, house: str) -> Verdict:
    reason = next((fault for fault in _faults(example, house) if fault), "")
    passage = example.chunk.text
    whole = Span(start=0, end=len(passage), text=passage)
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=(whole,))


def _faults(example: Example, house: str) -> Iterator[str]:
    told, passage = example.response, unnumbered(example.chunk.text)
    yield _named('loses "{}", which the passage says', lost(passage, told))
    yield _named('says "{}", which the passage does not', _new(told, " . ".join((*example.chunk.headings, example.chunk.shown)), house))
    yield _named("gives {} each in the place of the other", exchanged(passage, told))
    yield "The rewrite leaves out what the passage denies." if undenied(passage, told) else ""
    yield "The rewrite denies something that the passage does not deny." if undenied(told, passage) else ""
    yield _named('leaves out what the passage rules ("{}")', _left_out(passage, told))
    yield _named('rules what the passage does not ("{}")', _left_out(told, passage))
    if flipped(passage, told) or flipped(told, passage):
        yield "The rewrite says what the passage denies, or denies what it says."
    yield _named('sets another bound than the passage ("{}")', turned_bound(told, passage) or turned_bound(passage, told))
    yield _named('states another duty or leave than the passage ("{}")', changed_modality(told, passage) or changed_modality(passage, told))
    yield _named('says the contrary of the passage ("{}")', contrary(told, passage))
    yield _named('leaves out what the passage says ("{}")', stretch(passage, told))
    yield _named('adds what the passage does not say ("{}")', stretch(told, f"{passage} {house}"))


def unnumbered(text: str) -> str:
    """With blanks in place of the numbers that its clauses stand under: where they stand is no fact, and a letter has none."""
    return "\n".join(map(unlabelled, text.split("\n")))


def _named(fault: str, found: str) -> str:
    return f"The rewrite {fault.format(found[:100])}." if found else ""


def lost(passage: str, told: str) -> str:
    """The first value of the passage that the rewrite has not, or a number, date or time that it has less often.

    Who is spoken to or speaks need not be named: "you" may stand for the role that the passage begins with, and "we" for the house.
    """
    passage = said(passage)
    spoken = _spoken_for(passage, told)
    there = values(told)
    mine = values(passage, passage)
    for value in mine:
        if value.kind == "name" and value.text in spoken:
            continue
        wanted = sum(_same(value, other) for other in mine) if value.kind in COUNTED else 1
        if sum(other.carries(value) for other in there) < wanted and (wanted > 1 or not carried(value, told)):
            return passage[value.start : value.end]
    return ""


def _spoken_for(passage: str, told: str) -> frozenset[str]:
    """The names that "you" and "we" of the rewrite stand for: a role with its article, a house without one, each as a subject."""
    found = set[str]()
    for pronoun, subject in ((_YOU, _ROLE), (_WE, _HOUSE)):
        if pronoun.search(told) and not pronoun.search(passage) and (m := subject.search(passage)):
            found |= {v.text for v in values(m["name"], passage)}
    return frozenset(found)


def _same(one: Value, other: Value) -> bool:
    return (one.kind, one.text, one.unit) == (other.kind, other.text, other.unit)


def _new(told: str, source: str, house: str) -> str:
    """The first value of the rewrite that stands neither in its source nor, if it is a name, in the house's own words."""
    foreign = (v for v in values(told) if not carried(v, source) and not (v.kind == "name" and carried(v, house)))
    return next((told[v.start : v.end] for v in foreign), "")


def _left_out(one: str, other: str) -> str:
    """The first clause of a text with a denial, a duty, leave or a condition of whose telling words the other one has hardly any."""
    there = evidence_keys(other)
    for clause in clauses(one):
        own = evidence_keys(clause.text)
        rules = negated(clause.text) or modals(clause.text) or _CONDITION.search(clause.text)
        if own and rules and len(own & there) < KEPT * len(own):
            return clause.text
    return ""
