"""Manner: difficulty, style, persona and tone, spread evenly over the slots and told to the teacher in words.

The law: within a chunk each value of a list comes as often as any other, give or take one; which one begins is drawn by the
chunk's digest, so that over many chunks all come alike, and no other document, nor the order of anything, has a part in it.
"""

from collections.abc import Mapping, Sequence
from string import Template
from types import MappingProxyType

from factory.core.prompts import lines_by_key, words_digest
from factory.core.records import Slot, digest
from factory.core.task_settings import MANNERS, TaskSettings

Manner = Mapping[str, str]
NONE: Manner = MappingProxyType({})


def turn_of(slot: Slot, name: str, count: int) -> int:
    """Which of so many values falls to the slot."""
    return (int(digest(slot.chunk.digest, slot.task, name), 16) + slot.ordinal) % count


def manner(task: TaskSettings, slot: Slot) -> Manner:
    """What is asked of the slot's example; empty where the recipe sets nothing."""
    lists = {name: getattr(task, name) for name in MANNERS}
    return {name: values[turn_of(slot, name, len(values))] for name, values in lists.items() if values}


def wishes(task: TaskSettings, group: Sequence[Slot]) -> str:
    """The client's wishes, and below them the manner of each example; the wishes alone where no manner is set."""
    told = [_told(manner(task, slot)) for slot in group]
    if len(group) > 1:
        told = [_filled("several", number=str(n), value=line) for n, line in enumerate(told, 1) if line]
    return "\n".join(part for part in (task.instructions.strip(), *told) if part)


def alone(task: TaskSettings, slot: Slot) -> str:
    """The wishes of a slot that is written by itself: where its chunk has others, another fact is wished for."""
    turn = _filled("turn", number=str(slot.ordinal + 1), count=str(task.per_chunk)) if task.per_chunk > 1 else ""
    return "\n".join(part for part in (wishes(task, [slot]), turn) if part)


def manner_digest(task: TaskSettings) -> list[str]:
    """Part of a prompt's digest, where manners are set."""
    return [words_digest("manner")] if any(getattr(task, name) for name in MANNERS) else []


def _told(asked: Manner) -> str:
    return " ".join(_filled(name, value=value) for name, value in asked.items())


def _filled(name: str, **names: str) -> str:
    return Template(lines_by_key("manner")[name]).substitute(names)
