"""One answer made wrong in a known way, by the planter of the audit: what the rehearsal's teacher says when it errs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from factory.audit.claim_faults import bounds, clauses, modalities, negations
from factory.audit.label_field_faults import dropped, exchanged, invented, labels
from factory.audit.text_reading import Subject
from factory.audit.value_faults import Edit, dates, entities, numbers, units
from factory.core.records import Example, Span
from factory.rehearsal.gold_questions import Question

Kinds = Mapping[str, Callable[[str, Subject, Random], Iterator[Edit]]]
VALUES: Kinds = {"number": numbers, "unit": units, "date": dates, "entity": entities}
EVERY: Kinds = {**VALUES, "negation": negations, "modality": modalities, "bound": bounds, "added clause": clauses}
FIELDS: Kinds = {"field dropped": dropped, "field invented": invented, "field of another": exchanged}
LABELS: Kinds = {"label swapped": labels}
_WORD = re.compile(r"[^\W_]+(?:['’.\-/][^\W_]+)*")


def wrong(question: Question, answer: str, dice: Random, kinds: Kinds, others: Sequence[str] = ()) -> tuple[str, str] | None:
    """The answer with one fault, and the fault's kind; None where none can be planted. `others`: what other texts are answered with."""
    subject = _subject(question, answer, tuple(others))
    for kind in dice.sample(list(kinds), len(kinds)):
        if edits := list(kinds[kind](answer, subject, dice)):
            return dice.choice(edits).text, kind
    return None


def _subject(question: Question, answer: str, others: tuple[str, ...]) -> Subject:
    row = question.row
    spans = tuple(Span(start=0, end=len(quote), text=quote) for quote in question.quotes)  # the planter reads their words alone
    example = Example(id=row.id, task=row.task, instruction=row.instruction, response=answer, chunk=question.chunk, spans=spans)
    return Subject(example, question.document, others=others)


def contradicted(right: str, erring: str, evidence: str) -> bool:
    """Whether the evidence can show the fault: the erring answer has a word that neither it nor the right one has."""
    known = {w.casefold() for w in _WORD.findall(f"{right} {evidence}")}
    return any(w.casefold() not in known for w in _WORD.findall(erring))
