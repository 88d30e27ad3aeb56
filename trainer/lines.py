"""A file of lines that grows batch by batch: what an earlier call left counts where it is of the same, and a torn line does not."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import ValidationError

from trainer import progress


class Named(Protocol):
    @property
    def id(self) -> str: ...


class Line(Named, Protocol):
    @property
    def of(self) -> str: ...  # what it is a line of: see mark

    def model_dump_json(self) -> str: ...


Asked = TypeVar("Asked", bound=Named)
Written = TypeVar("Written", bound=Line)


def mark(*parts: object) -> str:
    """A digest of all that a line depends on: of anything else it is written anew."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def left_by(path: Path, parse: Callable[[str], Written], of: Mapping[str, str]) -> dict[str, Written]:
    """By id, the lines that stand. Raises nothing for what is torn by a kill."""
    found: dict[str, Written] = {}
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            line = parse(text)
        except ValidationError:
            continue
        if of.get(line.id) == line.of:
            found[line.id] = line
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
            fresh = [line for line in ask(batch) if line.id not in every]
            file.write("".join(line.model_dump_json() + "\n" for line in fresh))
            file.flush()
            every.update({line.id: line for line in fresh})
            more = progress.minutes((time.monotonic() - start) / number * (len(left) - number))
            progress.VOICE.info("%s/%s: batch %d of %d, %s left", path.parent.name, path.stem, number, len(left), more)
    return every


def rewrite(path: Path, lines: Iterable[Line]) -> None:
    """In order, and nothing else."""
    part = path.with_name(path.name + ".part")
    part.write_text("".join(line.model_dump_json() + "\n" for line in lines), encoding="utf-8")
    os.replace(part, path)
