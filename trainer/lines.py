"""A file of lines that grows batch by batch: what an earlier call left counts where it is of the same, and a torn line does not."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from factory.core.jsonl import intact_rows, json_line, write_jsonl
from trainer import progress


class Named(Protocol):
    @property
    def id(self) -> str: ...


class Line(BaseModel):
    """What every such line holds."""

    model_config = ConfigDict(frozen=True)

    id: str
    of: str  # what it is a line of: see mark


Asked = TypeVar("Asked", bound=Named)
Written = TypeVar("Written", bound=Line)


def mark(*parts: object) -> str:
    """A digest of all that a line depends on: of anything else it is written anew."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def left_by(path: Path, kind: type[Written], of: Mapping[str, str]) -> dict[str, Written]:
    """By id, the lines that stand. Raises nothing for what is torn by a kill."""
    found: dict[str, Written] = {}
    for one in intact_rows(path, kind):
        if of.get(one.id) == one.of:
            found[one.id] = one
    return found


def fill(
    path: Path, found: Mapping[str, Written], batches: Sequence[Sequence[Asked]], ask: Callable[[Sequence[Asked]], Iterable[Written]]
) -> dict[str, Written]:
    """Asks every batch that lacks a line. Batches are cut from all that is asked for, there or not: a line depends a little on its
    neighbours' padding, and so a run that was interrupted says what an unbroken one says."""
    every, left = dict(found), [batch for batch in batches if any(one.id not in found for one in batch)]
    start = time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for number, batch in enumerate(left, start=1):
            fresh = [one for one in ask(batch) if one.id not in every]
            file.writelines(map(json_line, fresh))
            file.flush()
            every.update({one.id: one for one in fresh})
            more = progress.minutes((time.monotonic() - start) / number * (len(left) - number))
            progress.VOICE.info("%s/%s: batch %d of %d, %s left", path.parent.name, path.stem, number, len(left), more)
    return every


def rewrite(path: Path, lines: Iterable[Line]) -> None:
    """In order, and nothing else."""
    write_jsonl(path, lines)
