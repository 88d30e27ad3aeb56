"""The planter: of every kind so many faults, spread over the examples, the same ones for the same seed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from random import Random
from typing import Literal

from factory.audit.call_faults import added, omitted, other_function, swapped, within
from factory.audit.claim_faults import altered, bounds, clauses, cuts, modalities, negations
from factory.audit.label_field_faults import dropped, exchanged, invented, labels
from factory.audit.planted_duplicates import Pair, another_fact, near, reworded
from factory.audit.text_reading import Shape, Subject
from factory.audit.value_faults import Edit, dates, entities, numbers, units
from factory.core.records import Example, digest

PER_KIND = 200  # of each: then 95 % of all found leaves an interval of 6 points

Meant = Literal["rejected", "repeated", "apart"]  # what must become of a planted example, see Kind
ToText = Callable[[str, Subject, Random], Iterator[Edit]]
ToPair = Callable[[Subject, Random], Iterator[tuple[Pair, str]]]


@dataclass(frozen=True)
class Planted:
    """An example with a fault. `quotes` are the words of its evidence as a teacher would give them; None: they are found by code."""

    kind: str
    example: Example
    quotes: tuple[str, ...] | None
    told: str  # what was changed
    origin: Example


@dataclass(frozen=True)
class Kind:
    """A kind of fault. `meant`: the example must be rejected; as one that repeats its origin; or must not, as it does not repeat it.

    `shapes`: the answers that it can be planted into.
    """

    name: str
    meant: Meant
    plant: Callable[[Subject, Random], Iterator[Planted]]
    shapes: tuple[Shape, ...] = ("text",)


def _in_answer(name: str, change: ToText, *shapes: Shape) -> Kind:
    def plant(subject: Subject, pick: Random) -> Iterator[Planted]:
        origin = subject.example
        for edit in change(origin.response, subject, pick):
            example = origin.model_copy(update={"response": edit.text})
            yield Planted(name, example, _quotes(origin), f"{edit.was} → {edit.now}", origin)

    return Kind(name, "rejected", plant, shapes or ("text",))


def _quotes(example: Example) -> tuple[str, ...] | None:
    return tuple(span.text for span in example.spans) or None


def _in_quote(name: str, change: ToText) -> Kind:
    def plant(subject: Subject, pick: Random) -> Iterator[Planted]:
        origin = subject.example
        texts = [span.text for span in origin.spans]
        for i, text in enumerate(texts):
            for edit in change(text, subject, pick):
                yield Planted(name, origin, (*texts[:i], edit.text, *texts[i + 1 :]), f"{edit.was} → {edit.now}", origin)

    return Kind(name, "rejected", plant, ("text", "label", "fields", "call"))


def _beside(name: str, meant: Meant, change: ToPair) -> Kind:
    def plant(subject: Subject, pick: Random) -> Iterator[Planted]:
        origin = subject.example
        for pair, told in change(subject, pick):
            example = origin.model_copy(update={"instruction": pair.question, "response": pair.answer})
            yield Planted(name, example, _quotes(origin), told, origin)

    return Kind(name, meant, plant)


KINDS: tuple[Kind, ...] = (
    _in_answer("number", within(numbers), "text", "fields", "call"),
    _in_answer("unit", units),
    _in_answer("date", within(dates), "text", "fields", "call"),
    _in_answer("entity", within(entities), "text", "call"),
    _in_answer("negation", negations),
    _in_answer("modality", modalities),
    _in_answer("bound", bounds),
    _in_answer("added clause", clauses),
    _in_quote("altered quote", altered),
    _in_answer("truncated", cuts, "text", "fields", "call"),
    _in_answer("label swapped", labels, "label"),
    _in_answer("field dropped", dropped, "fields"),
    _in_answer("field invented", invented, "fields"),
    _in_answer("field of another", exchanged, "fields"),
    _in_answer("argument left out", omitted, "call"),
    _in_answer("argument invented", added, "call"),
    _in_answer("argument of another", swapped, "call"),
    _in_answer("another function", other_function, "call"),
    _beside("near duplicate", "repeated", near),
    _beside("reworded duplicate", "repeated", reworded),
    _beside("same words, another fact", "apart", another_fact),
)


def planted(kind: Kind, subjects: Iterable[Subject], seed: int, count: int = PER_KIND) -> list[Planted]:
    """At most so many, the examples in an order of chance: the first of each, then the second of each, and so on."""
    fit = sorted((s for s in subjects if s.shape in kind.shapes), key=lambda s: digest(seed, s.example.id))
    offered = [faults for faults, _ in zip(filter(None, (_offered(kind, s, seed) for s in fit)), range(count), strict=False)]
    turns = (one for turn in zip_longest(*offered) for one in turn if one is not None)
    return [one for one, _ in zip(turns, range(count), strict=False)]


def _offered(kind: Kind, subject: Subject, seed: int) -> Sequence[Planted]:
    """The faults of one example in an order of chance, each once."""
    pick = Random(digest(seed, kind.name, subject.example.id))
    found = {(p.example.instruction, p.example.response, p.quotes): p for p in kind.plant(subject, pick)}
    order = list(found.values())
    pick.shuffle(order)
    return [replace(p, example=_renamed(p.example, i)) for i, p in enumerate(order, 1)]


def _renamed(example: Example, number: int) -> Example:
    """An id of its own, after that of its origin."""
    return example.model_copy(update={"id": f"{example.id}-{number}"})
