"""Make one answer wrong in a known way, with the fault functions of the audit."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from factory.audit.claim_faults import add_clauses, change_modality, flip_negations, reverse_bounds
from factory.audit.label_field_faults import (
    drop_fields,
    exchange_fields,
    invent_fields,
    swap_labels,
)
from factory.audit.text_reading import Subject
from factory.audit.value_faults import (
    FaultEdit,
    change_dates,
    change_names,
    change_numbers,
    change_units,
)
from factory.core.records import Example, Span
from factory.rehearsal.gold_questions import GoldQuestion

FaultFunctions = Mapping[str, Callable[[str, Subject, Random], Iterator[FaultEdit]]]
VALUE_FAULTS: FaultFunctions = {
    "number": change_numbers,
    "unit": change_units,
    "date": change_dates,
    "entity": change_names,
}
ANSWER_FAULTS: FaultFunctions = {
    **VALUE_FAULTS,
    "negation": flip_negations,
    "modality": change_modality,
    "bound": reverse_bounds,
    "added clause": add_clauses,
}
FIELD_FAULTS: FaultFunctions = {
    "field dropped": drop_fields,
    "field invented": invent_fields,
    "field of another": exchange_fields,
}
LABEL_FAULTS: FaultFunctions = {"label swapped": swap_labels}
_WORD = re.compile(r"[^\W_]+(?:['’.\-/][^\W_]+)*")


def plant_fault(
    question: GoldQuestion,
    answer: str,
    dice: Random,
    kinds: FaultFunctions,
    others: Sequence[str] = (),
) -> tuple[str, str] | None:
    """Return the answer with one fault, and the kind of the fault; None if no fault can be planted.

    `others` are the answers to other texts.
    """
    subject = _subject(question, answer, tuple(others))
    for kind in dice.sample(list(kinds), len(kinds)):
        if edits := list(kinds[kind](answer, subject, dice)):
            return dice.choice(edits).text, kind
    return None


def _subject(question: GoldQuestion, answer: str, others: tuple[str, ...]) -> Subject:
    row = question.row
    # The fault functions read only the words.
    spans = tuple(Span(start=0, end=len(quote), text=quote) for quote in question.quotes)
    example = Example(
        id=row.id,
        task=row.task,
        instruction=row.instruction,
        response=answer,
        chunk=question.chunk,
        spans=spans,
    )
    return Subject(example, question.document, others=others)


def evidence_contradicts(right: str, erring: str, evidence: str) -> bool:
    """Tell whether the evidence can reveal the fault.

    It can if the erring answer has a word that neither the evidence nor the right answer has.
    """
    known = {w.casefold() for w in _WORD.findall(f"{right} {evidence}")}
    return any(w.casefold() not in known for w in _WORD.findall(erring))
