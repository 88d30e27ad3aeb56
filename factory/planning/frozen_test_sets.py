"""Keep held-out sets unchanged once a student was trained, because scores on a changed test set
can't be compared.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from factory.core.errors import UserMistake
from factory.core.records import SPLIT_FILES, Row, Slot, Split
from factory.core.run_folder import Run

HELD_OUT_FILES = [name for split, name in SPLIT_FILES.items() if split != "train"]
HELD_OUT_DIGESTS_FILE = ".held_out.json"  # of a run: a digest of the slots of each held-out side


def held_out_digests(slots: Iterable[Slot]) -> dict[Split, str]:
    """Return a digest of the slots of each split except train."""
    sums: dict[Split, hashlib._Hash] = {}
    for slot in slots:
        if slot.split != "train":
            sums.setdefault(slot.split, hashlib.sha256()).update(slot.id.encode())
    return {split: one.hexdigest()[:16] for split, one in sums.items()}


def require_same_slots(run: Run, now: Mapping[Split, str]) -> None:
    """Check the plan before anything is asked. Raises UserMistake if a student was trained and the
    held-out slots have changed.
    """
    if not _trained(run) or not run.has(HELD_OUT_DIGESTS_FILE):
        return
    try:
        before = run.read_object(HELD_OUT_DIGESTS_FILE)
    except UserMistake:  # damaged: the rows themselves are compared before they are written
        return
    changed = [
        split for split in SPLIT_FILES if split != "train" and before.get(split) != now.get(split)
    ]
    if changed:
        _refuse(run, f"{SPLIT_FILES[changed[0]]} would hold other questions")


def require_same_rows(run: Run, name: str, rows: Iterable[Row]) -> None:
    """Check a file before it is written. Raises UserMistake if a student was trained and a row of a
    held-out file would change.
    """
    if name not in HELD_OUT_FILES or not _trained(run) or not run.has(name):
        return
    lines = run.lines(name)
    same = (json.loads(json.dumps(row)) if row is not None else None for row in rows)
    try:
        differ = sum(one != other for one, other in zip_longest(lines, same))
    except UserMistake:  # damaged: its slots are as they were planned, so it is written as it was
        return
    if differ:
        _refuse(run, f"{differ:,} of {len(lines):,} lines of {name} would change")


def _trained(run: Run) -> bool:
    return run.has("adapter/adapter_config.json")


def _refuse(run: Run, what: str) -> None:
    told = "a student was trained here, and its scores would mean another test"
    raise UserMistake(f"{run.folder}: {what}, but {told}; name another folder with --out")
