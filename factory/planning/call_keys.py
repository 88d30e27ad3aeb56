"""Compute the ledger key of every call that writes examples, so that a later run can tell which
calls it would buy again.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from factory.core.recipe import Recipe
from factory.core.records import Slot
from factory.planning.plan import Plan
from factory.planning.slot_table import slot_groups
from factory.tasks import Tasks
from factory.teachers import request_key
from factory.teachers.build import teacher_of

WRITE_KEYS_FILE = ".writes.json"  # of the run: what its recipe and documents ask to be written


def write_calls(
    slots: Sequence[Slot], tasks: Tasks, recipe: Recipe
) -> Iterator[tuple[str, str, range]]:
    """Yield the ledger key of each call that writes, its document's name, and the indexes of its
    slots.
    """
    teachers = {
        t.name: teacher_of(recipe.teacher(t.teacher), Path(), lambda _: None) for t in recipe.tasks
    }
    for places, group in slot_groups(tasks, slots):
        yield (
            request_key(tasks[group[0].task].write(group), teachers[group[0].task]),
            group[0].chunk.document.name,
            places,
        )


def write_keys_json(found: Plan, tasks: Tasks, recipe: Recipe) -> str:
    """Return the keys of the calls that write, by document, as JSON. A later run compares its own
    keys with them.
    """
    keys: dict[str, list[str]] = {}
    for key, name in {
        key: name for key, name, _ in write_calls(found.slots, tasks, recipe)
    }.items():  # equal requests are one call
        keys.setdefault(name, []).append(key)
    return json.dumps(keys, ensure_ascii=False) + "\n"
