"""Spread difficulty, style, persona and tone (together: the manner) evenly over the slots and put
them into words for the teacher.

Within a chunk, the counts of a list's values differ by at most one. The chunk's digest chooses
which value comes first, so that all values are equally frequent over many chunks and no other
document, nor the order of anything, has an influence.
"""

from collections.abc import Mapping, Sequence
from string import Template
from types import MappingProxyType

from factory.core.prompts import lines_by_key, prompt_text_digest
from factory.core.records import Slot, digest
from factory.core.task_settings import MANNERS, TaskSettings

Manner = Mapping[str, str]
NONE: Manner = MappingProxyType({})


def value_index(slot: Slot, name: str, count: int) -> int:
    """Return which of `count` values the slot gets."""
    return (int(digest(slot.chunk.digest, slot.task, name), 16) + slot.ordinal) % count


def manner(task: TaskSettings, slot: Slot) -> Manner:
    """Return the manner of the slot's example; empty if the recipe sets none."""
    lists = {name: getattr(task, name) for name in MANNERS}
    return {
        name: values[value_index(slot, name, len(values))]
        for name, values in lists.items()
        if values
    }


def wishes(task: TaskSettings, group: Sequence[Slot]) -> str:
    """Return the client's instructions followed by the manner of each example, if any is set."""
    told = [_told(manner(task, slot)) for slot in group]
    if len(group) > 1:
        told = [
            _filled("several", number=str(n), value=line) for n, line in enumerate(told, 1) if line
        ]
    return "\n".join(part for part in (task.instructions.strip(), *told) if part)


def single_slot_wishes(task: TaskSettings, slot: Slot) -> str:
    """Return the instructions for a slot that is written alone. If its chunk has other slots, they
    ask for a different fact.
    """
    turn = (
        _filled("turn", number=str(slot.ordinal + 1), count=str(task.per_chunk))
        if task.per_chunk > 1
        else ""
    )
    return "\n".join(part for part in (wishes(task, [slot]), turn) if part)


def manner_digest(task: TaskSettings) -> list[str]:
    """Return the manner's part of a prompt digest; empty if no manner is set."""
    return [prompt_text_digest("manner")] if any(getattr(task, name) for name in MANNERS) else []


def _told(asked: Manner) -> str:
    return " ".join(_filled(name, value=value) for name, value in asked.items())


def _filled(name: str, **names: str) -> str:
    return Template(lines_by_key("manner")[name]).substitute(names)
