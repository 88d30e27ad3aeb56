"""Closed-book training: every fact is trained, and held-out questions ask about trained facts a
second time.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from factory.core.records import Example, Slot, Split, Verdict, digest
from filters.consistency.vote import Compare

# A slot with this ordinal or a higher one asks again about the fact of the slot 1000 before it; a
# chunk has at most 20 other slots.
SECOND_QUESTIONS_FROM = 1000


class HeldOutShares(NamedTuple):
    """The shares of the trained facts that are asked about once more for a held-out set."""

    seed: int = 0
    test: float = 0.0
    val: float = 0.0

    def side(self, slot: Slot) -> Split | None:
        dice = int(digest(self.seed, "again", slot.id), 16) / 2**64
        return "test" if dice < self.test else "val" if dice < self.test + self.val else None


def assign_slot_splits(slots: Sequence[Slot], document: Split, shares: HeldOutShares) -> list[Slot]:
    """Assign a chunk's slots to splits. Slots of a held-out document are never trained; all others
    are, and some of their facts are asked about again.
    """
    if document in ("test", "shift"):
        return [slot.model_copy(update={"split": "unseen"}) for slot in slots]
    first = [slot.model_copy(update={"split": "train"}) for slot in slots]
    return [*first, *(_again(slot, side) for slot in slots if (side := shares.side(slot)))]


def _again(slot: Slot, side: Split) -> Slot:
    ordinal = SECOND_QUESTIONS_FROM + slot.ordinal
    return slot.model_copy(
        update={
            "id": digest(slot.chunk.digest, slot.task, ordinal),
            "ordinal": ordinal,
            "split": side,
        }
    )


def first_slot_id(slot: Slot) -> str | None:
    """Return the ID of the first slot about the same fact, or None if this one is the first."""
    return (
        digest(slot.chunk.digest, slot.task, slot.ordinal - SECOND_QUESTIONS_FROM)
        if slot.ordinal >= SECOND_QUESTIONS_FROM
        else None
    )


def repeated_facts(group: Sequence[Slot]) -> Iterator[int]:
    """Yield, for each slot that asks a second question, the number of the slot (from 1) whose fact
    it asks about.
    """
    places = {slot.ordinal: number for number, slot in enumerate(group, 1)}
    return (
        places.get(slot.ordinal - SECOND_QUESTIONS_FROM, 1)
        for slot in group
        if slot.ordinal >= SECOND_QUESTIONS_FROM
    )


def check_taught(held_out: Example, trained: Sequence[Example], agree: Compare) -> Verdict:
    """Check that one of the chunk's training questions asks for the same fact: the same answer,
    from overlapping evidence.

    If none does, the reason names the first of them, so that a repair can ask for that fact.
    """
    found = any(
        _meet(e, held_out) and agree(e.response, held_out.response, held_out.instruction)
        for e in trained
    )
    instead = (
        f'ask in other words for what "{trained[0].instruction}" asks '
        f'(answer: "{trained[0].response}")'
        if trained
        else ""
    )
    reason = (
        ""
        if found
        else "No training question asks for its fact"
        f"{f'; {instead}' if instead else ', and none of its chunk was kept'}."
    )
    return Verdict(filter="taught", passed=found, reason=reason)


def _meet(one: Example, other: Example) -> bool:
    return any(a.start < b.end and b.start < a.end for a in one.spans for b in other.spans)
