"""Plant a fixed number of faults of each kind, spread over the examples by the seed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from random import Random
from typing import Literal

from factory.audit.call_faults import (
    change_function,
    exchange_arguments,
    in_argument_values,
    invent_arguments,
    omit_arguments,
)
from factory.audit.claim_faults import (
    add_clauses,
    alter_quote,
    change_modality,
    flip_negations,
    reverse_bounds,
    truncate,
)
from factory.audit.label_field_faults import (
    drop_fields,
    exchange_fields,
    invent_fields,
    swap_labels,
)
from factory.audit.planted_duplicates import (
    QuestionAndAnswer,
    different_facts,
    near_duplicates,
    reworded_duplicates,
)
from factory.audit.text_reading import AnswerShape, Subject
from factory.audit.value_faults import (
    FaultEdit,
    change_dates,
    change_names,
    change_numbers,
    change_units,
)
from factory.core.records import Example, digest

# If 95 % of 200 are found, the interval is 6 points wide.
FAULTS_PER_KIND = 200

ExpectedOutcome = Literal["rejected", "repeated", "apart"]
TextFault = Callable[[str, Subject, Random], Iterator[FaultEdit]]
DuplicateFault = Callable[[Subject, Random], Iterator[tuple[QuestionAndAnswer, str]]]


@dataclass(frozen=True)
class PlantedFault:
    """An example with a fault.

    `quotes` are the words of its evidence as a teacher would quote them; None if code finds the
    evidence.
    """

    kind: str
    example: Example
    quotes: tuple[str, ...] | None
    told: str  # what was changed
    origin: Example


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault, and the outcome that the filters should reach.

    `meant` says whether the example must be rejected, recognized as a repetition of its original,
    or kept apart from it. `shapes` are the answer shapes that it can be planted into.
    """

    name: str
    meant: ExpectedOutcome
    plant: Callable[[Subject, Random], Iterator[PlantedFault]]
    shapes: tuple[AnswerShape, ...] = ("text",)


def _in_answer(name: str, change: TextFault, *shapes: AnswerShape) -> FaultKind:
    def plant(subject: Subject, pick: Random) -> Iterator[PlantedFault]:
        origin = subject.example
        for edit in change(origin.response, subject, pick):
            example = origin.model_copy(update={"response": edit.text})
            yield PlantedFault(name, example, _quotes(origin), f"{edit.was} → {edit.now}", origin)

    return FaultKind(name, "rejected", plant, shapes or ("text",))


def _quotes(example: Example) -> tuple[str, ...] | None:
    return tuple(span.text for span in example.spans) or None


def _in_quote(name: str, change: TextFault) -> FaultKind:
    def plant(subject: Subject, pick: Random) -> Iterator[PlantedFault]:
        origin = subject.example
        texts = [span.text for span in origin.spans]
        for i, text in enumerate(texts):
            for edit in change(text, subject, pick):
                yield PlantedFault(
                    name,
                    origin,
                    (*texts[:i], edit.text, *texts[i + 1 :]),
                    f"{edit.was} → {edit.now}",
                    origin,
                )

    return FaultKind(name, "rejected", plant, ("text", "label", "fields", "call"))


def _next_to_original(name: str, meant: ExpectedOutcome, change: DuplicateFault) -> FaultKind:
    def plant(subject: Subject, pick: Random) -> Iterator[PlantedFault]:
        origin = subject.example
        for pair, told in change(subject, pick):
            example = origin.model_copy(
                update={"instruction": pair.question, "response": pair.answer}
            )
            yield PlantedFault(name, example, _quotes(origin), told, origin)

    return FaultKind(name, meant, plant)


FAULT_KINDS: tuple[FaultKind, ...] = (
    _in_answer("number", in_argument_values(change_numbers), "text", "fields", "call"),
    _in_answer("unit", change_units),
    _in_answer("date", in_argument_values(change_dates), "text", "fields", "call"),
    _in_answer("entity", in_argument_values(change_names), "text", "call"),
    _in_answer("negation", flip_negations),
    _in_answer("modality", change_modality),
    _in_answer("bound", reverse_bounds),
    _in_answer("added clause", add_clauses),
    _in_quote("altered quote", alter_quote),
    _in_answer("truncated", truncate, "text", "fields", "call"),
    _in_answer("label swapped", swap_labels, "label"),
    _in_answer("field dropped", drop_fields, "fields"),
    _in_answer("field invented", invent_fields, "fields"),
    _in_answer("field of another", exchange_fields, "fields"),
    _in_answer("argument left out", omit_arguments, "call"),
    _in_answer("argument invented", invent_arguments, "call"),
    _in_answer("argument of another", exchange_arguments, "call"),
    _in_answer("another function", change_function, "call"),
    _next_to_original("near duplicate", "repeated", near_duplicates),
    _next_to_original("reworded duplicate", "repeated", reworded_duplicates),
    _next_to_original("same words, another fact", "apart", different_facts),
)


def plant_faults(
    kind: FaultKind, subjects: Iterable[Subject], seed: int, count: int = FAULTS_PER_KIND
) -> list[PlantedFault]:
    """Plant at most `count` faults, in a random order that depends on the seed alone.

    The first fault of every example comes before the second of any.
    """
    fit = sorted(
        (s for s in subjects if s.shape in kind.shapes), key=lambda s: digest(seed, s.example.id)
    )
    offered = [
        faults
        for faults, _ in zip(
            filter(None, (_faults_of_example(kind, s, seed) for s in fit)),
            range(count),
            strict=False,
        )
    ]
    turns = (one for turn in zip_longest(*offered) for one in turn if one is not None)
    return [one for one, _ in zip(turns, range(count), strict=False)]


def _faults_of_example(kind: FaultKind, subject: Subject, seed: int) -> Sequence[PlantedFault]:
    """Return the different faults of one example in a random order."""
    pick = Random(digest(seed, kind.name, subject.example.id))
    found = {
        (p.example.instruction, p.example.response, p.quotes): p for p in kind.plant(subject, pick)
    }
    order = list(found.values())
    pick.shuffle(order)
    return [replace(p, example=_with_own_id(p.example, i)) for i, p in enumerate(order, 1)]


def _with_own_id(example: Example, number: int) -> Example:
    """Give the example an id of its own, derived from that of its original."""
    return example.model_copy(update={"id": f"{example.id}-{number}"})
