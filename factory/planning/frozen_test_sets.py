"""Held-out sets stay as they were once a student was trained: a score means nothing against a test that was changed afterwards."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from factory.core.errors import UserMistake
from factory.core.records import FILES, Row, Slot, Split
from factory.core.run_folder import Run

HELD_OUT = [name for split, name in FILES.items() if split != "train"]
HELD = ".held_out.json"  # of a run: a digest of the slots of each held-out side


def planned(slots: Iterable[Slot]) -> dict[Split, str]:
    """A digest of the slots of each side but train."""
    sums: dict[Split, hashlib._Hash] = {}
    for slot in slots:
        if slot.split != "train":
            sums.setdefault(slot.split, hashlib.sha256()).update(slot.id.encode())
    return {split: one.hexdigest()[:16] for split, one in sums.items()}


def must_stay_planned(run: Run, now: Mapping[Split, str]) -> None:
    """Before anything is asked. Raises UserMistake where a student was trained and the held-out slots are others now."""
    if not _trained(run) or not run.has(HELD):
        return
    try:
        before = run.read_object(HELD)
    except UserMistake:  # damaged: the rows themselves are compared before they are written
        return
    changed = [split for split in FILES if split != "train" and before.get(split) != now.get(split)]
    if changed:
        _refuse(run, f"{FILES[changed[0]]} would hold other questions")


def must_stay_written(run: Run, name: str, rows: Iterable[Row]) -> None:
    """Before a file is written. Raises UserMistake where a student was trained and a row of a held-out file is another now."""
    if name not in HELD_OUT or not _trained(run) or not run.has(name):
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
