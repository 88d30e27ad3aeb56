"""Closed book: every fact is trained, and the held-out questions are second ones about facts that are trained."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.core.records import Example, Slot, Split, Verdict, digest
from filters.consistency.vote import Compare

AGAIN = 1000  # ordinals from here on ask once more for the fact of the slot so many before; a chunk has at most 20 others


class Shares(NamedTuple):
    """Of the facts that are trained, those that are asked once more for a held-out set."""

    seed: int = 0
    test: float = 0.0
    val: float = 0.0

    def side(self, slot: Slot) -> Split | None:
        dice = int(digest(self.seed, "again", slot.id), 16) / 2**64
        return "test" if dice < self.test else "val" if dice < self.test + self.val else None


def sided(slots: Sequence[Slot], document: Split, shares: Shares) -> list[Slot]:
    """A chunk's slots on their sides: those of a held-out document are never trained; the others are, and some are asked again."""
    if document in ("test", "shift"):
        return [slot.model_copy(update={"split": "unseen"}) for slot in slots]
    first = [slot.model_copy(update={"split": "train"}) for slot in slots]
    return [*first, *(_again(slot, side) for slot in slots if (side := shares.side(slot)))]


def _again(slot: Slot, side: Split) -> Slot:
    ordinal = AGAIN + slot.ordinal
    return slot.model_copy(update={"id": digest(slot.chunk.digest, slot.task, ordinal), "ordinal": ordinal, "split": side})


def first_of(slot: Slot) -> str | None:
    """The id of the slot whose fact this one asks for once more."""
    return digest(slot.chunk.digest, slot.task, slot.ordinal - AGAIN) if slot.ordinal >= AGAIN else None


def repeated_facts(group: Sequence[Slot]) -> Iterator[int]:
    """For each slot of a call that asks once more, which of the call's others it asks about, counted from 1."""
    places = {slot.ordinal: number for number, slot in enumerate(group, 1)}
    return (places.get(slot.ordinal - AGAIN, 1) for slot in group if slot.ordinal >= AGAIN)


def taught(held_out: Example, trained: Sequence[Example], agree: Compare) -> Verdict:
    """Whether one of the chunk's training questions asks for the same fact: the same answer, from evidence that the two share.

    Else the reason names the first of them, to be asked for instead.
    """
    found = any(_meet(e, held_out) and agree(e.response, held_out.response, held_out.instruction) for e in trained)
    instead = f'ask in other words for what "{trained[0].instruction}" asks (answer: "{trained[0].response}")' if trained else ""
    reason = "" if found else f"No training question asks for its fact{f'; {instead}' if instead else ', and none of its chunk was kept'}."
    return Verdict(filter="taught", passed=found, reason=reason)


def _meet(one: Example, other: Example) -> bool:
    return any(a.start < b.end and b.start < a.end for a in one.spans for b in other.spans)
