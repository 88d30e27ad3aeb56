"""A new adapter takes the old one's place in its run."""

import shutil
from pathlib import Path


def replace(run: Path, part: Path) -> None:
    """The new adapter takes the old one's place; the old one's answers and verdict are no longer the student's."""
    adapter, old = run / "adapter", run / "adapter.old"
    shutil.rmtree(old, ignore_errors=True)
    for of_the_old in (run / "answers" / "student.jsonl", run / "evaluation.json"):
        of_the_old.unlink(missing_ok=True)
    if adapter.exists():
        adapter.rename(old)
    part.rename(adapter)
    shutil.rmtree(old, ignore_errors=True)
