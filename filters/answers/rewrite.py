"""Check a rewrite in another tone: it loses and adds nothing, and copies no passage or sample.

Grounding works both ways: the passage must support the rewrite, and the rewrite must have all that
the passage says.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from rapidfuzz.fuzz import ratio

from factory.core.records import Example, Span, Verdict
from filters.answers.additions import added_stretch
from filters.answers.swapped_values import find_swapped_values
from filters.chain import Filter
from filters.duplicates.contradictions import blank_clause_number
from filters.english.antonyms import find_antonym
from filters.english.clauses import split_clauses
from filters.english.comparatives import changed_bound
from filters.english.modality import changed_modality, find_modals
from filters.english.negation import adds_negation, flips_negation, has_negation
from filters.grounding.claims import evidence_keys, strip_markers
from filters.schema.answer import (
    find_broken_ending,
    find_placeholder,
    find_prompt_echo,
    find_text_mention,
)
from filters.schema.schema import prompt_ngrams
from filters.text.language_id import language_mismatch
from filters.text.segment import sentences, words
from filters.text.value_match import value_in_text
from filters.text.values import Value, find_values

# From this rapidfuzz ratio on, a rewrite is a copy: less than one word in twenty was changed.
SAME_TEXT_RATIO = 95.0
SHORTEST, LONGEST = 0.6, 1.5  # factors on the samples' own length ratios (after to before)
# Least share of a rule's content words in the rewrite. A tone changes some words; a rule that was
# left out has none.
MIN_RULE_SHARE = 0.3
COUNTED_KINDS = ("number", "date", "time")  # must occur as often as in the passage, unlike names

_YOU, _WE = re.compile(r"\b(?:your?s?|please)\b", re.I), re.compile(r"\b(?:we|us|ours?)\b", re.I)
_SUBJECT = r"(?=\s(?:is|are|has|have|must|may|can|shall|should|will|does|(?!goods)[a-z]+s)\b)"
_ROLE = re.compile(
    rf"\b(?:[Tt]he|[Aa]n?|[Ee]ach|[Ee]very|[Aa]ny)\s(?P<name>[A-Z][\w-]*(?:\s[A-Z][\w-]*)?){_SUBJECT}"
)
_HOUSE = re.compile(rf"(?<![Tt]he )(?<![Aa] )\b(?P<name>[A-Z][\w-]+)(?:{_SUBJECT}|(?=['’]s\b))")
_CONDITION = re.compile(r"\b(?:if|unless|except|only|provided|until|as long as)\b", re.I)


class ToneSample(NamedTuple):
    before: str
    after: str


def rewrite_schema_filter(samples: Sequence[ToneSample], prompts: tuple[str, ...]) -> Filter:
    """Return a schema filter: the rewrite must be complete, no copy, and of similar length."""
    shares = [len(words(s.after)) / max(1, len(words(s.before))) for s in samples]
    bounds = (SHORTEST * min(1.0, *shares), LONGEST * max(1.0, *shares))
    known = frozenset(
        run
        for text in (*prompts, *(text for s in samples for text in s))
        for run in prompt_ngrams(text)
    )
    return partial(_judge_schema, bounds=bounds, known=known)


def _judge_schema(
    example: Example, bounds: tuple[float, float], known: frozenset[tuple[str, ...]]
) -> Verdict:
    reason = next((fault for fault in _shape_faults(example, bounds, known) if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _shape_faults(
    example: Example, bounds: tuple[float, float], known: frozenset[tuple[str, ...]]
) -> Iterator[str]:
    rewrite, passage = example.response, example.chunk.text
    yield "" if words(rewrite) else "The rewrite is empty."
    for fault, find in (
        ("holds a placeholder", find_placeholder),
        ("speaks of the text", find_text_mention),
    ):
        if (found := find(rewrite)) and found.casefold() not in passage.casefold():
            yield f'The rewrite {fault} ("{found}").'
    yield (
        f'The rewrite repeats its prompt ("{found}").'
        if (found := find_prompt_echo("", rewrite)) and found not in passage
        else ""
    )
    yield (
        f"The rewrite breaks off: {broken}."
        if (broken := find_broken_ending(rewrite)) and not find_broken_ending(passage)
        else ""
    )
    yield (
        f'The rewrite is in another language than the passage ("{found}").'
        if (found := language_mismatch(rewrite, passage))
        else ""
    )
    if (
        ratio(words(rewrite), words(passage)) >= SAME_TEXT_RATIO
        or _whole(words(blank_clause_numbers(passage)), words(rewrite))
        or _copied(passage, rewrite)
    ):
        yield "The rewrite hardly differs from the passage; put it into the tone of the samples."
    own = frozenset(prompt_ngrams(passage))
    if copied := next(
        (run for run in prompt_ngrams(rewrite) if run in known and run not in own), ()
    ):
        yield f'The rewrite copies a sample or its prompt ("{" ".join(copied)}").'
    count, wanted = len(words(rewrite)), len(words(passage))
    least, most = (round(bound * wanted) for bound in bounds)
    if not least <= count <= most:
        yield (
            f"The rewrite has {count} words, must have {least} to {most}: the passage has {wanted}."
        )


def _whole(passage: list[str], rewrite: list[str]) -> bool:
    """Return whether the rewrite has the whole passage word for word."""
    return any(
        rewrite[i : i + len(passage)] == passage for i in range(len(rewrite) - len(passage) + 1)
    )


def _copied(passage: str, rewrite: str) -> bool:
    """Return whether the passage has each sentence of the rewrite word for word."""
    there = f" {' '.join(words(blank_clause_numbers(passage)))} "
    return all(
        f" {' '.join(words(blank_clause_number(s.text)))} " in there for s in sentences(rewrite)
    )


def rewrite_grounding_filter(samples: Sequence[ToneSample]) -> Filter:
    """Return a grounding filter for values, negations, duties and bounds.

    The rewrite must have all those of the passage and no others, each about the same thing. A name
    that a sample's rewrite adds belongs to the company, and any rewrite may have it.
    """
    house = " . ".join(s.after for s in samples)
    return partial(_judge_grounding, house=house)


def _judge_grounding(example: Example, house: str) -> Verdict:
    reason = next((fault for fault in _faults(example, house) if fault), "")
    passage = example.chunk.text
    whole = Span(start=0, end=len(passage), text=passage)
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=(whole,))


def _faults(example: Example, house: str) -> Iterator[str]:
    rewrite, passage = example.response, blank_clause_numbers(example.chunk.text)
    yield _named('loses "{}", which the passage says', lost_value(passage, rewrite))
    yield _named(
        'says "{}", which the passage does not',
        _new(rewrite, " . ".join((*example.chunk.headings, example.chunk.shown)), house),
    )
    yield _named("gives {} each in the place of the other", find_swapped_values(passage, rewrite))
    yield (
        "The rewrite leaves out what the passage denies." if adds_negation(passage, rewrite) else ""
    )
    yield (
        "The rewrite denies something that the passage does not deny."
        if adds_negation(rewrite, passage)
        else ""
    )
    yield _named('leaves out what the passage rules ("{}")', _left_out(passage, rewrite))
    yield _named('rules what the passage does not ("{}")', _left_out(rewrite, passage))
    if flips_negation(passage, rewrite) or flips_negation(rewrite, passage):
        yield "The rewrite says what the passage denies, or denies what it says."
    yield _named(
        'sets another bound than the passage ("{}")',
        changed_bound(rewrite, passage) or changed_bound(passage, rewrite),
    )
    yield _named(
        'states another duty or leave than the passage ("{}")',
        changed_modality(rewrite, passage) or changed_modality(passage, rewrite),
    )
    yield _named('says the contrary of the passage ("{}")', find_antonym(rewrite, passage))
    yield _named('leaves out what the passage says ("{}")', added_stretch(passage, rewrite))
    yield _named(
        'adds what the passage does not say ("{}")', added_stretch(rewrite, f"{passage} {house}")
    )


def blank_clause_numbers(text: str) -> str:
    """Replace the numbers of clauses by blanks: they are no facts, and a letter has none."""
    return "\n".join(map(blank_clause_number, text.split("\n")))


def _named(fault: str, found: str) -> str:
    return f"The rewrite {fault.format(found[:100])}." if found else ""


def lost_value(passage: str, rewrite: str) -> str:
    """Return the first value of the passage that the rewrite lacks, or "".

    A number, date or time that it has less often is lost as well. The reader and the writer need
    not be named: "you" may replace the role that the passage begins with, and "we" the company.
    """
    passage = strip_markers(passage)
    spoken = _spoken_for(passage, rewrite)
    there = find_values(rewrite)
    mine = find_values(passage, passage)
    for value in mine:
        if value.kind == "name" and value.text in spoken:
            continue
        wanted = sum(_same(value, other) for other in mine) if value.kind in COUNTED_KINDS else 1
        if sum(other.carries(value) for other in there) < wanted and (
            wanted > 1 or not value_in_text(value, rewrite)
        ):
            return passage[value.start : value.end]
    return ""


def _spoken_for(passage: str, rewrite: str) -> frozenset[str]:
    """Return the names that "you" and "we" replace in the rewrite.

    "You" replaces a role with an article, "we" a company without one, each as a subject.
    """
    found = set[str]()
    for pronoun, subject in ((_YOU, _ROLE), (_WE, _HOUSE)):
        if (
            pronoun.search(rewrite)
            and not pronoun.search(passage)
            and (m := subject.search(passage))
        ):
            found |= {v.text for v in find_values(m["name"], passage)}
    return frozenset(found)


def _same(one: Value, other: Value) -> bool:
    return (one.kind, one.text, one.unit) == (other.kind, other.text, other.unit)


def _new(rewrite: str, source: str, house: str) -> str:
    """Return the first value of the rewrite that is not in the source, or "".

    A name may also be in the company's own words (`house`).
    """
    foreign = (
        v
        for v in find_values(rewrite)
        if not value_in_text(v, source) and not (v.kind == "name" and value_in_text(v, house))
    )
    return next((rewrite[v.start : v.end] for v in foreign), "")


def _left_out(one: str, other: str) -> str:
    """Return the first rule of one text that the other leaves out, or "".

    A rule is a clause with a negation, a modal verb or a condition. It is left out if the other
    text has less than MIN_RULE_SHARE of its content words.
    """
    there = evidence_keys(other)
    for clause in split_clauses(one):
        own = evidence_keys(clause.text)
        rules = (
            has_negation(clause.text) or find_modals(clause.text) or _CONDITION.search(clause.text)
        )
        if own and rules and len(own & there) < MIN_RULE_SHARE * len(own):
            return clause.text
    return ""
